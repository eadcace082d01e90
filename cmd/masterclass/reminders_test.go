package main

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"

	"masterclass/internal/access"
	"masterclass/registrations"
)

// header reads a header of an .eml by an independent parser.
func header(t *testing.T, eml, name string) string {
	t.Helper()
	m, err := message.Read(strings.NewReader(eml))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header.Get(name)
}

// exec changes the record behind the program's back.
func (s *testSite) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := s.db.NewRaw(query, args...).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// remind has an event begin after a while, as if everybody had registered long ago, and makes a round.
func (s *testSite) remind(t testing.TB, slug string, in time.Duration) {
	t.Helper()
	starts := time.Now().Add(in)
	s.exec(t, "update events set starts_at = ?, ends_at = ? where slug = ?", starts.UnixMilli(), starts.Add(8*time.Hour).UnixMilli(), slug)
	s.exec(t, "update outbox set created_at = ? where kind = 'confirmation'", starts.AddDate(0, 0, -30).UnixMilli())
	if err := s.registrar.RemindOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// oneClick posts what a mail program sends for its user (RFC 8058 3.2): no cookie, no origin, nobody's page.
func (v *visitor) oneClick(link, kind, body string) answer {
	v.t.Helper()
	req := v.request(http.MethodPost, link, strings.NewReader(body))
	req.Header.Set("Content-Type", kind)
	return v.do(req)
}

// reminderLink registers person n, reminds them and gives the link to unsubscribe in the reminder; before is how many mails there were.
func (s *testSite) reminderLink(t *testing.T, v *visitor, n, before int) string {
	t.Helper()
	v.registered(n, masterclass, v.event(masterclass).Places[0].ID, false)
	s.mails(t, before+1)
	s.remind(t, masterclass, 6*24*time.Hour)
	eml := s.mails(t, before+2)[before+1]
	link := strings.Trim(header(t, eml, "List-Unsubscribe"), "<>")
	if !strings.HasPrefix(link, s.URL+"/unsubscribe/") || header(t, eml, "List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" || header(t, eml, "Subject") == "" {
		t.Fatalf("the reminder can be stopped at %q by %q", link, header(t, eml, "List-Unsubscribe-Post"))
	}
	return link
}

func (s *testSite) stopped(t testing.TB) (n int) {
	t.Helper()
	if err := s.db.NewRaw("select count(*) from mail_stopped").Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOneClickInTheMailProgramStopsRemindersAndNothingElse(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		link := s.reminderLink(t, v, 1, 0)

		// What scans mail for viruses follows the link, and changes nothing.
		for range 2 {
			v.get(link).want(t, 200, "Stop reminders by email?", "Nothing is stopped yet")
			if a := v.do(v.request(http.MethodHead, link, nil)); a.StatusCode != 200 {
				t.Errorf("HEAD answers %d", a.StatusCode)
			}
		}
		if s.stopped(t) != 0 {
			t.Fatal("following the link stopped the reminders")
		}

		v.oneClick(link, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click").want(t, 200, "Reminders are stopped", "Send me reminders again")
		v.oneClick(link, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click").want(t, 200, "Reminders are stopped")
		v.get(link).want(t, 200, "Reminders are stopped")
		s.remind(t, masterclass, 12*time.Hour)
		if err := s.registrar.RemindOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
		v.registered(1, toFollow, v.event(toFollow).Places[0].ID, false)
		if eml := s.mails(t, 3)[2]; !strings.Contains(header(t, eml, "Subject"), "confirmed") || header(t, eml, "List-Unsubscribe") != "" {
			t.Errorf("the mail after stopping is %q", header(t, eml, "Subject"))
		}

		// The page's own button takes it back: then the reminder of the day before comes.
		v.post(link, url.Values{"step": {"resume"}}).want(t, 200, "Reminders are on again")
		s.remind(t, masterclass, 12*time.Hour)
		if eml := s.mails(t, 4)[3]; !strings.HasPrefix(header(t, eml, "Subject"), "Reminder: ") {
			t.Errorf("the mail after resuming is %q", header(t, eml, "Subject"))
		}
	})
}

func TestMailProgramsMaySendTheirClickInEitherEncoding(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		link := s.reminderLink(t, v, 1, 0)
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		if err := w.WriteField("List-Unsubscribe", "One-Click"); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		v.oneClick(link, w.FormDataContentType(), body.String()).want(t, 200, "Reminders are stopped")
		if s.stopped(t) != 1 {
			t.Error("a click as multipart/form-data stopped nothing")
		}
		v.post(link, url.Values{"step": {"resume"}}).want(t, 200)
		page := v.get(link).want(t, 200, "Stop reminders by email?")
		v.post(link, hiddenFields(page.text)).want(t, 200, "Reminders are stopped") // by the page's own button
		if s.stopped(t) != 1 {
			t.Error("the button stopped nothing")
		}
	})
}

func TestALinkToUnsubscribeThatIsWrongTellsNothing(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		manage := v.registered(1, masterclass, v.event(masterclass).Places[0].ID, false)
		token := manage[strings.LastIndexByte(manage, '/')+1:]
		for _, wrong := range []string{"x", token, token[:42] + "_", strings.Repeat("A", 43), "%FF", strings.Repeat("A", 500)} {
			v.get("/unsubscribe/"+wrong).want(t, 404, "We could not find what to stop")
			v.oneClick("/unsubscribe/"+wrong, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click").want(t, 404, "We could not find what to stop")
		}
		if s.stopped(t) != 0 {
			t.Error("a wrong link stopped something")
		}
	})
}

func TestTheSamplesEventsHaveTheirReminders(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		for slug, want := range map[string]int{masterclass: 3, longPast: 0} {
			e, err := s.events.Outline(t.Context(), slug)
			if err != nil {
				t.Fatal(err)
			}
			if list, err := s.registrar.Reminders(t.Context(), e.ID); err != nil || len(list) != want {
				t.Errorf("%s has %d rules, want %d: %v", slug, len(list), want, err)
			}
		}
	})
}

func TestAMessageOfTheOrganisersArrives(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		manage := v.registered(1, masterclass, v.event(masterclass).Places[0].ID, false)
		e, err := s.events.Outline(t.Context(), masterclass)
		if err != nil {
			t.Fatal(err)
		}
		s.mails(t, 1)
		draft := registrations.Draft{ID: newID(), EventID: e.ID, Filter: registrations.Filter{Statuses: []registrations.Status{registrations.Confirmed}},
			Subject: "Rooms have changed", Body: "The morning is in **room 2**."}
		for range 2 {
			if n, err := s.registrar.SendMessage(t.Context(), draft, access.Entry{Actor: "organiser:kim"}); err != nil || n != 1 {
				t.Fatalf("it went to %d, %v", n, err)
			}
		}
		eml := s.mails(t, 2)[1]
		if header(t, eml, "Subject") != draft.Subject || header(t, eml, "List-Unsubscribe") != "" || !strings.Contains(strings.ReplaceAll(eml, "=\r\n", ""), manage) {
			t.Errorf("the message is\n%s", eml)
		}
	})
}
