package main

import (
	"fmt"
	"io"
	"mime"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-ical"
	"github.com/emersion/go-message"

	"masterclass/internal/access"
)

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// hiddenFields are those of the page's form, as a browser would send them.
func hiddenFields(page string) url.Values {
	form := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], unescape(m[2]))
	}
	return form
}

var entities = strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&#43;", "+", "&amp;", "&")

func unescape(s string) string { return entities.Replace(s) }

// calendarOf reads the calendar part of an .eml by an independent parser, with its method.
func calendarOf(t *testing.T, eml string) (*ical.Calendar, string) {
	t.Helper()
	m, err := message.Read(strings.NewReader(eml))
	if err != nil {
		t.Fatal(err)
	}
	parts := m.MultipartReader()
	for {
		p, err := parts.NextPart()
		if err == io.EOF {
			return nil, ""
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		if kind == "text/calendar" {
			c, err := ical.NewDecoder(p.Body).Decode()
			if err != nil {
				t.Fatal(err)
			}
			return c, params["method"]
		}
	}
}

func prop(c *ical.Calendar, name string) string {
	if p := c.Events()[0].Props.Get(name); p != nil {
		return p.Value
	}
	return ""
}

func TestRegisterReadTheMailOpenTheInvitationCancelAndSeeTheSeatComeBack(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		place := v.event(masterclass).Places[0]
		if place.Capacity != 60 || place.Left != 60 {
			t.Fatalf("the sample's first place is %+v", place)
		}

		// The form, the check page while a seat is held, the confirmation.
		v.get("/").want(t, 200, "SACT")
		v.get("/events/"+masterclass).want(t, 200, "UK time", "Register", "60 places left")
		page := v.get("/events/"+masterclass+"/register").want(t, 200, "Register", "/privacy")
		form := formOf(person(1, place.ID))
		form.Set("dietary", "No nuts")
		form.Set("consent_sensitive", "yes")
		form.Set("claim", hiddenFields(page.text).Get("claim"))
		form.Set("step", "check")
		check := v.post("/events/"+masterclass+"/register", form).want(t, 200, "Check your answers", "keeping a place for you until", "No nuts", "ada1@example.com")
		if left := v.event(masterclass).Places[0].Left; left != 59 {
			t.Errorf("%d places are left while one is held", left)
		}
		form = hiddenFields(check.text)
		form.Set("step", "confirm")
		done := v.post("/events/"+masterclass+"/register", form).want(t, 200, "Your place is confirmed", "No nuts")
		manage := done.Request.URL.Path
		if !strings.HasPrefix(manage, "/registrations/") {
			t.Fatalf("the confirmation is at %s", manage)
		}
		if left := v.event(masterclass).Places[0].Left; left != 59 {
			t.Errorf("%d places are left after one registered", left)
		}

		// Reloading, and going back, make no second registration.
		if again := v.post("/events/"+masterclass+"/register", form).want(t, 200, "Your place is confirmed"); again.Request.URL.Path != manage {
			t.Errorf("confirming twice leads to %s", again.Request.URL.Path)
		}

		mail := s.mails(t, 1)[0]
		invitation, method := calendarOf(t, mail)
		if method != "REQUEST" || prop(invitation, "METHOD") != "" && prop(invitation, "METHOD") != "REQUEST" {
			t.Fatalf("the method is %q", method)
		}
		uid := prop(invitation, "UID")
		if prop(invitation, "ATTENDEE") != "mailto:ada1@example.com" || prop(invitation, "ORGANIZER") != "mailto:events@ukcp.example" || uid == "" {
			t.Errorf("the invitation is from %s to %s", prop(invitation, "ORGANIZER"), prop(invitation, "ATTENDEE"))
		}
		if feed := v.get("/events.ics").want(t, 200).text; !strings.Contains(feed, "UID:"+uid) || strings.Contains(feed, "ATTENDEE") {
			t.Error("the feed does not hold the same event, or holds people")
		}
		v.get(manage+"/invite.ics").want(t, 200, "UID:"+uid)
		if strings.Contains(mail, "nuts") {
			t.Error("health data is in the mail")
		}

		// GET changes nothing; POST cancels, and the seat comes back.
		v.get(manage+"/cancel").want(t, 200, "Cancel your registration?")
		v.get(manage+"/cancel").want(t, 200)
		v.get(manage).want(t, 200, "Your place is confirmed")
		v.post(manage+"/cancel", nil).want(t, 200, "This registration is cancelled")
		v.post(manage+"/cancel", nil).want(t, 200, "This registration is cancelled")
		if left := v.event(masterclass).Places[0].Left; left != 60 {
			t.Errorf("%d places are left after the cancellation", left)
		}
		v.get(manage+"/invite.ics").want(t, 404)
		cancelled, method := calendarOf(t, s.mails(t, 2)[1])
		if method != "CANCEL" || prop(cancelled, "UID") != uid || prop(cancelled, "STATUS") != "CANCELLED" || prop(cancelled, "SEQUENCE") <= prop(invitation, "SEQUENCE") {
			t.Errorf("the cancellation is %s of %s, sequence %s after %s", method, prop(cancelled, "UID"), prop(cancelled, "SEQUENCE"), prop(invitation, "SEQUENCE"))
		}

		// Registering again goes beyond the cancellation's SEQUENCE.
		v.call("/api/v1/events/"+masterclass+"/registrations", person(1, place.ID)).want(t, 201, `"confirmed"`)
		again, _ := calendarOf(t, s.mails(t, 3)[2])
		if prop(again, "SEQUENCE") <= prop(cancelled, "SEQUENCE") {
			t.Errorf("the new invitation has sequence %s after the cancellation's %s", prop(again, "SEQUENCE"), prop(cancelled, "SEQUENCE"))
		}
	})
}

func TestFiveHundredPeopleForSixtyPlaces(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		place := v.event(masterclass).Places[0]
		outcomes := map[string]int{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for n := range 500 {
			wg.Go(func() {
				a := v.call("/api/v1/events/"+masterclass+"/registrations", person(n, place.ID))
				var body struct {
					Status string
					Error  struct{ Code string }
				}
				a.json(t, &body)
				mu.Lock()
				defer mu.Unlock()
				outcomes[fmt.Sprint(a.StatusCode, " ", body.Status, body.Error.Code)]++
			})
		}
		wg.Wait()
		if outcomes["201 confirmed"] != 60 || outcomes["409 full"] != 440 {
			t.Errorf("the outcomes are %v", outcomes)
		}
		var taken, confirmed, messages int
		for query, into := range map[string]*int{
			"select taken from places where id = ?":                                            &taken,
			"select count(*) from registrations where place_id = ? and status = 'confirmed'":   &confirmed,
			"select count(*) from outbox where kind = 'confirmation' and registration_id <> ?": &messages,
		} {
			if err := s.db.QueryRow(query, place.ID).Scan(into); err != nil {
				t.Fatal(err)
			}
		}
		if taken != 60 || confirmed != 60 || messages != 60 {
			t.Errorf("taken %d, confirmed %d, confirmation messages %d; want 60 of each", taken, confirmed, messages)
		}
		if e := v.event(masterclass); e.Places[0].Left != 0 || e.Registration != "open" {
			t.Errorf("afterwards the event is %+v", e)
		}
		s.mails(t, 60)
	})
}

func TestAFreedSeatIsOfferedByMailAndAcceptedFromTheLink(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		const slug = "acute-oncology-study-day"
		place := v.event(slug).Places[0]
		if _, err := s.db.Exec("update places set capacity = 1, version = version + 1 where id = ?", place.ID); err != nil {
			t.Fatal(err)
		}
		api := "/api/v1/events/" + slug + "/registrations"
		var holder, first, second struct {
			Status    string
			ManageURL string `json:"manage_url"`
		}
		v.call(api, person(1, place.ID)).want(t, 201).json(t, &holder)
		body := person(2, place.ID)
		body["wait"] = true
		v.call(api, body).want(t, 201, `"waiting"`).json(t, &first)
		body = person(3, place.ID)
		body["wait"] = true
		v.call(api, body).want(t, 201, `"waiting"`).json(t, &second)
		v.get(second.ManageURL).want(t, 200, "number <strong>2</strong>")

		v.post(holder.ManageURL+"/cancel", nil).want(t, 200, "This registration is cancelled")
		v.get(first.ManageURL).want(t, 200, "A place has come free for you", "before <strong>", "Accept the place")
		v.get(first.ManageURL+"/accept").want(t, 405)
		if now := v.event(slug).Places[0]; now.Left != 0 || now.Waiting != 1 {
			t.Errorf("while it is offered the place is %+v", now)
		}
		v.get(second.ManageURL).want(t, 200, "number <strong>1</strong>")
		v.post(second.ManageURL+"/accept", nil).want(t, 409)
		v.post(first.ManageURL+"/accept", nil).want(t, 200, "Your place is confirmed")
		v.post(first.ManageURL+"/decline", nil).want(t, 409) // what is accepted is not declined by an old page
		v.get(first.ManageURL).want(t, 200, "Your place is confirmed")
		v.post(first.ManageURL+"/cancel", nil).want(t, 200, "This registration is cancelled")
		s.exec(t, "update events set approval = ? where slug = ?", true, slug)
		v.get(second.ManageURL).want(t, 200, "A place has come free for you", "Accepting it sends your request to the organisers")
		v.post(second.ManageURL+"/decline", nil).want(t, 200, "This registration is cancelled")
		if now := v.event(slug).Places[0]; now.Left != 1 || now.Waiting != 0 {
			t.Errorf("in the end the place is %+v", now)
		}
		mails := s.mails(t, 9)
		var subjects []string
		for _, m := range mails {
			_, after, _ := strings.Cut(m, "\r\nSubject: ")
			subject, _, _ := strings.Cut(after, ":")
			subjects = append(subjects, subject)
		}
		if got := strings.Join(subjects, ", "); strings.Count(got, "A place for you") != 2 || strings.Count(got, "Cancelled") != 2 || strings.Count(got, "You declined the place") != 1 || strings.Count(got, "Your place is confirmed") != 2 {
			t.Errorf("the mails are %s", got)
		}
	})
}

func TestARequestIsApprovedByMailAndCancelledFromItsLink(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		if _, err := s.db.NewRaw("update events set approval = ? where slug = ?", true, masterclass).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		place := v.event(masterclass).Places[0].ID
		manage, refused := v.registered(1, masterclass, place, false), v.registered(2, masterclass, place, false)
		v.get(manage).want(t, 200, "Your request is with the organisers", "Awaiting approval", "Withdraw your request")
		v.get(manage+"/invite.ics").want(t, 404)
		s.mails(t, 2)
		organiser := s.desk(t)
		organiser.post(attendeesPath+"/"+s.idOf(t, 1)+"/approve", nil).want(t, 200, "The request is approved")
		invitation, method := calendarOf(t, s.mails(t, 3)[2])
		if method != "REQUEST" || prop(invitation, "ATTENDEE") != "mailto:ada1@example.com" {
			t.Errorf("the approval comes with %q for %s", method, prop(invitation, "ATTENDEE"))
		}
		v.get(manage).want(t, 200, "Your place is confirmed")
		v.get(manage+"/invite.ics").want(t, 200, "UID:"+prop(invitation, "UID"))
		organiser.post(attendeesPath+"/"+s.idOf(t, 2)+"/refuse", url.Values{"reason": {"For <prescribers> only."}}).want(t, 200, "The request is refused")
		refusal := s.mails(t, 4)[3]
		if _, method := calendarOf(t, refusal); method != "" || !strings.Contains(refusal, "For <prescribers> only.") {
			t.Errorf("the refusal comes with %q:\n%s", method, refusal)
		}
		v.get(refused).want(t, 200, "We could not offer you a place", "Not approved")
		v.post(manage+"/cancel", nil).want(t, 200, "This registration is cancelled")
		cancelled, method := calendarOf(t, s.mails(t, 5)[4])
		if method != "CANCEL" || prop(cancelled, "UID") != prop(invitation, "UID") || prop(cancelled, "SEQUENCE") <= prop(invitation, "SEQUENCE") {
			t.Errorf("the cancellation comes with %q and SEQUENCE %s after %s", method, prop(cancelled, "SEQUENCE"), prop(invitation, "SEQUENCE"))
		}
	})
}

func TestAfterTheEventALinkShowsWhatWas(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	desk, v := s.signedIn(t, access.Organiser), s.visitor(t)
	ended, _ := s.makeEvent(desk, "has-ended")
	had, waited := v.registered(1, "has-ended", ended.Places[0].ID, false), v.registered(2, "has-ended", ended.Places[0].ID, false)
	s.exec(t, "update registrations set status = 'waiting' where mailbox = 'ada2@example.com'")
	s.altered(t, ended, "starts_local = '2020-03-12T09:30', ends_local = '2020-03-12T16:30', starts_at = ?, ends_at = ?",
		time.Date(2020, 3, 12, 9, 30, 0, 0, time.UTC).UnixMilli(), time.Date(2020, 3, 12, 16, 30, 0, 0, time.UTC).UnixMilli())
	for path, title := range map[string]string{had: "You had a place at this event", waited: "You were on the waiting list"} {
		text := v.get(path).want(t, 200, title, "This event is over", "Your reference is").text
		for _, no := range []string{"is confirmed", "If a place comes free", "Change something"} {
			if strings.Contains(text, no) {
				t.Errorf("the page of %q says %q", title, no)
			}
		}
	}
}

// TestADownloadedEntryIsThatOfTheInvitation registers from afar, gives the place up and registers again.
func TestADownloadedEntryIsThatOfTheInvitation(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	online := v.event(masterclass).Places[1].ID
	first := v.registered(1, masterclass, online, false)
	v.post(first+"/cancel", nil).want(t, 200, "This registration is cancelled")
	again := v.registered(1, masterclass, online, false)
	invitation, method := calendarOf(t, s.mails(t, 3)[2])
	file, err := ical.NewDecoder(strings.NewReader(v.get(again+"/invite.ics").want(t, 200).text)).Decode()
	if err != nil || method != "REQUEST" || prop(invitation, "SEQUENCE") == "0" {
		t.Fatalf("the invitation is %s %s, the file %v", method, prop(invitation, "SEQUENCE"), err)
	}
	for _, name := range []string{"UID", "SEQUENCE", "LOCATION", "DTSTART", "DTEND", "SUMMARY"} {
		if got, want := prop(file, name), prop(invitation, name); got != want {
			t.Errorf("the file has %s %q, the invitation %q", name, got, want)
		}
	}
}
