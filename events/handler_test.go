package events_test

import (
	"encoding/json"
	"fmt"
	"html"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"

	"masterclass/events"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestTheJSONOfAnEvent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		e := withProgramme(meeting("masterclass"))
		mustInsert(t, db, e)
		s := newSite(t, db, left{e.Places[0].ID: {Left: 59}, e.Places[1].ID: {Waiting: 2}}, at(now))
		a := s.shows("/api/v1/events/masterclass", 200)
		if a.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
			t.Errorf("the headers are %v", a.Header)
		}
		n := -1
		session := func(from, to, kind, title string, speakers ...any) map[string]any {
			n++
			return map[string]any{"id": e.Sessions[n].ID, "starts_at": "2027-03-11T" + from + ":00Z", "ends_at": "2027-03-11T" + to + ":00Z", "kind": kind, "title": title, "speakers": append([]any{}, speakers...)}
		}
		tea := session("09:30", "10:00", "registration", "Tea")
		tea["room"] = "Foyer"
		want := map[string]any{
			"slug": "masterclass", "title": "Title of masterclass", "summary": "Summary.", "where": "Conference centre, Birmingham", "all_day": false,
			"starts_at": "2027-03-11T09:30:00Z", "ends_at": "2027-03-11T16:45:00Z", "time_zone": "Europe/London", "status": "published", "registration": "open",
			"url": base + "/events/masterclass", "ics_url": base + "/events/masterclass.ics", "questions": []any{},
			"places": []any{
				map[string]any{"id": e.Places[0].ID, "name": "In person", "capacity": 60.0, "left": 59.0, "waiting": 0.0},
				map[string]any{"id": e.Places[1].ID, "name": "Online", "capacity": 300.0, "left": 0.0, "waiting": 2.0}},
			"programme": []any{tea, session("10:00", "12:00", "talk", "Safer prescribing", "Bob Example", "Ada Example"),
				session("13:00", "14:30", "workshop", "Workshop A"), session("13:00", "14:30", "workshop", "Workshop B")},
		}
		var got, list map[string]any
		if err := json.Unmarshal([]byte(a.text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got\n%v\nwant\n%v\n%v", got, want, err)
		}
		if err := json.Unmarshal([]byte(s.shows("/api/v1/events", 200).text), &list); err != nil || !reflect.DeepEqual(list, map[string]any{"events": []any{want}}) {
			t.Errorf("the list is %v, %v", list, err)
		}
	})
}

func TestTheJSONWithoutEvents(t *testing.T) {
	t.Parallel()
	s := newSite(t, storetest.SQLite(t), left{}, at(now))
	if a := s.get("/api/v1/events"); a.text != `{"events":[]}` || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the list is %s, %v", a.text, a.Header)
	}
	s.shows("/api/v1/events/nothing", 404, `"code":"not_found"`)
	s.shows("/events", 200)
	if a := s.get("/events.ics"); a.StatusCode != 200 || strings.Contains(a.text, "VEVENT") || a.Header.Get("Last-Modified") != "" {
		t.Errorf("the feed is %d %v\n%s", a.StatusCode, a.Header, a.text)
	}
}

func TestEachStateOnPageAndInJSON(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	soon, closed, full, some := meeting("soon"), meeting("closed"), meeting("full"), meeting("some")
	soon.RegistrationOpensAt, closed.RegistrationClosesAt = now.Add(time.Hour).UnixMilli(), now.UnixMilli()
	none, unlisted := meeting("none"), meeting("unlisted")
	none.RegistrationClosesAt, unlisted.Listed = 0, false
	mustInsert(t, db, soon, closed, full, some, none, unlisted, as(meeting("off"), events.Cancelled), as(meeting("put-off"), events.Postponed),
		on(meeting("over"), "2027-02-10T09:00", "2027-02-10T10:00"), as(meeting("draft"), events.Draft))
	s := newSite(t, db, left{full.Places[0].ID: {Waiting: 1}, full.Places[1].ID: {}, some.Places[0].ID: {}, some.Places[1].ID: {Left: 3}}, at(now))
	list := s.shows("/api/v1/events", 200).text
	index := s.shows("/events", 200).text
	for slug, c := range map[string]struct {
		status, registration, page string
		register                   bool
	}{
		"soon":     {"published", "not_yet_open", "Registration opens at 10:30am on Thursday 11 February 2027.", false},
		"closed":   {"published", "closed", "Registration has closed.", false},
		"full":     {"published", "waiting_list", "Join the waiting list", true},
		"some":     {"published", "open", "3 places left", true},
		"none":     {"published", "closed", "This event does not take registrations here.", false},
		"unlisted": {"published", "open", "noindex", true},
		"off":      {"cancelled", "closed", "This event has been cancelled.", false},
		"put-off":  {"postponed", "closed", "This event has been postponed.", false},
		"over":     {"past", "closed", "This event is over.", false},
	} {
		s.shows("/api/v1/events/"+slug, 200, `"status":"`+c.status+`"`, `"registration":"`+c.registration+`"`)
		page := s.shows("/events/"+slug, 200, c.page).text
		if got := strings.Contains(page, `href="/events/`+slug+`/register"`); got != c.register {
			t.Errorf("%s can be registered for: %v", slug, got)
		}
		if got, want := strings.Contains(page, "/events/"+slug+".ics"), c.status == "published" || c.status == "postponed"; got != want {
			t.Errorf("%s can be put into a calendar: %v", slug, got)
		}
		if slug == "unlisted" {
			if strings.Contains(list+index, "unlisted") {
				t.Error("the unlisted event is listed")
			}
			continue
		}
		if !strings.Contains(list, `"slug":"`+slug+`"`) || !strings.Contains(index, `href="/events/`+slug+`"`) {
			t.Errorf("%s is not listed", slug)
		}
	}
	s.shows("/events/draft", 404)
	s.shows("/api/v1/events/draft", 404)
	if strings.Contains(list+index, "draft") {
		t.Error("the draft is listed")
	}
	if strings.Index(list, `"over"`) < strings.Index(list, `"soon"`) {
		t.Error("what is over comes before what is ahead")
	}
}

func TestTheFeedIsWhatCalendarProgramsNeed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		off := as(meeting("off"), events.Cancelled)
		off.Sequence = 4
		mustInsert(t, db, withProgramme(meeting("masterclass")), off, as(meeting("put-off"), events.Postponed))
		s := newSite(t, db, left{}, at(now))
		a := s.get("/events.ics", "Accept", "image/png", "User-Agent", "")
		if a.StatusCode != 200 || a.Header.Get("Content-Type") != "text/calendar; charset=utf-8" || a.Header.Get("Cache-Control") != "public, max-age=300" ||
			a.Header.Get("Set-Cookie") != "" || a.Header.Get("Content-Disposition") != "" || a.Header.Get("ETag") == "" || a.Header.Get("Last-Modified") == "" {
			t.Errorf("the feed answers %d, %v", a.StatusCode, a.Header)
		}
		for _, line := range []string{"X-WR-CALNAME:The Partnership", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-WR-TIMEZONE:Europe/London", "STATUS:CANCELLED",
			"SUMMARY:Cancelled: Title of off", "SEQUENCE:4", "STATUS:TENTATIVE", "DTSTART;TZID=Europe/London:20270311T093000", "UID:" + off.UID} {
			if !strings.Contains(a.text, "\r\n"+line+"\r\n") {
				t.Errorf("the feed has no %s:\n%s", line, a.text)
			}
		}
		if strings.Contains(a.text, "METHOD") || strings.Contains(a.text, "ATTENDEE") || strings.Contains(a.text, "ORGANIZER") {
			t.Error("the feed invites people")
		}
		if again := s.get("/events.ics"); again.text != a.text || again.Header.Get("ETag") != a.Header.Get("ETag") {
			t.Error("the feed changes by itself")
		}
		head := s.ask("HEAD", "/events.ics")
		if head.StatusCode != 200 || head.text != "" || head.Header.Get("ETag") != a.Header.Get("ETag") || head.ContentLength != int64(len(a.text)) {
			t.Errorf("HEAD answers %d, length %d of %d", head.StatusCode, head.ContentLength, len(a.text))
		}
		for name, value := range map[string]string{"If-None-Match": "W/" + a.Header.Get("ETag"), "If-Modified-Since": a.Header.Get("Last-Modified")} {
			if not := s.get("/events.ics", name, value); not.StatusCode != 304 || not.text != "" || not.Header.Get("ETag") != a.Header.Get("ETag") || not.Header.Get("Cache-Control") == "" {
				t.Errorf("with %s it answers %d, %v", name, not.StatusCode, not.Header)
			}
		}
		mustInsert(t, db, on(meeting("another"), "2027-05-01T09:00", "2027-05-01T10:00"))
		if changed := s.get("/events.ics", "If-None-Match", a.Header.Get("ETag")); changed.StatusCode != 200 || !strings.Contains(changed.text, "another") {
			t.Errorf("after a change it answers %d", changed.StatusCode)
		}
	})
}

func TestTheFeedCanBeNarrowedDown(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		other := meeting("other")
		other.Topics = "Research"
		e := withProgramme(meeting("masterclass"))
		mustInsert(t, db, e, other)
		s := newSite(t, db, left{}, at(now))
		nursing := s.get("/events.ics?topic=NURSING").text
		if !strings.Contains(nursing, "UID:"+e.UID) || strings.Contains(nursing, "UID:"+other.UID) || !strings.Contains(nursing, "X-WR-CALNAME:The Partnership: nursing") {
			t.Errorf("the feed of a topic is\n%s", nursing)
		}
		if none := s.get("/events.ics?topic=knitting"); none.StatusCode != 200 || strings.Contains(none.text, "VEVENT") {
			t.Errorf("the feed of no topic answers %d:\n%s", none.StatusCode, none.text)
		}
		programme := s.get("/events.ics?programme=1").text
		for _, line := range []string{"UID:session-" + e.Sessions[1].ID, "SUMMARY:Workshop A – Title of masterclass", "DTSTART;TZID=Europe/London:20270311T130000",
			"DTEND;TZID=Europe/London:20270311T143000", "UID:" + other.UID} {
			if !strings.Contains(programme, "\r\n"+line+"\r\n") {
				t.Errorf("the programme's feed has no %s:\n%s", line, programme)
			}
		}
		if strings.Contains(programme, "UID:"+e.UID) || strings.Contains(programme, "Tea") {
			t.Errorf("the programme's feed has the whole event, or a break:\n%s", programme)
		}
		chosen := s.get("/events/masterclass.ics?programme=1&session=" + e.Sessions[2].ID + "&session=" + e.Sessions[0].ID).text
		if n := strings.Count(chosen, "BEGIN:VEVENT"); n != 2 || !strings.Contains(chosen, "Workshop A") || !strings.Contains(chosen, "LOCATION:Foyer") {
			t.Errorf("%d sessions were chosen:\n%s", n, chosen)
		}
		s.shows("/events/masterclass.ics?programme=1&session=nothing", 404)
		if whole := s.get("/events/masterclass.ics?session=nothing").text; strings.Count(whole, "BEGIN:VEVENT") != 1 {
			t.Errorf("without the programme it is\n%s", whole)
		}
	})
}

func TestAPollThatChangedNothingAsksNoDatabase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mustInsert(t, db, withProgramme(meeting("masterclass")))
		moment := now
		s := newSite(t, db, left{}, func() time.Time { return moment })
		s.follow()
		paths := []string{"/events.ics", "/events.ics?programme=1", "/events.ics?topic=nursing&utm=x", "/events/masterclass.ics"}
		tags := map[string]string{}
		for _, path := range paths {
			tags[path] = s.get(path).Header.Get("ETag")
		}
		another := meeting("another")
		mustInsert(t, db, another)
		for deadline := time.Now().Add(20 * time.Second); s.get("/events.ics").Header.Get("ETag") == tags["/events.ics"]; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("a new event is never seen")
			}
		}
		for _, path := range paths {
			tags[path] = s.get(path).Header.Get("ETag")
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if a := s.get(path, "If-None-Match", tags[path]); a.StatusCode != 304 {
				t.Errorf("without a database, %s answers %d", path, a.StatusCode)
			}
			if a := s.get(path); a.StatusCode != 200 || a.Header.Get("ETag") != tags[path] {
				t.Errorf("without a database, %s answers %d", path, a.StatusCode)
			}
		}
		moment = moment.AddDate(0, 3, 0) // what is over leaves the feed: it must be looked for again
		if a := s.get("/events.ics"); a.StatusCode == 200 {
			t.Error("the feed does not change when events are over")
		}
	})
}

func TestOneEventToDownload(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	unlisted := meeting("unlisted")
	unlisted.Listed = false
	mustInsert(t, db, meeting("masterclass"), unlisted, as(meeting("off"), events.Cancelled))
	s := newSite(t, db, left{}, at(now))
	a := s.shows("/events/masterclass.ics", 200, "BEGIN:VEVENT", "STATUS:CONFIRMED", "URL:"+base+"/events/masterclass")
	if got := a.Header.Get("Content-Disposition"); got != `attachment; filename="masterclass.ics"; filename*=UTF-8''masterclass.ics` {
		t.Errorf("Content-Disposition is %s", got)
	}
	if a.Header.Get("Last-Modified") != "Wed, 10 Feb 2027 09:30:00 GMT" || a.Header.Get("Cache-Control") != "public, max-age=300" {
		t.Errorf("the headers are %v", a.Header)
	}
	if not := s.get("/events/masterclass.ics", "If-None-Match", "*"); not.StatusCode != 304 || not.text != "" {
		t.Errorf("with If-None-Match it answers %d", not.StatusCode)
	}
	s.shows("/events/unlisted.ics", 200, "BEGIN:VEVENT")
	s.shows("/events/off.ics", 200, "STATUS:CANCELLED")
	if a := s.get("/events/nothing.ics"); a.StatusCode != 404 || a.Header.Get("Content-Disposition") != "" {
		t.Errorf("what is not there answers %d, %v", a.StatusCode, a.Header)
	}
}

// vevent reads the only event of a calendar by an independent parser.
func vevent(t *testing.T, text string) ical.Event {
	t.Helper()
	c, err := ical.NewDecoder(strings.NewReader(text)).Decode()
	if err != nil || len(c.Events()) != 1 {
		t.Fatalf("%v in\n%s", err, text)
	}
	return c.Events()[0]
}

func TestTimesAgreeOnPageInJSONAndInTheCalendar(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	for slug, c := range map[string]struct{ zone, starts, ends, page, startsAt, endsAt string }{
		"winter":      {"Europe/London", "2027-03-25T09:30", "2027-03-25T16:45", "9:30am to 4:45pm UK time (GMT)", "2027-03-25T09:30:00Z", "2027-03-25T16:45:00Z"},
		"summer":      {"Europe/London", "2027-04-01T09:30", "2027-04-01T16:45", "9:30am to 4:45pm UK time (BST)", "2027-04-01T09:30:00+01:00", "2027-04-01T16:45:00+01:00"},
		"spring-over": {"Europe/London", "2027-03-27T09:30", "2027-03-28T16:45", "9:30am UK time (GMT) to 4:45pm UK time (BST)", "2027-03-27T09:30:00Z", "2027-03-28T16:45:00+01:00"},
		"autumn-over": {"Europe/London", "2027-10-30T09:30", "2027-10-31T16:45", "9:30am UK time (BST) to 4:45pm UK time (GMT)", "2027-10-30T09:30:00+01:00", "2027-10-31T16:45:00Z"},
		"new-york":    {"America/New_York", "2027-03-15T09:30", "2027-03-15T16:45", "9:30am to 4:45pm New York time (EDT)", "2027-03-15T09:30:00-04:00", "2027-03-15T16:45:00-04:00"},
	} {
		e := on(meeting(slug), c.starts, c.ends)
		e.TimeZone = c.zone
		e = withProgramme(e)
		mustInsert(t, db, e)
		s := newSite(t, db, left{}, at(now))
		s.shows("/events/"+slug, 200, c.page)
		s.shows("/api/v1/events/"+slug, 200, `"starts_at":"`+c.startsAt+`"`, `"ends_at":"`+c.endsAt+`"`)
		calendar := vevent(t, s.shows("/events/"+slug+".ics", 200).text)
		for name, c := range map[string]struct {
			got  func(*time.Location) (time.Time, error)
			want string
		}{"start": {calendar.DateTimeStart, c.startsAt}, "end": {calendar.DateTimeEnd, c.endsAt}} {
			want, err := time.Parse(time.RFC3339, c.want)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := c.got(time.UTC); err != nil || !got.Equal(want) {
				t.Errorf("the calendar's %s of %s is %v, want %v: %v", name, slug, got, want, err)
			}
		}
	}
}

// nasty is what a careless or hostile organiser may type into any field.
const nasty = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\r\nX-Injected: yes\r\nATTENDEE:mailto:a@b.c {{.Site}} \u202etxt.exe\u2066"

func TestNothingThatIsTypedInBecomesMarkupOrCalendar(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	e := withProgramme(meeting("nasty"))
	for _, field := range []*string{&e.Title, &e.Summary, &e.Description, &e.Audience, &e.Cost, &e.Access, &e.Sponsors, &e.Venue, &e.Address, &e.Topics, &e.Places[0].Name,
		&e.Speakers[0].Name, &e.Speakers[0].Role, &e.Speakers[0].Biography, &e.Sessions[0].Title, &e.Sessions[0].Room, &e.Sessions[0].Description, &e.Sessions[0].Kind} {
		*field = nasty
	}
	e.Description += "\n\n[a](javascript:alert(3)) <iframe src=//evil.example></iframe> ![x](data:text/html,x)"
	e.Series = "series-of-nasty"
	mustInsert(t, db, e)
	s := newSite(t, db, left{}, at(now))
	bad := regexp.MustCompile(`(?i)<script>|<img[^>]*onerror|<iframe|href="javascript|src="data:|\{\{`)
	for _, path := range []string{"/events/nasty", "/events", "/series/series-of-nasty"} {
		a := s.get(path)
		page := strings.ReplaceAll(a.text, "{{.Site}}", "") // as typed: it is not a template by now
		if a.StatusCode != 200 || bad.MatchString(page) || !strings.Contains(page, html.EscapeString("<script>alert(1)</script>")) {
			t.Errorf("%s answers %d with %q", path, a.StatusCode, bad.FindString(page))
		}
		if a.Header.Get("X-Injected") != "" {
			t.Errorf("%s: a header is injected", path)
		}
	}
	for _, path := range []string{"/events/nasty.ics", "/events.ics"} {
		a := s.shows(path, 200)
		for line := range strings.SplitSeq(strings.ReplaceAll(a.text, "\r\n ", ""), "\r\n") {
			if strings.HasPrefix(line, "X-INJECTED") || strings.HasPrefix(line, "X-Injected") || strings.HasPrefix(line, "ATTENDEE") || strings.ContainsAny(line, "\r\n\u202e\u2066") {
				t.Errorf("%s has the line %q", path, line)
			}
		}
		if v := vevent(t, a.text); !strings.Contains(v.Props.Get("SUMMARY").Value, "alert(1)") {
			t.Errorf("%s: the title is %q", path, v.Props.Get("SUMMARY").Value)
		}
	}
	var listed struct{ Events []struct{ Title string } }
	if a := s.get("/api/v1/events"); json.Unmarshal([]byte(a.text), &listed) != nil || listed.Events[0].Title != nasty || strings.Contains(a.text, "<script>") {
		t.Errorf("the JSON is %s", a.text)
	}
}

func TestAllDayEventsEndOnTheDayAfterTheirLast(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	var all []*events.Event
	for i := range 20 {
		e := meeting(fmt.Sprintf("e%d", i))
		if i%2 == 0 {
			e.AllDay, e.StartsLocal, e.EndsLocal = true, "2027-03-11T00:00", "2027-03-12T00:00"
		}
		all = append(all, e)
	}
	mustInsert(t, db, all...)
	a := newSite(t, db, left{}, at(now)).get("/events.ics")
	if n := strings.Count(a.text, "BEGIN:VEVENT"); n != 20 || strings.Count(a.text, "DTEND;VALUE=DATE:20270313") != 10 {
		t.Errorf("the feed has %d events:\n%s", n, a.text)
	}
}

func TestAFailureOfTheSeatsIsNoHalfPage(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	mustInsert(t, db, meeting("masterclass"))
	s := newSite(t, db, broken{}, at(now))
	for _, path := range []string{"/events", "/events/masterclass", "/api/v1/events", "/api/v1/events/masterclass"} {
		if a := s.get(path); a.StatusCode != 500 || strings.Contains(a.text, errSeats.Error()) || strings.Contains(a.text, "Title of") {
			t.Errorf("%s answers %d: %s", path, a.StatusCode, a.text)
		}
	}
	for _, path := range []string{"/events.ics", "/events/masterclass.ics"} { // calendars do not ask what is left
		s.shows(path, 200, "BEGIN:VEVENT")
	}
}
