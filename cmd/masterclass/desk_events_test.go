package main

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"masterclass/events"
	"masterclass/internal/access"
)

func TestOrganisersMakeAnEventFromADraftToTheSite(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v, public := s.signedIn(t, access.Organiser), s.visitor(t)
		v.get(desk).want(t, 200, "Create an event", "(SACT) Masterclass", "Published (", "of 60")
		to := v.post(desk+"/new", newEvent("summary", "A day for those who prescribe", "sponsors", "Example Pharma Ltd paid for the hall.")).leads(t)
		if to != desk+"/safer-prescribing-day?done=created" {
			t.Fatalf("creating leads to %s", to)
		}
		page := desk + "/safer-prescribing-day"
		v.get(to).want(t, 200, "kept as a draft", "Add the places", "Add the programme", ">Publish<", s.URL+"/events/safer-prescribing-day")
		public.get("/events/safer-prescribing-day").want(t, 404)
		v.post(page+"/places/new", url.Values{"name": {"In person"}, "capacity": {"60"}}).want(t, 303)
		v.post(page+"/publish", nil).want(t, 303)
		v.post(page+"/publish", nil).want(t, 303) // a second click changes nothing
		public.get("/events/safer-prescribing-day").want(t, 200, "Register", "60 places left", "Example Pharma Ltd paid for the hall.")
		public.get("/events").want(t, 200, "Safer prescribing day")
		v.post(page+"/unlist", nil).want(t, 303)
		if text := public.get("/events").want(t, 200).text; strings.Contains(text, "Safer prescribing day") {
			t.Error("an unlisted event is listed")
		}
		v.get(desk+"?state=unlisted").want(t, 200, "Safer prescribing day")
		if text := v.get(desk+"?state=cancelled").want(t, 200, "No event is in this state").text; strings.Contains(text, "Safer prescribing day") {
			t.Error("the filter does not filter")
		}
		v.post(page+"/list", nil).want(t, 303)
		v.post(page+"/draft", nil).want(t, 303)
		public.get("/events/safer-prescribing-day").want(t, 404)
		if trail := s.trailOf(t, s.stored(t, "safer-prescribing-day").ID); trail != "event.created place.added event.published event.unlisted event.listed event.unpublished" {
			t.Errorf("the audit trail says %q", trail)
		}
	})
}

func TestAnEventWithPeopleStaysOnTheSite(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Organiser)
	e, page := s.makeEvent(v, "with-people")
	s.visitor(t).registered(1, e.Slug, e.Places[0].ID, false)
	v.post(page+"/draft", nil).want(t, 409, "People are registered for this event")
	v.post(page+"/places/"+e.Places[0].ID+"/delete", nil).want(t, 409, "Somebody has registered for this place")
	if s.stored(t, e.Slug).Status != events.Published {
		t.Error("it is not published any more")
	}
}

func TestTheFormOfAnEventSaysWhatToMend(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Organiser)
	for _, c := range []struct {
		change []string
		words  string
	}{
		{[]string{"title", ""}, "Enter the title of the event"},
		{[]string{"title", strings.Repeat("x", 201)}, "Title must be 200 characters or fewer"},
		{[]string{"slug", "a/b"}, "Use small letters, digits and hyphens only"},
		{[]string{"slug", "new"}, "This word is kept for the site itself"},
		{[]string{"slug", masterclass}, "Another event has, or had, this address"},
		{[]string{"starts_date", ""}, "Enter the date on which the event starts"},
		{[]string{"starts_date", "soon"}, "Enter a date, such as 11 March 2027"},
		{[]string{"ends_time", "noonish"}, "Enter a time, such as 9:30am or 16:45"},
		{[]string{"ends_time", "09:00"}, "The event must end after it starts"},
		{[]string{"starts_date", "2027-03-28", "ends_date", "2027-03-28", "starts_time", "01:30", "closes_date", "2027-03-01"}, "the clocks go forward"},
		{[]string{"time_zone", "Mars/Base"}, "Choose a time zone, such as Europe/London"},
		{[]string{"closes_date", "2099-03-13"}, "Registration must close before the event is over"},
		{[]string{"opens_date", "2099-03-02"}, "Registration must close after it opens"},
		{[]string{"join_url", "http://example.org"}, "beginning with https://"},
	} {
		form := newEvent(append([]string{"cost", "Free of charge"}, c.change...)...)
		a := v.post(desk+"/new", form).want(t, 422, c.words, "<title>Error: ", "nhsuk-error-summary", "Free of charge")
		if strings.Count(a.text, c.words) < 2 {
			t.Errorf("%v: the words stand in the summary alone", c.change)
		}
	}
	v.post(desk+"/new", newEvent("all_day", "yes", "starts_time", "", "ends_time", "")).want(t, 303)
	if e := s.stored(t, "safer-prescribing-day"); !e.AllDay || e.When() != "Thursday 12 March 2099" {
		t.Errorf("an event of a whole day is %s", e.When())
	}
}

func TestTheDescriptionCanBeSeenBeforeItIsKept(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Organiser)
	v.post(desk+"/new", newEvent("description", "## Why\n\n**now**<script>alert(1)</script>", "step", "preview")).want(t, 200, "<h2>Why</h2>", "<strong>now</strong>", "Safer prescribing day")
	if _, err := s.events.AnyBySlug(t.Context(), "safer-prescribing-day"); err == nil {
		t.Error("a preview is stored")
	}
}

func TestWhatNobodyMaySetIsNotSet(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Organiser)
	tricks := []string{"id", "other", "uid", "mine", "status", "published", "sequence", "40", "version", "99", "created_at", "1", "Listed", "no", "taken", "50", "waiting", "7"}
	v.post(desk+"/new", newEvent(tricks...)).want(t, 303)
	page := desk + "/safer-prescribing-day"
	v.post(page+"/places/new", url.Values{"name": {"In person"}, "capacity": {"60"}, "taken": {"50"}, "waiting": {"7"}, "id": {"other"}, "event_id": {s.stored(t, masterclass).ID}}).want(t, 303)
	v.post(page+"/edit", with(v.get(page+"/edit").form("check"), append(tricks, "summary", "New")...)).want(t, 303)
	e := s.stored(t, "safer-prescribing-day")
	if e.ID == "other" || e.UID == "mine" || e.Status != events.Draft || e.Sequence != 0 || e.Version != 3 || e.CreatedAt == 1 || e.Summary != "New" {
		t.Errorf("the event is %+v", e)
	}
	if p := e.Places[0]; len(e.Places) != 1 || p.ID == "other" || p.Taken != 0 || p.Waiting != 0 || p.Capacity != 60 {
		t.Errorf("the places are %+v", e.Places)
	}
}

func TestOfTwoOrganisersWhoChangeAnEventTheSecondIsToldWhatTheFirstDid(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.signedIn(t, access.Organiser)
		_, page := s.makeEvent(v, "shared")
		one, other := v.get(page+"/edit").form("check"), v.get(page+"/edit").form("check")
		v.post(page+"/edit", with(one, "summary", "The first one's", "venue", "Guildhall")).want(t, 303)
		a := v.post(page+"/edit", with(other, "summary", "The second one's", "cost", "Free")).want(t, 409,
			"Somebody else has changed this meanwhile", "The first one&#39;s", "The form below has yours", "Guildhall")
		if e := s.stored(t, "shared"); e.Summary != "The first one's" || e.Cost != "" {
			t.Errorf("the record is %q, %q", e.Summary, e.Cost)
		}
		again := a.form("check") // what was not the second one's doing is as the first left it
		if again.Get("summary") != "The second one's" || again.Get("venue") != "Guildhall" || again.Get("cost") != "Free" {
			t.Fatalf("the form holds %v", again)
		}
		v.post(page+"/edit", again).want(t, 303)
		if e := s.stored(t, "shared"); e.Summary != "The second one's" || e.Venue != "Guildhall" || e.Cost != "Free" {
			t.Errorf("in the end it is %q at %q, %q", e.Summary, e.Venue, e.Cost)
		}
		v.post(page+"/edit", with(again, "seen", "", "summary", "A form from nowhere")).want(t, 409)
	})
}

func TestAProgrammeThatChangesMeanwhileIsNoClash(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Organiser)
	_, page := s.makeEvent(v, "busy")
	form := v.get(page + "/edit").form("check")
	v.post(page+"/programme/speakers/new", url.Values{"name": {"Dr Ada Example"}}).want(t, 303)
	v.post(page+"/edit", with(form, "summary", "New")).want(t, 303)
	if e := s.stored(t, "busy"); e.Summary != "New" || len(e.Speakers) != 1 {
		t.Errorf("it is %q with %d speakers", e.Summary, len(e.Speakers))
	}
}

func TestOfManyWhoSaveAtOnceNobodysChangeIsLost(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.signedIn(t, access.Organiser)
		_, page := s.makeEvent(v, "rush")
		form := v.get(page + "/edit").form("check")
		statuses := make(chan int)
		for i := range 6 {
			go func() { statuses <- v.post(page+"/edit", with(form, "summary", "By "+strconv.Itoa(i))).StatusCode }()
		}
		counts := map[int]int{}
		for range 6 {
			counts[<-statuses]++
		}
		if counts[303] != 1 || counts[409] != 5 {
			t.Errorf("the answers are %v", counts)
		}
	})
}

func TestAChangeThatPeopleAreToldOfIsShownFirst(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.signedIn(t, access.Organiser)
		e, page := s.makeEvent(v, "moving")
		for n := range 3 { // two have a place, one waits
			s.visitor(t).registered(n, e.Slug, e.Places[0].ID, n == 2)
		}
		form := v.get(page + "/edit").form("check")
		v.post(page+"/edit", with(form, "summary", "Not worth a mail")).want(t, 303)
		form = v.get(page + "/edit").form("check")
		a := v.post(page+"/edit", with(form, "starts_time", "10:00")).want(t, 200, "Check the change", "3 people are told by email", "When: Thursday 12 March 2099, 10am to 4:30pm",
			"Changed: Safer prescribing day", "Dear Dr ", "It was: Thursday 12 March 2099, 9:30am")
		if e := s.stored(t, "moving"); e.StartsLocal != "2099-03-12T09:30" {
			t.Error("the preview is stored")
		}
		v.post(page+"/edit", a.form("change")).want(t, 200, `value="10:00"`)
		to := v.post(page+"/edit", a.form("save")).leads(t)
		v.get(to).want(t, 200, "everybody concerned is told")
		if e := s.stored(t, "moving"); e.StartsLocal != "2099-03-12T10:00" || e.Sequence != 2 {
			t.Errorf("it starts at %s with SEQUENCE %d", e.StartsLocal, e.Sequence)
		}
		var n int
		if err := s.db.QueryRow("select count(*) from outbox where kind = 'updated'").Scan(&n); err != nil || n != 3 {
			t.Errorf("%d messages are queued (%v)", n, err)
		}
	})
}

func TestAnOldAddressLeadsToTheEventForOrganisersToo(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Organiser)
	_, page := s.makeEvent(v, "old-name")
	v.post(page+"/edit", with(v.get(page+"/edit").form("check"), "slug", "new-name")).want(t, 303)
	for _, rest := range []string{"", "/places", "/attendees?q=ada", "/waiting-list", "/check-in", "/badges", "/signing-in.pdf", "/messages", "/messages/new", "/reminders", "/postpone", "/cancel",
		"/questions/answers", "/catering", "/attendees/new", "/attendees/import", "/attendees.csv"} {
		a := v.get(page+rest).want(t, 301)
		if to := a.Header.Get("Location"); to != desk+"/new-name"+rest || a.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("the old address leads from %s to %s", rest, to)
		}
		v.get(a.Header.Get("Location")).want(t, 200)
	}
	if to := v.post(page+"/unlist", nil).want(t, 308).Header.Get("Location"); to != desk+"/new-name/unlist" {
		t.Errorf("a form is sent to %s", to)
	}
	v.CheckRedirect = nil
	v.post(page+"/attendees/new", url.Values{"first_name": {"Nina"}}).want(t, 422, `value="Nina"`)
	v.post(page+"/unlist", nil).want(t, 200, "found by its link only")
	if a := v.call(page+"/check-in/scans", map[string]any{"scans": []any{}}, "Sec-Fetch-Site", "same-origin"); a.Request.URL.Path != desk+"/new-name/check-in/scans" || a.StatusCode == 404 {
		t.Errorf("scans are answered %d at %s", a.StatusCode, a.Request.URL)
	}
	v.get(desk+"/new-name/attendees/none").want(t, 404)
	v.post(desk+"/new", newEvent("slug", "old-name")).want(t, 422, "Another event has, or had, this address")
	v.get(desk+"/none").want(t, 404)
}

func TestADraftIsDeletedAndItsAddressFreeAgain(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		v := s.signedIn(t, access.Organiser)
		page := desk + "/" + masterclass
		v.get(page+"/delete").want(t, 409, "Only a draft that nobody has ever registered for can be deleted")
		v.post(page+"/delete", nil).want(t, 409)
		v.post(page+"/duplicate", url.Values{"title": {"SACT Masterclass"}, "slug": {"again"}, "starts_date": {"2098-06-12"}}).want(t, 303)
		copied := desk + "/again"
		v.post(copied+"/questions/new", url.Values{"label": {"Why?"}, "kind": {"yes_no"}}).want(t, 303)
		v.post(copied+"/reminders", url.Values{"kind": {"reminder"}, "offset": {"3"}, "unit": {"days"}}).want(t, 303)
		v.post(copied+"/resources/new", url.Values{"title": {"Slides"}, "kind": {"slides"}, "url": {"https://example.org/slides"}}).want(t, 303)
		v.get(copied).want(t, 200, "Delete this draft")
		v.get(copied+"/delete").want(t, 200, "This cannot be undone")
		if to := v.post(copied+"/delete", nil).leads(t); to != desk+"?done=discarded" {
			t.Errorf("it leads to %s", to)
		}
		v.get(desk+"?done=discarded").want(t, 200, "The draft is deleted.")
		v.get(copied).want(t, 404)
		v.post(copied+"/delete", nil).want(t, 404)
		v.post(page+"/duplicate", url.Values{"title": {"SACT Masterclass"}, "slug": {"again"}, "starts_date": {"2098-06-12"}}).want(t, 303)
		v.get(copied).want(t, 200)
		v.get(page).want(t, 200).without(t, "Delete this draft")
		s.sound(t)
	})
}

func TestADraftIsSeenBeforeItIsPublished(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v, public := s.signedIn(t, access.Organiser), s.visitor(t)
	page := desk + "/" + masterclass
	v.post(page+"/duplicate", url.Values{"title": {"SACT Masterclass"}, "starts_date": {"2098-06-12"}}).want(t, 303)
	draft := s.stored(t, "sact-masterclass-2098").Slug
	overview := v.get(desk+"/"+draft).want(t, 200, "Preview its page", desk+"/"+draft+"/duplicate", "It works once the event is published", "readonly")
	if strings.Contains(overview.text, "data-copy") {
		t.Error("the link of a draft, which works for nobody, can be copied by a button")
	}
	preview := v.get(desk+"/"+draft+"/preview").want(t, 200, "Preview: not published", `content="noindex"`, "SACT Masterclass", `id="programme"`, `id="speakers"`, `href="#speakers"`)
	for _, dead := range []string{"/events/" + draft, "places.js", "<form method=\"post\" action=\"/events"} {
		if strings.Contains(preview.text, `href="`+dead) || strings.Contains(preview.text, `src="`+dead) {
			t.Errorf("the preview leads to %s, which is not there", dead)
		}
	}
	public.get("/events/"+draft).want(t, 404)
	v.post(desk+"/new", newEvent("slug", "soon")).want(t, 303)
	v.post(desk+"/soon/places/new", url.Values{"name": {"In person"}, "capacity": {"30"}}).want(t, 303)
	v.get(desk+"/soon/preview").want(t, 200, "30 places left", `aria-disabled="true">Register</a>`)
	if to := v.get(page + "/preview").leads(t); to != "/events/"+masterclass {
		t.Errorf("the preview of what is published leads to %s", to)
	}
	v.post(page+"/unlist", nil).want(t, 303)
	v.get(page).want(t, 200, "Only those who have this link find the event", `data-copy="link" hidden`, "copy.", "Duplicate this event")
}

func TestACopyIsADraftOfItsOwn(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.signedIn(t, access.Organiser)
		page := desk + "/" + masterclass
		v.get(page+"/duplicate").want(t, 200, "Duplicate this event")
		v.post(page+"/duplicate", url.Values{"title": {"SACT Masterclass"}}).want(t, 422, "Enter the date on which the event starts")
		to := v.post(page+"/duplicate", url.Values{"title": {"SACT Masterclass"}, "starts_date": {"2098-06-12"}}).leads(t)
		if to != desk+"/sact-masterclass-2098?done=duplicated" {
			t.Fatalf("it leads to %s", to)
		}
		old, c := s.stored(t, masterclass), s.stored(t, "sact-masterclass-2098")
		if c.Status != events.Draft || c.StartsLocal[:10] != "2098-06-12" || c.StartsLocal[10:] != old.StartsLocal[10:] || c.UID == old.UID || c.JoinURL != "" {
			t.Errorf("the copy is %+v", c)
		}
		if len(c.Sessions) != len(old.Sessions) || len(c.Speakers) != len(old.Speakers) || len(c.Places) != len(old.Places) || c.CPD() != old.CPD() || len(c.ProgrammeWarnings()) != 0 {
			t.Errorf("its programme is %+v", c.Sessions)
		}
		if c.Sessions[0].ID == old.Sessions[0].ID || c.Sessions[0].StartsLocal[:10] != "2098-06-12" {
			t.Errorf("its first session is %+v", c.Sessions[0])
		}
		v.post(page+"/duplicate", url.Values{"title": {"SACT Masterclass"}, "starts_date": {"2098-06-12"}}).want(t, 422, "Another event has, or had, this address")
	})
}
