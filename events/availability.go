package events

import (
	"context"
	"fmt"
)

// Availability is what can still be had of a place: Left is 0 while anybody waits.
type Availability struct{ Left, Waiting int64 }

// Availabilities knows what is left of places: the seats do. An error means that not even the record could be read.
type Availabilities interface {
	Available(ctx context.Context, places []Place) (map[string]Availability, error)
}

// fewPlaces is how many places left are worth a warning.
const fewPlaces = 10

// Words says what is left, for people.
func (a Availability) Words() string {
	switch {
	case a.Left == 0 && a.Waiting > 0:
		return fmt.Sprintf("Full – %s on the waiting list", people(a.Waiting))
	case a.Left == 0:
		return "Full – you can join the waiting list"
	case a.Left == 1:
		return "1 place left"
	}
	return fmt.Sprintf("%d places left", a.Left)
}

// State is for the badge: "open", "few" or "waiting".
func (a Availability) State() string {
	switch {
	case a.Left == 0:
		return "waiting"
	case a.Left <= fewPlaces:
		return "few"
	}
	return "open"
}

func people(n int64) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// registrationState adds to the event's own rules that every place may be full.
func registrationState(e *Event, state RegistrationState, left map[string]Availability) RegistrationState {
	if state != Open {
		return state
	}
	for _, p := range e.Places {
		if left[p.ID].Left > 0 {
			return Open
		}
	}
	return WaitingList
}
