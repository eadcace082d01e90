package main

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/access"
)

// upload sends a file and fields as a browser does.
func (v *visitor) upload(path, name, contents string, fields url.Values) answer {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(part, contents)
	}
	for field := range fields {
		if err == nil {
			err = w.WriteField(field, fields.Get(field))
		}
	}
	if err != nil || w.Close() != nil {
		v.t.Fatal(err)
	}
	req := v.request("POST", path, &body)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(req)
}

const importFile = "First name,Last name,Email,Profession,Employer\nGrace,Hopper,grace@example.com,Nurse,Trust\nAlan,Turing,not an address,Nurse,Trust\n=1+1,Evil,evil@example.com,Nurse,Trust\n"

// someFailed are lines that an import left out as the address of its page has them: 4 to 6 by their email address, 6 also by the employer, and 9
// since there was no place.
const someFailed = "YmFkZGbg4PBoEAAEAAD__w"

func TestAnImportDoesNothingUntilItIsConfirmed(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		v := s.desk(t)
		place := v.event(masterclass).Places[0]
		form := url.Values{"place": {place.ID}, "wait": {"yes"}}
		page := v.upload(attendeesPath+"/import", "people.csv", importFile, form).want(t, 200, "Nothing is done yet", "Grace Hopper", "Enter an email address", "Import 2 people")
		if left := v.event(masterclass).Places[0].Left; left != place.Left {
			t.Fatalf("%d places are left after the preview", left)
		}
		confirm := hiddenFields(page.text)
		confirm.Set("step", "confirm")
		for range 2 {
			v.upload(attendeesPath+"/import", "", "", confirm).want(t, 200, "2 people registered", "were not registered", "The email address needs mending</strong>: line 3<")
		}
		if left := v.event(masterclass).Places[0].Left; left != place.Left-2 {
			t.Errorf("%d places are left", left)
		}
		v.get(attendeesPath+"/import/done?registered=1&more=2&failed="+someFailed).want(t, 200, "1 person registered", "lines 4 to 6<", "The employer needs mending</strong>: line 6<", "There was no place any more</strong>: line 9<", "2 more, further down")
		v.get(attendeesPath+"/import/done?registered=1&failed=4,9").want(t, 404, "The address may be incomplete")
		v.get(attendeesPath).want(t, 200, "Hopper, Grace", "Evil, =1&#43;1")
		v.upload(attendeesPath+"/import", "people.csv", importFile, form).want(t, 200, "There is nobody to import")
		s.sound(t)
	})
}

func TestEveryLineOfALongFileThatNeedsMendingIsNamed(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.desk(t)
	const heading, most = "First name,Last name,Email,Profession,Employer\n", 2000
	file := func(right int) string {
		var b strings.Builder
		b.WriteString(heading)
		for l := 2; l < most+2; l++ {
			switch {
			case l < right+2:
				fmt.Fprintf(&b, "Right,Person,right%d@example.com,Nurse,Trust\n", l)
			case l%2 == 0:
				fmt.Fprintf(&b, "Wrong%d,Person,nonsense,Nurse,Trust\n", l)
			default:
				fmt.Fprintf(&b, "Wrong%d,Person,nameless%d@example.com,Nurse,\n", l, l)
			}
		}
		return b.String()
	}
	form := url.Values{"place": {v.event(masterclass).Places[0].ID}, "wait": {"yes"}}
	shown := func(a answer, wrong int) {
		t.Helper()
		if email, employer := strings.Count(a.text, "Enter an email address"), strings.Count(a.text, "Enter their employer"); email+employer != wrong || !strings.Contains(a.text, "Wrong2001 Person") {
			t.Errorf("of the wrong lines it shows %d and %d with their reasons", email, employer)
		}
	}
	a := v.upload(attendeesPath+"/import", "people.csv", file(0), form).want(t, 200, "<strong>2000</strong> cannot be registered", "There is nobody to import")
	shown(a, most)
	confirm := url.Values{"paste": {file(0)}, "place": form["place"], "key": {"0190a5a0-0000-7000-8000-000000000001"}, "step": {"confirm"}}
	v.upload(attendeesPath+"/import", "", "", confirm).want(t, 200, "0 people registered", "The email address needs mending</strong>: lines 2, 4, 6, ", "1998, 2000<", "The employer needs mending</strong>: lines 3, 5, ", "1999, 2001<")
	form.Set("place", v.event(masterclass).Places[1].ID)
	a = v.upload(attendeesPath+"/import", "people.csv", file(201), form).want(t, 200, "Import 201 people", "And 1 more line of people who will be registered")
	shown(a, most-201)
	if n := strings.Count(a.text, ">Right Person<"); n != 200 {
		t.Errorf("it shows %d lines in which there is nothing to mend", n)
	}
}

func TestWhatIsNoListOfPeopleIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.desk(t)
	for name, contents := range map[string]string{"empty.csv": "", "photo.jpg": "\xff\xd8\xff\xe0\x00\x10JFIF", "people.xlsx": "PK\x03\x04", "page.html": "<script>alert(1)</script>"} {
		v.upload(attendeesPath+"/import", name, contents, nil).want(t, 422, "There is a problem", `href="#file"`)
	}
	v.get(attendeesPath+"/import/example.csv").want(t, 200, "First name,Last name,Email")
}

// A gigabyte is refused by its announced length: nobody reads it.
func TestAGigabyteIsRefusedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	for path, most := range map[string]string{attendeesPath + "/import": "20 MB", attendeesPath + "/new": "64 KB"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1073741824\r\n\r\n--x"); err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(said), "HTTP/1.1 413") || !strings.Contains(string(said), most) {
			t.Errorf("%s: %v %.200s", path, err, said)
		}
	}
	big := strings.Repeat("x", 100<<10)
	s.desk(t).upload(attendeesPath+"/import", "people.csv", big, nil).want(t, 422)
	s.signedIn(t, access.Organiser).post(attendeesPath+"/new", url.Values{"first_name": {big}}).want(t, 413)
}

func TestAWalkInIsRegisteredAndCheckedInWhileThereIsASeat(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.desk(t)
	place := v.event(masterclass).Places[0]
	page := v.get(doorPath+"/walk-in").want(t, 200, "Add a walk-in")
	form := hiddenFields(page.text)
	v.post(doorPath+"/walk-in", form).want(t, 422, "Enter their first name", "Enter their email address")
	for name, value := range map[string]string{"first_name": "Grace", "last_name": "Hopper", "email": "grace@example.com", "profession": "Nurse", "employer": "Trust", "place": place.ID} {
		form.Set(name, value)
	}
	for range 2 {
		v.post(doorPath+"/walk-in", form).want(t, 200, "Checked in", "Grace Hopper", "Print this badge")
	}
	if left := v.event(masterclass).Places[0].Left; left != place.Left-1 {
		t.Errorf("%d places are left", left)
	}
	full := v.event(fullUp).Places[0].ID
	form.Set("place", full)
	form.Set("email", "late@example.com")
	v.post("/organise/events/"+fullUp+"/check-in/walk-in", form).want(t, 409, "Every place is taken")
	s.sound(t)
}

// becomes makes an event of the Masterclass that begins so many hours from now, with another status, and asks for approval or not.
func (s *testSite) becomes(t *testing.T, hours int, status events.Status, approval bool) {
	t.Helper()
	e := s.stored(t, masterclass)
	starts := time.Now().Add(time.Duration(hours) * time.Hour).In(e.Starts().Location())
	ends := starts.Add(2 * time.Hour)
	s.exec(t, "update events set starts_local = ?, ends_local = ?, starts_at = ?, ends_at = ?, status = ?, approval = ?, version = version + 1 where id = ?",
		starts.Format("2006-01-02T15:04"), ends.Format("2006-01-02T15:04"), starts.UnixMilli(), ends.UnixMilli(), string(status), approval, e.ID)
}

// count is the number that a query gives.
func (s *testSite) count(t testing.TB, query string) (n int) {
	t.Helper()
	if err := s.db.NewRaw(query).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// typedIn is the form about somebody, filled in.
func typedIn(form url.Values, email, place string) url.Values {
	return with(form, "first_name", "Grace", "last_name", "Hopper", "email", email, "profession", "Nurse", "employer", "Typed trust", "place", place)
}

func TestNobodyIsAddedToWhatTakesNobodyAndNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.desk(t)
	place := v.event(masterclass).Places[0].ID
	add, door := v.get(attendeesPath+"/new").form("confirm"), v.get(doorPath+"/walk-in").form("")
	file := "First name,Last name,Email,Profession,Employer\nAda,One,ada.one@example.com,Nurse,Pasted trust"
	preview := v.upload(attendeesPath+"/import", "people.csv", file, url.Values{"place": {place}}).want(t, 200, "Import 1 person")
	for status, why := range map[events.Status]string{events.Draft: "is a draft", events.Postponed: "Give it its new date first", events.Cancelled: "is cancelled"} {
		s.becomes(t, 24*40, status, false)
		for _, page := range []string{"/new", "/import"} {
			v.get(attendeesPath+page).want(t, 200, why, "All attendees").without(t, "Email address")
		}
		v.post(attendeesPath+"/new", typedIn(add, "g@example.com", place)).want(t, 409, why, "There is a problem", "Typed trust")
		v.upload(attendeesPath+"/import", "people.csv", file, nil).want(t, 422, why, "Pasted trust").without(t, "Import 1 person")
		v.upload(attendeesPath+"/import", "", "", with(hiddenFields(preview.text), "step", "confirm")).want(t, 422, why, "Pasted trust")
		if status != events.Draft { // which the door does not know
			v.get(doorPath+"/walk-in").want(t, 200, why, "Back to check-in")
			v.post(doorPath+"/walk-in", typedIn(door, "g@example.com", place)).want(t, 422, why, "Typed trust")
		}
	}
	s.becomes(t, -100, events.Published, false)
	mails := s.count(t, "select count(*) from outbox")
	v.get(attendeesPath+"/new").want(t, 200, "This event is over. Write down who came")
	v.post(attendeesPath+"/new", typedIn(add, "g@example.com", place)).want(t, 200, "Hopper, Grace")
	v.upload(attendeesPath+"/import", "people.csv", file, url.Values{"place": {place}}).want(t, 200, "nobody gets an email")
	v.upload(attendeesPath+"/import", "", "", with(hiddenFields(preview.text), "step", "confirm")).want(t, 200, "1 person registered")
	v.post(doorPath+"/walk-in", typedIn(door, "late@example.com", place)).want(t, 200, "Checked in")
	if now := s.count(t, "select count(*) from outbox"); now != mails {
		t.Errorf("%d messages about what is over", now-mails)
	}
	s.sound(t)
}

func TestAStewardRegistersWalkInsAroundTheEventAndApprovesNobody(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v, organiser := s.steward(t), s.desk(t)
	place := v.event(masterclass).Places[0].ID
	walk := doorPath + "/walk-in"
	v.get(walk).want(t, 200, "from the day before the event until the day after it").without(t, "Email address")
	form := organiser.get(walk).want(t, 200, "Register and check in").form("") // weeks ahead
	v.post(walk, typedIn(form, "w@example.com", place)).want(t, 422, "from the day before the event", "Typed trust")
	s.becomes(t, 1, events.Published, true)
	asks := v.get(walk).want(t, 200, "ask an organiser to approve it", "Keep their request").form("")
	for range 2 {
		v.post(walk, typedIn(asks, "w@example.com", place)).want(t, 200, "Ask an organiser to approve", "Grace Hopper").without(t, "Checked in at", "Typed trust")
	}
	if n := s.count(t, "select count(*) from registrations where status = 'pending' and mailbox = 'w@example.com'"); n != 1 {
		t.Errorf("%d requests are kept", n)
	}
	organiser.post(walk, typedIn(organiser.get(walk).want(t, 200, "Register and check in").form(""), "o@example.com", place)).want(t, 200, "Checked in", "Grace Hopper")
	if n := s.count(t, "select count(*) from outbox where mailbox in ('w@example.com', 'o@example.com')"); n != 2 {
		t.Errorf("%d messages to two people", n)
	}
	s.sound(t)
}
