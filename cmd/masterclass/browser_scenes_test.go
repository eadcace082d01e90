package main

import (
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/store/storetest"
	"masterclass/news"
)

const (
	toFollow = "acute-oncology-study-day"          // its programme is not known yet
	fullUp   = "nurse-led-review-workshop"         // every place is taken, and people wait
	longPast = "acute-oncology-national-consensus" // over
)

// scene is a page in a state: how to get there, and the status it comes with.
type scene struct {
	name   string
	status int
	reach  func(b *browser) int
}

// at is a page that an address leads to.
func at(name, address string) scene {
	return scene{name, 200, func(b *browser) int { return b.open(address) }}
}

// sent is what the form at an address leads to, filled in with the fields.
func sent(name string, status int, address string, fields url.Values) scene {
	return scene{name, status, func(b *browser) int {
		b.open(address)
		b.fill(fields)
		return b.press("main button.nhsuk-button[type=submit]")
	}}
}

// allScenes are the pages of the site, each in every state that it can be in.
func allScenes(t *testing.T, s *testSite) []scene {
	t.Helper()
	list := append(eventScenes(), articleScenes()...)
	list = append(list, registrationScenes(s.visitor(t))...)
	list = append(list, at("offered", s.offered(t)))
	list = append(list, s.approvalScenes(t)...)
	list = append(list, s.unsubscribeScenes(t)...)
	list = append(list, s.changedScenes(t)...)
	return append(list, s.brokenScenes(t)...)
}

// brokenScenes are what was archived, and what the program fails to answer: the last scenes of all, since its articles are away then.
func (s *testSite) brokenScenes(t *testing.T) []scene {
	t.Helper()
	old := news.Article{Kind: news.News, Slug: "an-old-story", Title: "An old story", Status: news.Archived, PublishedAt: time.Now().Add(-time.Hour)}
	if _, err := s.newsroom.Create(t.Context(), old, news.Editor{Entry: access.Entry{Actor: "organiser:kim"}, Name: "Kim"}); err != nil {
		t.Fatal(err)
	}
	return []scene{
		{"gone", 410, func(b *browser) int { return b.open("/news/an-old-story") }},
		{"failed", 500, func(b *browser) int {
			if _, err := s.db.NewRaw("alter table articles rename to articles_away").Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			return b.open("/news/never-seen")
		}},
	}
}

func eventScenes() []scene {
	return []scene{
		at("home", "/"), at("events", "/events"), at("event", "/events/"+masterclass), at("event-programme-to-follow", "/events/"+toFollow),
		at("events-found", "/events?topic=Nursing&format=online"), at("events-none", "/events?q=nothing+like+it"), at("events-past", "/events?when=past"),
		{"event-choose", 200, func(b *browser) int {
			status := b.open("/events/" + masterclass)
			b.run(chromedp.Click("#choose summary", chromedp.ByQuery))
			return status
		}},
		at("programme", "/events/"+masterclass+"/programme"), at("speaker", "/events/"+masterclass+"/speakers/consultant-nurse"),
		at("event-full", "/events/"+fullUp), at("event-past", "/events/"+longPast), at("series", "/series/acute-oncology"),
		{"not-found", 404, func(b *browser) int { return b.open("/no-such-page") }},
	}
}

func articleScenes() []scene {
	return []scene{
		at("news", "/news"), at("news-item", "/news/welcome-to-our-new-site"), at("service-developments", "/service-developments"),
		at("service-development", "/service-developments/nurse-led-review"), at("videos", "/videos"), at("video", "/videos/your-first-day-of-treatment"),
		at("e-learning", "/e-learning"), at("module", "/e-learning/what-cancer-is"), at("documents", "/documents"),
		at("document", "/documents/pre-treatment-checklist"), at("experts", "/experts"), at("expert", "/experts/cancer-pharmacy"), at("whats-new", "/whats-new"),
		at("about", "/about"), at("accessibility", "/accessibility"), at("privacy", "/privacy"), at("cookies", "/cookies"), at("contact", "/contact"),
	}
}

// registrationScenes are the form and what it leads to, and the pages behind people's own links.
func registrationScenes(v *visitor) []scene {
	v.t.Helper()
	form, fullForm := "/events/"+masterclass+"/register", "/events/"+fullUp+"/register"
	seat, wait := v.event(masterclass).Places[0].ID, v.event(fullUp).Places[0].ID
	mine, waiting, gone := v.registered(1, masterclass, seat, false), v.registered(2, fullUp, wait, true), v.registered(3, masterclass, seat, false)
	v.post(gone+"/cancel", nil).want(v.t, 200)
	full := formOf(person(5, wait))
	full.Del("place") // the event has one place, so there is nothing to choose
	return []scene{
		at("form", form), sent("form-errors", 422, form, nil), sent("check", 200, form, formOf(person(4, seat))),
		at("form-full", fullForm), sent("full", 409, fullForm, full), sent("already", 409, form, formOf(person(1, seat))),
		at("closed", "/events/"+longPast+"/register"),
		at("find", "/registrations/find"), sent("find-errors", 422, "/registrations/find", nil),
		sent("find-sent", 200, "/registrations/find", url.Values{"email": {"nobody@example.com"}}),
		at("confirmed", mine), at("resent", mine+"?done=resent"), at("waiting", waiting), at("cancelled", gone),
		at("cancel", mine+"/cancel"), at("leave", waiting+"/cancel"), at("details", mine+"/details"),
		sent("details-errors", 422, mine+"/details", url.Values{"dietary": {"No nuts"}}),
		at("substitute", mine+"/substitute"), sent("substitute-errors", 422, mine+"/substitute", url.Values{"first_name": {"Grace"}}), at("passed-on", "/registrations/passed-on"),
		{"not-passed-on", 409, func(b *browser) int { return b.open(waiting + "/substitute") }},
	}
}

// awayScenes are what people see who send something while the database is away. The last leaves a form to be sent again.
func awayScenes(v *visitor, server *storetest.Mortal) []scene {
	v.t.Helper()
	seat := v.event(masterclass).Places[0].ID
	mine := v.registered(1, masterclass, seat, false)
	outage := func(name, address string, fields url.Values) scene {
		return scene{name, 503, func(b *browser) int {
			server.Up(v.t)
			for n := 0; b.open(address) == 503 && n < 20; n++ { // a connection that was cut
			}
			b.fill(fields)
			server.Down()
			return b.press("main button.nhsuk-button[type=submit]")
		}}
	}
	form := formOf(person(2, seat))
	form.Set("access_needs", "A hearing loop, and a seat near the front")
	form.Set("consent_sensitive", "yes")
	server.Down()
	return []scene{
		{"unavailable", 503, func(b *browser) int { return b.open("/news/never-seen") }},
		outage("away-cancel", mine+"/cancel", nil), outage("away-details", mine+"/details", url.Values{"dietary": {"No nuts"}, "consent_sensitive": {"yes"}}),
		outage("away-substitute", mine+"/substitute", colleague()),
		outage("away", "/events/"+masterclass+"/register", form),
	}
}

// approvalScenes are those of an event that requires approval, before and after the organisers have decided.
func (s *testSite) approvalScenes(t *testing.T) []scene {
	t.Helper()
	v := s.visitor(t)
	if _, err := s.db.NewRaw("update events set approval = ? where slug = ?", true, toFollow).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	place := v.event(toFollow).Places[0].ID
	pending, refused := v.registered(10, toFollow, place, false), v.registered(11, toFollow, place, false)
	s.desk(t).post("/organise/events/"+toFollow+"/attendees/"+s.idOf(t, 11)+"/refuse", url.Values{"reason": {"This day is for those who prescribe."}}).want(t, 200, "refused")
	form, fields := "/events/"+toFollow+"/register", formOf(person(12, place))
	if len(v.event(toFollow).Places) == 1 {
		fields.Del("place") // there is nothing to choose
	}
	return []scene{
		at("form-approval", form), sent("check-approval", 200, form, fields),
		at("pending", pending), at("withdraw", pending+"/cancel"), at("refused", refused),
	}
}

// changedScenes are the page of an attendee of an event that is postponed, and then cancelled: the last scenes of the event.
func (s *testSite) changedScenes(t *testing.T) []scene {
	t.Helper()
	v, by := s.visitor(t), access.Entry{Actor: "organiser:kim"}
	mine := v.registered(60, masterclass, v.event(masterclass).Places[0].ID, false)
	after := func(name string, change func(e *events.Event) error) scene {
		return scene{name, 200, func(b *browser) int {
			e, err := s.events.Outline(t.Context(), masterclass)
			if err == nil {
				err = change(e)
			}
			if err != nil {
				t.Fatal(err)
			}
			return b.open(mine)
		}}
	}
	return []scene{
		after("event-postponed", func(e *events.Event) error {
			_, err := s.registrar.PostponeEvent(t.Context(), e.ID, e.Version, by)
			return err
		}),
		at("public-postponed", "/events/"+masterclass), at("events-postponed", "/events"),
		after("event-cancelled", func(e *events.Event) error {
			_, err := s.registrar.CancelEvent(t.Context(), e.ID, e.Version, "", by)
			return err
		}),
	}
}

// offered gives the link of somebody who is offered a seat: the only one of an event, while it has no more.
func (s *testSite) offered(t *testing.T) string {
	t.Helper()
	v := s.visitor(t)
	e, err := s.events.Outline(t.Context(), toFollow)
	if err != nil {
		t.Fatal(err)
	}
	place := e.Places[0]
	resize := func(n int64) {
		s.resize(t, place, n)
	}
	resize(1)
	holder := v.registered(6, toFollow, place.ID, false)
	first := v.registered(7, toFollow, place.ID, true)
	v.post(holder+"/cancel", nil).want(t, 200)
	resize(place.Capacity)
	v.get(first).want(t, 200, "Accept the place")
	return first
}

// registered registers somebody by the JSON call and gives their own link.
func (v *visitor) registered(n int, slug, place string, wait bool) string {
	v.t.Helper()
	p := map[string]any{"wait": wait}
	for k, val := range person(n, place) {
		p[k] = val
	}
	var made struct {
		ManageURL string `json:"manage_url"`
	}
	v.call("/api/v1/events/"+slug+"/registrations", p).want(v.t, 201).json(v.t, &made)
	return made.ManageURL
}

// unsubscribeScenes are the pages behind a reminder's link, in the order in which somebody may see them.
func (s *testSite) unsubscribeScenes(t *testing.T) []scene {
	t.Helper()
	v := s.visitor(t)
	v.registered(20, masterclass, v.event(masterclass).Places[0].ID, false)
	var id string
	if err := s.db.NewRaw("select id from registrations where mailbox = 'ada20@example.com'").Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	token, err := s.keys.Token("unsubscribe reminders ada20@example.com", id, 0)
	if err != nil {
		t.Fatal(err)
	}
	link := "/unsubscribe/" + token
	return []scene{at("unsubscribe", link), sent("unsubscribed", 200, link, nil), sent("resumed", 200, link, nil)}
}
