package main

import (
	"bytes"
	"encoding/csv"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"masterclass/internal/access"
	"masterclass/registrations"
)

// attendeesPath is the list of the Masterclass.
const attendeesPath = "/organise/events/" + masterclass + "/attendees"

// desk is a browser of an organiser that follows redirects.
func (s *testSite) desk(t *testing.T) *visitor {
	t.Helper()
	v := s.signedIn(t, access.Organiser)
	v.CheckRedirect = nil
	return v
}

// idOf is the registration of person n.
func (s *testSite) idOf(t testing.TB, n int) string {
	t.Helper()
	var id string
	if err := s.db.NewRaw("select id from registrations where mailbox = ? order by id desc limit 1", "ada"+itoa(n)+"@example.com").Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

// came registers person n at a place of the Masterclass and gives the path of their page.
func (s *testSite) came(t *testing.T, n, place int) string {
	t.Helper()
	v := s.visitor(t)
	v.registered(n, masterclass, v.event(masterclass).Places[place].ID, false)
	return attendeesPath + "/" + s.idOf(t, n)
}

func TestAnOrganiserLooksAfterAttendees(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		one := s.came(t, 1, 0)
		v := s.desk(t)
		v.get(attendeesPath).want(t, 200, "Example, Ada", "ada1@example.com", "1 registration")
		v.get(attendeesPath+"?q=nobody&status=confirmed&sort=employer").want(t, 200, "Nobody is in this list.", `value="nobody"`, `name="status" value="confirmed"`, `value="employer" selected`)
		v.get(one).want(t, 200, "Example trust", "Confirmed", "Confirmation")
		v.get(one+"/edit").want(t, 200, "Change details")
		v.post(one+"/edit", url.Values{"first_name": {"Ada"}, "last_name": {""}, "profession": {"Nurse"}, "employer": {"Kept trust"}}).want(t, 422, "Enter their last name", "Kept trust")
		v.post(one+"/edit", url.Values{"first_name": {"Ada"}, "last_name": {"Byron"}, "profession": {"Nurse"}, "employer": {"New trust"}}).want(t, 200, "Their details are changed.", "New trust")
		v.post(one+"/notes", url.Values{"note": {"<b>Telephoned</b>"}}).want(t, 200, "The note is kept.", "&lt;b&gt;Telephoned", "Kim organiser")
		v.post(one+"/notes", nil).want(t, 422, "Enter a note")
		v.post(one+"/resend", nil).want(t, 200, "on its way again")
		v.post(one+"/address", url.Values{"email": {"nonsense"}}).want(t, 422, "Enter an email address in the correct format")
		v.post(one+"/address", url.Values{"email": {"right@example.com"}}).want(t, 200, "right@example.com", "Email address corrected")
		v.get(one+"/move").want(t, 200, "Move to")
		v.post(one+"/move", url.Values{"place": {"nonsense"}}).want(t, 422, "Choose one of the places")
		v.post(one+"/move", url.Values{"place": {v.event(masterclass).Places[1].ID}}).want(t, 200, "They are moved", "Moved from ")
		v.post(one+"/substitute", url.Values{"first_name": {"Grace"}, "last_name": {"Hopper"}, "email": {"grace@example.com"}, "profession": {"Nurse"}, "employer": {"Trust"}}).
			want(t, 200, "The place is passed on", "Grace Hopper")
		v.get(one+"/cancel").want(t, 200, "Cancel this registration?")
		v.post(one+"/cancel", url.Values{"reason": {strings.Repeat("x", 501)}}).want(t, 422, "The reason must be 500 characters or fewer")
		v.post(one+"/cancel", url.Values{"reason": {"By telephone"}}).want(t, 200, "The registration is cancelled", "Cancellation")
		v.get(one+"/erase").want(t, 200, "Erase this person")
		v.get(one+"/erase").want(t, 200, "Only what we hold of ada1@example.com", "Only what we hold of right@example.com")
		v.post(one+"/erase", nil).want(t, 422, "Choose what to erase")
		v.post(one+"/erase", url.Values{"what": {"nobody@example.com"}}).want(t, 409, "has gone to somebody else")
		v.post(one+"/erase", url.Values{"what": {"right@example.com"}}).want(t, 200, "before is erased", "Grace Hopper")
		v.post(one+"/erase", url.Values{"what": {"this"}}).want(t, 200, "details are erased", "asked to be erased")
		v.get(attendeesPath+"?status=cancelled").want(t, 200, "Erased")
		v.get("/organise/events/"+fullUp+"/waiting-list").want(t, 200, "Who waits, in order")
		s.sound(t)
	})
}

// sound checks every invariant of the record.
func (s *testSite) sound(t *testing.T) {
	t.Helper()
	found, err := registrations.Check(t.Context(), s.db, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range found.Problems {
		t.Error(p)
	}
}

func TestNothingIsLeftOfWhoIsErased(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		v := s.visitor(t)
		place := v.event(masterclass).Places[0].ID
		manage := v.registered(1, masterclass, place, false)
		v.registered(2, masterclass, place, false)
		own, all := calendarAddress.FindString(v.get(manage).want(t, 200).text), ""
		for _, mail := range s.mails(t, 2) {
			if strings.Contains(mail, "ada1@example.com") {
				all = calendarAddress.FindString(unfolded(mail))
			}
		}
		v.get(own).want(t, 200, "BEGIN:VCALENDAR")
		v.get(all).want(t, 200, "BEGIN:VCALENDAR")
		s.desk(t).post(attendeesPath+"/"+s.idOf(t, 1)+"/erase", nil).want(t, 200, "details are erased")
		for deadline := time.Now().Add(20 * time.Second); s.filesOf(t, "ada1@") > 0 && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
		}
		if one, other := s.filesOf(t, "ada1@"), s.filesOf(t, "ada2@"); one != 0 || other != 1 {
			t.Errorf("%d mails of who was erased and %d of somebody else are left", one, other)
		}
		for _, path := range []string{manage, manage + "/cancel", manage + "/details", manage + "/invite.ics", own, all, all + "?programme=1"} {
			v.get(path).want(t, 410, "This registration is cancelled and its details are erased")
		}
		for _, path := range []string{"/cancel", "/resend", "/calendars", "/substitute"} {
			v.post(manage+path, nil).want(t, 410)
		}
		v.get(manage[:len(manage)-1]+"~").want(t, 404)
	})
}

func TestEverythingOfAnAddressIsErasedOverAllEvents(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		one, place := s.came(t, 1, 0), s.visitor(t).event(fullUp).Places[0].ID
		s.visitor(t).registered(1, fullUp, place, true)
		v := s.desk(t)
		v.post(closedModule+"/opening", url.Values{"email": {"ada1@example.com"}}).want(t, 200)
		v.get(one+"/erase").want(t, 200, "What else we hold of ada1@example.com", "Registration ", "A wish to be told when an e-learning module opens")
		v.post(one+"/erase", url.Values{"what": {"all"}}).want(t, 200, "details are erased", "Everything held of an address erased")
		var registrations, wishes, mails int
		if err := s.db.NewRaw(`select (select count(*) from registrations where mailbox = 'ada1@example.com'), (select count(*) from learning_waiting),
			(select count(*) from outbox where mailbox = 'ada1@example.com')`).Scan(t.Context(), &registrations, &wishes, &mails); err != nil || registrations+wishes+mails != 0 {
			t.Errorf("%d registrations, %d wishes and %d mails are left, %v", registrations, wishes, mails, err)
		}
		s.sound(t)
	})
}

// filesOf is how many files of mail hold the text.
func (s *testSite) filesOf(t *testing.T, text string) (n int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(s.mailDir(), "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		mail, err := os.ReadFile(name)
		if err == nil && strings.Contains(string(mail), text) { // else it has just gone
			n++
		}
	}
	return n
}

func TestOneEventsPagesDoNotKnowAnothersAttendees(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	one := s.came(t, 1, 0)
	id := one[strings.LastIndex(one, "/")+1:]
	v := s.desk(t)
	other := "/organise/events/" + toFollow + "/attendees/"
	for _, r := range s.deskRoutes() {
		if !strings.Contains(r.pattern, "/attendees/:id") || r.method == "HEAD" {
			continue
		}
		rest := r.pattern[strings.Index(r.pattern, ":id")+len(":id"):]
		rest = strings.Replace(rest, ":message", "018f0000-0000-7000-8000-000000000000", 1)
		for _, path := range []string{other + id + rest, attendeesPath + "/nonsense" + rest, attendeesPath + "/%00%ff" + rest} {
			if status, _ := v.asks(deskRoute{method: r.method, path: path}); status != 404 {
				t.Errorf("%s %s answers %d", r.method, path, status)
			}
		}
	}
	v.get("/organise/events/no-such-event/attendees").want(t, 404)
	v.get(attendeesPath+"/bulk?action=cancel&id="+s.sampleOther(t)).want(t, 200, "Nobody is ticked")
}

// sampleOther is the registration of another event than the Masterclass.
func (s *testSite) sampleOther(t *testing.T) (id string) {
	t.Helper()
	if err := s.db.NewRaw("select r.id from registrations r join events e on e.id = r.event_id where e.slug <> ? limit 1", masterclass).Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

// What a form must not be able to set is not read from it, whatever its name.
func TestAFormChangesOnlyWhatItAsks(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	one := s.came(t, 1, 0)
	v := s.desk(t)
	e := v.event(masterclass)
	form := url.Values{"first_name": {"Ada"}, "last_name": {"Byron"}, "profession": {"Nurse"}, "employer": {"Trust"}, "email": {"evil@example.com"}, "place": {e.Places[1].ID},
		"status": {"cancelled"}, "event_id": {"x"}, "id": {"x"}, "reference": {"XXXX-XXXX"}, "generation": {"9"}, "dietary": {"Vegan"}, "consent_sensitive": {"yes"}, "mailbox": {"x"}}
	v.post(one+"/edit", form).want(t, 200, "Byron", "ada1@example.com", "Not given")
	var place, status string
	var generation, needs int
	if err := s.db.NewRaw(`select place_id, status, generation, (select count(*) from health_needs n where n.registration_id = r.id) from registrations r where id = ?`, s.idOf(t, 1)).
		Scan(t.Context(), &place, &status, &generation, &needs); err != nil {
		t.Fatal(err)
	}
	if place != e.Places[0].ID || status != "confirmed" || generation != 0 || needs != 0 {
		t.Errorf("the form made it place %s, %s, generation %d, %d needs", place, status, generation, needs)
	}
}

func TestAnOrganiserAddsSomebodyByHand(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		v := s.desk(t)
		place := v.event(masterclass).Places[0].ID
		form := formOf(person(7, place))
		form.Set("dietary", "Vegan")
		v.post(attendeesPath+"/new", form).want(t, 422, "Tick the box if they have agreed")
		form.Set("consent_sensitive", "yes")
		form.Set("claim", claimIn(t, v.get(attendeesPath+"/new")))
		v.post(attendeesPath+"/new", form).want(t, 200, "They are registered", "ada7@example.com")
		v.post(attendeesPath+"/new", form).want(t, 200, "They are registered") // a double click
		one := attendeesPath + "/" + s.idOf(t, 7)
		v.get(one).want(t, 200, "Kim organiser", "Each look is noted")
		v.get(one+"/needs").want(t, 200, "Vegan")
		v.get("/organise/events/"+masterclass+"/catering").want(t, 200, "Vegan")
		v.get("/organise/events/"+masterclass+"/access-needs").want(t, 200, "Nobody has an access requirement")
		v.get(one).want(t, 200, "Looked at somebody’s dietary and access requirements")
		needs := func() url.Values { return v.get(one+"/needs").want(t, 200).form("") }
		first := needs()
		v.post(one+"/needs", with(first, "access_needs", "A ramp", "consent_sensitive", "")).want(t, 422, "Tick the box if they have agreed", "A ramp")
		v.post(one+"/needs", with(first, "access_needs", "A ramp")).want(t, 200, "Their requirements are changed.", "dietary and access requirements changed")
		v.get("/organise/events/"+masterclass+"/access-needs").want(t, 200, "A ramp")
		v.post(one+"/needs", with(first, "access_needs", "A lift")).want(t, 409, "Somebody else has changed this meanwhile", "A ramp", "A lift")
		v.post(one+"/needs", with(first, "dietary", "Vegetarian")).want(t, 409, "The form below has it.", "A ramp", "Vegetarian") // a colleague’s ramp is not lost
		v.post(one+"/needs", with(needs(), "dietary", "", "access_needs", "", "consent_sensitive", "")).want(t, 200, "Their requirements are changed.", "Not given")
		v.post(one+"/edit", with(v.get(one+"/edit").form("confirm"), "employer", "Another trust")).want(t, 200, "Details changed: employer")

		full := "/organise/events/" + fullUp + "/attendees/new"
		v.get(full+"?again="+s.idOf(t, 7)).want(t, 404).without(t, "ada7@example.com")
		v.get(attendeesPath+"/new?again="+s.idOf(t, 7)).want(t, 200, "ada7@example.com").without(t, "Vegan")
		form = formOf(person(8, v.event(fullUp).Places[0].ID))
		form.Set("claim", claimIn(t, v.get(full)))
		v.post(full, form).want(t, 409, "is full", "Put them on the waiting list", "ada8@example.com")
		form.Set("step", "wait")
		v.post(full, form).want(t, 200, "They are on the waiting list")
		s.sound(t)
	})
}

var claimField = regexp.MustCompile(`name="claim" value="([^"]+)"`)

func claimIn(t *testing.T, a answer) string {
	t.Helper()
	m := claimField.FindStringSubmatch(a.text)
	if m == nil {
		t.Fatalf("there is no claim in the form:\n%s", a.text)
	}
	return m[1]
}

func TestSeveralAreDealtWithAtOnce(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		s.came(t, 1, 0)
		s.came(t, 2, 0)
		v := s.desk(t)
		ids := url.Values{"id": {s.idOf(t, 1), s.idOf(t, 2), s.idOf(t, 1), s.sampleOther(t), "nonsense"}, "back": {"status=confirmed"}}
		ids.Set("action", "cancel")
		v.get(attendeesPath+"/bulk?"+ids.Encode()).want(t, 200, "Cancel these registrations?", "2 registrations")
		v.post(attendeesPath+"/bulk", ids).want(t, 200, "2 cancelled", "It worked for all of them", "?status=confirmed")
		v.post(attendeesPath+"/bulk", ids).want(t, 200, "0 cancelled", "it is cancelled")
		v.get(attendeesPath+"/bulk?"+ids.Encode()).want(t, 200, "2 that you chose are cancelled already").without(t, "Cancel them")
		ids.Set("action", "approve")
		v.post(attendeesPath+"/bulk", ids).want(t, 200, "0 approved", "it is cancelled")
		ids.Set("action", "explode")
		v.post(attendeesPath+"/bulk", ids).want(t, 404)
		v.get(attendeesPath+"/bulk/done?result=nonsense").want(t, 404)
		s.sound(t)
	})
}

func TestAnExportHoldsEverybodyAndRunsNothing(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		public := s.visitor(t)
		p := person(1, public.event(masterclass).Places[0].ID)
		p["first_name"], p["last_name"], p["employer"], p["job_role"] = `=HYPERLINK("x")`, "-2+3", `A "quoted", trust`, "@SUM(1)"
		p["dietary"], p["consent_sensitive"] = "Secretly vegan", true
		public.call("/api/v1/events/"+masterclass+"/registrations", p).want(t, 201)
		s.came(t, 2, 1)
		v := s.desk(t)
		a := v.get(attendeesPath+".csv").want(t, 200)
		if !strings.HasPrefix(a.text, "\ufeffReference,Status,Place,") || strings.Count(a.text, "\r\n") != 3 || strings.Contains(a.text, "vegan") {
			t.Errorf("the file is\n%s", a.text)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.text, "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 3 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		if r := rows[1]; r[1] != "Confirmed" || r[4] != `'=HYPERLINK("x")` || r[5] != "'-2+3" || r[8] != "'@SUM(1)" || r[9] != `A "quoted", trust` || r[6] != "ada1@example.com" {
			t.Errorf("the row is %q", r)
		}
		if d := a.Header.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="sact-masterclass-attendees.csv"`) {
			t.Errorf("it is sent as %s", d)
		}
		if n := strings.Count(v.get(attendeesPath+".csv?q=ada2&status=confirmed").text, "\r\n"); n != 2 {
			t.Errorf("with a search it has %d lines", n)
		}
		checkWorkbook(t, v.get(attendeesPath+".xlsx").want(t, 200).text)
		var exports int
		if err := s.db.NewRaw("select count(*) from audit where action = 'attendees.exported' and actor like 'organiser:%'").Scan(t.Context(), &exports); err != nil || exports != 3 {
			t.Errorf("%d exports are in the audit trail, %v", exports, err)
		}
	})
}

func checkWorkbook(t *testing.T, text string) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader([]byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Attendees")
	if err != nil || len(rows) != 3 || rows[1][4] != `=HYPERLINK("x")` {
		t.Fatalf("the rows are %q, %v", rows, err)
	}
	if formula, err := f.GetCellFormula("Attendees", "E2"); err != nil || formula != "" {
		t.Errorf("a cell runs %q, %v", formula, err)
	}
	panes, err := f.GetPanes("Attendees")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the panes are %+v, %v", panes, err)
	}
	if kind, err := f.GetCellType("Attendees", "L2"); err != nil || (kind != excelize.CellTypeNumber && kind != excelize.CellTypeUnset) {
		t.Errorf("when somebody registered is a cell of type %v, %v", kind, err)
	}
}

func TestOfTwoWhoChangeSomebodysDetailsTheSecondSeesWhatTheFirstDid(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		them := s.visitor(t)
		theirs := them.registered(1, masterclass, them.event(masterclass).Places[0].ID, false) + "/details"
		one := attendeesPath + "/" + s.idOf(t, 1) + "/edit"
		v := s.desk(t)
		first, second, mine := v.get(one).form("confirm"), v.get(one).form("confirm"), them.get(theirs).form("")
		if first.Get("seen") == "" || mine.Get("seen") == "" {
			t.Fatal("a form does not say what it was made from")
		}
		first = with(first, "employer", "First trust")
		v.post(one, first).want(t, 200, "Their details are changed.", "First trust")
		v.post(one, first).want(t, 200, "Their details are changed.") // the second of two clicks
		again := v.post(one, with(second, "last_name", "Byron", "employer", "Second trust")).want(t, 409,
			"Somebody else has changed this meanwhile", "First trust", "The form below has yours").form("confirm")
		v.get(attendeesPath).want(t, 200, "First trust")
		if again.Get("last_name") != "Byron" || again.Get("employer") != "Second trust" {
			t.Errorf("the form holds %v", again)
		}
		v.post(one, again).want(t, 200, "Second trust", "Byron")

		kept := them.post(theirs, with(mine, "job_role", "Ward manager", "dietary", "Vegan", "consent_sensitive", "yes")).want(t, 409,
			"Somebody else has changed this meanwhile", "Second trust", "The form below has it", "Ward manager", "Vegan").form("")
		if kept.Get("last_name") != "Byron" || kept.Get("employer") != "Second trust" || kept.Get("consent_sensitive") != "yes" {
			t.Errorf("their form holds %v", kept)
		}
		them.post(theirs, kept).want(t, 200, "Your details are changed")
		v.get(one).want(t, 200, "Ward manager", "Byron")
		them.post(theirs, with(mine, "seen", "", "employer", "A program's trust")).want(t, 200, "Your details are changed") // as before there was a mark
		v.get(one).want(t, 200, "A program&#39;s trust")
		v.post(one, with(second, "seen", "", "employer", "Another program's trust")).want(t, 200, "Another program&#39;s trust")
	})
}

func TestAnActionIsForAPageOrForAllThatAListShows(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	s.guests(t, maxAtOnce+60)
	s.came(t, 1, 0)
	v := s.desk(t)
	v.get(attendeesPath+"?status=confirmed").want(t, 200, "Those that are ticked", "All 50 on this page", "All 261 in this list")
	v.get(attendeesPath+"?q=nobody-of-that-name").want(t, 200, "Nobody is in this list").without(t, "For whom")
	bulk := func(whom, back string) answer {
		return v.get(attendeesPath+"/bulk?"+url.Values{"action": {"cancel"}, "whom": {whom}, "back": {back}}.Encode()).want(t, 200)
	}
	bulk("page", "status=confirmed&page=6").want(t, 200, "11 registrations.").without(t, "remain")
	all := bulk("list", "status=confirmed").want(t, 200, "200 registrations.", "It is done to 200 at once. 61 of the list remain")
	bulk("list", "status=cancelled").want(t, 200, "Nobody is ticked")
	bulk("ticked", "status=confirmed").want(t, 200, "Nobody is ticked")
	v.get(attendeesPath+"/bulk?action=cancel&whom=list&back=%25zz").want(t, 404)
	fields := all.form("")
	if n := len(fields["id"]); n != maxAtOnce {
		t.Fatalf("it asks about %d", n)
	}
	done := v.post(attendeesPath+"/bulk", fields)
	for strings.Contains(done.text, "there was no time") { // on a machine with much else to do
		done = v.post(attendeesPath+"/bulk", done.form(""))
	}
	done.want(t, 200, "200 cancelled", "It worked for all of them")
	v.post(attendeesPath+"/bulk", fields).want(t, 200, "0 cancelled", "And 160 more, which the list still shows")
	v.get(attendeesPath+"?status=confirmed").want(t, 200, "61 registrations")
}

func TestAnActionThatTakesTooLongIsGoneOnWith(t *testing.T) {
	t.Parallel()
	var slow atomic.Bool
	var passed atomic.Int64
	s := startSiteBy(t, func() time.Time { // everything takes a while once it is slow
		if slow.Load() {
			passed.Add(int64(3 * time.Second))
		}
		return time.Now().Add(time.Duration(passed.Load()))
	}, stores{})
	s.guests(t, 6)
	v := s.desk(t)
	ids := v.get(attendeesPath+"/bulk?action=cancel&whom=list&back=status%3Dconfirmed").want(t, 200, "6 registrations.").form("")
	ids.Set("reason", "The room is flooded.")
	first, _, _ := strings.Cut(ids["id"][0], ".")
	v.post(attendeesPath+"/"+first+"/cancel", url.Values{}).want(t, 200)
	slow.Store(true)
	page := v.post(attendeesPath+"/bulk", ids)
	presses := 1
	for ; strings.Contains(page.text, "there was no time"); presses++ {
		page.want(t, 200, "cancelled so far", "The room is flooded.", "Press the button to go on")
		if presses > 6 {
			t.Fatal("it does not come to an end")
		}
		page = v.post(attendeesPath+"/bulk", page.form(""))
	}
	page.want(t, 200, "5 cancelled", "It did not work for these", "it is cancelled")
	if presses < 2 {
		t.Errorf("it took %d presses: nothing was gone on with", presses)
	}
	slow.Store(false)
	v.get(attendeesPath+"?status=cancelled").want(t, 200, "6 registrations")
}

// maxAtOnce is how many registrations one action is for at most.
const maxAtOnce = 200

// Every form about somebody says whom it was shown for: a place can be passed on while it is open.
func TestAFormAboutSomebodyWhoHasPassedTheirPlaceOnIsRefused(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	one := s.came(t, 1, 0)
	v := s.desk(t)
	colleague := url.Values{"first_name": {"Grace"}, "last_name": {"Hopper"}, "email": {"grace@example.com"}, "profession": {"Nurse"}, "employer": {"Trust"}}
	stale := map[string]url.Values{}
	for _, form := range []string{"/cancel", "/erase", "/address", "/move", "/substitute", "/resend", "/notes"} {
		page, button := one+form, form[1:]
		if form == "/resend" || form == "/notes" {
			page = one
		}
		stale[form] = url.Values{"holder": {holderOf(t, v.get(page).want(t, 200), button)}}
	}
	bulk := bulkIDs.FindStringSubmatch(v.get(attendeesPath+"/bulk?action=cancel&id="+s.idOf(t, 1)).want(t, 200).text)
	v.post(one+"/substitute", with(colleague, "holder", stale["/substitute"].Get("holder"))).want(t, 200, "The place is passed on")
	for form, fields := range stale {
		for name, value := range map[string]string{"what": "this", "email": "ada.right@example.com", "place": v.event(masterclass).Places[1].ID, "note": "Telephoned"} {
			fields.Set(name, value)
		}
		for name := range colleague {
			if fields.Get(name) == "" {
				fields.Set(name, colleague.Get(name))
			}
		}
		v.post(one+form, fields).want(t, 409, "has gone to somebody else")
	}
	for referer, back := range map[string]string{s.URL + one + "/cancel?x=1": one + "/cancel?x=1", s.URL + "/events": ""} {
		r := v.request("POST", one+"/cancel", strings.NewReader(stale["/cancel"].Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Referer", referer)
		a := v.do(r).want(t, 409, "Go to your first page")
		if has := strings.Contains(a.text, "Go back to the page that you came from"); has != (back != "") || (has && !strings.Contains(a.text, `href="`+back+`"`)) {
			t.Errorf("from %s there is a way back: %t", referer, has)
		}
	}
	v.post(attendeesPath+"/bulk", url.Values{"action": {"cancel"}, "id": {bulk[1]}, "back": {""}}).want(t, 200, "0 cancelled", "it has gone to somebody else")
	v.get(one).want(t, 200, "Grace Hopper", "Confirmed")
	s.sound(t)
}

var (
	holderValue = regexp.MustCompile(`name="holder" value="([^"]+)"`)
	bulkIDs     = regexp.MustCompile(`name="id" value="([^"]+)"`)
)

// holderOf is whom the form of that action was shown for.
func holderOf(t *testing.T, page answer, action string) string {
	t.Helper()
	_, form, found := strings.Cut(page.text, "/"+action+`"`)
	if m := holderValue.FindStringSubmatch(form); found && m != nil {
		return m[1]
	}
	t.Fatalf("the form to %s does not say whom it is about:\n%s", action, page.text)
	return ""
}
