package registrations

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"masterclass/notify"
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

func TestNotesStayWithWhomTheyAreAbout(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		g := d.register(d.ask(1))
		must(t, d.AddNote(ctx, g, "Ada asked for a lift", "nobody", kim))
		g, err := d.CorrectAddress(ctx, g, "right@example.com", kim)
		must(t, err)
		notes := func() (words []string) {
			list, err := d.store.notes(ctx, g.ID)
			must(t, err)
			for _, n := range list {
				words = append(words, fmt.Sprint(n.Body, " ", n.OfFormer))
			}
			return words
		}
		if got := fmt.Sprint(notes()); got != "[Ada asked for a lift false]" {
			t.Errorf("after the address was corrected the notes are %s", got)
		}
		g, err = d.Substitute(ctx, g, d.ask(2).Person, Needs{}, kim)
		must(t, err)
		must(t, d.AddNote(ctx, g, "Bob needs a receipt", "nobody", kim))
		if got := fmt.Sprint(notes()); got != "[Bob needs a receipt false Ada asked for a lift true]" {
			t.Errorf("after the place was passed on the notes are %s", got)
		}
		must(t, d.EraseMailbox(ctx, g, "right@example.com", kim))
		if got := fmt.Sprint(notes()); got != "[Bob needs a receipt false]" {
			t.Errorf("after whoever had it before was erased the notes are %s", got)
		}
		d.nowhere("lift")
	})
}

func TestAPlaceThatSomebodyCameWithIsTheirs(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		g := d.register(d.ask(1))
		d.visit(g, "", time.UnixMilli(1), time.Time{})
		if _, err := d.Substitute(context.Background(), g, d.ask(2).Person, Needs{}, kim); !errors.Is(err, ErrCameAlready) {
			t.Errorf("passing it on gave %v", err)
		}
		d.exec("update attendance set undone_at = 2 where registration_id = ?", g.ID)
		if _, err := d.Substitute(context.Background(), g, d.ask(2).Person, Needs{}, kim); err != nil {
			t.Errorf("once that was taken back it gave %v", err)
		}
	})
}

func TestMailThatFailedNeedsNoAttentionOnceItIsOfNoUse(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		failed := func(when string, want int64) {
			t.Helper()
			if n, err := d.outbox.CountFailed(ctx, notify.Filter{Kinds: concernKinds()}); err != nil || n != want {
				t.Errorf("%s %d emails need attention, %v", when, n, err)
			}
		}
		wrong, gone := d.register(d.ask(1)), d.register(d.ask(2))
		d.exec("update outbox set state = 'failed', problem = 'No such mailbox'")
		failed("at first", 2)
		_, err := d.CorrectAddress(ctx, wrong, "right@example.com", kim)
		must(t, err)
		failed("after the address was corrected", 1)
		d.exec("update outbox set state = 'failed', problem = 'No such mailbox' where kind = ?", kindMoved) // as one expects of a wrong address
		failed("after the wrong address was told", 1)
		d.cancel(gone)
		failed("after cancelling", 0)
	})
}
