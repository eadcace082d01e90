package main

import (
	"context"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"masterclass/events"
	"masterclass/internal/access"
)

const desk = "/organise/events"

// These find the fields of a page’s forms, as a browser would send them untouched.
var (
	anInput    = regexp.MustCompile(`<input[^>]*>`)
	aTextarea  = regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>`)
	aSelection = regexp.MustCompile(`(?s)<select[^>]* name="([^"]+)".*?<option value="([^"]*)" selected>`)
	attribute  = regexp.MustCompile(`\b(name|value|type)="([^"]*)"`)
	typedAs    = strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&amp;", "&", "&lt;", "<", "&gt;", ">", "&#43;", "+")
)

// form is what the page's form would send as it stands, when the button named step is pressed.
func (a answer) form(step string) url.Values {
	form := url.Values{"step": {step}}
	for _, tag := range anInput.FindAllString(a.text, -1) {
		at := map[string]string{}
		for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
			at[m[1]] = typedAs.Replace(m[2])
		}
		if at["name"] == "" || (at["type"] == "checkbox" || at["type"] == "radio") && !strings.Contains(tag, " checked") {
			continue
		}
		form.Add(at["name"], at["value"])
	}
	for _, m := range aTextarea.FindAllStringSubmatch(a.text, -1) {
		form.Set(m[1], typedAs.Replace(m[2]))
	}
	for _, m := range aSelection.FindAllStringSubmatch(a.text, -1) {
		form.Set(m[1], m[2])
	}
	return form
}

// with is the form with other values, given as names and values in turn; an empty value takes the field out.
func with(form url.Values, changes ...string) url.Values {
	form = maps.Clone(form)
	for i := 0; i+1 < len(changes); i += 2 {
		if form.Del(changes[i]); changes[i+1] != "" {
			form.Set(changes[i], changes[i+1])
		}
	}
	return form
}

// leads checks that the answer is a redirect, and gives where to.
func (a answer) leads(t testing.TB) string {
	t.Helper()
	a.want(t, 303)
	return a.Header.Get("Location")
}

// newEvent is a form of a whole event.
func newEvent(changes ...string) url.Values {
	return with(url.Values{"title": {"Safer prescribing day"}, "starts_date": {"2099-03-12"}, "starts_time": {"09:30"}, "ends_date": {"2099-03-12"}, "ends_time": {"16:30"},
		"time_zone": {"Europe/London"}, "venue": {"Town hall"}, "address": {"Leeds"}, "closes_date": {"2099-03-01"}, "closes_time": {"17:00"}}, changes...)
}

// makeEvent makes a published event with a place and gives its page and its record.
func (s *testSite) makeEvent(v *visitor, slug string) (*events.Event, string) {
	v.t.Helper()
	page := desk + "/" + slug
	v.post(desk+"/new", newEvent("slug", slug)).want(v.t, 303)
	v.post(page+"/places/new", url.Values{"name": {"In person"}, "capacity": {"2"}}).want(v.t, 303)
	v.post(page+"/publish", nil).want(v.t, 303)
	return s.stored(v.t, slug), page
}

func (s *testSite) stored(t testing.TB, slug string) *events.Event {
	t.Helper()
	e, err := s.events.AnyBySlug(context.Background(), slug)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// resize gives a place another capacity, as an organiser does.
func (s *testSite) resize(t testing.TB, p events.Place, capacity int64) {
	t.Helper()
	e, err := s.events.ByID(t.Context(), p.EventID)
	if err != nil {
		t.Fatal(err)
	}
	seen, _ := e.Place(p.ID)
	changed := seen
	changed.Capacity = capacity
	if _, err := s.registrar.ChangePlace(t.Context(), seen, changed, access.Entry{Actor: "organiser:x"}); err != nil {
		t.Fatal(err)
	}
}

func (s *testSite) trailOf(t testing.TB, eventID string) string {
	t.Helper()
	var actions []string
	if err := s.db.NewRaw("select action from audit where event_id = ? and actor like 'organiser:%' and address <> '' order by id", eventID).Scan(t.Context(), &actions); err != nil {
		t.Fatal(err)
	}
	return strings.Join(actions, " ")
}
