package notify

import (
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestTheListOfMessagesGoesBackToNewerPages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		var ids []string
		for i := range pageOf + 10 {
			ids = append(ids, b.enqueue(to(fmt.Sprintf("person%d@example.org", i))))
		}
		page, more := b.list(Filter{Before: ids[4], After: ids[0]})
		if !more || len(page) != pageOf || page[len(page)-1].ID != ids[5] || page[0].ID != ids[pageOf+4] {
			t.Errorf("%d messages, more: %v", len(page), more)
		}
		page, more = b.list(Filter{Before: ids[pageOf+4]})
		want := []string{ids[pageOf+9], ids[pageOf+8], ids[pageOf+7], ids[pageOf+6], ids[pageOf+5]}
		if more || !slices.Equal(idsOf(page), want) {
			t.Errorf("the newest are %v, more: %v", idsOf(page), more)
		}
	})
}

func TestMessagesAreChosenByKindsAndTime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		first := b.clock.Now()
		one := b.enqueue(to("one@example.org"))
		b.clock.Add(time.Hour)
		second := b.clock.Now()
		m := to("two@example.org")
		m.Kind = KindWaiting
		two := b.enqueue(m)
		m.Kind = "cancellation"
		three := b.enqueue(m)
		for name, c := range map[string]struct {
			f    Filter
			want []string
		}{
			"of one kind":   {Filter{Kinds: []string{KindWaiting}}, []string{two}},
			"of two kinds":  {Filter{Kinds: []string{KindWaiting, KindConfirmation}}, []string{two, one}},
			"of both":       {Filter{Kinds: []string{KindWaiting, KindConfirmation}, Kind: "cancellation"}, nil},
			"since":         {Filter{Since: second}, []string{three, two}},
			"until":         {Filter{Until: second}, []string{one}},
			"between":       {Filter{Since: first, Until: second}, []string{one}},
			"a quoted kind": {Filter{Kinds: []string{"x'; drop table outbox; --"}}, nil},
		} {
			page, _ := b.list(c.f)
			if !slices.Equal(idsOf(page), c.want) {
				t.Errorf("%s: %v, want %v", name, idsOf(page), c.want)
			}
			tally, err := b.o.Count(t.Context(), c.f)
			if err != nil || tally != (Tally{Queued: int64(len(c.want))}) {
				t.Errorf("%s: counted %+v, %v", name, tally, err)
			}
		}
	})
}

func TestMessagesAreCountedByState(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		for i, state := range []string{StateSent, StateSent, StateFailed, StateSuperseded, StateQueued} {
			b.exec("update outbox set state = ? where id = ?", state, b.enqueue(to(fmt.Sprintf("p%d@example.org", i))))
		}
		tally, err := b.o.Count(t.Context(), Filter{State: StateFailed, After: "0", Before: "z"})
		if err != nil || tally != (Tally{Queued: 1, Sent: 2, Failed: 1, Superseded: 1}) {
			t.Errorf("counted %+v, %v", tally, err)
		}
		n, err := b.o.CountFailed(t.Context(), Filter{Kinds: []string{KindConfirmation}})
		if err != nil || n != 1 {
			t.Errorf("%d failed, %v", n, err)
		}
	})
}

func TestWhatFailedAndWasSentAgainIsNotCountedAsFailed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		failed := func(m Message) string {
			id := b.enqueue(m)
			b.exec("update outbox set state = 'failed', problem = 'No such mailbox' where id = ?", id)
			return id
		}
		count := func(when string, want int64) {
			t.Helper()
			if n, err := b.o.CountFailed(t.Context(), Filter{}); err != nil || n != want {
				t.Errorf("%s %d failed, %v; want %d", when, n, err, want)
			}
		}
		wrong := to("wrong@example.org")
		wrong.RegistrationID = "r1"
		one, account := failed(wrong), to("kim@example.org")
		account.Kind = "password-reset"
		two := failed(account)
		count("at first", 2)
		right := wrong
		right.To.Address, right.Mailbox = "right@example.org", "right@example.org"
		news := right
		news.Kind, news.Topic = "message", "message 1"
		b.enqueue(news)
		count("after another message", 2)
		mended := b.enqueue(right)
		count("when the address is corrected", 1)
		if err := b.resendOne(two); err != nil {
			t.Fatal(err)
		}
		count("when the other is sent again", 0)
		page, _ := b.list(Filter{State: StateFailed})
		if len(page) != 2 || !page[0].Again || !page[1].Again {
			t.Errorf("the log says %+v", page)
		}
		b.inTx(func(tx *sql.Tx) error {
			n, err := b.o.RetryFailed(t.Context(), tx, Filter{})
			if n != 0 {
				t.Errorf("%d were tried again", n)
			}
			return err
		})
		b.exec("update outbox set state = 'failed' where id = ?", mended)
		count("when the corrected address fails too", 1)
		b.state(one, StateFailed)
	})
}

func TestTheProgressOfAMessageCountsMailboxes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		for i, state := range []string{StateSent, StateFailed, StateFailed, StateQueued, StateSent, StateSuperseded} {
			m := to(fmt.Sprintf("p%d@example.org", min(i, 4)))
			m.Kind, m.Topic = "message", "message 1"
			b.exec("update outbox set state = ? where id = ?", state, b.enqueue(m))
			if i == 1 { // it was sent again, and went
				b.exec("update outbox set state = 'sent' where id = ?", b.enqueue(m))
			}
		}
		other := to("other@example.org")
		other.Kind, other.Topic = "message", "message 2"
		b.enqueue(other)
		got, err := b.o.Progress(t.Context(), "message 1")
		if err != nil || got != (Tally{Queued: 1, Sent: 3, Failed: 1}) {
			t.Errorf("the progress is %+v, %v", got, err)
		}
		if got, err := b.o.Progress(t.Context(), "message 3"); err != nil || got != (Tally{}) {
			t.Errorf("of no message: %+v, %v", got, err)
		}
	})
}

func TestTheWordsOfAMessageAreThoseThatWereSent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		made := 0
		composers := map[string]Composer{KindConfirmation: func(q Queued) (Mail, error) {
			made++
			return Mail{Subject: "Zoë’s place", Text: "Words " + string(q.Snapshot) + " " + q.Mailbox}, nil
		}}
		id := b.enqueue(to("ann@example.org"))
		w, err := b.o.Words(t.Context(), id, composers)
		if err != nil || w.Kept || w.Subject != "Zoë’s place" || w.Text != `Words {"event":"SACT"} ann@example.org` {
			t.Errorf("before it is sent: %+v, %v", w, err)
		}
		b.drain()
		w, err = b.o.Words(t.Context(), id, composers)
		if err != nil || !w.Kept || w.Subject != "About confirmation" || !strings.HasPrefix(w.Text, `Snapshot {"event":"SACT"} made`) || made != 1 {
			t.Errorf("after it was sent: %+v, %v", w, err)
		}
		b.inTx(func(tx *sql.Tx) error { return b.o.Erase(t.Context(), tx, "none", "ann@example.org", KindConfirmation) })
		if _, err := b.o.Words(t.Context(), id, composers); !errors.Is(err, ErrErased) {
			t.Errorf("erased: %v", err)
		}
		if _, err := b.o.Words(t.Context(), "none", composers); !fault.Is(err, fault.NotFound) {
			t.Errorf("no message: %v", err)
		}
	})
}

func TestTheTextOfEveryShapeOfMessageIsRead(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Grüße, and a line that is folded by quoted-printable = ", 5) + "\n\nthe end"
	q := Queued{ID: "1", Kind: KindConfirmation, To: mail.Address{Address: "ann@example.org"}, MessageID: "<1@example.org>"}
	for name, m := range map[string]Mail{
		"text alone":    {Subject: "Grüße an alle, die mit uns über Chemotherapie sprechen wollen", Text: long},
		"HTML beside":   {Subject: "Hello", Text: long, HTML: "<p>Hello</p>"},
		"a calendar":    {Subject: "Hello", Text: long, HTML: "<p>Hello</p>", Calendar: []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), Method: "REQUEST"},
		"and a picture": {Subject: "Hello", Text: long, HTML: `<img src="cid:qr">`, Image: &Image{ID: "qr", Type: "image/png", Data: []byte("png")}},
	} {
		raw, err := Bytes(sender, q, m, time.Unix(1, 0))
		if err != nil {
			t.Fatal(err)
		}
		w, err := readWords(raw)
		if err != nil || w.Subject != m.Subject || w.Text != long {
			t.Errorf("%s: %+v, %v", name, w, err)
		}
	}
	if _, err := readWords([]byte("Subject: x\r\nContent-Type: text/html\r\n\r\n<p>x</p>")); !errors.Is(err, errNoText) {
		t.Errorf("HTML alone: %v", err)
	}
}

func TestWhatWasDealtWithNeedsNoAttention(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		var ids []string
		for i := range 3 {
			m := to(fmt.Sprintf("p%d@example.org", i))
			m.RegistrationID = fmt.Sprint("r", i)
			ids = append(ids, b.enqueue(m))
			b.exec("update outbox set state = 'failed', problem = 'No such mailbox' where id = ?", ids[i])
		}
		settle := func(id string) (err error) {
			b.inTx(func(tx *sql.Tx) error { err = b.o.Settle(t.Context(), tx, id); return nil })
			return err
		}
		if err := settle(ids[0]); err != nil {
			t.Error(err)
		}
		if err := settle(ids[0]); !errors.Is(err, ErrNotFailed) {
			t.Errorf("a second time it gave %v", err)
		}
		b.inTx(func(tx *sql.Tx) error { return b.o.SettleFor(t.Context(), tx, "r1", "p1@example.org") })
		b.inTx(func(tx *sql.Tx) error { return b.o.SettleFor(t.Context(), tx, "r2", "another@example.org") })
		if n, err := b.o.CountFailed(t.Context(), Filter{}); err != nil || n != 1 {
			t.Errorf("%d need attention, %v", n, err)
		}
		if e, err := b.o.Entry(t.Context(), ids[1]); err != nil || !e.Settled || e.State != StateFailed {
			t.Errorf("the log has %+v, %v", e, err)
		}
		b.inTx(func(tx *sql.Tx) error {
			n, err := b.o.RetryFailed(t.Context(), tx, Filter{})
			if n != 1 {
				t.Errorf("%d are tried again", n)
			}
			return err
		})
	})
}
