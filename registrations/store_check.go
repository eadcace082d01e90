package registrations

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/store"
	"masterclass/registrations/seats"
)

// offersLate is how long after its deadline an offer may still stand: it lapses within seconds where a server runs.
const offersLate = time.Minute

// rules are what must always be true of the record. Each query gives a row for each broken one, in ids and numbers; {late} is the instant
// before which every offer has lapsed. The queries compare whole tables, since no index serves them.
var rules = []struct{ name, query, text string }{
	{"counts", `select p.id, p.taken, coalesce(n.seats, 0), p.waiting, coalesce(n.waits, 0) from places p left join (
			select place_id, count(case when status in ('pending', 'confirmed', 'offered') then 1 end) as seats, count(case when status = 'waiting' then 1 end) as waits
			from registrations group by place_id) n on n.place_id = p.id
		where p.taken <> coalesce(n.seats, 0) or p.waiting <> coalesce(n.waits, 0) order by p.id`,
		"place %v has %v taken where %v registrations have a seat, and %v waiting where %v wait"},
	{"oversold", `select p.id, p.taken, coalesce(n.seats, 0), p.capacity from places p left join (
			select place_id, count(*) as seats from registrations where status in ('pending', 'confirmed', 'offered') group by place_id) n on n.place_id = p.id
		where p.taken > p.capacity or coalesce(n.seats, 0) > p.capacity order by p.id`,
		"place %v has %v taken and %v registrations with a seat, of %v"},
	{"message", `select id from registrations where status <> 'cancelled' and id in (select subject from audit where actor = 'attendee'
			and action in ('registration.pending', 'registration.confirmed', 'registration.waiting'))
		except select registration_id from outbox order by id`,
		"registration %v has no message"},
	{"seat", `select event_id, min(id), count(*) from registrations where status in ('pending', 'confirmed')
		group by event_id, mailbox having count(*) > 1 order by 1, 2`,
		"event %v has the mailbox of registration %v with %v seats"},
	{"twice", `select place_id, min(id), count(*) from registrations where status <> 'cancelled'
		group by place_id, mailbox having count(*) > 1 order by 1, 2`,
		"place %v has the mailbox of registration %v in %v registrations"},
	{"version", `select r.id, r.version, p.id, p.version from registrations r join places p on p.id = r.place_id where r.version > p.version order by r.id`,
		"registration %v has version %v, above its place %v at version %v"},
	{"audit", `select id from registrations except select subject from audit where action like 'registration.%' order by id`,
		"registration %v is not in the audit trail"},
	{"offer", `select id, offered_until from registrations where status = 'offered' and offered_until < {late}
		and event_id in (select id from events where status = 'published') order by id`,
		"registration %v is still offered a seat, past its deadline %v (Unix milliseconds)"},
}

// Checked is what Check has looked at and found.
type Checked struct {
	Places, Registrations int64
	Problems              []seats.Problem
}

// Check looks at the whole record as it is at one moment, and changes nothing.
func Check(ctx context.Context, db *store.DB, now time.Time) (Checked, error) {
	var c Checked
	late := fmt.Sprint(now.Add(-offersLate).UnixMilli())
	err := db.InSnapshot(ctx, func(ctx context.Context, tx bun.Tx) error {
		err := tx.NewRaw("select (select count(*) from places), (select count(*) from registrations)").Scan(ctx, &c.Places, &c.Registrations)
		if err != nil {
			return fmt.Errorf("count what is checked: %w", err)
		}
		for _, r := range rules {
			found, err := broken(ctx, tx.Tx, strings.ReplaceAll(r.query, "{late}", late))
			if err != nil {
				return fmt.Errorf("check the rule %s: %w", r.name, err)
			}
			for _, row := range found {
				c.Problems = append(c.Problems, seats.Problem{Rule: r.name, Text: fmt.Sprintf(r.text, row...)})
			}
		}
		return nil
	})
	return c, err
}

// broken gives the rows of a rule's query.
func broken(ctx context.Context, tx *sql.Tx, query string) (found [][]any, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, rows.Err()
}
