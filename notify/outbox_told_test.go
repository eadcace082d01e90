package notify

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestWhatAMailboxWasToldLastIsWhatCountsStill(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		add := func(kind, mailbox, uid string) string {
			m := to(mailbox)
			m.Kind, m.UID = kind, uid
			b.clock.Add(time.Second)
			return b.enqueue(m)
		}
		add(KindConfirmation, "ann@example.org", "u1")
		add(KindWaiting, "ann@example.org", "") // of no calendar
		add("updated", "bob@example.org", "u1")
		at := b.clock.Now()
		back := add("updated", "ann@example.org", "u1")
		add(KindConfirmation, "bob@example.org", "u2")
		if _, err := b.db.NewRaw("update outbox set state = 'superseded' where id = ?", back).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.inTx(func(tx *sql.Tx) error {
			last, err := b.o.LastAboutEach(t.Context(), tx, []string{"ann@example.org", "bob@example.org", "cat@example.org"}, "u1")
			if got := fmt.Sprint(last); got != "map[ann@example.org:confirmation bob@example.org:updated]" {
				t.Errorf("they were told %s", got)
			}
			for mailbox, kind := range last {
				if one, oerr := b.o.LastAbout(t.Context(), tx, mailbox, "u1"); one != kind || oerr != nil {
					t.Errorf("%s alone was told %s, %v", mailbox, one, oerr)
				}
			}
			return err
		})
		for kind, want := range map[string]time.Time{"updated": at, KindWaiting: {}} {
			if got, err := b.o.LastTold(t.Context(), "bob@example.org", kind); !got.Equal(want) || err != nil {
				t.Errorf("%s was last told at %v, want %v: %v", kind, got, want, err)
			}
		}
	})
}
