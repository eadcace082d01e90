package main

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"masterclass/events"
	"masterclass/internal/access"
)

const (
	mailLog  = "/organise/messages"
	mailPath = "/organise/events/" + masterclass + "/messages"
)

// drained waits until nothing of a kind waits to be sent.
func (s *testSite) drained(t *testing.T, kind string) {
	t.Helper()
	eventually(t, "the "+kind+" mail is sent", func() bool {
		var n int
		err := s.db.NewRaw("select count(*) from outbox where kind = ? and state = 'queued'", kind).Scan(t.Context(), &n)
		return err == nil && n == 0
	})
}

func (s *testSite) outboxID(t testing.TB, where string, args ...any) (id string) {
	t.Helper()
	if err := s.db.NewRaw("select id from outbox where "+where+" order by id desc limit 1", args...).Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAnOrganiserWritesToAnEventsPeople(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		s.came(t, 1, 0)
		s.came(t, 2, 1)
		s.came(t, 3, 0)
		v := s.desk(t)
		e := s.stored(t, masterclass)
		v.get(mailPath).want(t, 200, "Nothing yet.", "Write a message")
		form := with(v.get(mailPath+"/new?place="+e.Places[0].ID).want(t, 200, "3 people", `value="`+e.Places[0].ID+`" selected`).form("preview"), "subject", "Rooms have changed", "body", "The morning is in **room 2**.\n\n- one\n- two")
		v.post(mailPath+"/new", form).want(t, 200, "2 people", "<strong>room 2</strong>", "<li>one</li>", "Dear Dr Alex Example", "Nobody has had it yet")
		v.post(mailPath+"/new", with(form, "step", "change")).want(t, 200, `value="Rooms have changed"`, "**room 2**")
		v.post(mailPath+"/new", with(form, "step", "test")).want(t, 200, "A test is on its way to organiser@example.com")
		ask := v.post(mailPath+"/new", with(form, "step", "ask")).want(t, 200, "Yes, send this message to 2 people").form("send")
		v.post(mailPath+"/new", ask).want(t, 422, "Tick the box to send the message")
		s.came(t, 4, 0)
		v.post(mailPath+"/new", with(ask, "confirm", "yes")).want(t, 422, "The list has changed meanwhile", "3 people")
		ask = with(ask, "confirm", "yes", "count", "3")
		if n := s.number(t, "select count(*) from outbox where kind = 'message' and registration_id <> ''"); n != 0 {
			t.Fatalf("%d have the message before it was confirmed", n)
		}
		v.post(mailPath+"/new", ask).want(t, 200, "Rooms have changed", "of 3 sent")
		v.post(mailPath+"/new", ask).want(t, 200, "Rooms have changed") // a double click
		v.post(mailPath+"/new", with(ask, "subject", "Another")).want(t, 409)
		s.drained(t, "message")
		one := mailPath + "/" + form.Get("id")
		v.get(one).want(t, 200, "3 of 3 sent", "Kim organiser")
		var progress struct {
			Sent, Failed, Recipients int
			Done                     bool
			Words                    string
		}
		v.get(one+"/progress").json(t, &progress)
		if progress.Sent != 3 || !progress.Done || progress.Words != "3 of 3 sent" {
			t.Errorf("the progress is %+v", progress)
		}
		v.get(mailPath).want(t, 200, "Rooms have changed", "3 people")
		if n := s.number(t, "select count(*) from outbox where kind = 'message' and registration_id <> ''"); n != 3 {
			t.Errorf("%d messages for 3 people", n)
		}
		if got := s.trailOf(t, e.ID); got != "message.tested message.sent" {
			t.Errorf("the audit trail says %s", got)
		}
	})
}

func TestAMessageKeepsWhatWasTypedWhenItIsWrong(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	s.came(t, 1, 0)
	v := s.desk(t)
	form := v.get(mailPath + "/new").form("preview")
	long := strings.Repeat("x", 79)
	v.post(mailPath+"/new", with(form, "subject", long, "statuses", "")).want(t, 422, "<title>Error: ", long, "The subject", "Enter a message", "Choose who to write to")
	form = with(form, "subject", "Hello", "body", "Words that stay")
	v.post(mailPath+"/new", with(form, "statuses", "waiting")).want(t, 422, "Nobody is registered in this way", "Words that stay")
	v.post(mailPath+"/new", with(form, "place", "none")).want(t, 422, "Choose one of the event’s places", "Words that stay")
	v.post(mailPath+"/new", with(form, "profession", "Astronaut")).want(t, 422, "Nobody is registered in this way", `value="Astronaut" selected`)
	v.post(mailPath+"/new", with(form, "profession", "Nurse")).want(t, 200, "1 person")
	v.post(mailPath+"/new", with(form, "id", "none")).want(t, 400)
}

// What is written in a message must be harmless on the pages that show it.
func TestTricksInAMessageAreInertInItsPreview(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	s.came(t, 1, 0)
	v := s.desk(t)
	form := v.get(mailPath + "/new").form("preview")
	harm := regexp.MustCompile(`(?i)<script[^>]*>[^<]|<img|<iframe|<style|<form[^>]*evil|href="(javascript|data|vbscript):|<[a-z]+[^>]*\s(onerror|onclick|onload|style)=`)
	quoted := regexp.MustCompile(` value="[^"<>]*"`)
	for _, trick := range []string{
		"<script>alert(1)</script>", "[x](javascript:alert(1))", "[x](JaVaScRiPt&#58;alert(1))", "![x](https://evil.example/pixel.gif)", "<img src=x onerror=alert(1)>",
		"<iframe src=//evil.example></iframe>", "[x](data:text/html,<script>1</script>)", "<p style=\"position:fixed\">x</p>", "</textarea><script>alert(1)</script>",
		"\"><form action=//evil.example><input name=step value=send>", "[x](vbscript:x)", "<a href=\"x\" onclick=\"y()\">z</a>", "</div></details><style>body{display:none}</style>",
		"{{.Text}} {{template \"main\"}}", "[x]: javascript:alert(1)\n\n[x]", "`</script><script>alert(1)</script>`", "<svg onload=alert(1)>",
	} {
		for _, step := range []string{"preview", "change", "ask"} {
			a := v.post(mailPath+"/new", with(form, "step", step, "subject", trick[:min(len(trick), 70)], "body", "Before\n\n"+trick+"\n\nafter")).want(t, 200)
			_, main, _ := strings.Cut(a.text, "<main")
			main = quoted.ReplaceAllString(main, "")
			if found := harm.FindString(main); found != "" {
				t.Errorf("%s of %q has %q", step, trick, found)
			}
			if got := a.form(""); got.Get("step") != "" && step != "preview" {
				t.Errorf("%s of %q has a field of its own: %v", step, trick, got)
			}
		}
	}
}

func TestOneEventsPagesDoNotKnowAnothersMessages(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	s.came(t, 1, 0)
	v := s.desk(t)
	ask := with(v.get(mailPath+"/new").form("send"), "subject", "Hello", "body", "World", "count", "1", "confirm", "yes")
	v.post(mailPath+"/new", ask).want(t, 200)
	other := "/organise/events/" + fullUp + "/messages/"
	for _, path := range []string{other + ask.Get("id"), other + ask.Get("id") + "/progress", mailPath + "/none", mailPath + "/none/progress", "/organise/events/none/messages"} {
		v.get(path).want(t, 404)
	}
	same := v.post(other+"new", with(ask, "step", "ask")).want(t, 200).form("send")
	v.post(other+"new", with(same, "confirm", "yes")).want(t, 409) // the id is another event's message
}

func TestTheDeliveryLogTellsWhatBecameOfMail(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		v := s.desk(t)
		v.get(mailLog).want(t, 200, "No message has been written yet.")
		link := s.visitor(t).registered(1, masterclass, s.visitor(t).event(masterclass).Places[0].ID, false)
		s.came(t, 2, 0)
		s.drained(t, "confirmation")
		e, one := s.stored(t, masterclass), mailLog+"/"+s.outboxID(t, "registration_id = ?", s.idOf(t, 1))
		v.get(mailLog).want(t, 200, "Confirmation", "ada1@example.com", "ada2@example.com", "Sent (2)", "Failed (0)", e.Title)
		v.get(mailLog+"?q=ADA1@&kind=confirmation&event="+e.ID+"&from=2020-01-01").want(t, 200, "ada1@example.com", "Sent (1)").without(t, "ada2@example.com")
		v.get(mailLog+"?to=2020-01-01").want(t, 200, "There are no such messages.")
		v.get(mailLog+"?from=soon").want(t, 422, "Enter a date such as")
		a := v.get(one).want(t, 200, "A mail server took this message", "Your place is confirmed", "(their own link)", s.idOf(t, 1))
		secret := link[strings.LastIndex(link, "/")+1:]
		a.without(t, secret, "/calendars/")
		v.post(one+"/resend", nil).want(t, 200, "on its way again")
		s.drained(t, "confirmation")
		if n := s.number(t, "select count(*) from outbox where registration_id = ? and state = 'sent'", s.idOf(t, 1)); n != 2 {
			t.Errorf("sent %d times", n)
		}
		if got := s.trailOf(t, e.ID); got != "message.resent" {
			t.Errorf("the audit trail says %s", got)
		}
	})
}

func TestFailedMailIsTriedAgainOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		for n := range 3 {
			s.came(t, n+1, 0)
		}
		s.drained(t, "confirmation")
		if _, err := s.db.NewRaw("update outbox set state = 'failed', sent_at = null, attempts = 3, problem = 'The mailbox is full. (552 5.2.2 over quota)' where mailbox <> 'ada3@example.com'").Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		v := s.desk(t)
		v.get(mailLog+"?state=failed").want(t, 200, "The mailbox is full.", "Try all failed again", "Failed (2)")
		v.get(mailLog+"/"+s.outboxID(t, "mailbox = 'ada1@example.com'")).want(t, 200, "given up, after 3 tries", "The mailbox is full.")
		ask := v.get(mailLog+"/retry?q=ada1@").want(t, 200, "1 message could not be delivered", "you have searched for").form("")
		v.post(mailLog+"/retry", ask).want(t, 200, "in the queue again")
		s.drained(t, "confirmation")
		if n := s.number(t, "select count(*) from outbox where state = 'failed'"); n != 1 {
			t.Errorf("%d are failed, one was not meant", n)
		}
		v.post(mailLog+"/retry", ask).want(t, 200) // a second click
		v.get(mailLog+"/retry?q=ada1@").want(t, 409, "nothing to try again")
		if n := s.number(t, "select count(*) from audit where action = 'message.retried'"); n != 1 {
			t.Errorf("the audit trail has %d entries", n)
		}
	})
}

// A link by which an organiser signs in, or chooses a password, must not be read by another one.
func TestTheDeliveryLogDoesNotKnowOrganisersOwnMail(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Owner)
	v.CheckRedirect = nil
	v.post("/organise/team", url.Values{"email": {"new@example.com"}, "name": {"New Colleague"}, "role": {"organiser"}}).want(t, 200)
	s.drained(t, "invitation")
	id := s.outboxID(t, "kind = 'invitation'")
	if _, err := s.db.NewRaw("update outbox set state = 'failed' where id = ?", id).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"", "?state=failed", "?q=new@example.com", "?kind=invitation"} {
		v.get(mailLog+query).want(t, 200).without(t, "new@example.com</td>", id, "Failed (1)", "All (1)")
	}
	v.get(mailLog+"/"+id).want(t, 404)
	v.post(mailLog+"/"+id+"/resend", nil).want(t, 404)
	v.get(mailLog+"/retry").want(t, 409)
	v.post(mailLog+"/retry", nil)
	if n := s.number(t, "select count(*) from outbox where kind = 'invitation' and state = 'failed'"); n != 1 {
		t.Error("an invitation was sent again from the log")
	}
}

func TestTheDeliveryLogHasPages(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	e := s.stored(t, masterclass)
	s.fillOutbox(t, e, 120)
	v := s.desk(t)
	seen := map[string]bool{}
	next := mailLog
	rows, older := regexp.MustCompile(`p(\d+)@sample\.example`), regexp.MustCompile(`href="([^"]*after=[^"]*)" rel="next"`)
	var sizes []int
	for next != "" {
		a := v.get(next).want(t, 200)
		found := map[string]bool{}
		for _, m := range rows.FindAllString(a.text, -1) {
			found[m], seen[m] = true, true
		}
		sizes = append(sizes, len(found))
		m := older.FindStringSubmatch(a.text)
		if next = ""; m != nil {
			next = typedAs.Replace(m[1])
		}
	}
	if fmt.Sprint(sizes) != "[50 50 20]" || len(seen) != 120 {
		t.Errorf("the pages have %v, of %d messages", sizes, len(seen))
	}
}

// fillOutbox writes sent messages of made-up people.
func (s *testSite) fillOutbox(t testing.TB, e *events.Event, n int) {
	t.Helper()
	for i := range n {
		if _, err := s.db.NewRaw(`insert into outbox (id, kind, recipient, mailbox, message_id, event_id, snapshot, state, due_at, created_at, sent_at, sought)
			values (?, 'reminder', ?, ?, ?, ?, '{}', 'sent', 1, ?, ?, ?)`, fmt.Sprintf("0190a000-0000-7000-8000-%012d", i), fmt.Sprintf("<p%d@sample.example>", i), fmt.Sprintf("p%d@sample.example", i),
			fmt.Sprintf("<%d@x>", i), e.ID, int64(1750000000000+i), int64(1750000000000+i), fmt.Sprintf("p%d@sample.example", i)).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// without checks that the answer says none of these.
func (a answer) without(t testing.TB, words ...string) answer {
	t.Helper()
	for _, w := range words {
		if strings.Contains(a.text, w) {
			t.Errorf("%s says %q", a.Request.URL, w)
		}
	}
	return a
}
