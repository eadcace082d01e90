package events

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/internal/fault"
)

// What is not, or no longer, a part of the event in hand.
var (
	ErrNoSession = fault.New(fault.NotFound, "We could not find that session. It may have been deleted.")
	ErrNoSpeaker = fault.New(fault.NotFound, "We could not find that speaker. They may have been taken off the programme.")
	ErrNoPlace   = fault.New(fault.NotFound, "We could not find that place. It may have been deleted.")
)

// AddSession adds a session to the end of those that start at the same time, and gives it its id. The very same one again is a button pressed
// twice, and adds nothing.
func (d *Editor) AddSession(ctx context.Context, s *Session, by access.Entry) error {
	s.ID = newID()
	return d.edit(ctx, s.EventID, false, func(ctx context.Context, tx bun.Tx) error {
		same, err := tx.NewSelect().Model(s).Where("event_id = ? and kind = ? and title = ? and room = ? and description = ? and starts_local = ? and ends_local = ?",
			s.EventID, s.Kind, s.Title, s.Room, s.Description, s.StartsLocal, s.EndsLocal).Exists(ctx)
		if err != nil || same {
			return err
		}
		if err := last(ctx, tx, "sessions", s.EventID, &s.Position); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(s).Exec(ctx); err != nil {
			return fmt.Errorf("insert a session of event %s: %w", s.EventID, err)
		}
		if err := setSpeakers(ctx, tx, s); err != nil {
			return err
		}
		by.Title = s.Title
		return d.note(ctx, tx, s.EventID, s.ID, "session.added", by)
	})
}

// ChangeSession stores what change makes of a session; its id stays, since calendars and people's choices rely on it. What change returns
// instead of nil ends it. It sees the session as it is at this moment, with its speakers. Error for people: ErrNoSession.
func (d *Editor) ChangeSession(ctx context.Context, eventID, id string, by access.Entry, change func(*Session) error) error {
	return d.edit(ctx, eventID, false, func(ctx context.Context, tx bun.Tx) error {
		s, err := session(ctx, tx, eventID, id)
		if err != nil {
			return err
		}
		before := sessionValues(s)
		if err := change(s); err != nil {
			return err
		}
		by.Title, by.Detail = s.Title, sessionShape.changed(before, sessionValues(s))
		if _, err := tx.NewUpdate().Model(s).Column("kind", "title", "room", "description", "starts_local", "ends_local").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("update session %s: %w", id, err)
		}
		if err := setSpeakers(ctx, tx, s); err != nil {
			return err
		}
		return d.note(ctx, tx, eventID, id, "session.changed", by)
	})
}

func session(ctx context.Context, tx bun.Tx, eventID, id string) (*Session, error) {
	s := &Session{}
	err := tx.NewSelect().Model(s).Where("id = ? and event_id = ?", id, eventID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNoSession
	}
	if err != nil {
		return nil, fmt.Errorf("read session %s: %w", id, err)
	}
	err = tx.NewSelect().Model(&s.Speakers).Join("join session_speakers ss on ss.speaker_id = speaker.id").Where("ss.session_id = ?", id).Order("ss.position").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read who speaks in session %s: %w", id, err)
	}
	return s, nil
}

// setSpeakers lets those speakers of the session speak in it who are the event's own.
func setSpeakers(ctx context.Context, tx bun.Tx, s *Session) error {
	if _, err := tx.NewRaw("delete from session_speakers where session_id = ?", s.ID).Exec(ctx); err != nil {
		return fmt.Errorf("replace who speaks in session %s: %w", s.ID, err)
	}
	var own []string
	if err := tx.NewRaw("select id from speakers where event_id = ?", s.EventID).Scan(ctx, &own); err != nil {
		return fmt.Errorf("read the speakers of event %s: %w", s.EventID, err)
	}
	var links []sessionSpeaker
	for _, sp := range s.Speakers {
		if slices.Contains(own, sp.ID) {
			links = append(links, sessionSpeaker{SessionID: s.ID, SpeakerID: sp.ID, Position: int64(len(links))})
		}
	}
	if len(links) == 0 {
		return nil
	}
	if _, err := tx.NewInsert().Model(&links).Exec(ctx); err != nil {
		return fmt.Errorf("store who speaks in session %s: %w", s.ID, err)
	}
	return nil
}

// ErrSessionUsed is for a session that cannot be deleted.
var ErrSessionUsed = fault.Coded(fault.Conflict, "session_used", "People have been checked in at this session, so it stays on record: their certificates may rest on it.")

// RemoveSession deletes a session that nobody was ever checked in at. Errors for people: ErrNoSession, ErrSessionUsed.
func (d *Editor) RemoveSession(ctx context.Context, eventID, id string, by access.Entry) error {
	return d.edit(ctx, eventID, false, func(ctx context.Context, tx bun.Tx) error {
		s, err := session(ctx, tx, eventID, id)
		if err != nil {
			return err
		}
		var visits int
		if err := tx.NewRaw("select count(*) from attendance where event_id = ? and session_id = ? and undone_at = 0", eventID, id).Scan(ctx, &visits); err != nil {
			return fmt.Errorf("look for visits to session %s: %w", id, err)
		}
		if visits > 0 {
			return ErrSessionUsed
		}
		if _, err := tx.NewRaw("delete from session_speakers where session_id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("delete who speaks in session %s: %w", id, err)
		}
		if _, err := tx.NewRaw("delete from sessions where id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("delete session %s: %w", id, err)
		}
		by.Title = s.Title
		return d.note(ctx, tx, eventID, id, "session.deleted", by)
	})
}

// ShiftProgramme moves every session by whole days to where the event has moved, if none of them is on one of its days any more.
func (d *Editor) ShiftProgramme(ctx context.Context, eventID string, by access.Entry) error {
	return d.edit(ctx, eventID, false, func(ctx context.Context, tx bun.Tx) error {
		e, err := d.store.ByIDIn(ctx, tx, eventID) // as it is now: whoever asks twice moves it once
		if err != nil {
			return err
		}
		if err := tx.NewSelect().Model(&e.Sessions).Where("event_id = ?", eventID).Order("starts_local", "position", "id").Scan(ctx); err != nil {
			return fmt.Errorf("read the sessions of event %s: %w", eventID, err)
		}
		days := e.programmeIsOff()
		if days == 0 {
			return nil
		}
		for _, s := range e.Sessions {
			_, err := tx.NewRaw("update sessions set starts_local = ?, ends_local = ? where id = ?", daysLater(s.StartsLocal, days), daysLater(s.EndsLocal, days), s.ID).Exec(ctx)
			if err != nil {
				return fmt.Errorf("move session %s: %w", s.ID, err)
			}
		}
		by.Detail = fmt.Sprintf("by %d days", days)
		return d.note(ctx, tx, eventID, eventID, "programme.moved", by)
	})
}

// AddSpeaker adds a speaker after the others, and gives them their id. As AddSession.
func (d *Editor) AddSpeaker(ctx context.Context, s *Speaker, by access.Entry) error {
	s.ID = newID()
	return d.edit(ctx, s.EventID, false, func(ctx context.Context, tx bun.Tx) error {
		same, err := tx.NewSelect().Model(s).Where("event_id = ? and name = ? and role = ? and biography = ?", s.EventID, s.Name, s.Role, s.Biography).Exists(ctx)
		if err != nil || same {
			return err
		}
		if err := last(ctx, tx, "speakers", s.EventID, &s.Position); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(s).Exec(ctx); err != nil {
			return fmt.Errorf("insert a speaker of event %s: %w", s.EventID, err)
		}
		return d.note(ctx, tx, s.EventID, s.ID, "speaker.added", by)
	})
}

// ChangeSpeaker is as ChangeSession. Error for people: ErrNoSpeaker.
func (d *Editor) ChangeSpeaker(ctx context.Context, eventID, id string, by access.Entry, change func(*Speaker) error) error {
	return d.edit(ctx, eventID, false, func(ctx context.Context, tx bun.Tx) error {
		s := &Speaker{}
		err := tx.NewSelect().Model(s).Where("id = ? and event_id = ?", id, eventID).Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoSpeaker
		}
		if err != nil {
			return fmt.Errorf("read speaker %s: %w", id, err)
		}
		before := speakerValues(s)
		if err := change(s); err != nil {
			return err
		}
		by.Detail = speakerShape.changed(before, speakerValues(s))
		if _, err := tx.NewUpdate().Model(s).Column("name", "role", "biography").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("update speaker %s: %w", id, err)
		}
		return d.note(ctx, tx, eventID, id, "speaker.changed", by)
	})
}

// RemoveSpeaker takes a speaker off the programme, and out of every session. Error for people: ErrNoSpeaker.
func (d *Editor) RemoveSpeaker(ctx context.Context, eventID, id string, by access.Entry) error {
	return d.edit(ctx, eventID, false, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw("delete from session_speakers where speaker_id in (select id from speakers where id = ? and event_id = ?)", id, eventID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("take speaker %s out of the sessions: %w", id, err)
		}
		res, err := tx.NewRaw("delete from speakers where id = ? and event_id = ?", id, eventID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("delete speaker %s: %w", id, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNoSpeaker)
		}
		return d.note(ctx, tx, eventID, id, "speaker.deleted", by)
	})
}

// last gives the position after all others of the event.
func last(ctx context.Context, tx bun.Tx, table, eventID string, position *int64) error {
	if err := tx.NewRaw("select coalesce(max(position) + 1, 0) from ? where event_id = ?", bun.Ident(table), eventID).Scan(ctx, position); err != nil {
		return fmt.Errorf("find the last of the %s of event %s: %w", table, eventID, err)
	}
	return nil
}
