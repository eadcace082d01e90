package registrations

import (
	"encoding/json"
	"fmt"
	"time"

	"masterclass/events"
	"masterclass/internal/secret"
)

// healthKept is how long after the event dietary and access requirements are kept.
const healthKept = 30 * 24 * time.Hour

// healthWaits is how much longer they are kept while an event that was postponed has no new date: long enough for one, and not for ever.
const healthWaits = 365 * 24 * time.Hour

// purgeAt is when the health data of those who are registered for an event is deleted, in Unix milliseconds.
func purgeAt(e *events.Event) int64 {
	at := e.EndsAt + healthKept.Milliseconds()
	if e.Status == events.Postponed {
		at += healthWaits.Milliseconds()
	}
	return at
}

// Needs are dietary and access requirements: health data, kept encrypted, apart, with consent, for a while.
type Needs struct {
	Dietary string `json:"dietary,omitempty"`
	Access  string `json:"access,omitempty"`
}

// Empty says that there is nothing to keep.
func (n Needs) Empty() bool { return n == Needs{} }

func (n Needs) seal(k *secret.Keys, registrationID string) ([]byte, error) {
	plain, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("write health data: %w", err)
	}
	sealed, err := k.Seal(registrationID, plain)
	if err != nil {
		return nil, fmt.Errorf("seal health data: %w", err)
	}
	return sealed, nil
}

func openNeeds(k *secret.Keys, registrationID string, sealed []byte) (Needs, error) {
	var n Needs
	plain, err := k.Open(registrationID, sealed)
	if err != nil {
		return n, fmt.Errorf("open health data: %w", err)
	}
	if err := json.Unmarshal(plain, &n); err != nil {
		return n, fmt.Errorf("read health data: %w", err)
	}
	return n, nil
}
