package registrations

import (
	"context"
	"strings"
	"testing"

	"masterclass/internal/store/storetest"
)

// A group that registers must not cost the more the more have registered before.
func TestMailboxesAreLookedUpByTheirIndex(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	rows, err := db.DB.DB.QueryContext(context.Background(), "explain query plan "+standingsSQL(db), "event", db.List([]string{"ada@example.com"}))
	must(t, err)
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		must(t, rows.Scan(&id, &parent, &unused, &step))
		plan = append(plan, step)
	}
	must(t, rows.Err())
	if text := strings.Join(plan, "\n"); !strings.Contains(text, "(mailbox=?") {
		t.Errorf("it goes by\n%s", text)
	}
}
