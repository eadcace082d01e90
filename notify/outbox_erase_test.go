package notify

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/store/storetest"
)

// A worker that keeps a message's bytes while its person is erased leaves none behind.
func TestBytesThatAreKeptDuringAnErasureGoToo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := storetest.Postgres(t)
	o, err := NewOutbox(ctx, db, "events.example.org", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	err = db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := o.Enqueue(ctx, tx.Tx, figureMessage(1))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := o.take(ctx, 1, time.Minute)
	if err != nil || len(rows) != 1 {
		t.Fatal(len(rows), err)
	}
	worker, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows[0].raw = []byte("To: somebody")
	if ours, err := keepAll(ctx, worker.StmtContext(ctx, o.keep), rows); err != nil || len(ours) != 1 {
		t.Fatal(len(ours), err)
	}
	erased := make(chan error, 1)
	go func() {
		erased <- db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return o.Erase(ctx, tx.Tx, "r1", rows[0].Mailbox) })
	}()
	select {
	case err := <-erased:
		t.Errorf("the erasure did not wait for the worker: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	if err := worker.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-erased; err != nil {
		t.Fatal(err)
	}
	var left int
	if err := db.NewRaw("select count(*) from message_bytes").Scan(ctx, &left); err != nil || left != 0 {
		t.Errorf("%d messages have bytes: %v", left, err)
	}
}
