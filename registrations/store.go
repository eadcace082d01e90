package registrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"masterclass/internal/store"
)

// columns are a registration's, in the order in which scan reads them.
const columns = `id, event_id, place_id, reference, status, version, joined, displaced, generation, calendar_generation, offered_until,
	title, first_name, last_name, email, mailbox, profession, job_role, employer, regulator_number, created_at, updated_at`

const keyQuery = "select body_hash, registration_id from idempotency_keys where event_id = ? and key_hash = ? and created_at > ?"

// Store keeps registrations. The statements of the registering transaction are prepared.
type Store struct {
	db *store.DB

	byID, byIDs, keys, dropNeeds, setStatus, head, elsewhere *sql.Stmt
	standings                                                *store.Stmt
	insert, insertKey, insertNeeds, insertAnswers            *store.Rows
}

// registrationColumns are those of the columns above.
var registrationColumns = []store.Column{
	{Name: "id", Type: "text"}, {Name: "event_id", Type: "text"}, {Name: "place_id", Type: "text"}, {Name: "reference", Type: "text"},
	{Name: "status", Type: "text"}, {Name: "version", Type: "bigint"}, {Name: "joined", Type: "bigint"}, {Name: "displaced", Type: "boolean"},
	{Name: "generation", Type: "bigint"}, {Name: "calendar_generation", Type: "bigint"}, {Name: "offered_until", Type: "bigint"}, {Name: "title", Type: "text"}, {Name: "first_name", Type: "text"},
	{Name: "last_name", Type: "text"}, {Name: "email", Type: "text"}, {Name: "mailbox", Type: "text"}, {Name: "profession", Type: "text"},
	{Name: "job_role", Type: "text"}, {Name: "employer", Type: "text"}, {Name: "regulator_number", Type: "text"},
	{Name: "created_at", Type: "bigint"}, {Name: "updated_at", Type: "bigint"},
}

var needsColumns = []store.Column{
	{Name: "registration_id", Type: "text"}, {Name: "sealed", Type: "bytea"}, {Name: "consented_at", Type: "bigint"}, {Name: "purge_at", Type: "bigint"},
}

var keyColumns = []store.Column{
	{Name: "event_id", Type: "text"}, {Name: "key_hash", Type: "text"}, {Name: "body_hash", Type: "text"}, {Name: "registration_id", Type: "text"},
	{Name: "created_at", Type: "bigint"},
}

// NewStore prepares its statements.
func NewStore(ctx context.Context, db *store.DB) (*Store, error) {
	s := &Store{db: db}
	for query, stmt := range map[string]**sql.Stmt{
		"select " + columns + " from registrations where id = ?":                                                                              &s.byID,
		"select " + columns + " from registrations where " + db.Among("id"):                                                                   &s.byIDs,
		"select key_hash, body_hash, registration_id from idempotency_keys where event_id = ? and created_at > ? and " + db.Among("key_hash"): &s.keys,
		`delete from health_needs where registration_id = ?`:                                                                                  &s.dropNeeds,
		"select " + columns + ` from registrations where place_id = ? and status = 'waiting' order by displaced desc, joined limit 1`:         &s.head,
		"select " + columns + ` from registrations where event_id = ? and mailbox = ? and id <> ? and status in ('pending', 'confirmed')`:     &s.elsewhere,
		`update registrations set status = ?, version = ?, updated_at = ?, cancelled_at = ?, offered_until = ? where id = ? and status = ?`:   &s.setStatus,
	} {
		var err error
		if *stmt, err = db.Prepare(ctx, query); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	var err error
	if s.standings, err = db.PrepareStep(ctx, standingsSQL(db)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	for _, rows := range []struct {
		at      **store.Rows
		table   string
		columns []store.Column
		rest    string
	}{
		{&s.insert, "registrations", registrationColumns, ""},
		{&s.insertNeeds, "health_needs", needsColumns, ""},
		{&s.insertAnswers, "answers", answerColumns, ""},
		{&s.insertKey, "idempotency_keys", keyColumns, `on conflict (event_id, key_hash) do update set body_hash = excluded.body_hash,
			registration_id = excluded.registration_id, created_at = excluded.created_at where idempotency_keys.created_at <= ?`},
	} {
		var err error
		if *rows.at, err = db.PrepareRows(ctx, rows.table, rows.columns, rows.rest); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// standingsSQL asks what mailboxes have at an event.
func standingsSQL(db *store.DB) string {
	event := "event_id"
	if db.Kind() == "SQLite" {
		event = "+event_id" // else it goes through all of the event's registrations, and not to those of the mailboxes
	}
	return "select mailbox, place_id, status from registrations where " + event + " = ? and status <> 'cancelled' and " + db.Among("mailbox")
}

// Close ends the prepared statements.
func (s *Store) Close() error {
	errs := []error{s.insert.Close(), s.insertKey.Close(), s.insertNeeds.Close(), s.insertAnswers.Close(), s.standings.Close()}
	for _, stmt := range []*sql.Stmt{s.byID, s.byIDs, s.keys, s.dropNeeds, s.setStatus, s.head, s.elsewhere} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

type row interface{ Scan(...any) error }

func scan(r row) (*Registration, error) {
	var g Registration
	var created, updated, offered int64
	err := r.Scan(&g.ID, &g.EventID, &g.PlaceID, &g.Reference, &g.Status, &g.Version, &g.Joined, &g.Displaced, &g.Generation, &g.CalendarGeneration, &offered,
		&g.Title, &g.FirstName, &g.LastName, &g.Email, &g.Mailbox, &g.Profession, &g.JobRole, &g.Employer, &g.RegulatorNumber, &created, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read a registration: %w", err)
	}
	g.CreatedAt, g.UpdatedAt = time.UnixMilli(created), time.UnixMilli(updated)
	if offered != 0 {
		g.OfferedUntil = time.UnixMilli(offered)
	}
	return &g, nil
}

// ByID reads a registration, or gives ErrNotFound.
func (s *Store) ByID(ctx context.Context, id string) (*Registration, error) {
	return scan(s.db.Read.QueryRowContext(ctx, "select "+columns+" from registrations where id = ?", id))
}

// Standing finds what keeps a mailbox from registering for a place again: a seat at the event, or waiting for that very place.
// ErrNotFound means that nothing does.
func (s *Store) Standing(ctx context.Context, mailbox, eventID, placeID string) (*Registration, error) {
	return scan(s.db.Read.QueryRowContext(ctx, "select "+columns+` from registrations where mailbox = ? and event_id = ?
		and (status in ('pending', 'confirmed') or (status in ('waiting', 'offered') and place_id = ?)) order by id limit 1`, mailbox, eventID, placeID))
}

// waitedBefore says whether somebody who waits for a place had joined before then.
func (s *Store) waitedBefore(ctx context.Context, placeID string, then time.Time) (bool, error) {
	var n int
	err := s.db.Read.QueryRowContext(ctx, "select count(*) from registrations where place_id = ? and status = 'waiting' and created_at < ?",
		placeID, then.UnixMilli()).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("ask who waits for place %s: %w", placeID, err)
	}
	return n > 0, nil
}

// Ahead counts who waits before a waiting registration.
func (s *Store) Ahead(ctx context.Context, g *Registration) (int, error) {
	var n int
	err := s.db.Read.QueryRowContext(ctx, `select count(*) from registrations where place_id = ? and status = 'waiting'
		and ((displaced and not ?) or (displaced = ? and joined < ?))`, g.PlaceID, g.Displaced, g.Displaced, g.Joined).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count who waits: %w", err)
	}
	return n, nil
}

// ByMailbox lists what a mailbox has at events that are not over (events.Past), the soonest first.
func (s *Store) ByMailbox(ctx context.Context, mailbox string, now time.Time) ([]*Registration, error) {
	rows, err := s.db.Read.QueryContext(ctx, "select "+columns+` from registrations where mailbox = ? and status <> 'cancelled'
		and event_id in (select id from events where ends_at > ? or status = 'postponed') order by id`, mailbox, now.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("list a mailbox' registrations: %w", err)
	}
	defer rows.Close()
	return scanAll(rows)
}

func scanAll(rows *sql.Rows) ([]*Registration, error) {
	var list []*Registration
	for rows.Next() {
		g, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, rows.Err()
}

// keep is how long an Idempotency-Key is kept.
const keep = 24 * time.Hour

// errNoKey means that the key was not used, or so long ago that it counts as new.
var errNoKey = errors.New("the key is new")

// byKey finds what a key made, or gives errNoKey, or ErrReused for a key that was used with another body.
func (s *Store) byKey(ctx context.Context, eventID string, k key, now time.Time) (*Registration, error) {
	id, err := keyed(s.db.Read.QueryRowContext(ctx, keyQuery, eventID, k.hash, now.Add(-keep).UnixMilli()), k)
	if err != nil {
		return nil, err
	}
	return s.ByID(ctx, id)
}

// usedKey is what became of an Idempotency-Key.
type usedKey struct{ body, registrationID string }

// keysIn finds which keys of an event were used, by their hashes.
func (s *Store) keysIn(ctx context.Context, tx *sql.Tx, eventID string, hashes []string, now time.Time) (map[string]usedKey, error) {
	used := map[string]usedKey{}
	if len(hashes) == 0 {
		return used, nil
	}
	rows, err := tx.StmtContext(ctx, s.keys).QueryContext(ctx, eventID, now.Add(-keep).UnixMilli(), s.db.List(hashes))
	if err != nil {
		return nil, fmt.Errorf("look up keys: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var hash string
		var k usedKey
		if err := rows.Scan(&hash, &k.body, &k.registrationID); err != nil {
			return nil, fmt.Errorf("look up keys: %w", err)
		}
		used[hash] = k
	}
	return used, rows.Err()
}

// byIDsIn finds the registrations that are there of the ids.
func (s *Store) byIDsIn(ctx context.Context, tx *sql.Tx, ids []string) (map[string]*Registration, error) {
	if len(ids) == 0 {
		return map[string]*Registration{}, nil
	}
	rows, err := tx.StmtContext(ctx, s.byIDs).QueryContext(ctx, s.db.List(ids))
	if err != nil {
		return nil, fmt.Errorf("look up registrations: %w", err)
	}
	defer rows.Close()
	list, err := scanAll(rows)
	if err != nil {
		return nil, err
	}
	found := make(map[string]*Registration, len(list))
	for _, g := range list {
		found[g.ID] = g
	}
	return found, nil
}

// standingsStep is the step that fills in what the mailboxes have at an event.
func (s *Store) standingsStep(has map[standing]bool, eventID string, mailboxes []string) store.Step {
	return s.standings.Query("look up what mailboxes have", func(scan func(into ...any) error) error {
		var mailbox, placeID, status string
		if err := scan(&mailbox, &placeID, &status); err != nil {
			return err
		}
		has[standing{mailbox, placeID}] = true
		if status := Status(status); status == Pending || status == Confirmed {
			has[standing{mailbox: mailbox}] = true
		}
		return nil
	}, eventID, s.db.List(mailboxes))
}

func (s *Store) byIDIn(ctx context.Context, tx *sql.Tx, id string) (*Registration, error) {
	return scan(tx.StmtContext(ctx, s.byID).QueryRowContext(ctx, id))
}

// add inserts registrations. When an id, or what a mailbox can have only once, is there already it is errClash, and the transaction is
// to be given up.
func (s *Store) add(ctx context.Context, tx *sql.Tx, gs ...*Registration) error {
	_, err := s.insert.Insert(ctx, tx, rowsOf(gs))
	return added(0, err)
}

// addStep is add as a step.
func (s *Store) addStep(gs []*Registration) (store.Step, error) {
	return s.insert.Step(added, rowsOf(gs))
}

func added(_ int64, err error) error {
	switch {
	case store.Duplicate(err):
		return errClash
	case err != nil:
		return fmt.Errorf("insert registrations: %w", err)
	}
	return nil
}

func rowsOf(gs []*Registration) [][]any {
	rows := make([][]any, 0, len(gs))
	for _, g := range gs {
		rows = append(rows, []any{g.ID, g.EventID, g.PlaceID, g.Reference, string(g.Status), g.Version, g.Joined, g.Displaced, g.Generation, g.CalendarGeneration, int64(0),
			g.Title, g.FirstName, g.LastName, g.Email, g.Mailbox, g.Profession, g.JobRole, g.Employer, g.RegulatorNumber,
			g.CreatedAt.UnixMilli(), g.UpdatedAt.UnixMilli()})
	}
	return rows
}

func (s *Store) addNeeds(ctx context.Context, tx *sql.Tx, id string, sealed []byte, consented time.Time, purgeAt int64) error {
	if _, err := s.insertNeeds.Insert(ctx, tx, [][]any{{id, sealed, consented.UnixMilli(), purgeAt}}); err != nil {
		return fmt.Errorf("insert health data: %w", err)
	}
	return nil
}

func keyed(r row, k key) (id string, err error) {
	var body string
	err = r.Scan(&body, &id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", errNoKey
	case err != nil:
		return "", fmt.Errorf("look up a key: %w", err)
	case body != k.body:
		return "", ErrReused
	}
	return id, nil
}

// needsOf reads the sealed health data of a registration; nil where there is none.
func (s *Store) needsOf(ctx context.Context, id string) ([]byte, error) {
	var sealed []byte
	err := s.db.Read.QueryRowContext(ctx, "select sealed from health_needs where registration_id = ?", id).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read health data: %w", err)
	}
	return sealed, nil
}

// Purge deletes what is past its time: health data and keys. It is harmless on several instances at once.
func (s *Store) Purge(ctx context.Context, now time.Time) error {
	if _, err := s.db.NewRaw("delete from health_needs where purge_at <= ?", now.UnixMilli()).Exec(ctx); err != nil {
		return fmt.Errorf("purge health data: %w", err)
	}
	if _, err := s.db.NewRaw("delete from idempotency_keys where created_at <= ?", now.Add(-keep).UnixMilli()).Exec(ctx); err != nil {
		return fmt.Errorf("purge keys: %w", err)
	}
	return nil
}
