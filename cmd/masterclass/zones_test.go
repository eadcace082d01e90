package main

import (
	"html"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"
	"github.com/emersion/go-message"

	"masterclass/events"
)

// zoneCase is an event and what everybody has to be told of its time.
type zoneCase struct {
	slug, zone       string
	from, to         string // local; of an all-day event its first and last day
	date, hours      string // in words
	begins, ends     string // the instants in UTC; of an all-day event none
	google           string // the dates in its link
	first, dayBehind string // of an all-day event: DTSTART and DTEND
}

var zoneCases = []zoneCase{
	{slug: "new-york", zone: "America/New_York", from: "2030-03-07T09:30", to: "2030-03-07T16:00", date: "Thursday 7 March 2030", hours: "9:30am to 4pm New York time (EST)",
		begins: "2030-03-07T14:30:00Z", ends: "2030-03-07T21:00:00Z", google: "20300307T143000Z/20300307T210000Z"},
	{slug: "kolkata", zone: "Asia/Kolkata", from: "2030-06-13T00:15", to: "2030-06-13T12:00", date: "Thursday 13 June 2030", hours: "12:15am to midday Kolkata time (IST)",
		begins: "2030-06-12T18:45:00Z", ends: "2030-06-13T06:30:00Z", google: "20300612T184500Z/20300613T063000Z"},
	{slug: "clocks-go-back", zone: "Europe/London", from: "2030-10-26T10:00", to: "2030-10-27T16:00", date: "Saturday 26 to Sunday 27 October 2030",
		hours: "10am UK time (BST) to 4pm UK time (GMT)", begins: "2030-10-26T09:00:00Z", ends: "2030-10-27T16:00:00Z", google: "20301026T090000Z/20301027T160000Z"},
	{slug: "the-hour-that-comes-twice", zone: "Europe/London", from: "2030-10-27T01:30", to: "2030-10-27T09:00", date: "Sunday 27 October 2030",
		hours: "1:30am UK time (BST) to 9am UK time (GMT)", begins: "2030-10-27T00:30:00Z", ends: "2030-10-27T09:00:00Z", google: "20301027T003000Z/20301027T090000Z"},
	{slug: "clocks-go-forward", zone: "America/New_York", from: "2030-03-09T22:00", to: "2030-03-10T08:00", date: "Saturday 9 to Sunday 10 March 2030",
		hours: "10pm New York time (EST) to 8am New York time (EDT)", begins: "2030-03-10T03:00:00Z", ends: "2030-03-10T12:00:00Z", google: "20300310T030000Z/20300310T120000Z"},
	{slug: "three-days", zone: "Pacific/Auckland", from: "2030-07-30T09:00", to: "2030-08-01T17:00", date: "Tuesday 30 July to Thursday 1 August 2030",
		hours: "9am to 5pm Auckland time (NZST)", begins: "2030-07-29T21:00:00Z", ends: "2030-08-01T05:00:00Z", google: "20300729T210000Z/20300801T050000Z"},
	{slug: "a-day", zone: "America/Los_Angeles", from: "2030-01-15T00:00", to: "2030-01-15T00:00", date: "Tuesday 15 January 2030", google: "20300115/20300116",
		first: "20300115", dayBehind: "20300116"},
	{slug: "days", zone: "Europe/London", from: "2030-03-30T00:00", to: "2030-04-01T00:00", date: "Saturday 30 March to Monday 1 April 2030", google: "20300330/20300402",
		first: "20300330", dayBehind: "20300402"},
	{slug: "days-far-away", zone: "Asia/Kolkata", from: "2029-12-31T00:00", to: "2030-01-01T00:00", date: "Monday 31 December 2029 to Tuesday 1 January 2030", google: "20291231/20300102",
		first: "20291231", dayBehind: "20300102"},
}

// event is the case's, with one place and registration open.
func (c zoneCase) event(now time.Time) *events.Event {
	id := newID()
	return &events.Event{ID: id, Slug: c.slug, UID: id + "@masterclass", Title: "Event " + c.slug, Venue: "Hall", TimeZone: c.zone, AllDay: c.first != "", StartsLocal: c.from, EndsLocal: c.to,
		Status: events.Published, Listed: true, Version: 1, RegistrationClosesAt: now.AddDate(1, 0, 0).UnixMilli(), CreatedAt: now.UnixMilli(), UpdatedAt: now.UnixMilli(),
		Places: []events.Place{{ID: newID(), EventID: id, Name: "In person", Capacity: 5}}}
}

// when is the time in one line.
func (c zoneCase) when() string {
	if c.hours == "" {
		return c.date
	}
	return c.date + ", " + c.hours
}

func TestPageMailAndCalendarTellTheSameTime(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		for i, c := range zoneCases {
			e := c.event(time.Now())
			s.add(t, e)
			t.Run(c.slug, func(t *testing.T) {
				c.onPages(t, v)
				var one struct {
					ManageURL string `json:"manage_url"`
				}
				v.call("/api/v1/events/"+c.slug+"/registrations", person(i+1, e.Places[0].ID)).want(t, 201).json(t, &one)
				manage := v.get(one.ManageURL).want(t, 200)
				c.tells(t, "the manage page", plainText(manage.text))
				c.inCalendar(t, "the download", v.get(one.ManageURL+"/invite.ics").want(t, 200).text)
				c.inCalendar(t, "the calendar of a registration", v.get(calendarAddress.FindString(manage.text)).want(t, 200).text)
				mails := s.mails(t, i+1)
				for _, mail := range mails {
					if strings.Contains(mail, "Event "+c.slug+"\r\n") {
						c.inMail(t, mail)
						return
					}
				}
				t.Errorf("no mail is about %s", c.slug)
			})
		}
	})
}

var anyTag = regexp.MustCompile(`<[^>]*>`)

// plainText is what a page or a mail says, in one line.
func plainText(markup string) string {
	return strings.Join(strings.Fields(html.UnescapeString(anyTag.ReplaceAllString(markup, " "))), " ")
}

func (c zoneCase) tells(t *testing.T, who, text string) {
	t.Helper()
	if !strings.Contains(text, c.when()) {
		t.Errorf("%s does not say %q:\n%s", who, c.when(), text)
	}
}

// onPages looks at the event's page with its links to calendars, the form, JSON and the file.
func (c zoneCase) onPages(t *testing.T, v *visitor) {
	page := v.get("/events/"+c.slug).want(t, 200).text
	if text := plainText(page); !strings.Contains(text, strings.TrimSpace("When "+c.date+" "+c.hours)) {
		t.Errorf("the page does not say %q and %q:\n%s", c.date, c.hours, text)
	}
	link := regexp.MustCompile(`https://calendar\.google\.com/[^"]*`).FindString(page)
	u, err := url.Parse(html.UnescapeString(link))
	if err != nil || u.Query().Get("dates") != c.google || u.Query().Get("ctz") != c.zone {
		t.Errorf("Google is told %v, %v", u, err)
	}
	c.tells(t, "the form", plainText(v.get("/events/"+c.slug+"/register").want(t, 200).text))
	c.inCalendar(t, "the file", v.get("/events/"+c.slug+".ics").want(t, 200).text)
	if c.begins == "" {
		return
	}
	var e struct {
		StartsAt time.Time `json:"starts_at"`
		EndsAt   time.Time `json:"ends_at"`
	}
	v.get("/api/v1/events/"+c.slug).want(t, 200).json(t, &e)
	c.instants(t, "JSON", e.StartsAt, e.EndsAt)
}

func (c zoneCase) instants(t *testing.T, who string, begins, ends time.Time) {
	t.Helper()
	if got := begins.UTC().Format(time.RFC3339); got != c.begins {
		t.Errorf("%s: it begins at %s, want %s", who, got, c.begins)
	}
	if got := ends.UTC().Format(time.RFC3339); got != c.ends {
		t.Errorf("%s: it ends at %s, want %s", who, got, c.ends)
	}
}

// inCalendar reads the one entry by an independent parser.
func (c zoneCase) inCalendar(t *testing.T, who, text string) {
	t.Helper()
	calendar, err := ical.NewDecoder(strings.NewReader(text)).Decode()
	if err != nil || len(calendar.Events()) != 1 {
		t.Fatalf("%s: %v in\n%s", who, err, text)
	}
	entry := calendar.Events()[0]
	begins, ends := entry.Props.Get("DTSTART"), entry.Props.Get("DTEND")
	if c.first != "" {
		if begins.Value != c.first || ends.Value != c.dayBehind || begins.ValueType() != ical.ValueDate || ends.ValueType() != ical.ValueDate {
			t.Errorf("%s: it is from %s to %s", who, begins.Value, ends.Value)
		}
		return
	}
	local := strings.NewReplacer("-", "", ":", "")
	for p, want := range map[*ical.Prop]string{begins: c.from, ends: c.to} {
		twice := strings.HasSuffix(p.Value, "Z") // in the hour that comes twice programs differ, so it is in UTC
		if !twice && (p.Params.Get("TZID") != c.zone || p.Value != local.Replace(want)+"00") {
			t.Errorf("%s: %v is not %s in %s", who, p, want, c.zone)
		}
	}
	from, err1 := begins.DateTime(time.UTC)
	to, err2 := ends.DateTime(time.UTC)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	c.instants(t, who, from, to)
}

// inMail looks at each part of a confirmation.
func (c zoneCase) inMail(t *testing.T, eml string) {
	m, err := message.Read(strings.NewReader(eml))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for parts := m.MultipartReader(); ; seen++ {
		p, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if related := p.MultipartReader(); related != nil { // the HTML and its picture
			if p, err = related.NextPart(); err != nil {
				t.Fatal(err)
			}
		}
		body, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		switch kind, _, _ := p.Header.ContentType(); kind {
		case "text/calendar":
			c.inCalendar(t, "the invitation", string(body))
		default:
			c.tells(t, "the mail's "+kind, plainText(string(body)))
		}
	}
	if seen != 3 {
		t.Errorf("the mail has %d parts", seen)
	}
}
