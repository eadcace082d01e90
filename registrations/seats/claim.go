package seats

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"masterclass/internal/secret"
)

const claimPurpose = "claim"

// Claim travels in the form from its first page on: the id of the registration to be, and what is held for it. The id is minted
// when the form is shown, so two clicks hold one seat and make one registration.
type Claim struct {
	ID       string
	EventID  string
	PlaceID  string    // empty until a seat is held
	Began    time.Time // whoever waits and joined before then is first; zero until a seat is held
	Deadline time.Time // until when it was promised; zero until then, or when Redis could not promise anything
}

// NewClaim mints an id for a registration to the event.
func NewClaim(eventID string) Claim {
	return Claim{ID: uuid.Must(uuid.NewV7()).String(), EventID: eventID} // fails only without entropy, which ends the program anyway
}

// For says whether the claim promises a seat of the place at the time.
func (c Claim) For(placeID string, now time.Time) bool {
	return c.PlaceID == placeID && now.Before(c.Deadline)
}

// Sign writes the claim so that only this installation could have.
func (c Claim) Sign(k *secret.Keys) string {
	return k.Sign(claimPurpose, strings.Join([]string{c.ID, c.EventID, c.PlaceID, millis(c.Began), millis(c.Deadline)}, "|"))
}

// ReadClaim reads a signed claim for an event. One that is forged, unreadable or for another event gives false: it is worth no
// more than none, and a new one takes its place.
func ReadClaim(k *secret.Keys, signed, eventID string) (Claim, bool) {
	payload, err := k.Verify(claimPurpose, signed)
	if err != nil {
		return Claim{}, false
	}
	parts := strings.Split(payload, "|")
	if len(parts) != 5 || parts[1] != eventID || uuid.Validate(parts[0]) != nil {
		return Claim{}, false
	}
	c := Claim{ID: parts[0], EventID: parts[1], PlaceID: parts[2]}
	var began, deadline int64
	if _, err := fmt.Sscan(parts[3]+" "+parts[4], &began, &deadline); err != nil {
		return Claim{}, false
	}
	c.Began, c.Deadline = moment(began), moment(deadline)
	return c, true
}

func millis(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return fmt.Sprint(t.UnixMilli())
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
