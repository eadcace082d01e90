package events_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"regexp"
	"strings"
	"testing"

	"masterclass/events"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestTheListShowsWhatTheFilterAsksFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		hall, stream, old := meeting("hall"), meeting("stream"), on(meeting("old"), "2027-01-10T09:00", "2027-01-10T10:00")
		hall.Places, hall.Topics = hall.Places[:1], "Safety"
		stream.Places[1].Online = true
		stream.Places, stream.Venue, stream.Address, stream.Topics = stream.Places[1:], "", "", "Nursing"
		old.Venue, old.Address, old.Summary = "Town hall", "Leeds", "About 100% of <doses>."
		mustInsert(t, db, hall, stream, old)
		s := newSite(t, db, left{}, at(now))
		for query, want := range map[string]string{
			"": "hall stream old", "?utm_source=x": "hall stream old", "?topic=safety": "hall old", "?topic=Nursing": "stream old", "?format=online": "stream",
			"?format=in-person": "hall old", "?format=other": "hall stream old", "?where=leeds": "old", "?q=stream": "stream", "?q=TITLE+hall": "hall old",
			"?q=100%25+%3Cdoses%3E": "old", "?q=%00%ff": "", "?when=past": "old", "?when=past&topic=nothing": "", "?q=nothing": "",
		} {
			a := s.shows("/events"+query, 200)
			var got []string
			for _, slug := range []string{"hall", "stream", "old"} {
				if strings.Contains(a.text, `href="/events/`+slug+`"`) {
					got = append(got, slug)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%q shows %v, want %s", query, got, want)
			}
			if filtered := query != "" && query[1] != 'u' && query != "?format=other"; strings.Contains(a.text, "noindex") != filtered {
				t.Errorf("%q is kept out of search engines: %v", query, !filtered)
			}
		}
		s.shows("/events?q=nothing", 200, "No event fits", `href="/events"`, `value="nothing"`)
		s.shows("/events?q=%22%3E%3Cscript%3E", 200, `value="&#34;&gt;&lt;script&gt;"`)
	})
}

func TestTheListShowsTheLatestOfManyPastEvents(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	for n := range 12 {
		day := fmt.Sprintf("2026-01-%02dT", n+1)
		mustInsert(t, db, on(meeting(fmt.Sprintf("day-%d", n+1)), day+"09:00", day+"10:00"))
	}
	s := newSite(t, db, left{}, at(now))
	if a := s.shows("/events", 200, "All 12 past events", `href="/events?when=past"`, "Title of day-12<"); strings.Contains(a.text, "Title of day-2<") {
		t.Error("the list has all of them")
	}
	s.shows("/events?when=past", 200, "Title of day-12<", "Title of day-1<", "Past events and meetings")
}

func TestSessionsThatOverlapStandBesideEachOther(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	e := meeting("masterclass")
	session := func(from, to, title, room string) events.Session {
		return events.Session{ID: id(), EventID: e.ID, Kind: "talk", Title: title, Room: room, StartsLocal: "2027-03-11T" + from, EndsLocal: "2027-03-11T" + to,
			Position: int64(len(e.Sessions))}
	}
	for _, x := range [][4]string{{"10:00", "11:00", "Plenary", "Hall"}, {"11:00", "12:30", "Long", "A"}, {"11:00", "11:45", "Short", "B"}, {"11:45", "12:30", "Second", "B"},
		{"13:00", "14:00", "Roomless one", ""}, {"13:00", "14:00", "Roomless two", ""}} {
		e.Sessions = append(e.Sessions, session(x[0], x[1], x[2], x[3]))
	}
	mustInsert(t, db, e)
	page := newSite(t, db, left{}, at(now)).shows("/events/masterclass", 200, "app-parallel--2", "at the same time").text
	cell := regexp.MustCompile(`(?s)app-parallel__item app-col-(\d+) app-row-(\d+) app-tall-(\d+)".*?<h3[^>]*>([^<]*)<`)
	var got []string
	for _, m := range cell.FindAllStringSubmatch(page, -1) {
		got = append(got, strings.Join(append(m[4:], m[1:4]...), " "))
	}
	if want := "Long 1 1 2, Short 2 1 1, Second 2 2 1, Roomless one 1 1 1, Roomless two 2 1 1"; strings.Join(got, ", ") != want {
		t.Errorf("the timetable is %q\nwant %q", strings.Join(got, ", "), want)
	}
	if strings.Index(page, "Plenary") > strings.Index(page, "Long") || strings.Contains(page, "app-parallel__item\"") {
		t.Error("the order, or a place, is missing")
	}
}

func TestSpeakersHavePagesOfTheirOwn(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	e := withProgramme(meeting("masterclass"))
	e.Speakers = append(e.Speakers, events.Speaker{ID: id(), EventID: e.ID, Name: "Sam Twin", Position: 2}, events.Speaker{ID: id(), EventID: e.ID, Name: "Sam Twin", Position: 3})
	other, unlisted := withProgramme(meeting("other")), withProgramme(meeting("unlisted"))
	unlisted.Listed = false
	mustInsert(t, db, e, other, unlisted)
	s := newSite(t, db, left{}, at(now))
	s.shows("/events/masterclass", 200, `href="/events/masterclass/speakers/ada-example"`, `href="/events/masterclass/speakers/`+e.Speakers[2].ID+`"`)
	s.shows("/events/masterclass/speakers/ada-example", 200, "Ada nurses.", "Safer prescribing", "10am to midday", `href="/events/masterclass"`)
	s.shows("/events/masterclass/speakers/"+e.Speakers[0].ID, 200, base+"/events/masterclass/speakers/ada-example")
	s.shows("/events/unlisted/speakers/ada-example", 200, "noindex")
	for _, path := range []string{"/events/other/speakers/" + e.Speakers[0].ID, "/events/masterclass/speakers/sam-twin", "/events/masterclass/speakers/nobody",
		"/events/masterclass/speakers/%3Fx", "/events/nothing/speakers/ada-example"} {
		s.shows(path, 404)
	}
}

func TestTheProgrammeToPrintNamesTheSponsors(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	e := withProgramme(meeting("masterclass"))
	e.Sponsors = "Example Pharma Ltd paid for the hall."
	mustInsert(t, db, e)
	s := newSite(t, db, left{}, at(now))
	s.shows("/events/masterclass/programme", 200, "Example Pharma Ltd paid for the hall.", "Sponsors’ declaration", "Workshop A", "Bob Example", "Programme")
	s.shows("/events/nothing/programme", 404)
	rename(t, db, e, "renamed")
	for _, below := range []string{"/programme", "/speakers/ada-example"} {
		if a := s.get("/events/masterclass" + below); a.StatusCode != 301 || a.Header.Get("Location") != "/events/renamed"+below {
			t.Errorf("%s leads to %s with %d", below, a.Header.Get("Location"), a.StatusCode)
		}
	}
}

var (
	pictureAddress = regexp.MustCompile(`property="og:image" content="` + base + `([^"]+)"`)
	dataBlock      = regexp.MustCompile(`(?s)<script type="application/ld\+json">(.*?)</script>`)
)

func TestThePictureOfAnEventIsSmallAndChangesItsAddress(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	short, long := meeting("short"), as(meeting("long"), events.Postponed)
	long.Title = strings.Repeat("Systemic anti-cancer therapy & immunotherapy – ", 6)
	long.Venue = strings.Repeat("An exceedingly long name of a conference centre, ", 5)
	mustInsert(t, db, short, long)
	s := newSite(t, db, left{}, at(now))
	for _, slug := range []string{"short", "long"} {
		found := pictureAddress.FindStringSubmatch(s.get("/events/" + slug).text)
		if found == nil {
			t.Fatalf("%s has no picture", slug)
		}
		a := s.shows(found[1], 200)
		picture, err := png.Decode(strings.NewReader(a.text))
		if err != nil || picture.Bounds().Dx() != 1200 || picture.Bounds().Dy() != 630 || len(a.text) > 60<<10 {
			t.Errorf("the picture of %s is %v, %v, %d bytes", slug, picture.Bounds(), err, len(a.text))
		}
		if a.Header.Get("Content-Type") != "image/png" || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") || a.Header.Get("ETag") == "" {
			t.Errorf("the headers are %v", a.Header)
		}
		s.shows("/events/nothing"+strings.TrimPrefix(found[1], "/events/"+slug), 404)
	}
	old := pictureAddress.FindStringSubmatch(s.get("/events/short").text)[1]
	if _, err := db.NewRaw("update events set title = 'Another title' where slug = 'short'").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.shows(old, 404)
}

func TestSearchEnginesCanReadAnEvent(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	open, off, later, seen := withProgramme(meeting("open")), as(meeting("off"), events.Cancelled), as(meeting("later"), events.Postponed), meeting("seen")
	open.Cost, open.Title = "Free for all.", `Doses </script><script>alert("1")</script> & more`
	seen.Venue, seen.Address, seen.Places = "", "", seen.Places[1:]
	seen.Places[0].Online = true
	open.Places[1].Online = true
	paid, mixed := meeting("paid"), meeting("mixed")
	paid.Cost, mixed.Cost = "£50, lunch included", "Free for NHS staff, £50 for others"
	mustInsert(t, db, open, off, later, seen, paid, mixed)
	s := newSite(t, db, left{open.Places[1].ID: {Waiting: 1}}, at(now))
	read := func(slug string) map[string]any {
		blocks := dataBlock.FindAllStringSubmatch(s.shows("/events/"+slug, 200).text, -1)
		if len(blocks) != 1 {
			t.Fatalf("%s has %d data blocks", slug, len(blocks))
		}
		var data map[string]any
		if err := json.NewDecoder(bytes.NewBufferString(blocks[0][1])).Decode(&data); err != nil {
			t.Fatalf("%v: %s", err, blocks[0][1])
		}
		return data
	}
	const at = "https://schema.org/"
	for slug, want := range map[string]map[string]any{
		"open": {"@type": "EducationEvent", "name": open.Title, "startDate": "2027-03-11T09:30:00Z", "eventStatus": at + "EventScheduled",
			"eventAttendanceMode": at + "MixedEventAttendanceMode", "isAccessibleForFree": true, "previousStartDate": nil},
		"off":   {"eventStatus": at + "EventCancelled", "eventAttendanceMode": at + "OfflineEventAttendanceMode", "offers": nil},
		"later": {"eventStatus": at + "EventPostponed", "previousStartDate": "2027-03-11T09:30:00Z", "offers": nil},
		"seen":  {"eventAttendanceMode": at + "OnlineEventAttendanceMode", "maximumVirtualAttendeeCapacity": 300.0, "isAccessibleForFree": nil, "offers": nil},
		"paid":  {"eventStatus": at + "EventScheduled", "isAccessibleForFree": nil, "offers": nil},
		"mixed": {"isAccessibleForFree": nil, "offers": nil},
	} {
		data := read(slug)
		for name, value := range want {
			if data[name] != value {
				t.Errorf("%s: %s is %v, want %v", slug, name, data[name], value)
			}
		}
	}
	offers, _ := json.Marshal(read("open")["offers"])
	for _, want := range []string{`"availability":"https://schema.org/InStock"`, `"availability":"https://schema.org/SoldOut"`, `"price":"0"`, `"priceCurrency":"GBP"`, `"url":"` + base + `/events/open/register"`} {
		if !strings.Contains(string(offers), want) {
			t.Errorf("the offers are %s", offers)
		}
	}
}

func TestAnEventThatIsOverLeavesItsResources(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		e := on(meeting("over"), "2027-02-10T09:00", "2027-02-10T10:00")
		e.Resources = []events.Resource{{ID: id(), EventID: e.ID, Kind: "video", Title: "The <talks>", URL: "https://video.example/1", Position: 1},
			{ID: id(), EventID: e.ID, Kind: "slides", Title: "All slides", URL: "/files/slides"}}
		mustInsert(t, db, e, meeting("other"))
		s := newSite(t, db, left{}, at(now))
		page := s.shows("/events/over", 200, "From the event", "The &lt;talks&gt;", `href="https://video.example/1"`, `href="/files/slides"`).text
		if strings.Index(page, "All slides") > strings.Index(page, "The &lt;talks&gt;") {
			t.Error("they are not in their order")
		}
		if strings.Contains(s.get("/events/other").text, "All slides") {
			t.Error("another event shows them")
		}
		for _, bad := range []events.Resource{{Kind: "video", Title: "x", URL: "javascript:alert(1)"}, {Kind: "video", Title: "x", URL: "//example.org"},
			{Kind: "song", Title: "x", URL: "/x"}, {Kind: "video", URL: "/x"}} {
			wrong := meeting("wrong")
			wrong.Resources = []events.Resource{bad}
			if err := insert(db, wrong); err == nil {
				t.Errorf("%+v is taken", bad)
			}
		}
	})
}
