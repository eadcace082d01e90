package store_test

import (
	"context"
	"strings"
	"testing"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestTheDatabaseItselfKeepsTheAuditTrailAsItIs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		if _, err := db.NewRaw(addEntry, "a1").Exec(ctx); err != nil {
			t.Fatal(err)
		}
		forbidden := []string{"update audit set detail = 'another'", "update audit set at = at", "delete from audit", "delete from audit where id = 'a1'"}
		if db.Kind() == "PostgreSQL" {
			forbidden = append(forbidden, "truncate audit")
		}
		for _, query := range forbidden {
			if _, err := db.NewRaw(query).Exec(ctx); err == nil || !strings.Contains(err.Error(), "the audit trail is only ever added to") {
				t.Errorf("%q: %v", query, err)
			}
		}
		if _, err := db.NewRaw(addEntry, "a2").Exec(ctx); err != nil {
			t.Errorf("another entry: %v", err)
		}
		var left int
		if err := db.NewRaw("select count(*) from audit where detail <> 'another'").Scan(ctx, &left); err != nil || left != 2 {
			t.Errorf("%d entries are left as they were: %v", left, err)
		}
	})
}
