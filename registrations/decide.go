package registrations

import (
	"time"

	"masterclass/registrations/seats"
)

// admission is what Redis and the claim say of a person at the moment of confirming.
type admission struct {
	held     bool // Redis keeps a seat for the id now
	promised bool // the person was told that a seat is kept, and the time is not over
	alone    bool // Redis could not be asked: the record decides alone

	at time.Time // when Redis was asked, by this machine's clock
}

// decide gives the status of a new registration, on the numbers of the locked row: SQL has the last word. passed says that somebody
// now waiting had joined before this person's hold began. Without a seat and without the wish to wait it is ErrFull.
func decide(s seats.State, a admission, passed, wait bool) (status Status, displaced bool, err error) {
	kept := a.held || a.promised
	switch {
	case kept && s.Room() && !passed:
		return Confirmed, false, nil
	case a.alone && s.Room() && s.Waiting == 0:
		return Confirmed, false, nil
	case a.promised && !s.Room():
		return Waiting, true, nil // the seat was lost to a fault: to the head of the list, with an apology
	case a.promised || wait:
		return Waiting, false, nil
	}
	return "", false, ErrFull
}
