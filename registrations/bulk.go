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
	means                 func(Status) bool
	leaves                [2]string // what is said of one whom it does not mean, and of more
	do                    func(h *Handler, ctx context.Context, e *events.Event, g *Registration, reason string, by access.Entry) error
}

var errNotWithAction = fault.New(fault.NotFound, "Choose what to do with the registrations.")

// bulkActions are by the value of their button.
var bulkActions = map[string]bulkAction{
	"approve": {heading: "Approve these requests?", button: "Approve them", past: "approved", text: "Each person is confirmed, and we write to them.", means: awaits, leaves: leavesDecided,
		do: func(h *Handler, ctx context.Context, _ *events.Event, g *Registration, _ string, by access.Entry) error {
			_, err := h.Approve(ctx, g, by)
			return err
		}},
	"refuse": {heading: "Refuse these requests?", button: "Refuse them", past: "refused", warning: true, reason: true,
		text: "We tell each person that they cannot have a place. Seats that come free go to those who wait.", means: awaits, leaves: leavesDecided,
		do: func(h *Handler, ctx context.Context, _ *events.Event, g *Registration, reason string, by access.Entry) error {
			_, err := h.Refuse(ctx, g, reason, by)
			return err
		}},
	"give": {heading: "Give these people a place?", button: "Give them a place", past: "given a place", text: "Each is confirmed, as long as places are left, and we write to them. A seat that they have elsewhere at the event is given up.",
		means: waits, leaves: [2]string{"does not wait, and stays as it is.", "do not wait, and stay as they are."},
		do: func(h *Handler, ctx context.Context, _ *events.Event, g *Registration, _ string, by access.Entry) error {
			_, err := h.Give(ctx, g, by)
			return err
		}},
	"resend": {heading: "Send these people their email again?", button: "Send them", past: "emails on their way again", text: "Each gets the email that says where their registration stands.",
		means: stands, leaves: leavesCancelled,
		do: func(h *Handler, ctx context.Context, _ *events.Event, g *Registration, _ string, by access.Entry) error {
			return h.ResendFor(ctx, g, by)
		}},
	"cancel": {heading: "Cancel these registrations?", button: "Cancel them", past: "cancelled", warning: true, reason: true,
		text: "We write to each person. Seats that come free go to those who wait. This cannot be taken back.", means: stands, leaves: leavesCancelled,
		do: func(h *Handler, ctx context.Context, e *events.Event, g *Registration, reason string, by access.Entry) error {
			if g.Status == Cancelled {
				return ErrWithdrawn
			}
			return h.CancelFor(ctx, g, e, reason, by)
		}},
}

// Whom actions mean, and what is said of others that were chosen with them.
var (
	leavesDecided   = [2]string{"does not await approval, and stays as it is.", "do not await approval, and stay as they are."}
	leavesCancelled = [2]string{"is cancelled already.", "are cancelled already."}
)

func awaits(s Status) bool { return s == Pending }

func waits(s Status) bool { return s == Waiting }

func stands(s Status) bool { return s != Cancelled }

// meant are those of the chosen ones whom an action means, and a sentence about the others; "" where there are none.
func (a bulkAction) meant(chosen []*Registration) (list []*Registration, others string) {
	for _, g := range chosen {
		if a.means(g.Status) {
			list = append(list, g)
		}
	}
	switch n := len(chosen) - len(list); n {
	case 0:
		return list, ""
	case 1:
		return list, "1 that you chose " + a.leaves[0]
	default:
		return list, thousands(n) + " that you chose " + a.leaves[1]
	}
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
