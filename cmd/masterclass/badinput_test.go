package main

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// nasty values go into every field.
var nasty = []string{
	"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "=cmd()|' /C calc'!A0", "a\r\nBcc: eve@example.com\r\n\r\nX", "a\nATTENDEE:mailto:eve@example.com",
	"\u202eevil\u2066x", "\x00\x07\x1b[31m", "\xff\xfe", "'; drop table registrations; --", "{{.Secret}}", "𝕏\u2028é", "%0d%0aX: y", "javascript:alert(1)",
}

const formPath = "/events/" + masterclass + "/register"

func TestNastyValuesAreStoredSafelyOrRefusedInEveryField(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		place := v.event(masterclass).Places[1].ID
		made := 0
		for n, value := range nasty {
			for _, field := range []string{"title", "first_name", "last_name", "profession", "job_role", "employer", "regulator_number", "dietary", "access_needs", "email", "place", "claim", "step"} {
				form := formOf(person(1000+made, place))
				form.Set("consent_sensitive", "yes")
				form.Set("step", "confirm")
				form.Set(field, value)
				if n%3 == 0 && (field == "employer" || field == "last_name") {
					form.Set("title", value)
				}
				a := v.post(formPath, form)
				if a.StatusCode != 200 && a.StatusCode != 422 {
					t.Fatalf("%q in %s answered %d:\n%s", value, field, a.StatusCode, a.text)
				}
				harmless(t, a.text, value)
				if strings.HasPrefix(a.Request.URL.Path, "/registrations/") {
					made++
				}
			}
		}
		if made < len(nasty)*7 {
			t.Errorf("only %d of these people could register", made)
		}
		for _, mail := range s.mails(t, made) {
			head, body, _ := strings.Cut(mail, "\r\n\r\n")
			if strings.Contains(head, "\nBcc:") || strings.Contains(head, "\nX:") || strings.Contains(strings.ReplaceAll(mail, "\r\n", ""), "\n") {
				t.Fatalf("a header was injected, or a line ends without CRLF:\n%s", head)
			}
			_, body, _ = strings.Cut(body, "Content-Type: text/html")
			body, _, _ = strings.Cut(body, "Content-Type: text/calendar")
			if strings.Contains(body, "<script>") || strings.Contains(body, "<img src") {
				t.Fatalf("HTML went out in a mail:\n%s", body)
			}
			c, method := calendarOf(t, mail)
			if method != "REQUEST" || len(c.Events()) != 1 || len(c.Events()[0].Props.Values("ATTENDEE")) != 1 {
				t.Fatalf("the invitation is broken:\n%s", mail)
			}
		}
	})
}

// harmless looks for scripts, handlers and images that a page of ours never has.
func harmless(t *testing.T, page, value string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "img" || n.Data == "script" && !strings.HasPrefix(attr(n, "src"), "/assets/") {
			t.Fatalf("%q made a <%s> in\n%s", value, n.Data, page)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Val, "javascript:") && a.Key != "value" {
				t.Fatalf("%q made %s=%q in\n%s", value, a.Key, a.Val, page)
			}
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestAFormWithErrorsComesBackWithItsValues(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	place := v.event(masterclass).Places[0].ID
	empty := v.post(formPath, url.Values{"step": {"check"}}).want(t, 422, "<title>Error: ", "There is a problem", "Enter your first name", `href="#first_name"`, `id="first_name-error"`, `href="#place"`)
	if strings.Index(empty.text, "There is a problem") > strings.Index(empty.text, "<h1") {
		t.Error("the error summary is not before the heading")
	}
	form := formOf(person(1, place))
	form.Set("email", "ada@nowhere")
	form.Set("dietary", "No nuts")
	form.Set("step", "check")
	v.post(formPath, form).want(t, 422, "Enter an email address in the correct format", "Tick the box so that we may keep",
		`value="Ada"`, `value="ada@nowhere"`, `value="Example trust"`, "No nuts</textarea>", `value="`+place+`" checked`)
	form.Set("last_name", strings.Repeat("x", 10_000))
	v.post(formPath, form).want(t, 422, "Last name must be 100 characters or fewer")
	if left := v.event(masterclass).Places[0].Left; left != 60 {
		t.Errorf("%d places are left after forms with errors", left)
	}
}

func TestWhatCannotBeRegisteredForIsSaidClearly(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		place := v.event(masterclass).Places[0].ID
		past := v.event("bopa-symposium-2015")
		form := formOf(person(1, past.Places[0].ID))
		form.Set("step", "confirm")
		v.get("/events/"+past.Slug+"/register").want(t, 200, "This event is over")
		v.post("/events/"+past.Slug+"/register", form).want(t, 409, "This event is over")
		v.call("/api/v1/events/"+past.Slug+"/registrations", person(1, past.Places[0].ID)).want(t, 409, `"closed"`)
		v.call("/api/v1/events/nowhere/registrations", person(1, place)).want(t, 404, `"not_found"`)
		v.post("/events/nowhere/register", form).want(t, 404, "could not find that event")
		v.call("/api/v1/events/"+masterclass+"/registrations", person(1, past.Places[0].ID)).want(t, 422, `"place"`)
		v.call("/api/v1/events/"+masterclass+"/registrations", map[string]any{}).want(t, 422, `"invalid"`, `"first_name":"Enter your first name"`)

		v.call("/api/v1/events/"+masterclass+"/registrations", person(1, place)).want(t, 201)
		again := person(1, place)
		again["email"] = "  ADA1@Example.COM "
		v.call("/api/v1/events/"+masterclass+"/registrations", again).want(t, 409, `"already_registered"`)
		form = formOf(again)
		for _, step := range []string{"check", "confirm", "wait"} {
			form.Set("step", step)
			v.post(formPath, form).want(t, 409, "already registered", "/registrations/find")
		}
		if left := v.event(masterclass).Places[0].Left; left != 59 {
			t.Errorf("%d places are left", left)
		}
	})
}

func TestAFullPlaceOffersTheWaitingListWithNothingToTypeAgain(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		const slug = "nurse-led-review-workshop" // full in the sample, with three people waiting
		place := v.event(slug).Places[0]
		if place.Left != 0 || place.Waiting != 3 {
			t.Fatalf("the sample's full place is %+v", place)
		}
		v.get("/events/"+slug).want(t, 200, "Join the waiting list", "3 people on the waiting list")
		v.call("/api/v1/events/"+slug+"/registrations", person(1, place.ID)).want(t, 409, `"full"`)
		form := formOf(person(2, place.ID))
		form.Set("step", "check")
		full := v.post("/events/"+slug+"/register", form).want(t, 409, "Every place is taken", "Join the waiting list", "ada2@example.com")
		form = hiddenFields(full.text)
		form.Set("step", "wait")
		v.post("/events/"+slug+"/register", form).want(t, 200, "You are on the waiting list", "number <strong>4</strong>")
		body := person(3, place.ID)
		body["wait"] = true
		v.call("/api/v1/events/"+slug+"/registrations", body).want(t, 201, `"waiting"`)
		var seated string
		if err := s.db.NewRaw("select email from registrations where place_id = ? and status = 'confirmed' limit 1", place.ID).Scan(t.Context(), &seated); err != nil {
			t.Fatal(err)
		}
		for _, registered := range []string{body["email"].(string), seated} { // who is registered there is told what anybody is told
			again := person(4, place.ID)
			again["email"] = registered
			v.call("/api/v1/events/"+slug+"/registrations", again).want(t, 409, `"full"`)
			again["wait"] = true
			v.call("/api/v1/events/"+slug+"/registrations", again).want(t, 409, `"already_registered"`)
		}
		if now := v.event(slug); now.Places[0].Waiting != 5 || now.Registration != "waiting_list" {
			t.Errorf("afterwards it is %+v", now)
		}
		s.mails(t, 2)
	})
}

func TestASpoiltClaimIsWorthNoMoreThanNone(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	place := v.event(masterclass).Places[0].ID
	form := formOf(person(1, place))
	form.Set("step", "check")
	claim := hiddenFields(v.post(formPath, form).want(t, 200).text).Get("claim")
	form.Set("step", "confirm")
	for n, c := range []string{"", "x", claim[:len(claim)-3] + "AAA", strings.Repeat("A", 5000), "." + claim} {
		form = formOf(person(10+n, place))
		form.Set("step", "confirm")
		form.Set("claim", c)
		v.post(formPath, form).want(t, 200, "Your place is confirmed")
	}
	other := formOf(person(20, v.event("acute-oncology-study-day").Places[0].ID))
	other.Set("step", "confirm")
	other.Set("claim", claim)
	v.post("/events/acute-oncology-study-day/register", other).want(t, 200, "Your place is confirmed")
	if left := v.event(masterclass).Places[0].Left; left != 60-5-1 { // five registered, one held
		t.Errorf("%d places are left", left)
	}
}

func TestTheKeyOfARequestIsKept(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	path := "/api/v1/events/" + masterclass + "/registrations"
	place := v.event(masterclass).Places[0].ID
	first := v.call(path, person(1, place), "Idempotency-Key", "one").want(t, 201)
	if again := v.call(path, person(1, place), "Idempotency-Key", "one").want(t, 201); again.text != first.text {
		t.Errorf("the same key answers\n%s after\n%s", again.text, first.text)
	}
	v.call(path, person(2, place), "Idempotency-Key", "one").want(t, 409, `"key_reused"`)
	v.call(path, map[string]any{"first_name": "A"}, "Idempotency-Key", "one").want(t, 409, `"key_reused"`)
	v.call(path, person(3, place), "Idempotency-Key", strings.Repeat("é", 128)).want(t, 201)
	v.call(path, person(4, place), "Idempotency-Key", strings.Repeat("k", 129)).want(t, 400)
	req := v.request("POST", path, strings.NewReader(`{"first_name":"A","colour":"red"}`))
	req.Header.Set("Content-Type", "application/json")
	v.do(req).want(t, 400, "colour")
	req = v.request("POST", path, strings.NewReader("first_name=A"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	v.do(req).want(t, 415)
}

func TestSecretLinksOpenOneRegistrationAndNothingElse(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	place := v.event(masterclass).Places[0].ID
	var one, two struct {
		ManageURL string `json:"manage_url"`
	}
	v.call("/api/v1/events/"+masterclass+"/registrations", person(1, place)).json(t, &one)
	v.call("/api/v1/events/"+masterclass+"/registrations", person(2, place)).json(t, &two)
	v.get(one.ManageURL).want(t, 200, "ada1@example.com")
	token := one.ManageURL[strings.LastIndex(one.ManageURL, "/")+1:]
	mixed := token[:22] + two.ManageURL[strings.LastIndex(two.ManageURL, "/")+1:][22:]
	var answers []string
	for _, bad := range []string{"x", token[:42], token + "A", mixed, strings.ToUpper(token), strings.Repeat("A", 43)} {
		for _, path := range []string{"", "/cancel", "/details", "/invite.ics"} {
			answers = append(answers, v.get("/registrations/"+bad+path).want(t, 404).Status)
		}
		v.post("/registrations/"+bad+"/cancel", nil).want(t, 404)
	}
	if len(answers) != 24 {
		t.Error("not every link was tried")
	}
	v.get(two.ManageURL).want(t, 200, "Your place is confirmed")
	for range 2 { // mail scanners follow links
		for _, path := range []string{"", "/cancel", "/details", "/invite.ics"} {
			v.get(one.ManageURL+path).want(t, 200)
			v.do(v.request("HEAD", one.ManageURL+path, nil)).want(t, 200)
		}
	}
	v.get(one.ManageURL).want(t, 200, "Your place is confirmed")
	req := v.request("POST", one.ManageURL+"/cancel", nil)
	v.do(req).want(t, 403)
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	v.do(req).want(t, 403)
	v.get(one.ManageURL).want(t, 200, "Your place is confirmed")
}

func TestDetailsResendAndLostLinks(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		place := v.event(masterclass).Places[0].ID
		var g struct {
			ManageURL string `json:"manage_url"`
		}
		v.call("/api/v1/events/"+masterclass+"/registrations", person(1, place)).want(t, 201).json(t, &g)
		first := s.mails(t, 1)[0]

		form := formOf(person(1, place))
		form.Set("employer", "Another trust")
		form.Set("access_needs", "Hearing loop")
		v.post(g.ManageURL+"/details", form).want(t, 422, "Tick the box", "Another trust")
		form.Set("consent_sensitive", "yes")
		form.Set("email", "eve@example.com") // not to be changed here
		v.post(g.ManageURL+"/details", form).want(t, 200, "Your details are changed", "Another trust", "Hearing loop", "ada1@example.com")

		// Until the worker has written down that it sent the message, sending it again is what it is doing already.
		eventually(t, "the first mail is called sent", func() bool { return s.number(t, "select count(*) from outbox where state = 'sent'") == 1 })
		v.post(g.ManageURL+"/resend", nil).want(t, 200, "We have sent the email again")
		if again := s.mails(t, 2)[1]; again != first {
			t.Error("the email that was sent again is not the same")
		}

		unknown := v.post("/registrations/find", url.Values{"email": {"nobody@example.com"}}).want(t, 200, "Check your email")
		known := v.post("/registrations/find", url.Values{"email": {" ADA1@example.com"}}).want(t, 200, "Check your email")
		if known.text != unknown.text {
			t.Error("the answer says whether an address is known")
		}
		links := s.mails(t, 3)[2]
		plain := strings.ReplaceAll(strings.ReplaceAll(links, "=\r\n", ""), "=3D", "=")
		if !strings.Contains(plain, g.ManageURL) {
			t.Errorf("the mail does not hold %s:\n%s", g.ManageURL, plain)
		}
		v.post("/registrations/find", url.Values{"email": {"nonsense"}}).want(t, 422, "correct format")
	})
}
