package registrations

import (
	"context"
	"encoding/json"
	"reflect"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
)

// withQuestions gives the desk an event that asks questions; their ids end in what they are about.
func (d *desk) withQuestions() (id func(about string) string) {
	d.t.Helper()
	e := *d.event
	suffix := newID()
	id = func(about string) string { return suffix + about }
	e.ID, e.Slug, e.UID = newID(), "q-"+suffix[24:], suffix+"@masterclass"
	e.Places, e.Questions = nil, nil
	for i, p := range d.event.Places {
		e.Places = append(e.Places, events.Place{ID: newID(), EventID: e.ID, Name: p.Name, Position: int64(i), Capacity: p.Capacity})
	}
	for i, q := range questions() {
		q.ID, q.EventID, q.Position = id(q.ID), e.ID, int64(i)
		if q.ShownIf != "" {
			q.ShownIf = id(q.ShownIf)
		}
		e.Questions = append(e.Questions, q)
	}
	must(d.t, d.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error { return d.events.Insert(ctx, tx, &e) }))
	read, err := d.events.ByID(context.Background(), e.ID)
	must(d.t, err)
	d.event = read
	return id
}

func (d *desk) answersOf(g *Registration) Answers {
	d.t.Helper()
	a, err := d.store.AnswersOf(context.Background(), g.ID)
	must(d.t, err)
	return a
}

func TestAnswersAreKeptWithTheirRegistrationOnce(t *testing.T) {
	eachDesk(t, 20, func(t *testing.T, d *desk) {
		id := d.withQuestions()
		a := d.hold(d.ask(1))
		a.Answers = Answers{id("dine"): {"Yes"}, id("days"): {"Monday", "Friday"}, id("friday"): {"line one\nline two"}, "of another event": {"x"}}
		want := Answers{id("dine"): {"Yes"}, id("days"): {"Monday", "Friday"}, id("friday"): {"line one\nline two"}}
		var wg sync.WaitGroup
		for range 6 { // the same claim, again and again
			wg.Go(func() {
				if _, err := d.Register(context.Background(), a); err != nil {
					t.Error(err)
				}
			})
		}
		for n := range 6 { // others in the same transactions, who answer nothing or something else
			wg.Go(func() {
				o := d.ask(10 + n)
				if n%2 == 0 {
					o.Answers = Answers{id("dine"): {"No"}}
				}
				if _, err := d.Register(context.Background(), o); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := d.answersOf(&Registration{ID: a.Claim.ID}); !reflect.DeepEqual(got, want) {
			t.Errorf("kept are %v", got)
		}
		all, err := d.store.AnswersFor(context.Background(), d.event.ID)
		if err != nil || len(all) != 4 || !reflect.DeepEqual(all[a.Claim.ID], want) {
			t.Errorf("at the event %v are kept, %v", all, err)
		}
		counts, people, err := d.store.countAnswers(context.Background(), d.event.ID)
		if err != nil || people != 7 || !reflect.DeepEqual(counts[id("dine")], []answerCount{{"No", 3}, {"Yes", 1}}) {
			t.Errorf("of %d people the answers are %v, %v", people, counts, err)
		}
	})
}

func TestAQuestionThatIsDeletedMeanwhileStopsNobody(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		id := d.withQuestions()
		a := d.ask(1)
		a.Answers = Answers{id("dine"): {"No"}, id("old"): {"x"}}
		must(t, events.NewEditor(d.events, d.trail, d.clock.Now).RemoveQuestion(t.Context(), d.event.ID, id("old"), access.Entry{Actor: "organiser:kim"}))
		if got := d.answersOf(d.register(a)); len(got) != 1 || got.Text(id("dine")) != "No" {
			t.Errorf("kept are %v", got)
		}
	})
}

func TestChangingAnswersLeavesThoseToRetiredQuestions(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		id := d.withQuestions()
		a := d.ask(1)
		a.Answers = Answers{id("dine"): {"Yes"}, id("diet"): {"Meat"}, id("old"): {"x"}}
		g := d.register(a)
		must(t, d.ChangeAll(t.Context(), g, d.event, g.Person, Needs{}, Answers{id("dine"): {"No"}, id("old"): {"not asked"}}, ""))
		if got, want := d.answersOf(g), (Answers{id("dine"): {"No"}, id("old"): {"x"}}); !reflect.DeepEqual(got, want) {
			t.Errorf("after the change %v are kept", got)
		}
		must(t, d.Change(t.Context(), g, d.event, g.Person, Needs{}, ""))
		if got := d.answersOf(g); len(got) != 2 {
			t.Errorf("a change without answers leaves %v", got)
		}
	})
}

func TestAnswersGoWithTheirPerson(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		id, ctx, by := d.withQuestions(), t.Context(), access.Entry{Actor: "organiser:kim"}
		var gs []*Registration
		for n := range 3 {
			a := d.ask(n)
			a.Answers = Answers{id("dine"): {"No"}}
			gs = append(gs, d.register(a))
		}
		colleague := d.ask(9).Person
		_, err := d.Substitute(ctx, gs[0], colleague, Needs{}, by)
		must(t, err)
		must(t, d.Erase(ctx, gs[1], by))
		all, err := d.store.AnswersFor(ctx, d.event.ID)
		if err != nil || len(all) != 1 || all[gs[2].ID] == nil {
			t.Errorf("after a substitution and an erasure %v are kept, %v", all, err)
		}
		if !d.lastSnapshot(colleague.Mailbox).Asked {
			t.Error("the colleague is not told of what the event asks")
		}
		moved := d.ask(8).Person
		_, err = d.CorrectAddress(ctx, gs[2], moved.Email, by)
		must(t, err)
		if d.lastSnapshot(moved.Mailbox).Asked {
			t.Error("who has answered is asked again, at another address")
		}
	})
}

// lastSnapshot is what the last message to a mailbox shows.
func (d *desk) lastSnapshot(mailbox string) (s snapshot) {
	d.t.Helper()
	var text string
	must(d.t, d.db.NewRaw("select snapshot from outbox where mailbox = ? order by id desc limit 1", mailbox).Scan(context.Background(), &text))
	must(d.t, json.Unmarshal([]byte(text), &s))
	return s
}
