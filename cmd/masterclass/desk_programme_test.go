package main

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"masterclass/events"
	"masterclass/internal/access"
)

// talk is the form of a session.
func talk(title, starts, ends string, more ...string) url.Values {
	return with(url.Values{"title": {title}, "kind": {"talk"}, "day": {"2099-03-12"}, "starts_time": {starts}, "ends_time": {ends}}, more...)
}

func titles(e *events.Event) string {
	var list []string
	for _, s := range e.Sessions {
		list = append(list, s.Title)
	}
	return strings.Join(list, ", ")
}

func TestAProgrammeIsMadeOfSessionsAndSpeakers(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.signedIn(t, access.Organiser)
		_, page := s.makeEvent(v, "day")
		sessions, speakers := page+"/programme/sessions", page+"/programme/speakers"
		v.get(page+"/programme").want(t, 200, "There are no sessions yet")
		for _, name := range []string{"Bob Example", "Ada Example"} {
			v.post(speakers+"/new", url.Values{"name": {name}, "role": {"Pharmacist"}}).want(t, 303)
		}
		e := s.stored(t, "day")
		bob, ada := e.Speakers[0].ID, e.Speakers[1].ID
		v.post(speakers+"/"+ada+"/move", url.Values{"to": {"up"}}).want(t, 303)
		form := talk("Dose banding", "9:30am", "10.30")
		form["speakers"] = []string{bob, ada}
		v.post(sessions+"/new", form).want(t, 303)
		v.post(sessions+"/new", talk("Lunch", "12:00", "13:00", "kind", "lunch")).want(t, 303)
		v.post(sessions+"/new", talk("Workshop A", "13:00", "14:30", "kind", "workshop", "room", "Room 1")).want(t, 303)
		v.post(sessions+"/new", talk("Workshop B", "13:00", "14:30", "kind", "workshop", "room", "Room 2")).want(t, 303)
		v.get(page+"/programme").want(t, 200, "CPD: 2 hours 30 minutes", "2 credits", "Ada Example, Bob Example", "Thursday 12 March 2099")
		e = s.stored(t, "day")
		if titles(e) != "Dose banding, Lunch, Workshop A, Workshop B" || e.Speakers[0].ID != ada {
			t.Fatalf("the programme is %s, first speaks %s", titles(e), e.Speakers[0].Name)
		}
		id := e.Sessions[2].ID
		v.post(sessions+"/"+id+"/move", url.Values{"to": {"down"}}).want(t, 303)
		v.post(sessions+"/"+e.Sessions[1].ID+"/move", url.Values{"to": {"down"}}).want(t, 303) // lunch stays before what follows it
		v.post(sessions+"/"+id, with(v.get(sessions+"/"+id).form("save"), "title", "Workshop C", "starts_time", "13:15")).want(t, 303)
		if e = s.stored(t, "day"); titles(e) != "Dose banding, Lunch, Workshop B, Workshop C" || e.Sessions[3].ID != id {
			t.Errorf("the programme is %s: ids are to stay", titles(e))
		}
		v.get(sessions+"/"+id+"/delete").want(t, 200, "Delete this session?", "Workshop C")
		v.post(sessions+"/"+id+"/delete", nil).want(t, 303)
		v.post(speakers+"/"+bob+"/delete", nil).want(t, 303)
		if e = s.stored(t, "day"); len(e.Sessions) != 3 || len(e.Speakers) != 1 || len(e.Sessions[0].Speakers) != 1 {
			t.Errorf("the programme is %+v", e.Sessions)
		}
		s.visitor(t).get("/events/day").want(t, 200, "Dose banding", "Ada Example")
		if trail := s.trailOf(t, e.ID); !strings.HasSuffix(trail, "session.changed session.deleted speaker.deleted") {
			t.Errorf("the audit trail says %s", trail)
		}
	})
}

func TestAProgrammeWarnsInWords(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Organiser)
	_, page := s.makeEvent(v, "odd")
	v.post(page+"/programme/speakers/new", url.Values{"name": {"Ada Example"}}).want(t, 303)
	ada := s.stored(t, "odd").Speakers[0].ID
	add := func(form url.Values) { v.post(page+"/programme/sessions/new", form).want(t, 303) }
	add(talk("One", "10:00", "11:00", "room", "Hall", "speakers", ada))
	if text := v.get(page + "/programme").text; strings.Contains(text, "Warning:") {
		t.Error("a right programme has a warning")
	}
	add(talk("Two", "10:30", "11:30", "room", "hall", "speakers", ada))
	add(talk("Three", "11:30", "12:00", "room", "Hall", "speakers", ada))
	add(talk("Dinner", "18:00", "19:00"))
	add(talk("Lunch", "12:00", "13:00"))
	add(talk("Posters", "12:30", "13:30"))
	v.get(page+"/programme").want(t, 200, "‘One’ is in Hall at the same time.", "‘Two’ is in hall at the same time.", "Ada Example also speaks in ‘Two’ at the same time.",
		"‘Lunch’ is at the same time. If both are meant, say in which room each of them is.", "‘Posters’ is at the same time.", "This is not within the event", "5 sessions have a warning")
	v.get(page).want(t, 200, "Look at the warnings in the programme")
	for _, c := range []struct {
		form  url.Values
		words string
	}{
		{talk("", "10:00", "11:00"), "Enter the title of the session"},
		{talk("X", "11:00", "11:00"), "The session must end after it starts"},
		{talk("X", "", "11:00"), "Enter the time at which the session starts"},
		{talk("X", "10:00", "11:00", "day", ""), "Enter the day of the session"},
		{talk("X", "10:00", "11:00", "kind", "party"), "Choose what kind of session it is"},
	} {
		v.post(page+"/programme/sessions/new", c.form).want(t, 422, c.words)
	}
}

func TestAProgrammeFollowsItsEventToAnotherDay(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Organiser)
	_, page := s.makeEvent(v, "later")
	v.post(page+"/programme/sessions/new", talk("One", "10:00", "11:00")).want(t, 303)
	v.post(page+"/edit", with(v.get(page+"/edit").form("check"), "starts_date", "2099-03-19", "ends_date", "2099-03-19")).want(t, 303)
	v.get(page+"/programme").want(t, 200, "The programme is on another day than the event")
	for range 2 { // a second click changes nothing
		v.post(page+"/programme/shift", nil).want(t, 303)
	}
	if e := s.stored(t, "later"); e.Sessions[0].StartsLocal != "2099-03-19T10:00" || e.Sessions[0].EndsLocal != "2099-03-19T11:00" {
		t.Errorf("the session is on %s", e.Sessions[0].StartsLocal)
	}
}

func TestASessionThatPeopleWereCheckedInAtStaysOnRecord(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	tickets := s.tickets(t, 1)
	at := s.stored(t, masterclass).Sessions[0].ID
	v := s.signedIn(t, access.Organiser)
	told, text := v.scans(scan{uuid.NewString(), tickets[0], "in", at})
	if len(told.Answers) != 1 || told.Answers[0].Visit == "" {
		t.Fatalf("the scan is answered %s", text)
	}
	remove := "/organise/events/" + masterclass + "/programme/sessions/" + at + "/delete"
	v.get(remove).want(t, 200, "cannot be deleted")
	v.post(remove, nil).want(t, 409, "their certificates may rest on it")
	v.post(doorPath+"/undo", url.Values{"visit": {told.Answers[0].Visit}}).want(t, 303)
	v.post(remove, nil).want(t, 303)
}

func TestTheTrailSaysWhatOfAnEventWasChanged(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Organiser)
	_, page := s.makeEvent(v, "said")
	v.post(page+"/programme/sessions/new", talk("One", "10:00", "11:00")).want(t, 303)
	v.post(page+"/programme/sessions/new", talk("One", "10:00", "11:00")).want(t, 303) // the button pressed twice
	list := s.stored(t, "said").Sessions
	if len(list) != 1 {
		t.Fatalf("there are %d sessions", len(list))
	}
	session := page + "/programme/sessions/" + list[0].ID
	v.post(session, with(v.get(session).form("save"), "title", "Two", "room", "Hall 1")).want(t, 303)
	v.post(page+"/edit", with(v.get(page+"/edit").form("check"), "cost", "No charge", "approval", "yes")).want(t, 303)
	for action, want := range map[string]string{"session.changed": "title, room", "event.changed": "cost, each registration is approved by an organiser"} {
		var detail string
		if err := s.db.NewRaw("select detail from audit where action = ?", action).Scan(t.Context(), &detail); err != nil || detail != want {
			t.Errorf("of %s it says %q, %v", action, detail, err)
		}
	}
}

func TestOfTwoOrganisersWhoChangeASessionTheSecondIsToldWhatTheFirstDid(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.signedIn(t, access.Organiser)
		_, page := s.makeEvent(v, "two")
		v.post(page+"/programme/speakers/new", url.Values{"name": {"Ada Example"}}).want(t, 303)
		v.post(page+"/programme/sessions/new", talk("One", "10:00", "11:00")).want(t, 303)
		e := s.stored(t, "two")
		session, speaker := page+"/programme/sessions/"+e.Sessions[0].ID, page+"/programme/speakers/"+e.Speakers[0].ID
		form := v.get(session).form("save")
		v.post(session, with(form, "room", "Hall", "speakers", e.Speakers[0].ID)).want(t, 303)
		a := v.post(session, with(form, "title", "Two")).want(t, 409, "Somebody else has changed this meanwhile", "Hall", "Ada Example")
		v.post(session, a.form("save")).want(t, 303)
		if e = s.stored(t, "two"); e.Sessions[0].Title != "Two" || e.Sessions[0].Room != "Hall" || len(e.Sessions[0].Speakers) != 1 {
			t.Errorf("the session is %+v", e.Sessions[0])
		}
		form = v.get(speaker).form("save")
		statuses := make(chan int)
		for _, role := range []string{"Nurse", "Doctor"} {
			go func() { statuses <- v.post(speaker, with(form, "role", role)).StatusCode }()
		}
		if sum := <-statuses + <-statuses; sum != 303+409 {
			t.Errorf("two who change a speaker at once are answered %d in all", sum)
		}
	})
}
