package registrations

import (
	"context"
	"errors"
	"time"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/notify"
	"masterclass/registrations/seats"
)

// ReminderKind is what a rule sends.
type ReminderKind string

// The kinds of rules. A reminder says when and where; the question whether somebody is still coming asks for the seat back, for whoever
// waits; what comes after the event thanks.
const (
	Reminder    ReminderKind = kindReminder
	StillComing ReminderKind = kindStillComing
	Afterwards  ReminderKind = kindAfter
)

// ReminderRule says what an event's people are sent, and when: Offset before its start, or after its end.
type ReminderRule struct {
	ID        string
	EventID   string
	Kind      ReminderKind
	Offset    time.Duration
	Audience  Audience
	CreatedAt time.Time
}

// leastOffset and mostOffset bound a rule's offset.
const (
	leastOffset = time.Hour
	mostOffset  = 90 * 24 * time.Hour
)

const day = 24 * time.Hour

// justTold is for how long a confirmation is reminder enough: whoever was confirmed later than that before a rule's moment is not sent
// what the rule sends before the event, ever. The next rule will remind them.
const justTold = day

// movedBy is how much later a rule's moment is, when the event moves, for what was sent for the old date to count no more.
const movedBy = day

// lateThanks is for how long after its moment a message of thanks is still worth sending.
const lateThanks = 7 * day

// reminderKinds are the messages that can be stopped; aheadKinds those that are of no use once the event has begun.
var (
	reminderKinds = []string{kindReminder, kindStillComing, kindAfter}
	aheadKinds    = []string{kindReminder, kindStillComing}
)

// defaultReminders are the rules that a new event has.
var defaultReminders = []ReminderRule{{Kind: Reminder, Offset: 7 * day}, {Kind: Reminder, Offset: day}, {Kind: Afterwards, Offset: day}}

// ErrNoRule is for a rule that is not there, or not any more.
var ErrNoRule = fault.New(fault.NotFound, "We could not find that reminder. It may have been removed already.")

func (u ReminderRule) ahead() bool { return u.Kind != Afterwards }

// Moment is when the rule is due. It follows from the event, so a changed start moves it.
func (u ReminderRule) Moment(e *events.Event) time.Time {
	if u.ahead() {
		return e.Starts().Add(-u.Offset)
	}
	return e.Ends().Add(u.Offset)
}

// check says what needs mending in a rule that an organiser has made for the event.
func (u ReminderRule) check(e *events.Event) []fault.Field {
	var wrong []fault.Field
	if u.Kind != Reminder && u.Kind != StillComing && u.Kind != Afterwards {
		wrong = append(wrong, fault.Field{Name: "kind", Message: "Choose what to send"})
	}
	if u.Offset < leastOffset || u.Offset > mostOffset {
		wrong = append(wrong, fault.Field{Name: "offset", Message: "Choose a time between 1 hour and 90 days"})
	}
	if !u.Audience.known(e) {
		wrong = append(wrong, fault.Field{Name: "audience", Message: "Choose who to write to"})
	}
	return wrong
}

// RuleState is where a rule stands.
type RuleState string

// The states of a rule. An event that is not published keeps its rules at rest. One is over when the event has begun (or thanks come too
// late), or when a later one, such as that of the day before, is due in its stead: nobody is reminded twice at once.
const (
	RuleRests RuleState = "rests"
	RuleAhead RuleState = "ahead"
	RuleDue   RuleState = "due"
	RuleOver  RuleState = "over"
)

// state is where the rule stands among all those of the event. So a program that was down sends late what is still of use, and no more.
func (u ReminderRule) state(all []ReminderRule, e *events.Event, now time.Time) RuleState {
	moment := u.Moment(e)
	end := e.Starts()
	if !u.ahead() {
		end = moment.Add(lateThanks)
	}
	switch {
	case e.Status != events.Published:
		return RuleRests
	case !now.Before(end):
		return RuleOver
	case now.Before(moment):
		return RuleAhead
	}
	if len(u.places(all, e, now)) == 0 {
		return RuleOver
	}
	return RuleDue
}

// confirmedBy is the latest that somebody may have been confirmed to be sent what the rule sends. A rule that was made after its own
// moment counts from then.
func (u ReminderRule) confirmedBy(e *events.Event) time.Time {
	if !u.ahead() {
		return e.Ends().Add(u.Offset)
	}
	return later(u.Moment(e), u.CreatedAt).Add(-justTold)
}

const (
	remindEvery = 30 * time.Second
	remindLease = 2 * time.Minute // how long the others wait for an instance that died
	remindBatch = 500             // people in one transaction
)

// Remind sends what the events' rules ask for until the context ends. Of several instances one does the work at a time; should two do,
// the record still keeps each person from being sent the same twice.
func (r *Registrar) Remind(ctx context.Context) error {
	holder := seats.NewClaim("").ID
	tick := time.NewTicker(remindEvery)
	defer tick.Stop()
	for {
		mine, err := r.db.Lease(ctx, "remind", holder, r.now(), remindLease)
		if err == nil && mine {
			err = r.RemindOnce(ctx)
		}
		if err != nil && ctx.Err() == nil {
			r.log.Error("reminders could not be sent", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// RemindOnce makes one round: it queues what is due, in transactions of some hundred people each, and takes back what still waits to be
// sent and comes too late. What fails for one event keeps no other from its turn. A round that is cut off is finished by the next.
func (r *Registrar) RemindOnce(ctx context.Context) error { return r.remind(ctx, remindBatch) }

func (r *Registrar) remind(ctx context.Context, size int) error {
	errs := []error{r.dropLate(ctx)}
	due, err := r.dueRules(ctx)
	errs = append(errs, err)
	for _, u := range due {
		for n := size; n == size && err == nil; {
			n, err = r.remindSome(ctx, u.ID, size)
		}
		errs, err = append(errs, err), nil
	}
	return errors.Join(errs...)
}

// dueRules are the rules that have somebody to write to. Where there is none the writer is left in peace.
func (r *Registrar) dueRules(ctx context.Context) ([]ReminderRule, error) {
	now := r.now()
	byEvent, err := r.store.liveRules(ctx, now.Add(-mostOffset-lateThanks))
	if err != nil {
		return nil, err
	}
	var due []ReminderRule
	for id, all := range byEvent {
		e, err := r.events.ByID(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, u := range all {
			if u.state(all, e, now) != RuleDue {
				continue
			}
			n, err := r.store.countToRemind(ctx, u, e, u.places(all, e, now))
			if err != nil {
				return nil, err
			}
			if n > 0 {
				due = append(due, u)
			}
		}
	}
	return due, nil
}

// dropLate takes back reminders that still wait to be sent, such as for a mail server that is down, when the event has begun or is off.
func (r *Registrar) dropLate(ctx context.Context) error {
	waiting, err := r.outbox.Waiting(ctx, aheadKinds)
	if err != nil {
		return err
	}
	for _, id := range waiting {
		e, err := r.events.ByID(ctx, id)
		if err != nil {
			return err
		}
		if e.Status == events.Published && r.now().Before(e.Starts()) {
			continue
		}
		if err := r.supersede(ctx, notify.Unsent{Kinds: aheadKinds, EventID: id}); err != nil {
			return err
		}
	}
	return nil
}

// RulePreview is a rule, when it is due, and whom it reaches as things stand.
type RulePreview struct {
	ReminderRule
	State RuleState
	At    time.Time // in the event's zone
	To    int       // who would be written to, or is about to be
	Sent  int       // who has been
}

// PreviewReminders shows what an event's people will be sent, the soonest first.
func (r *Registrar) PreviewReminders(ctx context.Context, e *events.Event) ([]RulePreview, error) {
	all, err := r.store.rulesOf(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	now, list := r.now(), make([]RulePreview, 0, len(all))
	for _, u := range all {
		p := RulePreview{ReminderRule: u, State: u.state(all, e, now), At: u.Moment(e)}
		if p.Sent, err = r.store.countReminded(ctx, u); err != nil {
			return nil, err
		}
		if p.State != RuleOver {
			if p.To, err = r.store.countToRemind(ctx, u, e, u.places(all, e, now)); err != nil {
				return nil, err
			}
		}
		list = append(list, p)
	}
	sortByMoment(list)
	return list, nil
}
