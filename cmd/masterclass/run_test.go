package main

import (
	"context"
	"testing"
	"time"
)

func TestOfTwoInstancesOneDeletesWhatIsPastItsTime(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		v.call("/api/v1/events/"+masterclass+"/registrations", person(1, v.event(masterclass).Places[0].ID), "Idempotency-Key", "old").want(t, 201)
		s.awaitLease(t, "purge") // the site itself is the one instance
		if _, err := s.db.NewRaw("update idempotency_keys set created_at = 1").Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		keys := func() (n int) {
			t.Helper()
			if err := s.purgeIfMine(t.Context(), "another"); err != nil {
				t.Fatal(err)
			}
			if err := s.db.NewRaw("select count(*) from idempotency_keys").Scan(t.Context(), &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := keys(); n != 1 {
			t.Errorf("%d keys are left after another instance's round, while the first has the lease", n)
		}
		var first string
		if err := s.db.NewRaw("select holder from leases where name = 'purge'").Scan(t.Context(), &first); err != nil {
			t.Fatal(err)
		}
		s.unpurge(t.Context(), first) // it stops in peace
		if n := keys(); n != 0 {
			t.Errorf("%d keys are left after the other's round, when the first has stopped", n)
		}
	})
}

// awaitLease waits until somebody has a lease.
func (s *testSite) awaitLease(t *testing.T, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for n := 0; n == 0; time.Sleep(10 * time.Millisecond) {
		if err := s.db.NewRaw("select count(*) from leases where name = ? and until > 0", name).Scan(ctx, &n); err != nil {
			t.Fatal(err)
		}
	}
}
