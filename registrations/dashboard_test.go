package registrations

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"masterclass/events"
)

func TestTheDashboardCountsPeopleByProfessionAndEmployer(t *testing.T) {
	eachDesk(t, 50, func(t *testing.T, d *desk) {
		ctx := context.Background()
		for n, profession := range []string{"Nurse", "nurse", "Pharmacist", "Doctor", "a", "b", "c", "d", "e", "f", "g"} {
			a := d.ask(n)
			a.Person.Profession = profession
			d.register(a)
		}
		d.cancel(d.registered(2))
		e, err := d.events.ByID(ctx, d.event.ID)
		must(t, err)
		m, err := d.mixOf(ctx, e)
		must(t, err)
		if m.all != 10 || len(m.professions) != mixShown || !strings.EqualFold(m.professions[0].Name, "nurse") || m.professions[0].N != 2 {
			t.Errorf("the mix is %+v", m)
		}
		if len(m.employers) != 1 || m.employers[0].Name != "Example trust" || m.employers[0].N != 10 {
			t.Errorf("the employers are %+v", m.employers)
		}
		rows := mixRows(m.all, m.professions)
		if last := rows[len(rows)-1]; last.Name != "Others" || last.Count != "1" {
			t.Errorf("the rest is %+v", last)
		}
	})
}

func TestTheDashboardCountsWhoWaitsToBeDecided(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.exec("update events set approval = true where id = ?", d.event.ID)
		e, err := d.events.ByID(ctx, d.event.ID)
		must(t, err)
		d.event = e
		d.register(d.ask(1))
		d.register(d.ask(2))
		pending, err := d.store.pendingCounts(ctx)
		must(t, err)
		if fmt.Sprint(pending) != fmt.Sprintf("map[%s:2]", d.event.ID) {
			t.Errorf("%v wait for approval", pending)
		}
		d.exec("update registrations set status = 'offered', offered_until = ? where mailbox = 'person1@example.com'", d.clock.Now().Add(time.Hour).UnixMilli())
		for until, want := range map[time.Duration]int{30 * time.Minute: 0, 2 * time.Hour: 1} {
			lapsing, err := d.store.lapsingCounts(ctx, d.clock.Now().Add(until))
			must(t, err)
			if lapsing[d.event.ID] != want {
				t.Errorf("%d lapse within %v", lapsing[d.event.ID], until)
			}
		}
	})
}

func TestTheDashboardCountsWhoCame(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		for n := range 3 {
			d.register(d.ask(n))
		}
		online := d.ask(9)
		online.Place = d.event.Places[1]
		d.register(online)
		d.exec("update places set online = true where id = ?", d.event.Places[1].ID)
		came := func(n int, session string, undone int64) {
			d.exec("insert into attendance (id, registration_id, event_id, session_id, came_at, came_by, left_at, undone_at, noted_at) values (?, ?, ?, ?, 1, 'Kim', 2, ?, 1)",
				newID(), d.registered(n).ID, d.event.ID, session, undone)
		}
		came(0, "", 0)
		came(0, "", 0)  // again after lunch
		came(1, "", 3)  // undone
		came(2, "s", 0) // to a session alone
		came(0, "s", 0)
		came(9, "", 0) // from afar, yet at the door
		got, err := d.store.turnoutOf(ctx, d.event.ID)
		must(t, err)
		if got != (turnout{expected: 3, came: 2}) {
			t.Errorf("the turnout is %+v", got)
		}
		if row := newHeldRow(d.event, got); row.Missed != "1 (33%)" || row.Expected != "3" {
			t.Errorf("the row is %+v", row)
		}
		if row := newHeldRow(d.event, turnout{expected: 3}); row.Came != "Not recorded" || row.Missed != "Not recorded" {
			t.Errorf("without check-in the row is %+v", row)
		}
	})
}

func TestRegistrationsAreCountedByWeeksOfTheSitesZone(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	must(t, err)
	eachDesk(t, 50, func(t *testing.T, d *desk) {
		now := time.Date(2026, 4, 8, 12, 0, 0, 0, london) // a Wednesday; the clocks went forward on 29 March
		for n, at := range []time.Time{
			time.Date(2026, 2, 15, 23, 59, 0, 0, london), // the Sunday before the first week
			time.Date(2026, 2, 16, 0, 0, 0, 0, london),
			time.Date(2026, 3, 29, 23, 59, 0, 0, london), // in summer time, still that Sunday
			time.Date(2026, 3, 30, 0, 1, 0, 0, london),   // Monday, when it is Sunday in UTC
			time.Date(2026, 4, 8, 11, 0, 0, 0, london),
		} {
			d.register(d.ask(n))
			d.exec("update registrations set created_at = ? where mailbox = ?", at.UnixMilli(), fmt.Sprintf("person%d@example.com", n))
		}
		quarters, err := d.store.registeredSince(context.Background(), firstWeek(now, london))
		must(t, err)
		starts, counts := weekly(quarters, now, london)
		if !slices.Equal(counts, []int{1, 0, 0, 0, 0, 1, 1, 1}) || starts[0].Format(time.DateTime) != "2026-02-16 00:00:00" || starts[7].Format(time.DateTime) != "2026-04-06 00:00:00" {
			t.Errorf("%v from %v to %v", counts, starts[0], starts[7])
		}
		c := newChart("all", starts, counts, 1)
		if c.Total != "4 registrations" || !strings.Contains(c.Desc, "30 Mar: 1") || c.Bars[0].Height != chartRise || c.Bars[1].Height != 0 {
			t.Errorf("the chart is %+v", c)
		}
	})
}

func TestConcernsSayWhatToMendAndWhere(t *testing.T) {
	now := time.Date(2026, 4, 8, 12, 0, 0, 0, time.UTC)
	in := func(d time.Duration) int64 { return now.Add(d).UnixMilli() }
	event := func(change func(*events.Event)) []*events.Event {
		e := &events.Event{ID: "e", Slug: "day", Title: "The day", TimeZone: "UTC", Status: events.Published, StartsAt: in(60 * day), EndsAt: in(61 * day), RegistrationOpensAt: in(-day),
			RegistrationClosesAt: in(50 * day), Places: []events.Place{{ID: "p", Name: "Hall", Capacity: 100, Taken: 10}}}
		change(e)
		return []*events.Event{e}
	}
	full := func(taken, waiting int64) []*events.Event {
		return event(func(e *events.Event) { e.Places[0].Taken, e.Places[0].Waiting = taken, waiting })
	}
	for name, c := range map[string]struct {
		outlook outlook
		want    string // the concerns, each with its link
	}{
		"nothing":           {outlook{events: event(func(*events.Event) {})}, ""},
		"89 of 100":         {outlook{events: full(89, 0)}, ""},
		"90 of 100":         {outlook{events: full(90, 0)}, "Hall is nearly full, 90 of 100: The day /organise/events/day/places/p"},
		"full":              {outlook{events: full(100, 0)}, "Hall is full: The day /organise/events/day/places/p"},
		"full, people wait": {outlook{events: full(100, 1)}, "Hall is full, and 1 person waits: The day /organise/events/day/places/p"},
		"full, closed":      {outlook{events: event(func(e *events.Event) { e.Places[0].Taken, e.RegistrationClosesAt = 100, in(-day) })}, ""},
		"left, people wait": {outlook{events: event(func(e *events.Event) {
			e.Places[0].Taken, e.Places[0].Waiting, e.RegistrationClosesAt = 97, 2, in(-day)
		})}, "3 places of Hall could go to 2 people who wait: The day /organise/events/day/waiting-list"},
		"awaiting approval":    {outlook{events: full(0, 0), pending: map[string]int{"e": 2}}, "2 people wait for your approval: The day /organise/events/day/attendees?status=pending"},
		"an offer":             {outlook{events: full(0, 0), lapsing: map[string]int{"e": 1}}, "1 offer of a place lapses within a day: The day /organise/events/day/waiting-list"},
		"this week":            {outlook{events: event(func(e *events.Event) { e.StartsAt, e.RegistrationClosesAt = in(3*day), 0 })}, "Begins at midday on Saturday 11 April 2026: The day /organise/events/day/check-in"},
		"opens":                {outlook{events: event(func(e *events.Event) { e.RegistrationOpensAt = in(day) })}, "Registration opens at midday on Thursday 9 April 2026: The day /organise/events/day/edit"},
		"closes":               {outlook{events: event(func(e *events.Event) { e.RegistrationClosesAt = in(day) })}, "Registration closes at midday on Thursday 9 April 2026: The day /organise/events/day/edit"},
		"a draft, soon":        {outlook{events: event(func(e *events.Event) { e.Status, e.StartsAt = events.Draft, in(29*day) })}, "Nobody sees it yet, and it begins on Thursday 7 May 2026: The day /organise/events/day"},
		"a draft, later":       {outlook{events: event(func(e *events.Event) { e.Status = events.Draft })}, ""},
		"cancelled, this week": {outlook{events: event(func(e *events.Event) { e.Status, e.StartsAt = events.Cancelled, in(day) })}, ""},
		"mail failed":          {outlook{failed: 1, failedDay: now.Add(-14 * day)}, "1 email of the last two weeks could not be delivered /organise/messages?from=2026-03-25&state=failed"},
		"mail late":            {outlook{queued: 3, late: 2 * time.Hour}, "3 emails wait to be sent, the oldest for 2 hours /organise/messages?state=queued"},
		"mail a little late":   {outlook{queued: 3, late: time.Minute}, ""},
	} {
		c.outlook.now, c.outlook.zone = now, time.UTC
		var got []string
		for _, k := range c.outlook.concerns() {
			got = append(got, k.Text+" "+k.Link.Href)
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: %q, want %q", name, strings.Join(got, "; "), c.want)
		}
	}
	s := outlook{now: now, zone: time.UTC, events: full(90, 0), pending: map[string]int{"e": 1}, failed: 2, drift: 1}
	if list := s.concerns(); len(list) != 4 || list[0].Tag != urgent || list[1].Tag != toDecide || list[2].Tag != notable || list[3].Link.Href != "" {
		t.Errorf("the order is %+v", list)
	}
}

func TestFiguresAreCountedOnceAMinute(t *testing.T) {
	var f figures
	n, now := 0, time.Date(2026, 4, 8, 12, 0, 0, 0, time.UTC)
	get := func(name string, at time.Time) int {
		v, err := remember(context.Background(), &f, name, at, func(context.Context) (int, error) { n++; return n, nil })
		must(t, err)
		return v
	}
	if a, b, c, d := get("a", now), get("a", now.Add(59*time.Second)), get("b", now), get("a", now.Add(time.Minute)); a != 1 || b != 1 || c != 2 || d != 3 {
		t.Errorf("counted %d, %d, %d, %d", a, b, c, d)
	}
	_, err := remember(context.Background(), &f, "c", now, func(context.Context) (int, error) { return 0, errNoMessage })
	if err == nil || get("c", now) != 4 {
		t.Error("a failure is remembered")
	}
}

func TestAMessageGoesToAProfession(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		pharmacist := d.ask(2)
		pharmacist.Person.Profession = "Pharmacist"
		d.register(d.ask(1))
		d.register(pharmacist)
		pharmacist = d.ask(3)
		pharmacist.Person.Profession = "PHARMACIST"
		d.register(pharmacist)
		m := d.draft()
		m.Filter.Profession = "Pharmacist"
		if n, err := d.CountRecipients(t.Context(), d.event.ID, m.Filter); err != nil || n != 2 {
			t.Errorf("%d are counted, %v", n, err)
		}
		if n := d.send(m); n != 2 || d.wrote() != "person2@example.com person3@example.com" {
			t.Errorf("it went to %d: %s", n, d.wrote())
		}
		sent, err := d.SentMessage(context.Background(), d.event.ID, m.ID)
		must(t, err)
		if sent.Filter.Profession != "Pharmacist" || sent.Filter.words(d.event) != "People with a confirmed place; profession: Pharmacist" {
			t.Errorf("the log says %+v", sent)
		}
		progress, err := d.MessageProgress(context.Background(), sent)
		must(t, err)
		if progress.Queued != 2 || progress.Sent != 0 {
			t.Errorf("the progress is %+v", progress)
		}
		if _, err := d.SentMessage(context.Background(), newID(), m.ID); err == nil {
			t.Error("another event knows the message")
		}
	})
}

func TestLinksOfTheRecipientAreLeftOut(t *testing.T) {
	for text, want := range map[string]string{
		"See https://example.org/registrations/AbC-_123 now.":                "See (their own link) now.",
		"webcal://example.org/calendars/AbC.ics":                             "(their own link)",
		"https://example.org/unsubscribe/x\nhttps://example.org/events/sact": "(their own link)\nhttps://example.org/events/sact",
		"HTTPS://EXAMPLE.ORG/Registrations/x/cancel?y=1#z":                   "(their own link)",
		"(https://example.org/base/registrations/x)":                         "((their own link)",
		"/registrations/x and https://example.org/organise/sign-in/link/x":   "(their own link) and (their own link)",
		"and/or registrations":                                               "and/or registrations",
	} {
		if got := withoutLinks(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}
