package main

import (
	"encoding/csv"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"masterclass/internal/access"
)

// steward is a browser of a steward who helps at the Masterclass.
func (s *testSite) steward(t *testing.T) *visitor {
	t.Helper()
	v := s.signedIn(t, access.Steward)
	s.assign(t, masterclass)
	v.CheckRedirect = nil
	return v
}

// assign has the steward who signedIn made help at the event.
func (s *testSite) assign(t *testing.T, slug string) {
	t.Helper()
	s.exec(t, "insert into event_stewards (event_id, organiser_id, created_at) select e.id, o.id, 1 from events e, organisers o where e.slug = ? and o.mailbox = 'steward@example.com'", slug)
}

// scanned is what a door hears of its scans.
type scanned struct {
	Answers                []struct{ ID, Class, Heading, Text, Visit string }
	Inside, Came, Expected int
}

type scan struct {
	ID      string `json:"id"`
	Code    string `json:"code"`
	Action  string `json:"action,omitempty"`
	Session string `json:"session,omitempty"`
}

// scans sends scans as check-in.js does.
func (v *visitor) scans(list ...scan) (told scanned, text string) {
	v.t.Helper()
	a := v.call(doorPath+"/scans", map[string]any{"scans": list}, "Sec-Fetch-Site", "same-origin").want(v.t, 200)
	a.json(v.t, &told)
	return told, a.text
}

func TestAStewardSeesNamesAndPlacesOnly(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	ticket := s.tickets(t, 1)[0]
	v := s.steward(t)
	private := regexp.MustCompile(`(?i)example trust|ada0|@example\.com|Clinical nurse`)
	sees := func(text string) {
		t.Helper()
		if found := private.FindString(text); found != "" || !strings.Contains(text, "Ada Example") {
			t.Errorf("a steward sees %q:\n%s", found, text)
		}
	}
	v.get("/organise").want(t, 200, doorPath)
	v.get(doorPath).want(t, 200)
	sees(v.get(doorPath+"?q=ada").want(t, 200, "People whose name has “ada”").without(t, "Print this badge").text)
	v.get(doorPath+"?q=trust").want(t, 200, "Nobody’s name has “trust”")
	_, text := v.scans(scan{ID: "00000000-0000-4000-8000-000000000001", Code: ticket, Action: "in"})
	sees(text)
	sees(v.post(doorPath, url.Values{"scan": {"00000000-0000-4000-8000-000000000002"}, "code": {ticket}}).want(t, 200, "Already checked in").without(t, "Print this badge").text)
	for _, path := range []string{"/organise/events/" + fullUp + "/check-in", "/organise/events/" + fullUp + "/check-in/count", attendeesPath, "/organise/events/" + masterclass + "/badges.pdf"} {
		v.get(path).want(t, 403)
	}
	s.exec(t, "insert into event_slugs (slug, event_id) select 'old-'||slug, id from events where slug in (?, ?)", masterclass, fullUp)
	v.get("/organise/events/old-"+masterclass+"/check-in").want(t, 200, "Check-in")
	v.get("/organise/events/old-"+fullUp+"/check-in").want(t, 403)
	organiser := s.signedIn(t, access.Organiser)
	organiser.get(doorPath+"?q=trust").want(t, 200, "Ada Example", "Example trust")
}

func TestTheDoorSpeaksOfWhoeverStandsAtIt(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	s.desk(t).post(doorPath+"/walk-in", nil).want(t, 422, "Enter their first name", "Enter their last name").without(t, "Enter your")
}

func TestADoorChecksOutUndoesAndCounts(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		tickets := s.tickets(t, 2)
		v := s.desk(t)
		var session string
		if err := s.db.NewRaw("select s.id from sessions s join events e on e.id = s.event_id where e.slug = ? and s.kind = 'workshop' order by s.id limit 1", masterclass).Scan(t.Context(), &session); err != nil {
			t.Fatal(err)
		}
		id := func(n int) string { return "00000000-0000-4000-8000-00000000000" + itoa(n) }
		var visit, second string
		for n, c := range []struct {
			scan         scan
			class, words string
		}{
			{scan{Code: tickets[0], Action: "out"}, "already", "Not checked in"},
			{scan{Code: tickets[0], Action: "in"}, "", "Checked in"},
			{scan{Code: tickets[1], Action: "in"}, "", "Checked in"},
			{scan{Code: tickets[0], Action: "out"}, "", "Checked out at"},
			{scan{Code: tickets[0], Action: "out"}, "already", "Already checked out at"},
			{scan{Code: tickets[0], Action: "in", Session: session}, "", "Checked in"},
			{scan{Code: tickets[0], Action: "sideways"}, "refused", "Not understood"},
			{scan{Code: tickets[0], Action: "in", Session: "none"}, "refused", "Not understood"},
		} {
			c.scan.ID = id(n)
			told, text := v.scans(c.scan)
			if len(told.Answers) != 1 || told.Answers[0].Class != c.class || !strings.Contains(told.Answers[0].Heading, c.words) || told.Expected != 2 {
				t.Errorf("scan %d is answered %s", n, text)
			}
			switch n {
			case 2:
				second, _, _ = strings.Cut(told.Answers[0].Visit, ".")
			case 3:
				visit = told.Answers[0].Visit
			}
		}
		count := func(query string, inside, came int) {
			t.Helper()
			eventually(t, "the door counts "+itoa(inside)+" and "+itoa(came), func() bool { // counts may be a second old
				var n scanned
				v.get(doorPath+"/count"+query).want(t, 200).json(t, &n)
				return n.Inside == inside && n.Came == came && n.Expected == 2
			})
		}
		count("", 1, 2)
		count("?session="+session, 1, 1)
		v.post(doorPath+"/undo", url.Values{"visit": {visit}, "action": {"out"}}).want(t, 200, "The last entry was taken back", "Check out") // they are in again
		count("", 2, 2)
		v.post(doorPath+"/undo", url.Values{"visit": {visit}}).want(t, 200, "Nothing was undone", "something newer was recorded") // the button once more
		count("", 2, 2)
		v.post(doorPath+"/undo", url.Values{"visit": {strings.TrimSuffix(visit, ".out") + ".in"}}).want(t, 200, "The last entry was taken back")
		count("", 1, 1)
		v.post(doorPath+"/undo", url.Values{"visit": {"none"}}).want(t, 404)
		v.post(doorPath, url.Values{"scan": {id(9)}, "code": {tickets[1]}, "action": {"out"}}).want(t, 200, "Checked out at")
		count("", 0, 1)
		v.get(doorPath+"?done="+second+"&was=in").want(t, 200, "Already checked out at").without(t, "Checked in<") // a page that is loaded again
		v.post(doorPath, url.Values{"scan": {id(8)}, "code": {tickets[1]}}).want(t, 200, "Checked in<")
		v.post(doorPath+"/undo", url.Values{"visit": {second + ".out"}}).want(t, 200, "Nothing was undone", "This person has come in again since")
		v.post(doorPath+"/undo", url.Values{"visit": {id(8) + ".in"}}).want(t, 200, "The last entry was taken back")
		v.get(doorPath+"?done="+id(8)+"&was=in").want(t, 200).without(t, "Checked in<")
	})
}

func TestWhoWasThereIsDownloaded(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	tickets := s.tickets(t, 2)
	s.exec(t, "update registrations set employer = '=1+1' where status = 'confirmed'")
	v := s.desk(t)
	v.get("/organise/events/"+masterclass+"/attendance").want(t, 200, "Nobody has been checked in yet").without(t, "attendance.csv")
	v.scans(scan{uuid.NewString(), tickets[0], "in", ""}, scan{uuid.NewString(), tickets[0], "out", ""}, scan{uuid.NewString(), tickets[1], "in", ""})
	v.get("/organise/events/"+masterclass+"/attendance").want(t, 200, "attendance.csv", "Not recorded")
	a := v.get("/organise/events/"+masterclass+"/attendance.csv").want(t, 200)
	if a.Header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(a.Header.Get("Content-Disposition"), masterclass+"-attendance.csv") {
		t.Errorf("it is sent as %v", a.Header)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.text, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("it has %d rows, %v: %s", len(rows), err, a.text)
	}
	for i, row := range rows[1:] {
		if row[4] != "'=1+1" || row[6] != "The whole event" || len(row[7]) != len("2027-03-11 09:30") || (row[8] == "") != (i == 1) {
			t.Errorf("row %d is %q", i, row)
		}
	}
	v.get("/organise/events/none/attendance.csv").want(t, 404)
}

func TestBadgesAndListsAreDownloaded(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	s.tickets(t, 2)
	v := s.desk(t)
	for _, file := range []string{"badges.pdf", "signing-in.pdf"} {
		a := v.get("/organise/events/"+masterclass+"/"+file).want(t, 200)
		h := a.Header
		if h.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=") || !strings.HasPrefix(a.text, "%PDF-") || h.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s has %v and begins %q", file, h, a.text[:8])
		}
	}
	v.get("/organise/events/none/badges.pdf").want(t, 404)
	far := s.visitor(t)
	far.registered(2, masterclass, far.event(masterclass).Places[1].ID, false)
	for query, want := range map[string]string{"": "2 badges", "?place=all": "3 badges", "?place=" + far.event(masterclass).Places[1].ID: "1 badge ", "?place=none": "2 badges", "?id=" + s.idOf(t, 2): "1 badge "} {
		v.get("/organise/events/"+masterclass+"/badges"+query).want(t, 200, want, "Everybody", "badges.pdf")
		if a := v.get("/organise/events/"+masterclass+"/signing-in.pdf"+query).want(t, 200); !strings.HasPrefix(a.text, "%PDF-") {
			t.Errorf("the sheet%s begins %q", query, a.text[:8])
		}
	}
	v.get("/organise/events/"+masterclass+"/badges.pdf?id=none").want(t, 404)
	badge := "/organise/events/" + masterclass + "/badges?id=" + s.idOf(t, 0)
	in := v.post(doorPath, url.Values{"scan": {uuid.NewString()}, "code": {s.idOf(t, 0)}}).want(t, 200, "Checked in<", badge)
	if n := strings.Count(in.text, badge); n != 2 { // in the answer, and among the last entries
		t.Errorf("the page of the door has %d links to the badge", n)
	}
	v.post(doorPath, url.Values{"scan": {uuid.NewString()}, "code": {s.idOf(t, 2)}}).want(t, 422, "Registered to attend online", "ask an organiser to move them")
}
