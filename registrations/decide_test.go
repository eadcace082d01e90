package registrations

import (
	"errors"
	"testing"

	"masterclass/registrations/seats"
)

func TestDecide(t *testing.T) {
	room := seats.State{Capacity: 10, Taken: 9}
	roomButWaiting := seats.State{Capacity: 10, Taken: 9, Waiting: 2}
	full := seats.State{Capacity: 10, Taken: 10, Waiting: 2}
	for name, c := range map[string]struct {
		state        seats.State
		adm          admission
		passed, wait bool
		want         Status
		displaced    bool
		err          error
	}{
		"a held seat is given":                                       {state: room, adm: admission{held: true}, want: Confirmed},
		"a promised seat is given":                                   {state: room, adm: admission{promised: true}, want: Confirmed},
		"a hold older than the queue passes it":                      {state: roomButWaiting, adm: admission{held: true, promised: true}, want: Confirmed},
		"a hold younger than somebody waiting waits":                 {state: roomButWaiting, adm: admission{held: true, promised: true}, passed: true, want: Waiting},
		"an unpromised hold younger than somebody waiting is full":   {state: roomButWaiting, adm: admission{held: true}, passed: true, err: ErrFull},
		"the same waits if asked for":                                {state: roomButWaiting, adm: admission{held: true}, passed: true, wait: true, want: Waiting},
		"a promised seat lost to a fault goes to the head":           {state: full, adm: admission{held: true, promised: true}, want: Waiting, displaced: true},
		"so does one whose hold Redis lost":                          {state: full, adm: admission{promised: true}, want: Waiting, displaced: true},
		"a hold that Redis gave in error is full":                    {state: full, adm: admission{held: true}, err: ErrFull},
		"refused and willing to wait":                                {state: full, wait: true, want: Waiting},
		"refused by Redis waits though SQL has room, others hold it": {state: room, wait: true, want: Waiting},
		"refused is full":                                            {state: full, err: ErrFull},
		"SQL alone gives a free seat":                                {state: room, adm: admission{alone: true}, want: Confirmed},
		"SQL alone passes nobody":                                    {state: roomButWaiting, adm: admission{alone: true}, err: ErrFull},
		"SQL alone lets people join the queue":                       {state: roomButWaiting, adm: admission{alone: true}, wait: true, want: Waiting},
		"SQL alone and full":                                         {state: full, adm: admission{alone: true}, err: ErrFull},
	} {
		status, displaced, err := decide(c.state, c.adm, c.passed, c.wait)
		if status != c.want || displaced != c.displaced || !errors.Is(err, c.err) {
			t.Errorf("%s: got %q, displaced %v, %v", name, status, displaced, err)
		}
	}
}

func TestOnlyTheTableChangesAStatus(t *testing.T) {
	for _, c := range []struct {
		from, to Status
		by       Actor
		want     bool
	}{
		{Confirmed, Cancelled, Attendee, true}, {Waiting, Cancelled, Attendee, true}, {Waiting, Confirmed, Attendee, false},
		{Pending, Confirmed, Attendee, false}, {Pending, Confirmed, Organiser, true}, {Offered, Confirmed, Attendee, true},
		{Cancelled, Confirmed, Organiser, false}, {Cancelled, Cancelled, Attendee, false}, {Confirmed, Waiting, Organiser, false},
	} {
		if got := Allows(c.from, c.to, c.by); got != c.want {
			t.Errorf("from %s to %s by the %s: %v", c.from, c.to, c.by, got)
		}
	}
	for s, takes := range map[Status]bool{Pending: true, Confirmed: true, Offered: true, Waiting: false, Cancelled: false} {
		if s.TakesSeat() != takes || s.Words() == "" {
			t.Errorf("%s takes a seat: %v", s, !takes)
		}
	}
}
