package registrations

import (
	"context"
	"slices"
	"testing"

	"masterclass/events"
)

func TestACopyOfAnEventHasItsReminders(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.events.OnInsert(d.AddDefaultReminders)
		d.event = d.addEvent(5)
		for _, u := range []ReminderRule{{Kind: Reminder, Offset: 3 * day, Audience: AtPlace(d.event.Places[1].ID)}, {Kind: StillComing, Offset: 10 * day}} {
			u.EventID = d.event.ID
			_, err := d.AddReminder(ctx, u, kim)
			must(t, err)
		}
		rules, err := d.Reminders(ctx, d.event.ID)
		must(t, err)
		for _, u := range rules {
			if u.Kind == Afterwards || u.Offset == 7*day {
				must(t, d.RemoveReminder(ctx, u.ID, kim))
			}
		}
		d.exec("insert into reminder_rules (id, event_id, kind, offset_ms, audience, created_at) values (?, ?, 'reminder', 5, 'place:gone', 1)", newID(), d.event.ID)
		c, err := events.NewEditor(d.events, d.trail, d.clock.Now).Duplicate(ctx, d.event, "A copy", "a-copy-"+d.event.Slug, 7, kim)
		must(t, err)
		copied, err := d.Reminders(ctx, c.ID)
		must(t, err)
		var got []string
		for _, u := range copied {
			got = append(got, string(u.Kind)+" "+u.Offset.String()+u.Audience.only(c))
		}
		slices.Sort(got)
		want := []string{string(Reminder) + " 24h0m0s", string(Reminder) + " 72h0m0s (Online only)", string(StillComing) + " 240h0m0s"}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("the copy has %q, want %q", got, want)
		}
		if rules, err = d.Reminders(ctx, d.event.ID); err != nil || len(rules) != 4 {
			t.Errorf("the event has %v, %v", rules, err)
		}
	})
}
