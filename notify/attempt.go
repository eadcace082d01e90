package notify

import (
	"errors"
	"time"
)

const (
	giveUpAfter = 48 * time.Hour // of trying
	longestWait = 4 * time.Hour
)

var firstWaits = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

// wait is the time from one attempt to the next: 1, 5 and 15 minutes, an hour, then 4 hours, with the last attempt 48
// hours after the first; false after that one. It goes by attempts and not by the clock, so that a message does not
// fail untried because the program stood still.
func wait(attempts int) (time.Duration, bool) {
	var passed time.Duration
	for i := 1; ; i++ {
		next := longestWait
		if i <= len(firstWaits) {
			next = firstWaits[i-1]
		}
		next = min(next, giveUpAfter-passed)
		if i == attempts || next == 0 {
			return next, next > 0
		}
		passed += next
	}
}

// outcome says what an attempt's error means for its row, and logs it by id and kind.
func (w *Worker) outcome(l *leased, err error) outcome {
	log := w.log.With("id", l.ID, "kind", l.Kind, "attempt", l.attempts+1)
	var held *Withheld
	if err == nil || errors.As(err, &held) {
		c := outcome{leased: l, state: "sent"}
		if held != nil {
			c.problem = held.Error()
		}
		w.sent.Add(1)
		log.Info("message sent", "problem", c.problem)
		return c
	}
	c := outcome{leased: l, state: "failed", problem: Problem(err)}
	next, again := wait(l.attempts + 1)
	if !IsPermanent(err) && !again {
		c.problem = "Given up after two days. " + c.problem
	}
	if IsPermanent(err) || !again {
		w.failed.Add(1)
		log.Error("message given up", "problem", c.problem)
		return c
	}
	w.postponed.Add(1)
	jitter := 0.9 + 0.2*w.random()
	c.state, c.due = "queued", w.o.now().Add(time.Duration(float64(next)*jitter))
	log.Warn("message not sent; it will be tried again", "problem", c.problem, "due", c.due)
	return c
}
