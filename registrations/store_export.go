package registrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"masterclass/events"
	"masterclass/internal/access"
)

// exportPage is how many rows of an export are read at once: each read is short, so that no transaction keeps SQLite from emptying its journal.
const exportPage = 1000

// exportTime is how long an export may take in all: it goes on after its request's own time, at the speed of whoever reads it.
const exportTime = 15 * time.Minute

// exported is a registration on its way into a file.
type exported struct {
	id, placeID, reference                string
	status                                Status
	title, first, last, email, profession string
	jobRole, employer, regulator          string
	joinedAt, updatedAt, cancelledAt      int64
	cameAt, leftAt                        int64   // 0 for who did not, or is still there
	answers                               Answers // to the event's own questions
}

// exportQuery goes through an event's registrations by their ids: none is met twice, and everyone who was registered when it began is met.
const exportQuery = `select id, place_id, reference, status, title, first_name, last_name, email, profession, job_role, employer, regulator_number,
	created_at, updated_at, coalesce(cancelled_at, 0) from registrations where event_id = ? and id > ? order by id limit ?`

// NoteExport writes into the audit trail that an export of that format begins, and of whom. What was searched for may be somebody's
// name: it is not written down.
func (r *Registrar) NoteExport(ctx context.Context, e *events.Event, format string, l Look, by access.Entry) error {
	parts := []string{format}
	if l.Status != "" {
		parts = append(parts, string(l.Status))
	}
	if place, ok := e.Place(l.PlaceID); ok {
		parts = append(parts, place.Name)
	}
	if l.Profession != "" {
		parts = append(parts, "one profession")
	}
	if l.Attendance != "" {
		parts = append(parts, attendanceWords[l.Attendance])
	}
	if l.Answer.QuestionID != "" {
		q, _ := e.Question(l.Answer.QuestionID)
		parts = append(parts, "one answer to ‘"+q.Label+"’")
	}
	if l.Search != "" {
		parts = append(parts, "some by a search")
	}
	return r.note(ctx, by, "attendees.exported", e.ID, e.ID, strings.Join(parts, ", "))
}

// crowdPause is how long an export waits after each page while many people register at this very moment.
const crowdPause = 100 * time.Millisecond

// exportRead is a page of an export as it was read, or why it was not.
type exportRead struct {
	list []exported
	err  error
}

// export gives each registration of an event that agrees with the look to row, in the order in which people began to register. The next page is read
// while one is written.
func (r *Registrar) export(ctx context.Context, e *events.Event, l Look, row func(*exported) error) error {
	var reader sync.WaitGroup
	defer reader.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	pages, free := make(chan exportRead), make(chan []exported, 2)
	for range cap(free) {
		free <- make([]exported, 0, exportPage)
	}
	reader.Go(func() {
		defer close(pages)
		if err := r.readAhead(ctx, e, pages, free); err != nil {
			select {
			case pages <- exportRead{err: fmt.Errorf("export the registrations of event %s: %w", e.ID, err)}:
			case <-ctx.Done():
			}
		}
	})
	l.event, l.trade = e, tradeOf(l.Profession)
	words := l.words()
	for p := range pages {
		if p.err != nil {
			return p.err
		}
		for i := range p.list {
			if !l.takes(&p.list[i], words) {
				continue
			}
			if err := row(&p.list[i]); err != nil {
				return err
			}
		}
		free <- p.list[:0] // there is room: it came from there
	}
	return ctx.Err()
}

// readAhead reads page after page into what is free, and keeps out of the way of a crowd.
func (r *Registrar) readAhead(ctx context.Context, e *events.Event, pages chan<- exportRead, free <-chan []exported) error {
	stmt, err := r.db.Read.DB.PrepareContext(ctx, r.db.Rebind(exportQuery))
	if err != nil {
		return err
	}
	defer stmt.Close()
	doors, err := r.store.doors(ctx, e.ID)
	if err != nil {
		return err
	}
	for after := ""; ; {
		var list []exported
		select {
		case list = <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
		if list, err = readExport(ctx, stmt, e.ID, after, list); err != nil {
			return err
		}
		if err := errors.Join(r.store.answersInto(ctx, e, list), r.store.presenceInto(ctx, e.ID, doors, list)); err != nil {
			return err
		}
		last := len(list) < exportPage
		if !last {
			after = list[len(list)-1].id // before the list is somebody else's
		}
		select {
		case pages <- exportRead{list: list}:
		case <-ctx.Done():
			return ctx.Err()
		}
		if last {
			return nil
		}
		if err := r.makeWay(ctx); err != nil {
			return err
		}
	}
}

// makeWay waits while there is a crowd, for a moment.
func (r *Registrar) makeWay(ctx context.Context) error {
	if !r.Crowded() {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(crowdPause):
		return nil
	}
}

// takes says whether a row agrees with the look.
func (l Look) takes(x *exported, words []string) bool {
	if (l.Status != "" && x.status != l.Status) || !l.Attendance.means(x.status, x.cameAt != 0, l.event.FromAfar(x.placeID)) {
		return false
	}
	if l.Answer.QuestionID != "" && !slices.Contains(x.answers[l.Answer.QuestionID], l.Answer.Value) {
		return false
	}
	l.Attendance, l.Answer = "", answerIs{}
	if l.plain() {
		return true
	}
	a := newAttendee(x.id, x.first, x.last, x.email, x.employer, x.reference)
	a.placeID, a.trade = x.placeID, tradeOf(x.profession)
	return l.agrees(a, words)
}

func readExport(ctx context.Context, stmt *sql.Stmt, eventID, after string, list []exported) ([]exported, error) {
	rows, err := stmt.QueryContext(ctx, eventID, after, exportPage)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		list = append(list, exported{})
		x := &list[len(list)-1]
		if err := rows.Scan(&x.id, &x.placeID, &x.reference, &x.status, &x.title, &x.first, &x.last, &x.email, &x.profession, &x.jobRole, &x.employer,
			&x.regulator, &x.joinedAt, &x.updatedAt, &x.cancelledAt); err != nil {
			return nil, err
		}
	}
	return list, rows.Err()
}
