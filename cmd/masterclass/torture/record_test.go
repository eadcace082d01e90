package torture

import (
	"context"
	"strings"
)

// registration is a row of the record.
type registration struct {
	ID, Email, PlaceID, Status string
	Joined, CreatedAt          int64
	Displaced                  bool
}

// entry is one of the audit trail, in the order in which things happened: a place changes under its lock, and the ids rise with time.
type entry struct{ Actor, Action, Subject string }

// status is what the entry made of its registration, "" for an entry of another kind.
func (e entry) status() string {
	status, _ := strings.CutPrefix(e.Action, "registration.")
	switch status {
	case "pending", "confirmed", "waiting", "offered", "cancelled":
		return status
	}
	return ""
}

// message is a row of the outbox.
type message struct{ MessageID, Kind, RegistrationID, State string }

// record is all that the program has written down, when everything is over.
type record struct {
	rows   map[string]registration
	trail  []entry
	outbox []message
	places []counts
	live   map[string]int64 // holds that keep seats, by place
}

func (r *rig) record(ctx context.Context) (*record, error) {
	rec := &record{rows: map[string]registration{}, live: map[string]int64{}}
	var rows []registration
	for query, into := range map[string]any{
		"select id, email, place_id, status, joined, created_at, displaced from registrations": &rows,
		"select actor, action, subject from audit order by id":                                 &rec.trail,
		"select message_id, kind, registration_id, state from outbox":                          &rec.outbox,
		countQuery: &rec.places,
	} {
		if err := r.look(ctx, query, into); err != nil {
			return nil, err
		}
	}
	for _, g := range rows {
		rec.rows[g.ID] = g
	}
	for _, p := range r.event.Places {
		n, err := r.live(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		rec.live[p.ID] = n
	}
	return rec, nil
}

// histories are the statuses that each registration has had, the first one first.
func (rec *record) histories() map[string][]entry {
	of := map[string][]entry{}
	for _, e := range rec.trail {
		if e.status() != "" {
			of[e.Subject] = append(of[e.Subject], e)
		}
	}
	return of
}
