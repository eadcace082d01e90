package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"masterclass/internal/access"
)

// put writes into fields that take no typed text everywhere, such as dates.
func (b *browser) put(fields ...string) {
	b.t.Helper()
	for i := 0; i+1 < len(fields); i += 2 {
		eval[bool](b, fmt.Sprintf(`(document.querySelector('[name=%s]').value = %q) !== null`, fields[i], fields[i+1]))
	}
}

// signIn signs the browser in as a new organiser.
func (b *browser) signIn(s *testSite, email string) {
	b.t.Helper()
	if _, err := s.organisers.Add(b.t.Context(), email, "Kim Organiser", access.Organiser, "correct horse battery"); err != nil {
		b.t.Fatal(err)
	}
	b.open("/organise/sign-in")
	b.fill(url.Values{"email": {email}, "password": {"correct horse battery"}})
	if status := b.press("main button[type=submit]"); status != 200 {
		b.t.Fatalf("signing in answers %d", status)
	}
}

const mainButton = "main button.nhsuk-button:not(.nhsuk-button--secondary)"

// then is a scene that a press on the present page leads to.
func then(name string, status int, before func(b *browser), button string) scene {
	return scene{name, status, func(b *browser) int {
		if before != nil {
			before(b)
		}
		return b.press(button)
	}}
}

// eventStory is how an organiser makes an event, as pages one after another.
func (s *testSite) eventStory(slug string) []scene {
	page := desk + "/" + slug
	times := func(b *browser) {
		b.fill(url.Values{"title": {"Safer prescribing day"}, "slug": {slug}, "venue": {"Town hall"}, "sponsors": {"Example Pharma Ltd paid for the hall and had no part in the programme."}})
		b.put("starts_date", "2099-03-12", "ends_date", "2099-03-12", "closes_date", "2099-03-01", "closes_time", "17:00")
	}
	session := func(title, starts, ends string) func(b *browser) {
		return func(b *browser) {
			b.open(page + "/programme/sessions/new")
			b.fill(url.Values{"title": {title}, "room": {"Hall"}})
			b.put("starts_time", starts, "ends_time", ends)
		}
	}
	return []scene{
		at("events-organise", desk), at("event-new", desk+"/new"),
		then("event-new-errors", 422, nil, mainButton),
		then("event-created", 200, times, mainButton),
		at("places-none", page+"/places"), at("place-new", page+"/places/new"),
		then("place-added", 200, func(b *browser) { b.fill(url.Values{"name": {"In person"}, "capacity": {"60"}}) }, mainButton),
		at("speaker-new", page+"/programme/speakers/new"),
		then("speaker-added", 200, func(b *browser) { b.fill(url.Values{"name": {"Dr Ada Example"}, "role": {"Consultant nurse"}}) }, mainButton),
		at("session-new", page+"/programme/sessions/new"),
		then("session-errors", 422, nil, mainButton),
		then("session-added", 200, session("Dose banding in practice", "09:30", "10:30"), mainButton),
		then("session-warned", 200, session("Extravasation: a very long title that has to break somewhere on the narrowest of phones", "10:00", "11:00"), mainButton),
		then("session-beside", 200, session("Another room at the same time", "10:00", "11:00"), mainButton),
		then("session-moved", 200, nil, `main button[value="up"]`),
		at("reminders-draft", page+"/reminders"), at("duplicate", page+"/duplicate"),
		at("event-draft-seen", page+"/preview"),
		then("event-published", 200, func(b *browser) { b.open(page) }, mainButton),
	}
}

// resourceStory is how an organiser adds what people go back to after an event.
func (s *testSite) resourceStory(slug string) []scene {
	page := desk + "/" + slug + "/resources"
	add := func(title, link string) func(b *browser) {
		return func(b *browser) {
			b.open(page + "/new")
			b.fill(url.Values{"title": {title}, "url": {link}})
			b.put("session", s.stored(b.t, slug).Sessions[0].ID)
		}
	}
	return []scene{
		at("resources-none", page), then("resource-new", 200, nil, `main a[href$="/resources/new"]`), then("resource-errors", 422, nil, mainButton),
		then("resource-added", 200, add("Slides of the morning, with everything that was said about dose banding", "https://slides.example/a-very-long-address-that-has-to-break-somewhere-on-a-phone"), mainButton),
		then("resource-uploaded", 200, func(b *browser) {
			add("Notes", "")(b)
			b.run(chromedp.Click(`input[value="document"]`, chromedp.ByQuery))
			file := filepath.Join(b.t.TempDir(), "Notes of the day.pdf")
			if err := os.WriteFile(file, []byte("%PDF-1.4 "+strings.Repeat("notes ", 300_000)), 0o600); err != nil {
				b.t.Fatal(err)
			}
			b.run(chromedp.SetUploadFiles(`input[name="file"]`, []string{file}, chromedp.ByQuery))
		}, mainButton),
		then("resource-edit", 200, nil, "main .app-editor__item:last-child h2 a"), then("resource-remove", 200, nil, `main a[href$="/remove"]`),
		then("resources-ordered", 200, func(b *browser) { b.open(page) }, `main button[value="up"]`), at("event-resources", "/events/"+slug),
	}
}

// peopleStory is what follows once somebody is registered.
func (s *testSite) peopleStory(slug string) []scene {
	page := desk + "/" + slug
	later := func(b *browser) {
		b.open(page + "/edit")
		b.put("starts_time", "10:00")
	}
	return []scene{
		at("event-edit", page+"/edit"), then("event-preview", 200, later, mainButton),
		then("event-saved", 200, nil, mainButton),
		{"programme-off", 200, func(b *browser) int {
			b.open(page + "/edit")
			b.put("starts_date", "2099-03-19", "ends_date", "2099-03-19")
			b.press(mainButton)
			b.press(mainButton)
			return b.open(page + "/programme")
		}},
		then("programme-shifted", 200, nil, "main .nhsuk-warning-callout button"), at("event-moved", "/events/"+slug),
		{"event-clash", 409, func(b *browser) int {
			b.open(page + "/edit")
			e := s.stored(b.t, slug)
			changed := *e
			changed.Summary, changed.Cost = "Changed by somebody else", "Free"
			if _, err := s.registrar.ChangeEvent(b.t.Context(), &changed, e.Version, access.Entry{Actor: "organiser:sam"}); err != nil {
				b.t.Fatal(err)
			}
			b.put("summary", "Mine")
			return b.press(mainButton)
		}},
		{"place-too-small", 422, func(b *browser) int {
			b.open(page + "/places/" + s.stored(b.t, slug).Places[0].ID)
			b.put("capacity", "0")
			return b.press(mainButton)
		}},
		at("reminders", page+"/reminders"), at("postpone", page+"/postpone"), at("cancel-event", page+"/cancel"),
		then("cancel-event-look", 200, func(b *browser) { b.fill(url.Values{"reason": {"The hall has burnt down."}}) }, `main button[value="look"]`),
		then("cancel-event-errors", 422, nil, mainButton),
		then("cancelled-event", 200, func(b *browser) { b.fill(url.Values{"confirm": {"yes"}}) }, mainButton),
	}
}

func TestBrowserAnOrganiserMakesAnEvent(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	b := s.startBrowser(t)
	b.signIn(s, "kim@example.com")
	for _, sc := range s.eventStory("safer") {
		b.look(sc)
	}
	b.run(chromedp.Click("[data-copy] button", chromedp.ByQuery))
	b.becomes(`String(document.querySelector('[data-copy-said]').textContent !== '')`, "true")
	for _, sc := range s.resourceStory("safer") {
		b.look(sc)
	}
	e := s.stored(t, "safer")
	if len(e.Sessions) != 3 || len(e.Speakers) != 1 || len(e.Places) != 1 {
		t.Fatalf("the event is %+v", e)
	}
	s.visitor(t).registered(1, "safer", e.Places[0].ID, false)
	for _, sc := range s.peopleStory("safer") {
		b.look(sc)
	}
	if e = s.stored(t, "safer"); e.StartsLocal != "2099-03-19T10:00" || e.Sessions[0].StartsLocal != "2099-03-19T09:30" {
		t.Errorf("it starts at %s", e.StartsLocal)
	}
}
