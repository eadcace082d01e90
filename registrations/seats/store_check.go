package seats

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/store"
)

// recorded completes what Redis was seen to have with what the record has, in one statement and so of one moment.
func recorded(ctx context.Context, db *store.DB, now time.Time, seen map[Ref]view) ([]view, error) {
	rows, err := db.Read.QueryContext(ctx, `select p.event_id, p.id, coalesce((select epoch from installation where id = 1), 0), p.version, p.capacity, p.taken, p.waiting,
		e.registration_opens_at <= ? and e.starts_at > ?,
		coalesce((select r.id from registrations r where r.place_id = p.id and r.status = 'waiting' order by r.displaced desc, r.joined limit 1), '')
		from places p join events e on e.id = p.event_id where e.status = 'published' and e.registration_closes_at > ? order by p.id`,
		now.UnixMilli(), now.Add(lastOffer).UnixMilli(), now.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("read the open places: %w", err)
	}
	defer rows.Close()
	var list []view
	for rows.Next() {
		var ref Ref
		var n numbers
		var passes bool
		var head string
		if err := rows.Scan(&ref.EventID, &ref.PlaceID, &n.epoch, &n.version, &n.capacity, &n.taken, &n.waiting, &passes, &head); err != nil {
			return nil, fmt.Errorf("read the open places: %w", err)
		}
		if v, ok := seen[ref]; ok {
			v.record, v.passes, v.head = n, passes, head
			list = append(list, v)
		}
	}
	return list, rows.Err()
}

// askAbout is how many ids one statement asks about.
const askAbout = 500

// countedIn gives those of the ids that a version of the place counts, and those that are registered at another place: who changed their mind
// may leave a hold behind here.
func countedIn(ctx context.Context, db *store.DB, placeID string, ids []string, version int64) (counted []string, err error) {
	for some := range slices.Chunk(ids, askAbout) {
		var found []string
		if err := db.Read.NewRaw("select id from registrations where id in (?) and (place_id <> ? or version <= ?)", bun.List(some), placeID, version).Scan(ctx, &found); err != nil {
			return nil, fmt.Errorf("look for registered holds: %w", err)
		}
		counted = append(counted, found...)
	}
	return counted, nil
}

// registeredHolds notes with each place which of its live holds are of ids that are registered.
func registeredHolds(ctx context.Context, db *store.DB, held map[string]Ref, list []view) error {
	found := map[Ref][]string{}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(held)), askAbout) {
		var registered []string
		if err := db.Read.NewRaw("select id from registrations where id in (?) order by id", bun.List(ids)).Scan(ctx, &registered); err != nil {
			return fmt.Errorf("look for registered holds: %w", err)
		}
		for _, id := range registered {
			found[held[id]] = append(found[held[id]], id)
		}
	}
	for i := range list {
		list[i].registered = found[list[i].Ref]
	}
	return nil
}
