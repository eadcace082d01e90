package registrations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/fault"
)

func TestANewEventHasItsFirstRules(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.events.OnInsert(d.AddDefaultReminders)
		e := d.addEvent(5)
		list, err := d.Reminders(ctx, e.ID)
		must(t, err)
		var words []string
		for _, u := range list {
			words = append(words, fmt.Sprint(u.Kind, " ", u.Offset))
		}
		slices.Sort(words)
		if got := strings.Join(words, ", "); got != "after 24h0m0s, reminder 168h0m0s, reminder 24h0m0s" {
			t.Errorf("the rules are %s", got)
		}
		past := &events.Event{ID: newID(), Slug: "past", UID: "past", Title: "Past", TimeZone: "Europe/London", Status: events.Published, StartsLocal: "2015-03-12T09:30", EndsLocal: "2015-03-12T16:30"}
		must(t, d.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return d.events.Insert(ctx, tx, past) }))
		if list, err := d.Reminders(ctx, past.ID); err != nil || len(list) != 0 {
			t.Errorf("an event that is over has %d rules, %v", len(list), err)
		}
	})
}

func TestARuleThatIsRemovedAndAddedAgainSendsNothingTwice(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.startsIn(10 * day)
		u := d.rule(Reminder, 7*day)
		if again := d.rule(Reminder, 7*day); again != u {
			t.Errorf("adding the rule twice gives %+v and %+v", u, again)
		}
		first, second := d.register(d.ask(1)), d.register(d.ask(2))
		d.exec("update registrations set status = 'waiting' where id = ?", second.ID)
		d.after(3 * day)
		for range 2 {
			must(t, d.RemoveReminder(ctx, u.ID, kim))
		}
		d.exec("update registrations set status = 'confirmed' where id = ?", second.ID)
		d.remindOnce()
		d.wantReminded(second, "", "by a rule that was removed")
		if list, err := d.Reminders(ctx, d.event.ID); err != nil || len(list) != 0 {
			t.Errorf("%d rules are left, %v", len(list), err)
		}
		if back := d.rule(Reminder, 7*day); back.ID != u.ID {
			t.Error("the rule did not come back but was made anew")
		}
		d.remindOnce()
		d.wantReminded(first, "reminder", "who had it before")
		d.wantReminded(second, "reminder", "who had it not")
		var actions []string
		must(t, d.db.NewRaw("select action from audit where subject = ? and actor = ? order by id", u.ID, kim.Actor).Scan(ctx, &actions))
		if got := strings.Join(actions, " "); got != "reminder.added reminder.removed reminder.added" {
			t.Errorf("the audit trail says %s", got)
		}
		if err := d.RemoveReminder(ctx, newID(), kim); !errors.Is(err, ErrNoRule) {
			t.Errorf("removing nothing gave %v", err)
		}
	})
}

func TestRulesThatCannotBeAreRefused(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		for field, u := range map[string]ReminderRule{
			"kind": {Kind: "party", Offset: day}, "offset": {Kind: Reminder, Offset: time.Minute}, "audience": {Kind: Reminder, Offset: day, Audience: "everybody"},
		} {
			u.EventID = d.event.ID
			_, err := d.AddReminder(context.Background(), u, kim)
			if f, ok := fault.Of(err); !ok || len(f.Fields) != 1 || f.Fields[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		if _, err := d.AddReminder(context.Background(), ReminderRule{EventID: newID(), Kind: Reminder, Offset: day}, kim); !errors.Is(err, events.ErrNotFound) {
			t.Errorf("a rule for no event gave %v", err)
		}
	})
}

func TestOrganisersSeeWhatIsSentWhenAndToHowMany(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.startsIn(10 * day)
		d.rule(Afterwards, day)
		d.rule(Reminder, day)
		d.rule(Reminder, 7*day)
		d.register(d.ask(1))
		stopped := d.register(d.ask(2))
		must(t, d.StopReminders(context.Background(), stopped, ""))
		d.after(4 * day)
		d.register(d.ask(3))
		list, err := d.PreviewReminders(context.Background(), d.event)
		must(t, err)
		var lines []string
		for _, p := range list {
			lines = append(lines, fmt.Sprint(p.Kind, " ", p.Offset, " ", p.State, " ", p.To, " ", p.Sent, " ", p.At.Equal(p.Moment(d.event))))
		}
		if got, want := strings.Join(lines, "\n"), "reminder 168h0m0s due 0 1 true\nreminder 24h0m0s ahead 2 0 true\nafter 24h0m0s ahead 2 0 true"; got != want {
			t.Errorf("the preview is\n%s\nwant\n%s", got, want)
		}
	})
}
