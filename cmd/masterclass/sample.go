package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/google/uuid"

	"masterclass/events"
	"masterclass/news"
	"masterclass/registrations"
)

//go:embed sample
var sampleFiles embed.FS

// sampleEvent is an event of sample/events.json, with its date relative to the day it is loaded.
type sampleEvent struct {
	Slug, Series, Title, Summary, Description string
	Audience, Cost, Access, Sponsors          string
	Venue, Address                            string
	Topics                                    []string
	Date                                      sampleDate
	Days                                      int
	AllDay                                    bool `json:"all_day"`
	Starts, Ends                              string
	Registration                              *struct {
		OpensDaysAgo     int `json:"opens_days_ago"`
		ClosesDaysBefore int `json:"closes_days_before"`
	}
	Places []struct {
		Name     string
		Online   bool
		Capacity int64
	}
	Registered, Waiting int
	Speakers            []struct{ Key, Name, Role, Biography string }
	Sessions            []struct {
		Starts, Ends, Kind, Title, Room, Description string
		Speakers                                     []string
	}
	Resources []struct{ Kind, Title, URL string }
}

// sampleDate is fixed, or the first such weekday at least so many days ahead.
type sampleDate struct {
	DaysAhead int `json:"days_ahead"`
	Weekday   string
	Fixed     string
}

func (d sampleDate) on(today time.Time) (time.Time, error) {
	if d.Fixed != "" {
		return time.ParseInLocation(events.LocalDate, d.Fixed, today.Location())
	}
	for day := today.AddDate(0, 0, d.DaysAhead); ; day = day.AddDate(0, 0, 1) {
		if day.Weekday().String() == d.Weekday {
			return day, nil
		}
		if day.Sub(today) > time.Duration(d.DaysAhead+8)*24*time.Hour {
			return day, fmt.Errorf("%q is not a day of the week", d.Weekday)
		}
	}
}

// sampleEvents reads the events as of a moment.
func sampleEvents(now time.Time, zone *time.Location) ([]sampleEvent, []*events.Event, error) {
	text, err := sampleFiles.ReadFile("sample/events.json")
	if err != nil {
		return nil, nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var samples []sampleEvent
	if err := d.Decode(&samples); err != nil {
		return nil, nil, fmt.Errorf("read the sample events: %w", err)
	}
	var list []*events.Event
	for _, s := range samples {
		e, err := s.event(now, zone)
		if err != nil {
			return nil, nil, fmt.Errorf("read the sample event %s: %w", s.Slug, err)
		}
		list = append(list, e)
	}
	return samples, list, nil
}

func newID() string { return uuid.Must(uuid.NewV7()).String() } // fails only without entropy, which ends the program anyway

func (s sampleEvent) event(now time.Time, zone *time.Location) (*events.Event, error) {
	today := now.In(zone)
	first, err := s.Date.on(time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, zone))
	if err != nil {
		return nil, err
	}
	last := first.AddDate(0, 0, max(s.Days, 1)-1)
	id := newID()
	e := &events.Event{
		ID: id, Slug: s.Slug, UID: id + "@masterclass", Series: s.Series, Title: s.Title, Summary: s.Summary, Description: s.Description,
		Audience: s.Audience, Cost: s.Cost, Access: s.Access, Sponsors: s.Sponsors, Venue: s.Venue, Address: s.Address,
		Topics: strings.Join(s.Topics, ", "), TimeZone: zone.String(), AllDay: s.AllDay, Status: events.Published, Listed: true, Version: 1,
		StartsLocal: localTime(first, s.Starts), EndsLocal: localTime(last, s.Ends), CreatedAt: now.UnixMilli(), UpdatedAt: now.UnixMilli(),
	}
	if r := s.Registration; r != nil {
		e.RegistrationOpensAt = now.AddDate(0, 0, -r.OpensDaysAgo).UnixMilli()
		e.RegistrationClosesAt = first.AddDate(0, 0, -r.ClosesDaysBefore).Add(17 * time.Hour).UnixMilli() // at 5pm
	}
	for i, p := range s.Places {
		e.Places = append(e.Places, events.Place{ID: newID(), EventID: id, Name: p.Name, Online: p.Online, Position: int64(i), Capacity: p.Capacity})
	}
	for i, r := range s.Resources {
		e.Resources = append(e.Resources, events.Resource{ID: newID(), EventID: id, Kind: r.Kind, Title: r.Title, URL: r.URL, Position: int64(i)})
	}
	return e, s.programme(e, first)
}

// localTime is a day with a time such as "09:30", or its midnight.
func localTime(day time.Time, clock string) string {
	if clock == "" {
		clock = "00:00"
	}
	return day.Format(events.LocalDate) + "T" + clock
}

func (s sampleEvent) programme(e *events.Event, day time.Time) error {
	speakers := map[string]events.Speaker{}
	for i, sp := range s.Speakers {
		speakers[sp.Key] = events.Speaker{ID: newID(), EventID: e.ID, Name: sp.Name, Role: sp.Role, Biography: sp.Biography, Position: int64(i)}
		e.Speakers = append(e.Speakers, speakers[sp.Key])
	}
	for i, x := range s.Sessions {
		session := events.Session{ID: newID(), EventID: e.ID, Kind: x.Kind, Title: x.Title, Room: x.Room, Description: x.Description,
			StartsLocal: localTime(day, x.Starts), EndsLocal: localTime(day, x.Ends), Position: int64(i)}
		if _, known := events.SessionKinds[x.Kind]; !known {
			return fmt.Errorf("%q is not a kind of session", x.Kind)
		}
		for _, key := range x.Speakers {
			speaker, known := speakers[key]
			if !known {
				return fmt.Errorf("%q is not a speaker of the event", key)
			}
			session.Speakers = append(session.Speakers, speaker)
		}
		e.Sessions = append(e.Sessions, session)
	}
	return nil
}

// sampleArticles reads the articles below a folder of sample/articles, "" for all.
func sampleArticles(kind news.Kind, now time.Time) ([]news.Article, error) {
	var list []news.Article
	err := fs.WalkDir(sampleFiles, path.Join("sample/articles", string(kind)), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := sampleFiles.ReadFile(file)
		if err != nil {
			return err
		}
		a, err := news.ParseArticle(news.Kind(path.Base(path.Dir(file))), strings.TrimSuffix(path.Base(file), ".md"), text, now)
		list = append(list, a)
		return err
	})
	return list, err
}

// samplePeople are made-up attendees, who get no mail.
func samplePeople(slug string, from, n int) []registrations.Person {
	given := []string{"Alex", "Sam", "Jo", "Chris", "Robin", "Kim", "Lee", "Pat", "Ashley", "Morgan", "Taylor", "Jamie", "Drew", "Casey", "Frankie"}
	var list []registrations.Person
	for i := from; i < from+n; i++ {
		address := fmt.Sprintf("person%d.%s@sample.example", i+1, slug)
		list = append(list, registrations.Person{FirstName: given[i%len(given)], LastName: fmt.Sprintf("Sample %d", i+1), Email: address, Mailbox: address,
			Profession: []string{"Nurse", "Pharmacist", "Doctor"}[i%3], Employer: "Sample hospital"})
	}
	return list
}
