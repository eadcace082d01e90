package registrations

import (
	"context"
	"encoding/json"
	"fmt"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
)

// bulkAction is something that organisers do to several registrations at once.
type bulkAction struct {
	heading, button, past string // past follows the number of those it was done for
	text                  string
	warning, reason       bool
	do                    func(h *Handler, ctx context.Context, e *events.Event, g *Registration, reason string, by access.Entry) error
}

var errNotWithAction = fault.New(fault.NotFound, "Choose what to do with the registrations.")

// bulkActions are by the value of their button.
var bulkActions = map[string]bulkAction{
	"approve": {heading: "Approve these requests?", button: "Approve them", past: "approved", text: "Each person is confirmed, and we write to them.",
		do: func(h *Handler, ctx context.Context, _ *events.Event, g *Registration, _ string, by access.Entry) error {
			_, err := h.Approve(ctx, g.ID, by)
			return err
		}},
	"refuse": {heading: "Refuse these requests?", button: "Refuse them", past: "refused", warning: true, reason: true,
		text: "We tell each person that they cannot have a place. Seats that come free go to those who wait.",
		do: func(h *Handler, ctx context.Context, _ *events.Event, g *Registration, reason string, by access.Entry) error {
			_, err := h.Refuse(ctx, g.ID, reason, by)
			return err
		}},
	"resend": {heading: "Send these people their email again?", button: "Send them", past: "emails on their way again", text: "Each gets the email that says where their registration stands.",
		do: func(h *Handler, ctx context.Context, _ *events.Event, g *Registration, _ string, by access.Entry) error {
			return h.ResendFor(ctx, g, by)
		}},
	"cancel": {heading: "Cancel these registrations?", button: "Cancel them", past: "cancelled", warning: true, reason: true,
		text: "We write to each person. Seats that come free go to those who wait. This cannot be taken back.",
		do: func(h *Handler, ctx context.Context, e *events.Event, g *Registration, reason string, by access.Entry) error {
			if g.Status == Cancelled {
				return ErrWithdrawn
			}
			return h.CancelFor(ctx, g, e, reason, by)
		}},
}

// bulkResult is what became of a bulk action, as it travels in the address of the page that tells.
type bulkResult struct {
	EventID, Action string
	Worked          int
	Failed          []bulkFailure
	More            int // that it did not work for either
}

// maxFailures is how many of those that an action did not work for are named: an address is only so long.
const maxFailures = 40

func (r *bulkResult) fail(id, why string) {
	if len(r.Failed) == maxFailures {
		r.More++
		return
	}
	r.Failed = append(r.Failed, bulkFailure{ID: id, Why: why})
}

// bulkFailure is a registration that an action did not work for, and the sentence that says why.
type bulkFailure struct{ ID, Why string }

const bulkPurpose = "bulk"

func (h *Handler) signResult(r bulkResult) (string, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("write the result of an action: %w", err)
	}
	return h.keys.Sign(bulkPurpose, string(text)), nil
}

// readResult reads a result that was signed for the event.
func (h *Handler) readResult(signed string, e *events.Event) (r bulkResult, ok bool) {
	text, err := h.keys.Verify(bulkPurpose, signed)
	if err != nil || json.Unmarshal([]byte(text), &r) != nil {
		return r, false
	}
	_, known := bulkActions[r.Action]
	return r, known && r.EventID == e.ID
}
