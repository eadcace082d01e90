package main

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"masterclass/events"
	"masterclass/internal/access"
)

func TestPostponingAndCancellingSayWhoIsTold(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.signedIn(t, access.Organiser)
		e, page := s.makeEvent(v, "called-off")
		for n := range 3 {
			s.visitor(t).registered(n, e.Slug, e.Places[0].ID, n == 2)
		}
		a := v.get(page+"/postpone").want(t, 200, "3 people are told by email at once", "2 people with a confirmed place", "1 person on the waiting list",
			"See the email to people with a confirmed place", "See the email to people on the waiting list", "Postponed: Safer prescribing day", "takes the old date out", "You keep your position on the waiting list")
		if strings.Contains(a.text, "with the offer of a place") || strings.Contains(a.text, "/registrations/AAAA") {
			t.Errorf("it shows an email that nobody gets, or somebody’s own link:\n%s", a.text)
		}
		v.post(page+"/postpone", nil).want(t, 409, "Somebody else has changed this event")
		v.post(page+"/postpone", a.form("")).want(t, 303)
		v.get(page).want(t, 200, "Postponed", "Enter the new date")
		form := v.get(page+"/edit").want(t, 200, "The event takes place at the times above").form("check")
		a = v.post(page+"/edit", with(form, "starts_date", "2099-04-16", "ends_date", "2099-04-16", "takes_place", "yes")).want(t, 200, "3 people are told", "was: postponed", "Changed: Safer prescribing day", "It was: postponed, with no new date")
		v.post(page+"/edit", a.form("save")).want(t, 303)
		if e = s.stored(t, e.Slug); e.Status != events.Published || e.StartsLocal != "2099-04-16T09:30" {
			t.Errorf("it is %s on %s", e.Status, e.StartsLocal)
		}
		form = v.get(page+"/cancel").want(t, 200, "This cannot be undone", "3 people are told", "Event cancelled: Safer prescribing day", "The organisers write:\n\n(Your reason stands here", "Your position on the waiting list").form("")
		const burnt = "The hall has burnt down."
		look := v.post(page+"/cancel", with(form, "step", "look", "reason", burnt, "confirm", "yes")).want(t, 200, "The organisers write:\n\n"+burnt, burnt+"</textarea>", `<details class="nhsuk-details" open>`)
		v.post(page+"/cancel", with(form, "step", "look", "reason", strings.Repeat("x", 501))).want(t, 422, "must be 500 characters or fewer")
		if bare := v.post(page+"/cancel", with(form, "step", "look")).want(t, 200); strings.Contains(bare.text, "The organisers write") || s.stored(t, e.Slug).Status != events.Published {
			t.Error("looking at the email without a reason shows one, or cancels")
		}
		v.post(page+"/cancel", with(look.form(""), "reason", burnt)).want(t, 422, "Tick the box", "The organisers write:\n\n"+burnt)
		v.post(page+"/cancel", with(form, "confirm", "yes", "reason", strings.Repeat("x", 501))).want(t, 422, "must be 500 characters or fewer")
		v.post(page+"/cancel", with(form, "confirm", "yes", "reason", "The hall has burnt down.")).want(t, 303)
		if e = s.stored(t, e.Slug); e.Status != events.Cancelled || e.Places[0].Taken != 0 {
			t.Errorf("it is %s with %d taken", e.Status, e.Places[0].Taken)
		}
		v.get(page).want(t, 200, "Cancelled")
		v.post(page+"/publish", nil).want(t, 409)
		v.post(page+"/draft", nil).want(t, 409, "stays on the site")
	})
}

func TestPlacesFollowTheSeats(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.signedIn(t, access.Organiser)
		e, page := s.makeEvent(v, "seats")
		place := page + "/places/" + e.Places[0].ID
		for n := range 3 {
			s.visitor(t).registered(n, e.Slug, e.Places[0].ID, n == 2)
		}
		form := v.get(place).form("save")
		v.post(place, with(form, "capacity", "1")).want(t, 422, "2 places are taken, so the capacity cannot be 1")
		v.post(place, with(form, "capacity", "many")).want(t, 422, "Enter a whole number")
		for _, garbage := range []string{"-1", "1e9", "1000000000", "99999999999999999999", "2.5"} {
			v.post(place, with(form, "capacity", garbage)).want(t, 422, "Enter a whole number", `value="`+garbage+`"`)
			v.post(page+"/places/new", url.Values{"name": {"Balcony"}, "capacity": {garbage}}).want(t, 422, "Enter a whole number")
		}
		v.post(place, with(form, "online", "yes")).want(t, 422, "People have this place as it is")
		if to := v.post(place, with(form, "capacity", "3", "name", "In the hall")).leads(t); !strings.Contains(v.get(to).text, "1 person who waited has a place now") {
			t.Errorf("%s does not say who got a place", to)
		}
		if p := s.stored(t, e.Slug).Places[0]; p.Name != "In the hall" || p.Capacity != 3 || p.Taken != 3 || p.Waiting != 0 {
			t.Errorf("the place is %+v: who waited was to be offered the seat", p)
		}
		v.post(place, with(form, "name", "Yet another")).want(t, 409, "Somebody else has changed this meanwhile")
		v.post(page+"/places/new", url.Values{"name": {"in the hall"}, "capacity": {"5"}}).want(t, 422, "has a place of this name")
		v.post(page+"/places/new", url.Values{"name": {"Online"}, "online": {"yes"}, "capacity": {"5"}}).want(t, 303)
		online := s.stored(t, e.Slug).Places[1]
		v.post(page+"/places/"+online.ID+"/move", url.Values{"to": {"up"}}).want(t, 303)
		if e := s.stored(t, e.Slug); e.Places[0].ID != online.ID || !e.Places[0].Online {
			t.Errorf("the places are %+v", e.Places)
		}
		v.get(page+"/places/"+online.ID+"/delete").want(t, 200, "Delete this place?")
		v.post(page+"/places/"+online.ID+"/delete", nil).want(t, 303)
		if e := s.stored(t, e.Slug); len(e.Places) != 1 {
			t.Errorf("the places are %+v", e.Places)
		}
	})
}

func TestTwoWhoSaveAPlaceAtOnceDoNotUndoEachOther(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.signedIn(t, access.Organiser)
		e, page := s.makeEvent(v, "at-once")
		place := page + "/places/" + e.Places[0].ID
		form := v.get(place).form("save")
		capacities := []string{"7", "8"}
		answers := make([]answer, len(capacities))
		var both sync.WaitGroup
		for i, n := range capacities {
			both.Go(func() { answers[i] = v.post(place, with(form, "capacity", n)) })
		}
		both.Wait()
		won := 0
		if answers[0].StatusCode != 303 {
			won = 1
		}
		answers[won].want(t, 303)
		clash := answers[1-won].want(t, 409, "Somebody else has changed this meanwhile", "<strong>Capacity</strong> is now: ", capacities[won]+"</span>", `value="`+capacities[1-won]+`"`)
		if got := s.stored(t, e.Slug).Places[0].Capacity; fmt.Sprint(got) != capacities[won] {
			t.Errorf("the capacity is %d, and %s was saved", got, capacities[won])
		}
		v.post(place, with(clash.form("save"), "name", "Hall")).want(t, 303)
		v.post(place, with(form, "capacity", "1")).want(t, 409, `value="Hall"`) // what was left alone is theirs
		if p := s.stored(t, e.Slug).Places[0]; fmt.Sprint(p.Capacity) != capacities[1-won] || p.Name != "Hall" {
			t.Errorf("the place is %+v", p)
		}
	})
}

func TestAnotherEventsPartsAreNotFound(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Organiser)
	_, page := s.makeEvent(v, "stranger")
	theirs := s.stored(t, masterclass)
	rules, err := s.registrar.Reminders(t.Context(), theirs.ID)
	if err != nil || len(rules) == 0 {
		t.Fatal(rules, err)
	}
	session, speaker, place := "/programme/sessions/"+theirs.Sessions[0].ID, "/programme/speakers/"+theirs.Speakers[0].ID, "/places/"+theirs.Places[0].ID
	for _, path := range []string{session, session + "/delete", speaker, speaker + "/delete", place, place + "/delete"} {
		v.get(page+path).want(t, 404)
	}
	for _, path := range []string{session, session + "/delete", session + "/move", speaker, speaker + "/delete", speaker + "/move", place, place + "/delete", place + "/move",
		"/reminders/" + rules[0].ID + "/remove"} {
		v.post(page+path, url.Values{"to": {"up"}, "title": {"Mine"}, "name": {"Mine"}, "capacity": {"1"}, "kind": {"talk"}}).want(t, 404)
	}
	v.post(page+"/places/%00/delete", nil).want(t, 404)
	v.post(page+"/programme/sessions/new", url.Values{"title": {"Talk"}, "kind": {"talk"}, "day": {"2099-03-12"}, "starts_time": {"10:00"}, "ends_time": {"11:00"},
		"speakers": {theirs.Speakers[0].ID}}).want(t, 303)
	if e := s.stored(t, "stranger"); len(e.Sessions) != 1 || len(e.Sessions[0].Speakers) != 0 {
		t.Errorf("another event's speaker speaks here: %+v", e.Sessions)
	}
	if after := s.stored(t, masterclass); fmt.Sprint(after) != fmt.Sprint(theirs) {
		t.Error("the other event has changed")
	}
}

func TestRemindersAreAddedAndRemoved(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.signedIn(t, access.Organiser)
		e, page := s.makeEvent(v, "reminded")
		s.visitor(t).registered(1, e.Slug, e.Places[0].ID, false)
		v.get(page+"/reminders").want(t, 200, "Reminder, 7 days before the start", "Thank you, 1 day after the end", "Goes to 1 person as things stand")
		v.post(page+"/reminders", url.Values{"kind": {"reminder"}, "offset": {"100"}, "unit": {"days"}}).want(t, 422, "between 1 hour and 90 days", `value="100"`)
		v.post(page+"/reminders", nil).want(t, 422, "Choose what to send")
		v.post(page+"/reminders", url.Values{"kind": {"still-coming"}, "offset": {"3"}, "unit": {"hours"}}).want(t, 303)
		v.get(page+"/reminders").want(t, 200, "‘Are you still coming?’, 3 hours before the start")
		rules, err := s.registrar.Reminders(t.Context(), e.ID)
		if err != nil || len(rules) != 4 {
			t.Fatal(rules, err)
		}
		v.post(page+"/reminders/"+rules[0].ID+"/remove", nil).want(t, 303)
		v.post(page+"/reminders/"+rules[0].ID+"/remove", nil).want(t, 404)
		theirs, both := s.stored(t, masterclass), "/organise/events/"+masterclass+"/reminders"
		v.get(both).want(t, 200, "Who to write to", "Only those with this place: "+theirs.Places[1].Name)
		form := url.Values{"kind": {"reminder"}, "offset": {"5"}, "unit": {"days"}, "audience": {"place:" + e.Places[0].ID}}
		v.post(both, form).want(t, 422, "Choose who to write to")
		v.post(both, with(form, "audience", "place:"+theirs.Places[1].ID)).want(t, 303)
		v.get(both).want(t, 200, "Reminder, 5 days before the start ("+theirs.Places[1].Name+" only)")
	})
}

func TestNoEmailIsShownWhereNobodyIsTold(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Organiser)
	_, page := s.makeEvent(v, "lonely")
	for _, path := range []string{page + "/postpone", page + "/cancel"} {
		if a := v.get(path).want(t, 200, "nobody is told"); strings.Contains(a.text, "See the email") || strings.Contains(a.text, "Look at the email") {
			t.Errorf("%s shows an email:\n%s", path, a.text)
		}
	}
}
