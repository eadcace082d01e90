package registrations

import (
	"slices"
	"strings"
	"time"

	"masterclass/events"
	"masterclass/internal/secret"
	"masterclass/notify/calendar"
)

// The purposes of tokens for calendars: of one registration, linked from its page, and of all that its mailbox has, linked from mail alone.
const (
	calendarPurpose  = "calendar"
	calendarsPurpose = "calendars"
)

// calendarBack is how long what is over, or was cancelled, stays in a private calendar.
const calendarBack = 30 * 24 * time.Hour

func calendarURL(k *secret.Keys, base, purpose, id string, generation int64) (string, error) {
	token, err := k.Token(purpose, id, generation)
	if err != nil {
		return "", err
	}
	return base + "/calendars/" + token + ".ics", nil
}

// standingAt is what a person has at an event.
type standingAt struct {
	*Registration
	event *events.Event
}

// rank orders what a person can have at one event: it is one entry in a calendar, since it has one UID.
var rank = map[Status]int{Confirmed: 5, Pending: 4, Offered: 3, Waiting: 2, Cancelled: 1}

// foremost leaves each event once, with the best that the person has there.
func foremost(all []standingAt) []standingAt {
	best := map[string]standingAt{}
	for _, s := range all {
		if was, ok := best[s.EventID]; !ok || rank[s.Status] > rank[was.Status] {
			best[s.EventID] = s
		}
	}
	list := make([]standingAt, 0, len(best))
	for _, s := range best {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b standingAt) int {
		if a.event.StartsAt != b.event.StartsAt {
			return int(min(max(a.event.StartsAt-b.event.StartsAt, -1), 1))
		}
		return strings.Compare(a.event.ID, b.event.ID)
	})
	return list
}

// beginnings of titles, for what is not a place of one's own.
var beginnings = map[Status]string{Pending: "Requested: ", Offered: "Offered: ", Waiting: "Waiting list: ", Cancelled: "Cancelled: "}

// entries are one event in a person's calendar, or its sessions, or those of them that are wanted; an event without any of those is there as a
// whole, since the person has a place at it. What is confirmed is there as it is, everything before that as tentative. Only who is confirmed is
// told where to join. sequence is the highest that the mailbox was sent.
func (s standingAt) entries(baseURL string, want events.Selection, sequence int64) []calendar.Event {
	place, _ := s.event.Place(s.PlaceID)
	whole := s.event.Calendar(baseURL)
	list := []calendar.Event{whole}
	if want.Sessions && s.Status == Confirmed {
		if parts := s.event.SessionCalendar(baseURL, want.Only); len(parts) > 0 {
			list = parts
		}
	}
	for i := range list {
		entry := &list[i]
		if entry.UID == whole.UID {
			entry.Location = s.event.WhereFor(place)
			entry.Sequence = int(max(sequence, s.event.Sequence))
		}
		entry.Revised = later(entry.Revised, s.UpdatedAt)
		switch {
		case s.Status == Cancelled:
			entry.Status = calendar.Cancelled
		case s.Status != Confirmed && entry.Status == calendar.Confirmed:
			entry.Status = calendar.Tentative
		case s.Status == Confirmed && s.event.Status == events.Published && place.Online && s.event.JoinURL != "":
			entry.Description += "\n\nJoin online: " + s.event.JoinURL
		}
		if b := beginnings[s.Status]; !strings.HasPrefix(entry.Title, b) {
			entry.Title = b + entry.Title
		}
	}
	return list
}

// stays says whether the entry is in the calendar at a time, and until when that is so.
func (s standingAt) stays(now time.Time) (bool, time.Time) {
	until := s.event.Ends().Add(calendarBack)
	if s.Status == Cancelled {
		if gone := s.UpdatedAt.Add(calendarBack); gone.Before(until) {
			until = gone
		}
	}
	return now.Before(until), until
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
