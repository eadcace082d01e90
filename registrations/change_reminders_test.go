package registrations

import (
	"context"
	"testing"

	"github.com/uptrace/bun"
)

func TestRemindersOfWhatWasAreTakenBack(t *testing.T) {
	for name, change := range map[string]func(d *desk, g *Registration) error{
		"the event moves": func(d *desk, _ *Registration) error { d.alterEvent(to("2099-06-01")); return nil },
		"it is postponed": func(d *desk, _ *Registration) error {
			_, err := d.PostponeEvent(context.Background(), d.event.ID, d.event.Version, kim)
			return err
		},
		"it is cancelled": func(d *desk, _ *Registration) error {
			_, err := d.CancelEvent(context.Background(), d.event.ID, d.event.Version, "", kim)
			return err
		},
		"a colleague takes the place": func(d *desk, g *Registration) error {
			_, err := d.Substitute(context.Background(), g, d.colleague(9), Needs{}, kim)
			return err
		},
		"the address was wrong": func(d *desk, g *Registration) error {
			_, err := d.CorrectAddress(context.Background(), g, "right@example.com", kim)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachDesk(t, 3, func(t *testing.T, d *desk) {
				ctx := context.Background()
				g := d.register(d.ask(1))
				d.exec("update outbox set state = 'sent'")
				must(t, d.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
					m := message(kindReminder, d.event, d.event.Places[0], g)
					m.UID = ""
					_, err := d.outbox.Enqueue(ctx, tx.Tx, m)
					return err
				}))
				must(t, change(d, g))
				var state string
				must(t, d.db.NewRaw("select state from outbox where kind = ?", kindReminder).Scan(ctx, &state))
				if state != "superseded" {
					t.Errorf("the reminder is %s", state)
				}
			})
		})
	}
}
