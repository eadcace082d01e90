package notify

import (
	"database/sql"
	"testing"
	"time"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestOnlyWhatWaitsAndWasChosenIsTakenBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		add := func(kind, mailbox, event, registration string) string {
			m := to(mailbox)
			m.Kind, m.EventID, m.RegistrationID = kind, event, registration
			return b.enqueue(m)
		}
		sent := add(KindWaiting, "ann@example.org", "e1", "r1")
		b.drain()
		chosen, other := add(KindWaiting, "ann@example.org", "e1", "r1"), add(KindConfirmation, "ann@example.org", "e1", "r1")
		elsewhere, somebody := add(KindWaiting, "ann@example.org", "e2", "r2"), add(KindWaiting, "bob@example.org", "e1", "r3")
		leased := add(KindWaiting, "cat@example.org", "e1", "r4")
		if _, err := b.db.NewRaw("update outbox set leased_until = ? where id = ?", b.clock.Now().Add(time.Minute).UnixMilli(), leased).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if list, err := b.o.Waiting(t.Context(), []string{KindWaiting}); err != nil || len(list) != 2 {
			t.Errorf("messages of the events %v wait, %v", list, err)
		}
		supersede := func(u Unsent, want int64) {
			t.Helper()
			b.inTx(func(tx *sql.Tx) error {
				n, err := b.o.Supersede(t.Context(), tx, u)
				if n != want {
					t.Errorf("%d were taken back, want %d", n, want)
				}
				return err
			})
		}
		supersede(Unsent{Kinds: []string{KindWaiting}, EventID: "e1", Mailbox: "ann@example.org", Registrations: []string{"r1", "r9"}}, 1)
		b.state(sent, "sent")
		b.state(chosen, "superseded")
		for _, id := range []string{other, elsewhere, somebody, leased} {
			b.state(id, "queued")
		}
		supersede(Unsent{Kinds: []string{KindWaiting}, EventID: "e1"}, 1) // not the one in a worker's hands
		supersede(Unsent{Kinds: []string{KindWaiting}, Mailbox: "ann@example.org"}, 1)
		b.state(elsewhere, "superseded")
		b.inTx(func(tx *sql.Tx) error {
			for _, all := range []Unsent{{Kinds: []string{KindWaiting}}, {EventID: "e1"}} {
				if _, err := b.o.Supersede(t.Context(), tx, all); err == nil {
					t.Errorf("%+v was taken as a choice", all)
				}
			}
			return nil
		})
	})
}
