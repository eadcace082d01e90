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
		v.post(doorPath+"/walk-in", form).want(t, 200, "Checked in", "Grace Hopper")
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
