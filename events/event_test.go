package events_test

import (
	"strings"
	"testing"
	"time"

	"masterclass/events"
)

func settled(t testing.TB, e *events.Event) *events.Event {
	t.Helper()
	if err := e.Settle(); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestTimesReadAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, starts, ends string
		allDay             bool
		want               string
	}{
		{"Europe/London", "2027-03-11T09:30", "2027-03-11T16:45", false, "Thursday 11 March 2027, 9:30am to 4:45pm UK time (GMT)"},
		{"Europe/London", "2027-07-01T09:00", "2027-07-01T12:00", false, "Thursday 1 July 2027, 9am to midday UK time (BST)"},
		{"Europe/London", "2027-07-01T12:00", "2027-07-01T12:05", false, "Thursday 1 July 2027, midday to 12:05pm UK time (BST)"},
		{"Europe/London", "2027-07-01T00:00", "2027-07-01T00:30", false, "Thursday 1 July 2027, midnight to 12:30am UK time (BST)"},
		{"Europe/London", "2027-07-01T13:00", "2027-07-01T23:59", false, "Thursday 1 July 2027, 1pm to 11:59pm UK time (BST)"},
		{"Europe/London", "2015-10-23T09:00", "2015-10-25T15:00", false, "Friday 23 to Sunday 25 October 2015, 9am UK time (BST) to 3pm UK time (GMT)"},
		{"Europe/London", "2027-03-27T22:00", "2027-03-28T10:00", false, "Saturday 27 to Sunday 28 March 2027, 10pm UK time (GMT) to 10am UK time (BST)"},
		{"Europe/London", "2027-03-31T09:00", "2027-04-01T17:00", false, "Wednesday 31 March to Thursday 1 April 2027, 9am to 5pm UK time (BST)"},
		{"Europe/London", "2027-12-31T09:00", "2028-01-01T17:00", false, "Friday 31 December 2027 to Saturday 1 January 2028, 9am to 5pm UK time (GMT)"},
		{"Europe/London", "2014-07-11T00:00", "2014-07-11T00:00", true, "Friday 11 July 2014"},
		{"Europe/London", "2027-10-30T00:00", "2027-10-31T00:00", true, "Saturday 30 to Sunday 31 October 2027"},
		{"Africa/Cairo", "2027-04-30T00:00", "2027-04-30T00:00", true, "Friday 30 April 2027"}, // a day that begins at 1am
		{"America/New_York", "2027-07-01T09:00", "2027-07-01T17:00", false, "Thursday 1 July 2027, 9am to 5pm New York time (EDT)"},
		{"Asia/Dubai", "2027-07-01T09:00", "2027-07-01T17:00", false, "Thursday 1 July 2027, 9am to 5pm Dubai time (UTC+04)"},
	} {
		e := on(meeting("m"), c.starts, c.ends)
		e.TimeZone, e.AllDay = c.zone, c.allDay
		if got := settled(t, e).When(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	if got := events.Moment(time.Date(2027, time.July, 1, 9, 15, 0, 0, time.UTC).In(london)); got != "10:15am on Thursday 1 July 2027" {
		t.Error(got)
	}
	if got := (events.Session{StartsLocal: "2027-07-01T12:00", EndsLocal: "2027-07-01T13:30"}).SessionHours(); got != "midday to 1:30pm" {
		t.Error(got)
	}
}

func TestInstantsFollowTheZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, starts, ends string
		allDay             bool
		hours              float64
		startsUTC          string
	}{
		{"Europe/London", "2027-03-28T00:30", "2027-03-28T02:30", false, 1, "2027-03-28T00:30"}, // one hour is skipped
		{"Europe/London", "2027-10-31T00:30", "2027-10-31T02:30", false, 3, "2027-10-30T23:30"}, // one comes twice
		{"Europe/London", "2027-03-27T09:00", "2027-11-01T09:00", false, 219 * 24, "2027-03-27T09:00"},
		{"Europe/London", "2027-03-28T00:00", "2027-03-28T00:00", true, 23, "2027-03-28T00:00"},
		{"Europe/London", "2027-10-31T00:00", "2027-10-31T00:00", true, 25, "2027-10-30T23:00"},
		{"Europe/London", "2027-03-28T00:00", "2027-10-31T00:00", true, 218 * 24, "2027-03-28T00:00"}, // across both changes
		{"America/New_York", "2027-07-01T09:00", "2027-07-01T09:00", false, 0, "2027-07-01T13:00"},
	} {
		e := on(meeting("m"), c.starts, c.ends)
		e.TimeZone, e.AllDay = c.zone, c.allDay
		settled(t, e)
		if got := time.UnixMilli(e.StartsAt).UTC().Format(events.LocalTime); got != c.startsUTC {
			t.Errorf("%s starts at %s UTC, want %s", c.starts, got, c.startsUTC)
		}
		if got := time.UnixMilli(e.EndsAt).Sub(time.UnixMilli(e.StartsAt)).Hours(); got != c.hours {
			t.Errorf("%s to %s takes %v hours, want %v", c.starts, c.ends, got, c.hours)
		}
	}
}

func TestWhatCannotBeShownIsNotLetIn(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*events.Event){
		"no slug":                  func(e *events.Event) { e.Slug = "" },
		"a reserved slug":          func(e *events.Event) { e.Slug = "new" },
		"find":                     func(e *events.Event) { e.Slug = "find" },
		"series":                   func(e *events.Event) { e.Slug = "series" },
		"a dot":                    func(e *events.Event) { e.Slug = "a.ics" },
		"a slash":                  func(e *events.Event) { e.Slug = "a/b" },
		"capitals":                 func(e *events.Event) { e.Slug = "Masterclass" },
		"a hyphen at the end":      func(e *events.Event) { e.Slug = "a-" },
		"two hyphens":              func(e *events.Event) { e.Slug = "a--b" },
		"letters of other scripts": func(e *events.Event) { e.Slug = "événement" },
		"a line break":             func(e *events.Event) { e.Slug = "a\n" },
		"a bad series":             func(e *events.Event) { e.Series = "Acute oncology" },
		"no title":                 func(e *events.Event) { e.Title = " " },
		"no UID":                   func(e *events.Event) { e.UID = "" },
		"no zone":                  func(e *events.Event) { e.TimeZone = "" },
		"Local":                    func(e *events.Event) { e.TimeZone = "Local" },
		"an unknown zone":          func(e *events.Event) { e.TimeZone = "Europe/Londinium" },
		"a path for a zone":        func(e *events.Event) { e.TimeZone = "../../etc/passwd" },
		"no start":                 func(e *events.Event) { e.StartsLocal = "" },
		"a date alone":             func(e *events.Event) { e.StartsLocal = "2027-03-11" },
		"a day that is not":        func(e *events.Event) { on(e, "2027-02-29T09:00", "2027-03-01T09:00") },
		"ends before it starts":    func(e *events.Event) { e.EndsLocal = "2027-03-11T09:29" },
		"ends before, all day":     func(e *events.Event) { e.AllDay = true; on(e, "2027-03-11T00:00", "2027-03-10T00:00") },
		"all day with hours":       func(e *events.Event) { e.AllDay = true },
		"an hour that is skipped":  func(e *events.Event) { on(e, "2027-03-28T01:30", "2027-03-28T09:00") },
		"long ago":                 func(e *events.Event) { on(e, "1066-10-14T09:00", "1066-10-14T17:00") },
		"too far":                  func(e *events.Event) { e.EndsLocal = "9999-12-31T23:00" },
	} {
		e := meeting("fine")
		change(e)
		if err := e.Settle(); err == nil {
			t.Errorf("%s is let in", what)
		}
	}
	for _, slug := range []string{"a", "sact-masterclass-2027", "new-drugs", "2027"} {
		settled(t, meeting(slug))
	}
}

func session(kind, from, to string) events.Session {
	return events.Session{Kind: kind, StartsLocal: from, EndsLocal: to}
}

// day is a session on 11 March 2027.
func day(kind, from, to string) events.Session {
	return session(kind, "2027-03-11T"+from, "2027-03-11T"+to)
}

func TestCPDIsWhatOnePersonCanLearn(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		sessions []events.Session
		words    string
		credits  int
	}{
		"no programme": {nil, "", 0},
		"nothing but breaks": {[]events.Session{day("registration", "09:00", "10:00"), day("break", "10:00", "11:00"), day("lunch", "12:00", "13:00"),
			day("exhibition", "13:00", "14:00"), day("close", "14:00", "15:00")}, "", 0},
		"parallel ones count once":     {[]events.Session{day("workshop", "13:00", "14:30"), day("workshop", "13:00", "14:30"), day("workshop", "13:00", "14:00")}, "1 hour 30 minutes", 1},
		"overlapping ones count once":  {[]events.Session{day("talk", "10:00", "12:00"), day("panel", "11:00", "13:00")}, "3 hours", 3},
		"one within another":           {[]events.Session{day("talk", "10:00", "13:00"), day("workshop", "11:00", "11:30"), day("talk", "13:00", "13:30")}, "3 hours 30 minutes", 3},
		"in any order":                 {[]events.Session{day("talk", "15:00", "16:00"), day("talk", "10:00", "11:00")}, "2 hours", 2},
		"minutes alone":                {[]events.Session{day("talk", "10:00", "10:45")}, "45 minutes", 0},
		"ending before it starts":      {[]events.Session{day("talk", "10:00", "09:00")}, "", 0},
		"not a time":                   {[]events.Session{day("talk", "ten", "11:00"), day("talk", "11:00", "12:00")}, "1 hour", 1},
		"an unknown kind":              {[]events.Session{day("party", "10:00", "11:00")}, "", 0},
		"eight credits a day at most":  {[]events.Session{day("talk", "08:00", "19:00")}, "11 hours", 8},
		"each day has its own eight":   {[]events.Session{day("talk", "08:00", "19:00"), session("talk", "2027-03-12T09:00", "2027-03-12T11:00")}, "13 hours", 10},
		"days that begin later in one": {[]events.Session{day("talk", "10:00", "18:00"), session("talk", "2027-03-12T08:00", "2027-03-12T09:00")}, "9 hours", 9},
	} {
		e := on(meeting("m"), "2027-03-11T10:00", "2027-03-12T09:00")
		e.Sessions = c.sessions
		settled(t, e)
		if words, credits := e.CPDWords(), e.CPDCredits(); words != c.words || credits != c.credits {
			t.Errorf("%s: %q and %d credits, want %q and %d", what, words, credits, c.words, c.credits)
		}
	}
}

func TestWhenAPersonCanRegister(t *testing.T) {
	t.Parallel()
	opens, closes := now.Add(-time.Hour), now.AddDate(0, 0, 20)
	for what, c := range map[string]struct {
		at     time.Time
		change func(*events.Event)
		want   events.RegistrationState
	}{
		"before":               {opens.Add(-time.Millisecond), nil, events.NotYetOpen},
		"at the opening":       {opens, nil, events.Open},
		"just before it ends":  {closes.Add(-time.Millisecond), nil, events.Open},
		"at the closing":       {closes, nil, events.Closed},
		"cancelled":            {now, func(e *events.Event) { e.Status = events.Cancelled }, events.Closed},
		"postponed":            {now, func(e *events.Event) { e.Status = events.Postponed }, events.Closed},
		"a draft":              {now, func(e *events.Event) { e.Status = events.Draft }, events.Closed},
		"no registration here": {now, func(e *events.Event) { e.RegistrationClosesAt = 0 }, events.Closed},
		"no places":            {now, func(e *events.Event) { e.Places = nil }, events.Closed},
		"over, though open":    {now, func(e *events.Event) { on(e, "2027-02-10T09:00", "2027-02-10T10:00") }, events.Closed},
		"unlisted":             {now, func(e *events.Event) { e.Listed = false }, events.Open},
	} {
		e := meeting("m")
		if c.change != nil {
			c.change(e)
		}
		if got := settled(t, e).Registration(c.at); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}

func TestWhatIsLeftInWords(t *testing.T) {
	t.Parallel()
	for a, want := range map[events.Availability]string{
		{Left: 60}:    "open 60 places left",
		{Left: 10}:    "few 10 places left",
		{Left: 1}:     "few 1 place left",
		{}:            "waiting Full – you can join the waiting list",
		{Waiting: 1}:  "waiting Full – 1 person on the waiting list",
		{Waiting: 12}: "waiting Full – 12 people on the waiting list",
	} {
		if got := a.State() + " " + a.Words(); got != want {
			t.Errorf("%+v is %q, want %q", a, got, want)
		}
	}
}

func TestTopicsAndPlaces(t *testing.T) {
	t.Parallel()
	e := meeting("m")
	e.Topics = " Nursing,, Acute oncology ,"
	if got := strings.Join(e.TopicList(), "|"); got != "Nursing|Acute oncology" {
		t.Error(got)
	}
	if p, ok := e.Place(e.Places[1].ID); !ok || p.Name != "Online" {
		t.Error(p)
	}
	if _, ok := e.Place("nothing"); ok {
		t.Error("a place that is not there is found")
	}
	if e.Where() != "Conference centre, Birmingham" {
		t.Error(e.Where())
	}
}
