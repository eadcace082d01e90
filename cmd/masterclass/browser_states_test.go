package main

import (
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/store/storetest"
)

// mainPress is the first button of a page that sends a form.
const mainPress = "main button.nhsuk-button[type=submit]"

// stateScenes are the pages of events and registrations in the states that the sample's own events are not in.
func (s *testSite) stateScenes(t *testing.T) []scene {
	t.Helper()
	desk, v := s.signedIn(t, access.Organiser), s.visitor(t)
	day := 24 * time.Hour
	soon, _ := s.makeEvent(desk, "opens-soon")
	shut, _ := s.makeEvent(desk, "has-closed")
	ended, _ := s.makeEvent(desk, "has-ended")
	past := v.registered(1, "has-ended", ended.Places[0].ID, false)
	s.altered(t, soon, "registration_opens_at = ?", time.Now().Add(30*day).UnixMilli())
	s.altered(t, shut, "registration_opens_at = ?, registration_closes_at = ?", time.Now().Add(-30*day).UnixMilli(), time.Now().Add(-day).UnixMilli())
	s.altered(t, ended, "starts_local = '2020-03-12T09:30', ends_local = '2020-03-12T16:30', starts_at = ?, ends_at = ?",
		time.Date(2020, 3, 12, 9, 30, 0, 0, time.UTC).UnixMilli(), time.Date(2020, 3, 12, 16, 30, 0, 0, time.UTC).UnixMilli())
	displaced := v.registered(2, fullUp, v.event(fullUp).Places[0].ID, true)
	if _, err := s.db.NewRaw("update registrations set displaced = ? where mailbox = 'ada2@example.com'", true).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := []scene{
		at("event-not-open", "/events/opens-soon"), at("form-not-open", "/events/opens-soon/register"),
		at("event-closed", "/events/has-closed"), at("form-closed", "/events/has-closed/register"), at("manage-past", past), at("displaced", displaced),
	}
	list = append(list, s.formScenes(t)...)
	list = append(list, s.offerScenes(t)...)
	return append(list, s.endedScenes(t)...)
}

// altered changes an event behind the program's back, before anybody has seen it.
func (s *testSite) altered(t *testing.T, e *events.Event, set string, args ...any) {
	t.Helper()
	if _, err := s.db.NewRaw("update events set "+set+", version = version + 1 where id = ?", append(args, e.ID)...).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// formScenes are what the form says to slips of the finger, to who comes when their place is full but another is not, and to who asks too often.
func (s *testSite) formScenes(t *testing.T) []scene {
	t.Helper()
	v, form := s.visitor(t), "/events/"+masterclass+"/register"
	e := s.stored(t, masterclass)
	slips, late := formOf(person(10, e.Places[1].ID)), formOf(person(11, e.Places[0].ID))
	slips.Set("email", "ada@gmial.com")
	slips.Set("regulator_number", "12")
	mine := v.registered(12, masterclass, e.Places[0].ID, false)
	s.resize(t, e.Places[0], 1)
	return []scene{
		sent("check-warned", 200, form, slips), sent("full-choice", 409, form, late),
		{"too-many", 429, func(b *browser) int {
			// More than public forms may cause in an hour. One that is asked for while the last still waits is that one.
			for deadline := time.Now().Add(time.Minute); v.post(mine+"/resend", nil).StatusCode != 429 && time.Now().Before(deadline); {
				time.Sleep(50 * time.Millisecond)
			}
			b.open(mine)
			return b.press(`form[action$="/resend"] button`)
		}},
	}
}

// offerScenes are those of an offer where the organisers look at each request, of one that is accepted too late, and of what an organiser may not see.
func (s *testSite) offerScenes(t *testing.T) []scene {
	t.Helper()
	link := s.offered(t)
	approve := func(yes bool) {
		if _, err := s.db.NewRaw("update events set approval = ?, version = version + 1 where slug = ?", yes, toFollow).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	approve(true)
	return []scene{
		at("offered-approval", link),
		{"lapsed", 409, func(b *browser) int {
			approve(false)
			b.open(link)
			if _, err := s.db.NewRaw("update registrations set offered_until = ? where status = 'offered'", time.Now().Add(-time.Minute).UnixMilli()).Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			return b.press(mainPress)
		}},
		{"forbidden", 403, func(b *browser) int {
			b.signsIn(s, access.Steward)
			return b.open("/organise/team")
		}},
	}
}

// endedScenes are the public page of an event that is postponed, and then cancelled.
func (s *testSite) endedScenes(t *testing.T) []scene {
	t.Helper()
	by := access.Entry{Actor: "organiser:kim"}
	return []scene{
		{"event-page-postponed", 200, func(b *browser) int {
			e := s.stored(t, masterclass)
			if _, err := s.registrar.PostponeEvent(t.Context(), e.ID, e.Version, by); err != nil {
				t.Fatal(err)
			}
			return b.open("/events/" + masterclass)
		}},
		at("events-postponed", "/events"),
		{"event-page-cancelled", 200, func(b *browser) int {
			e := s.stored(t, masterclass)
			if _, err := s.registrar.CancelEvent(t.Context(), e.ID, e.Version, "", by); err != nil {
				t.Fatal(err)
			}
			return b.open("/events/" + masterclass)
		}},
		at("form-cancelled", "/events/"+masterclass+"/register"),
	}
}

func TestBrowserEveryStateCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	scenes := s.stateScenes(t)
	b := s.startBrowser(t)
	for _, sc := range scenes {
		b.look(sc)
	}
}

// A site that has just been set up has nothing in it yet, and says where to look instead.
func TestBrowserAnEmptySiteCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	for _, change := range []string{"update events set status = 'draft'", "update articles set status = 'draft' where kind <> 'page'"} {
		if _, err := s.db.NewRaw(change).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b := s.startBrowser(t)
	for _, sc := range []scene{
		at("empty-home", "/"), at("empty-events", "/events"), at("empty-events-past", "/events?when=past"), at("empty-news", "/news"), at("empty-videos", "/videos"),
		at("empty-e-learning", "/e-learning"), at("empty-documents", "/documents"), at("empty-whats-new", "/whats-new"),
	} {
		b.look(sc)
	}
}

// heldless is the check page while Redis is away: no seat can be held, and the page says so.
func heldless(v *visitor, server *storetest.Mortal) scene {
	v.t.Helper()
	form := formOf(person(30, v.event(masterclass).Places[0].ID))
	return scene{"check-no-hold", 200, func(b *browser) int {
		b.open(registerForm)
		b.fill(form)
		server.Down()
		defer server.Up(v.t)
		return b.press(mainPress)
	}}
}
