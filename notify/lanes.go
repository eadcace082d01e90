package notify

import (
	"slices"
	"strings"
	"time"
)

const (
	senders   = connections      // messages under way at once, each to another mailbox
	wide      = senders - 1      // of them to one domain: one is always left to the others
	patience  = 2 * time.Second  // after which a message under way makes its domain a slow one
	slowAfter = 10 * time.Minute // for which a domain stays slow unless it answers well again
)

// lanes hold the messages in hand and say which goes next: the oldest whose domain has room.
//
// All mail goes through one server, but a domain can make that wait, while it checks the recipient or the message, or
// have it put messages off. Such a domain gets one connection at a time until it answers well again, and no domain
// gets all of them, so that those it holds for a minute do not hold up everybody else's mail. Domains that answer
// quickly are not held back any further: most recipients share one, and sending to it at less than full speed would help nobody.
//
// Not safe for concurrent use.
type lanes struct {
	waiting []*leased
	domains map[string]*lane // those with messages under way and those that are slow
}

// lane is one domain.
type lane struct {
	began     map[string]time.Time // of the messages under way, by id
	slowUntil time.Time
}

func newLanes() *lanes { return &lanes{domains: map[string]*lane{}} }

// domainOf is what SQL takes for the domain too (outbox_lease.go).
func domainOf(mailbox string) string {
	_, domain, _ := strings.Cut(mailbox, "@")
	return domain
}

func (s *lane) slow(now time.Time) bool {
	if s == nil {
		return false
	}
	if now.Before(s.slowUntil) {
		return true
	}
	for _, at := range s.began {
		if now.Sub(at) > patience {
			return true
		}
	}
	return false
}

func (s *lane) room(now time.Time) bool {
	switch {
	case s == nil:
		return true
	case s.slow(now):
		return len(s.began) == 0
	}
	return len(s.began) < wide
}

// next takes the message that is to go now, if any can.
func (q *lanes) next(now time.Time) *leased {
	for i, l := range q.waiting {
		domain := domainOf(l.Mailbox)
		d := q.domains[domain]
		if !d.room(now) {
			continue
		}
		if d == nil {
			d = &lane{began: map[string]time.Time{}}
			q.domains[domain] = d
		}
		d.began[l.ID] = now
		q.waiting = slices.Delete(q.waiting, i, i+1)
		return l
	}
	return nil
}

// ended notes that a message is no longer under way, and how the domain behaved: well means that it was taken, or
// refused for good, and not just put off.
func (q *lanes) ended(l *leased, well bool, now time.Time) {
	domain := domainOf(l.Mailbox)
	d := q.domains[domain]
	quick := now.Sub(d.began[l.ID]) <= patience
	delete(d.began, l.ID)
	d.slowUntil = time.Time{}
	if !well || !quick {
		d.slowUntil = now.Add(slowAfter)
	} else if len(d.began) == 0 {
		delete(q.domains, domain)
	}
}

// ready is how many messages, up to enough, are not held up by a slow domain.
func (q *lanes) ready(enough int, now time.Time) int {
	n := 0
	for _, l := range q.waiting {
		if n >= enough {
			break
		}
		if !q.domains[domainOf(l.Mailbox)].slow(now) {
			n++
		}
	}
	return n
}

// parked are the slow domains that messages in hand wait for: no more of theirs are wanted.
func (q *lanes) parked(now time.Time) []string {
	domains := []string{}
	for _, l := range q.waiting {
		if d := domainOf(l.Mailbox); q.domains[d].slow(now) && !slices.Contains(domains, d) {
			domains = append(domains, d)
		}
	}
	return domains
}

// sweep forgets domains that were slow long ago, and takes out the messages that were in hand for too long.
func (q *lanes) sweep(now time.Time) (late []*leased) {
	for domain, d := range q.domains {
		if len(d.began) == 0 && !d.slow(now) {
			delete(q.domains, domain)
		}
	}
	q.waiting = slices.DeleteFunc(q.waiting, func(l *leased) bool {
		if l.late(now) {
			late = append(late, l)
			return true
		}
		return false
	})
	return late
}

// clear takes out all that was not begun.
func (q *lanes) clear() []*leased {
	all := q.waiting
	q.waiting = nil
	return all
}
