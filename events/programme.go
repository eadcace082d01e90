package events

import (
	"slices"
	"time"
)

// Session is one entry of the programme.
type Session struct {
	ID          string `bun:",pk"`
	EventID     string
	Kind        string
	Title       string
	Room        string
	Description string
	StartsLocal string // LocalTime in the event's zone
	EndsLocal   string
	Position    int64

	Speakers []Speaker `bun:"-"`
}

// Speaker is someone on the programme.
type Speaker struct {
	ID        string `bun:",pk"`
	EventID   string
	Name      string
	Role      string
	Biography string
	Position  int64
}

// SessionKinds are the kinds of session, and whether time in them counts as learning.
var SessionKinds = map[string]bool{
	"talk": true, "workshop": true, "panel": true, "registration": false, "break": false,
	"lunch": false, "exhibition": false, "close": false,
}

// Learning says whether the session counts towards CPD.
func (s Session) Learning() bool { return SessionKinds[s.Kind] }

// CPD is how long a person can learn at the event: the time covered by learning sessions, parallel ones counted once,
// without registration, breaks, lunch and exhibition. Zero while there is no programme.
func (e *Event) CPD() time.Duration {
	var total time.Duration
	for _, learned := range e.learning() {
		total += learned
	}
	return total
}

// learning is the CPD time of each day.
func (e *Event) learning() map[string]time.Duration {
	type span struct{ from, to time.Time }
	var spans []span
	for _, s := range e.Sessions {
		from, err1 := time.Parse(LocalTime, s.StartsLocal)
		to, err2 := time.Parse(LocalTime, s.EndsLocal)
		if err1 == nil && err2 == nil && s.Learning() {
			spans = append(spans, span{from, to})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	days := map[string]time.Duration{}
	var end time.Time
	for _, s := range spans {
		if s.from.Before(end) {
			s.from = end
		}
		if s.to.After(s.from) {
			days[s.from.Format(LocalDate)] += s.to.Sub(s.from)
			end = s.to
		}
	}
	return days
}

// creditsADay is the most that the Royal College of Physicians' federation grants for one day.
const creditsADay = 8

// CPDCredits are whole credits, one an hour and at most eight a day, halves dropped.
func (e *Event) CPDCredits() int {
	var counted time.Duration
	for _, learned := range e.learning() {
		counted += min(learned, creditsADay*time.Hour)
	}
	return int(counted.Hours())
}
