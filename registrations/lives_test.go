package registrations

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/secret"
	"masterclass/notify"
)

// lives plays what can happen to people's registrations for two events, in random order.
type lives struct {
	*desk
	r      *rand.Rand
	post   *post
	worker *notify.Worker
	plans  []*events.Event // as they were made
	steps  []string
	done   map[string]int
}

func newLives(t *testing.T, d *desk, seed uint64) *lives {
	t.Helper()
	p := &post{t: t, programs: map[string]*program{}, links: map[string]map[string]bool{}, methods: map[string]int{}}
	l := &lives{desk: d, r: rand.New(rand.NewPCG(seed, 11)), post: p, done: map[string]int{}}
	l.worker = notify.NewWorker(d.outbox, from, mailer(t).Composers(), p, slog.New(slog.NewTextHandler(io.Discard, nil)))
	other := d.addEvent(2)
	d.exec("update places set online = ? where position = 1", true)
	l.plans = []*events.Event{d.event, other}
	return l
}

// mailbox is one of few, so that people come again and again.
func (l *lives) address() string { return fmt.Sprintf("person%d@example.com", l.r.IntN(6)) }

// some picks a registration at the event, mostly one that is not cancelled.
func (l *lives) some(e *events.Event) *Registration {
	l.t.Helper()
	rows, err := l.db.Query("select "+columns+" from registrations where event_id = ? order by id", e.ID)
	must(l.t, err)
	defer rows.Close()
	list, err := scanAll(rows)
	must(l.t, err)
	alive := slices.DeleteFunc(slices.Clone(list), func(g *Registration) bool { return g.Status == Cancelled })
	if len(alive) > 0 && l.r.IntN(12) > 0 {
		list = alive
	}
	if len(list) == 0 {
		return nil
	}
	return list[l.r.IntN(len(list))]
}

// step does one thing. What is refused with a sentence is refused for a reason: the calendars are right all the same.
func (l *lives) step() {
	l.t.Helper()
	e, err := l.events.ByID(context.Background(), l.plans[l.r.IntN(len(l.plans))].ID)
	must(l.t, err)
	names := slices.Sorted(maps.Keys(moves))
	total := 0
	for _, name := range names {
		total += moves[name].weight
	}
	n := l.r.IntN(total)
	for _, name := range names {
		if n -= moves[name].weight; n < 0 {
			err := moves[name].play(l, context.Background(), e)
			l.steps = append(l.steps, fmt.Sprintf("%s (%v)", name, err))
			if err == nil {
				l.done[name]++
			} else if _, told := fault.Of(err); !told && !errors.Is(err, errNobody) {
				l.t.Fatalf("%s: %v\nafter %q", name, err, l.steps)
			}
			return
		}
	}
}

// errNobody means that there was nobody to do it to.
var errNobody = errors.New("nobody is there")

// moves are all that can happen, by name, with how often it does.
var moves = map[string]struct {
	weight int
	play   func(l *lives, ctx context.Context, e *events.Event) error
}{
	"register": {20, func(l *lives, ctx context.Context, e *events.Event) error {
		l.event = e
		a := l.ask(1)
		a.Place, a.Wait = e.Places[l.r.IntN(2)], l.r.IntN(4) > 0
		a.Person.Email = l.address()
		a.Person.Mailbox = a.Person.Email
		_, err := l.Register(ctx, a)
		return err
	}},
	"cancel": {6, onSome(func(l *lives, ctx context.Context, e *events.Event, g *Registration) error {
		return l.Cancel(ctx, g, e, "")
	})},
	"decline": {2, onSome(func(l *lives, ctx context.Context, e *events.Event, g *Registration) error {
		return l.Decline(ctx, g, e, "")
	})},
	"accept": {7, onSome(func(l *lives, ctx context.Context, e *events.Event, g *Registration) error {
		return l.Accept(ctx, g, e, "")
	})},
	"approve": {6, onSome(func(l *lives, ctx context.Context, _ *events.Event, g *Registration) error {
		_, err := l.Approve(ctx, g, kim)
		return err
	})},
	"refuse": {3, onSome(func(l *lives, ctx context.Context, _ *events.Event, g *Registration) error {
		_, err := l.Refuse(ctx, g, "", kim)
		return err
	})},
	"substitute": {6, onSome(func(l *lives, ctx context.Context, _ *events.Event, g *Registration) error {
		p := g.Person
		p.FirstName, p.Email = "Grace", l.address()
		p.Mailbox = p.Email
		_, err := l.Substitute(ctx, g, p, Needs{}, kim)
		return err
	})},
	"substitute by the link": {3, onSome(func(l *lives, ctx context.Context, _ *events.Event, g *Registration) error {
		p := g.Person
		p.FirstName, p.Email = "Joan", l.address()
		p.Mailbox = p.Email
		_, err := l.Substitute(ctx, g, p, Needs{}, access.Entry{Actor: string(Attendee)})
		return err
	})},
	"correct the address": {6, onSome(func(l *lives, ctx context.Context, _ *events.Event, g *Registration) error {
		_, err := l.CorrectAddress(ctx, g, l.address(), kim)
		return err
	})},
	"write the address in another way": {3, onSome(func(l *lives, ctx context.Context, _ *events.Event, g *Registration) error {
		_, err := l.CorrectAddress(ctx, g, strings.ToUpper(g.Email[:1])+g.Email[1:], kim)
		return err
	})},
	"send again": {4, onSome(func(l *lives, ctx context.Context, _ *events.Event, g *Registration) error {
		return l.Resend(ctx, g, "")
	})},
	"change the details": {2, onSome(func(l *lives, ctx context.Context, e *events.Event, g *Registration) error {
		p := g.Person
		p.JobRole += "."
		return l.Change(ctx, g, e, p, Needs{Dietary: "Vegan"}, "")
	})},
	"move in time": {5, onEvent(func(l *lives, e *events.Event) { to(fmt.Sprintf("2099-%02d-%02d", 1+l.r.IntN(12), 1+l.r.IntN(28)))(e) })},
	"move in place": {3, onEvent(func(l *lives, e *events.Event) {
		e.Venue, e.Address = fmt.Sprint("Venue ", l.r.IntN(9)), fmt.Sprintf("%d High Street; Bath, UK", l.r.IntN(9))
	})},
	"another title": {2, onEvent(func(l *lives, e *events.Event) {
		e.Title = fmt.Sprintf("Masterclass, part %d; \"advanced\"", l.r.IntN(9))
	})},
	"another zone": {1, onEvent(func(l *lives, e *events.Event) { e.TimeZone = []string{"Europe/London", "Europe/Paris"}[l.r.IntN(2)] })},
	"all day": {1, onEvent(func(_ *lives, e *events.Event) {
		e.AllDay = !e.AllDay
		if day := e.StartsLocal[:10]; e.AllDay {
			e.StartsLocal, e.EndsLocal = day+"T00:00", day+"T00:00"
		} else {
			e.StartsLocal, e.EndsLocal = day+"T09:00", day+"T17:00"
		}
	})},
	"where to join":              {2, onEvent(func(l *lives, e *events.Event) { e.JoinURL = fmt.Sprintf("https://example.org/join/%d", l.r.IntN(9)) })},
	"other words":                {2, onEvent(func(l *lives, e *events.Event) { e.Summary = fmt.Sprint("Summary ", l.r.IntN(99)) })},
	"ask for approval, or not":   {3, onEvent(func(_ *lives, e *events.Event) { e.Approval = !e.Approval })},
	"give seats at once, or not": {1, onEvent(func(_ *lives, e *events.Event) { e.ConfirmsWaiting = !e.ConfirmsWaiting })},
	"postpone": {2, func(l *lives, ctx context.Context, e *events.Event) error {
		_, err := l.PostponeEvent(ctx, e.ID, e.Version, kim)
		return err
	}},
	"hold it after all": {9, func(l *lives, ctx context.Context, e *events.Event) error {
		if e.Status == events.Published {
			return errNobody
		}
		if e.Status = events.Published; l.r.IntN(2) == 0 {
			e.AllDay = false
			to(fmt.Sprintf("2098-%02d-01", 1+l.r.IntN(12)))(e)
		}
		_, err := l.ChangeEvent(ctx, e, e.Version, kim)
		return err
	}},
	"cancel the event": {1, func(l *lives, ctx context.Context, e *events.Event) error {
		_, err := l.CancelEvent(ctx, e.ID, e.Version, "It rains.", kim)
		return err
	}},
	"capacity": {2, func(l *lives, ctx context.Context, e *events.Event) error {
		return l.desk.resize(e.ID, e.Places[l.r.IntN(2)].ID, int64(l.r.IntN(4)))
	}},
	"time passes": {4, func(l *lives, ctx context.Context, _ *events.Event) error {
		l.clock.Add(time.Duration(l.r.IntN(40)) * time.Hour)
		return l.TendOnce(ctx)
	}},
	"mail goes out": {8, func(l *lives, ctx context.Context, _ *events.Event) error {
		l.clock.Add(time.Second)
		_, err := l.worker.Once(ctx) // not all of it: one a mailbox
		return err
	}},
}

func onSome(play func(l *lives, ctx context.Context, e *events.Event, g *Registration) error) func(*lives, context.Context, *events.Event) error {
	return func(l *lives, ctx context.Context, e *events.Event) error {
		g := l.some(e)
		if g == nil {
			return errNobody
		}
		return play(l, ctx, e, g)
	}
}

func onEvent(change func(l *lives, e *events.Event)) func(*lives, context.Context, *events.Event) error {
	return func(l *lives, ctx context.Context, e *events.Event) error {
		change(l, e)
		_, err := l.ChangeEvent(ctx, e, e.Version, kim)
		return err
	}
}

// drain sends all mail.
func (l *lives) drain() {
	l.t.Helper()
	for {
		l.clock.Add(time.Second)
		sent, err := l.worker.Once(context.Background())
		must(l.t, err)
		if sent == 0 {
			break
		}
	}
	var left int
	must(l.t, l.db.NewRaw("select count(*) from outbox where state not in ('sent', 'superseded')").Scan(context.Background(), &left))
	if left > 0 {
		l.t.Fatalf("%d messages were not sent", left)
	}
}

// should is what each mailbox' calendar ought to show, by the record alone: the confirmed places at events that take place.
func (l *lives) should() map[string]map[string]entry {
	l.t.Helper()
	want := map[string]map[string]entry{}
	for _, plan := range l.plans {
		e, err := l.events.ByID(context.Background(), plan.ID)
		must(l.t, err)
		rows, err := l.db.Query("select "+columns+" from registrations where event_id = ? and status = 'confirmed'", e.ID)
		must(l.t, err)
		list, err := scanAll(rows)
		must(l.t, errors.Join(err, rows.Close()))
		for _, g := range list {
			if e.Status != events.Published {
				continue
			}
			if want[g.Mailbox] == nil {
				want[g.Mailbox] = map[string]entry{}
			}
			want[g.Mailbox][plan.UID] = shown(plan.UID, e, g)
		}
	}
	return want
}

// shown is how a calendar program ought to show a confirmed place, written from the event's own fields.
func shown(uid string, e *events.Event, g *Registration) entry {
	s := entry{uid: uid, title: e.Title, attendee: g.Mailbox, zone: e.TimeZone, location: strings.Trim(e.Venue+", "+e.Address, ", ")}
	digits := strings.NewReplacer("-", "", ":", "")
	s.starts, s.ends = digits.Replace(e.StartsLocal)+"00", digits.Replace(e.EndsLocal)+"00"
	if e.AllDay {
		last, _ := time.Parse(events.LocalTime, e.EndsLocal) // stored, so it is one
		s.zone, s.starts, s.ends = "", digits.Replace(e.StartsLocal[:10]), last.AddDate(0, 0, 1).Format("20060102")
	}
	if place, _ := e.Place(g.PlaceID); place.Online {
		s.location, s.join = "Online", e.JoinURL
	}
	return s
}

// compare looks into every calendar, and whether anybody holds a link that is not theirs.
func (l *lives) compare() {
	l.t.Helper()
	want := l.should()
	for mailbox, p := range l.post.programs {
		if !maps.Equal(p.entries, want[mailbox]) {
			l.t.Errorf("the calendar of %s shows\n%+v, want\n%+v", mailbox, p.entries, want[mailbox])
		}
		delete(want, mailbox)
	}
	for mailbox, entries := range want {
		l.t.Errorf("%s was never told of %+v", mailbox, entries)
	}
	all := l.all()
	for mailbox, links := range l.post.links {
		for link := range links {
			l.checkLink(mailbox, link, all)
		}
	}
	l.checkNumbers()
	if l.t.Failed() {
		l.t.Fatalf("after these steps: %q", l.steps[max(0, len(l.steps)-40):])
	}
}

// all are the registrations there are, by their ids.
func (l *lives) all() map[string]*Registration {
	l.t.Helper()
	rows, err := l.db.Query("select " + columns + " from registrations")
	must(l.t, err)
	list, err := scanAll(rows)
	must(l.t, errors.Join(err, rows.Close()))
	byID := map[string]*Registration{}
	for _, g := range list {
		byID[g.ID] = g
	}
	return byID
}

// checkLink makes sure that a link in somebody's mail opens nothing that is another mailbox'.
func (l *lives) checkLink(mailbox, link string, all map[string]*Registration) {
	l.t.Helper()
	kind, token, _ := strings.Cut(link, " ")
	id, ok := secret.TokenID(token)
	g := all[id]
	if !ok || g == nil {
		l.t.Errorf("the mail of %s has a link that leads nowhere: %s", mailbox, link)
		return
	}
	works := l.keys.Valid(token, managePurpose, g.ID, g.Generation)
	if kind == "calendars" {
		works = l.keys.Valid(token, calendarsPurpose, g.ID, g.CalendarGeneration) || l.keys.Valid(token, calendarPurpose, g.ID, g.CalendarGeneration)
	}
	if works && g.Mailbox != mailbox {
		l.t.Errorf("a link in the mail of %s opens the %s of %s", mailbox, kind, g.Mailbox)
	}
}

func (l *lives) checkNumbers() {
	l.t.Helper()
	for _, plan := range l.plans {
		l.event = plan
		l.counts()
	}
	for _, p := range l.check().Problems {
		l.t.Errorf("%s: %s", p.Rule, p.Text)
	}
	var kept int
	must(l.t, l.db.NewRaw("select count(*) from health_needs where registration_id in (select id from registrations where status = 'cancelled')").Scan(context.Background(), &kept))
	if kept > 0 {
		l.t.Errorf("%d cancelled registrations have health data", kept)
	}
}

func TestEveryCalendarShowsWhatItsMailboxHasHoweverLifeGoes(t *testing.T) {
	const steps, every = 180, 12
	done := map[string]int{}
	var mu sync.Mutex
	t.Run("all", func(t *testing.T) {
		for seed := range uint64(6) {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				eachDesk(t, 2, func(t *testing.T, d *desk) {
					l := newLives(t, d, seed)
					for n := range steps {
						l.step()
						if n%every == every-1 {
							l.drain()
							l.compare()
						}
					}
					l.drain()
					l.compare()
					mu.Lock()
					defer mu.Unlock()
					for name, n := range l.done {
						done[name] += n
					}
					done["REQUEST"] += l.post.methods["REQUEST"]
					done["CANCEL"] += l.post.methods["CANCEL"]
				})
			})
		}
	})
	for name := range moves {
		if done[name] == 0 {
			t.Errorf("in no life did it happen: %s", name)
		}
	}
	t.Logf("what happened: %v", done)
}
