package registrations

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// ruleFor gives the desk's event a rule for some of its people.
func (d *desk) ruleFor(kind ReminderKind, offset time.Duration, a Audience) ReminderRule {
	d.t.Helper()
	u, err := d.AddReminder(context.Background(), ReminderRule{EventID: d.event.ID, Kind: kind, Offset: offset, Audience: a}, kim)
	must(d.t, err)
	return u
}

// registerAt registers person n for one of the places.
func (d *desk) registerAt(n, place int) *Registration {
	d.t.Helper()
	a := d.ask(n)
	a.Place = d.event.Places[place]
	return d.register(a)
}

// cameTo writes down that somebody was at the event.
func (d *desk) cameTo(g *Registration, session string, undone int64) {
	d.t.Helper()
	d.exec("insert into attendance (id, registration_id, event_id, session_id, came_at, came_by, left_at, undone_at, noted_at) values (?, ?, ?, ?, 1, 'Kim', 2, ?, 1)",
		newID(), g.ID, d.event.ID, session, undone)
}

func TestARuleReachesThoseWithItsPlace(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		for name, c := range map[string]struct {
			rules        func()
			here, online string
			over         int
		}{
			"one place alone": {func() { d.ruleFor(Reminder, 2*day, AtPlace(d.event.Places[1].ID)) }, "", "reminder", 0},
			"everybody":       {func() { d.ruleFor(Reminder, 2*day, Attendees) }, "reminder", "reminder", 0},
			"the same for a place and for everybody": {func() {
				d.ruleFor(Reminder, 2*day, AtPlace(d.event.Places[1].ID))
				d.ruleFor(Reminder, 2*day, Attendees)
			}, "reminder", "reminder", 0},
			"a later one for a place": {func() {
				d.ruleFor(Reminder, 3*day, Attendees)
				d.ruleFor(StillComing, 2*day, AtPlace(d.event.Places[1].ID))
			}, "reminder", "still-coming", 0},
			"a later one for everybody": {func() {
				d.ruleFor(Reminder, 3*day, AtPlace(d.event.Places[1].ID))
				d.ruleFor(StillComing, 2*day, Attendees)
			}, "still-coming", "still-coming", 1},
			"the question and the reminder at a time": {func() {
				d.ruleFor(StillComing, 2*day, Attendees)
				d.ruleFor(Reminder, 2*day, AtPlace(d.event.Places[1].ID))
			}, "still-coming", "still-coming", 1},
			"a place that is no more": {func() {
				d.rule(Reminder, 2*day)
				d.exec("update reminder_rules set audience = 'place:gone' where event_id = ?", d.event.ID)
			}, "", "", 1},
		} {
			d.event = d.addEvent(5)
			d.startsIn(10 * day)
			c.rules()
			here, online := d.registerAt(1, 0), d.registerAt(2, 1)
			d.after(8*day + time.Hour) // a round for all that have come due
			d.remindOnce()
			d.wantReminded(here, c.here, name+", in person")
			d.wantReminded(online, c.online, name+", online")
			list, err := d.PreviewReminders(context.Background(), d.event)
			must(t, err)
			over := 0
			for _, p := range list {
				if p.State == RuleOver {
					over++
				}
				if p.To != 0 {
					t.Errorf("%s: the preview says %d to come", name, p.To)
				}
			}
			if over != c.over {
				t.Errorf("%s: %d rules are over, want %d", name, over, c.over)
			}
		}
	})
}

func TestThanksGoToThoseWhoCame(t *testing.T) {
	eachDesk(t, 9, func(t *testing.T, d *desk) {
		const in, missed, other, online = 0, 1, 2, 3
		for name, c := range map[string]struct {
			came     func(g []*Registration)
			audience func() Audience
			want     string // in person, who missed it, another in person, online
		}{
			"nobody was checked in":                 {func([]*Registration) {}, nil, "after after after after"},
			"some were, in person":                  {func(g []*Registration) { d.cameTo(g[in], "", 0); d.cameTo(g[in], "", 0); d.cameTo(g[other], "s", 0) }, nil, "after - after after"},
			"one check-in was undone":               {func(g []*Registration) { d.cameTo(g[in], "", 0); d.cameTo(g[missed], "", 3) }, nil, "after - - after"},
			"the only check-in was undone":          {func(g []*Registration) { d.cameTo(g[missed], "", 3) }, nil, "after after after after"},
			"one online, who came from afar":        {func(g []*Registration) { d.cameTo(g[online], "", 0) }, nil, "after after after after"},
			"only those in person, some checked in": {func(g []*Registration) { d.cameTo(g[in], "", 0) }, func() Audience { return AtPlace(d.event.Places[0].ID) }, "after - - -"},
			"only those online":                     {func(g []*Registration) { d.cameTo(g[in], "", 0) }, func() Audience { return AtPlace(d.event.Places[1].ID) }, "- - - after"},
		} {
			d.event = d.addEvent(9)
			d.takePartOnline()
			d.startsIn(day)
			audience := Attendees
			if c.audience != nil {
				audience = c.audience()
			}
			d.ruleFor(Afterwards, day, audience)
			people := []*Registration{d.registerAt(1, 0), d.registerAt(2, 0), d.registerAt(3, 0), d.registerAt(4, 1)}
			d.clock.Add(2 * day)
			c.came(people)
			d.after(day)
			var got []string
			for _, g := range people {
				kind := d.reminded(g)
				if kind == "" {
					kind = "-"
				}
				got = append(got, kind)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s: thanked are %v, want %s", name, got, c.want)
			}
		}
	})
}

func TestOrganisersReadWhomARuleReaches(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.startsIn(10 * day)
		d.ruleFor(Reminder, day, AtPlace(d.event.Places[1].ID))
		d.registerAt(1, 0)
		d.registerAt(2, 1)
		rules, err := d.PreviewReminders(context.Background(), d.event)
		must(t, err)
		page := newRemindersPage(d.event, rules, reminderForm{Audience: string(Attendees)}, nil)
		if l := page.Rules[0]; l.What != "Reminder, 1 day before the start (Online only)" || l.Whom != "Goes to 1 person as things stand" {
			t.Errorf("the line is %+v", l)
		}
		if page.Audience == nil || fmt.Sprint(len(page.Audience.Options)) != "3" {
			t.Fatalf("the choice is %+v", page.Audience)
		}
		one := *d.event
		one.Places = one.Places[:1]
		if page := newRemindersPage(&one, nil, reminderForm{}, nil); page.Audience != nil {
			t.Error("an event with one place has a choice")
		}
	})
}
