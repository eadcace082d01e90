package registrations

import (
	"context"
	"errors"
	"testing"
)

// Whatever an organiser does to a registration is for whom they have seen: a place can be passed on while the page is open.
func TestNothingIsDoneToWhoeverHasAPlaceByNow(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.takePartOnline()
		seen := d.register(d.ask(1))
		now, err := d.Substitute(ctx, seen, d.ask(2).Person, Needs{}, kim)
		must(t, err)
		old := *seen
		old.Generation = now.Generation - 1
		for name, do := range map[string]func() error{
			"cancel":  func() error { return d.CancelFor(ctx, &old, d.event, "", kim) },
			"erase":   func() error { return d.Erase(ctx, &old, kim) },
			"correct": func() error { _, err := d.CorrectAddress(ctx, &old, "right@example.com", kim); return err },
			"pass on": func() error { _, err := d.Substitute(ctx, &old, d.ask(3).Person, Needs{}, kim); return err },
			"move":    func() error { _, err := d.Move(ctx, &old, d.event.Places[1].ID, kim); return err },
			"approve": func() error { _, err := d.Approve(ctx, &old, kim); return err },
			"refuse":  func() error { _, err := d.Refuse(ctx, &old, "", kim); return err },
			"note":    func() error { return d.AddNote(ctx, &old, "Telephoned", "nobody", kim) },
		} {
			if err := do(); !errors.Is(err, errAnothers) {
				t.Errorf("%s: %v", name, err)
			}
		}
		is, err := d.store.ByID(ctx, seen.ID)
		must(t, err)
		if is.Mailbox != "person2@example.com" || is.Status != Confirmed || is.PlaceID != seen.PlaceID || is.Generation != now.Generation {
			t.Errorf("it became %+v", is)
		}
		must(t, d.Erase(ctx, now, kim))
		if err := d.AddNote(ctx, now, "Telephoned", "nobody", kim); !errors.Is(err, errErased) {
			t.Errorf("a note about nobody: %v", err)
		}
		d.sound("after refusals")
	})
}
