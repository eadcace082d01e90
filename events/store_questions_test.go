package events_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"masterclass/events"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// withQuestions has the event ask whether one dines, and which menu one takes who does; then something else.
func withQuestions(e *events.Event) *events.Event {
	dine := events.Question{ID: id(), EventID: e.ID, Kind: events.YesNo, Label: "Will you dine?", Required: true}
	menu := events.Question{ID: id(), EventID: e.ID, Kind: events.OneChoice, Label: "Which menu?", Options: "Meat\nVegan", ShownIf: dine.ID, ShownAnswer: events.Yes, Position: 1}
	other := events.Question{ID: id(), EventID: e.ID, Kind: events.ShortText, Label: "Which workshop?", Position: 2}
	e.Questions = []events.Question{dine, menu, other}
	return e
}

func labels(e *events.Event) string {
	var all []string
	for _, q := range e.Asked() {
		all = append(all, strings.Fields(q.Label)[1])
	}
	return strings.Join(all, " ")
}

func TestQuestionsKeepTheOrderInWhichTheyFollow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, e := newEditor(t, db), withQuestions(meeting("asks"))
		mustInsert(t, db, e)
		dine, menu, other := e.Questions[0].ID, e.Questions[1].ID, e.Questions[2].ID
		ctx := t.Context()
		for i, c := range []struct {
			do    error
			want  error
			order string
		}{
			{d.MoveQuestion(ctx, e.ID, menu, true, kim), events.ErrQuestionFollows, "you menu? workshop?"},
			{d.MoveQuestion(ctx, e.ID, dine, false, kim), events.ErrQuestionFollows, "you menu? workshop?"},
			{d.MoveQuestion(ctx, e.ID, dine, true, kim), nil, "you menu? workshop?"},
			{d.RetireQuestion(ctx, e.ID, dine, kim), events.ErrQuestionLeads, ""},
			{d.RemoveQuestion(ctx, e.ID, dine, kim), events.ErrQuestionLeads, ""},
			{d.MoveQuestion(ctx, e.ID, "none", true, kim), events.ErrNoQuestion, ""},
			{d.RetireQuestion(ctx, "another", dine, kim), events.ErrNotFound, ""},
		} {
			if !errors.Is(c.do, c.want) {
				t.Errorf("step %d gives %v", i, c.do)
			}
		}
		if got := labels(anyOf(t, db, "asks")); got != "you menu? workshop?" {
			t.Errorf("the order is %s", got)
		}
		for _, err := range []error{d.MoveQuestion(ctx, e.ID, other, true, kim), d.MoveQuestion(ctx, e.ID, other, true, kim)} {
			if err != nil {
				t.Error(err)
			}
		}
		if got := labels(anyOf(t, db, "asks")); got != "workshop? you menu?" {
			t.Errorf("after moving the order is %s", got)
		}
		for _, err := range []error{d.RetireQuestion(ctx, e.ID, menu, kim), d.RetireQuestion(ctx, e.ID, dine, kim), d.RetireQuestion(ctx, e.ID, dine, kim)} {
			if err != nil {
				t.Error(err)
			}
		}
		if err := d.AskAgain(ctx, e.ID, menu, kim); !errors.Is(err, events.ErrQuestionAlone) {
			t.Errorf("asking again what follows from nothing gives %v", err)
		}
		if err := errors.Join(d.AskAgain(ctx, e.ID, dine, kim), d.AskAgain(ctx, e.ID, menu, kim), d.AskAgain(ctx, e.ID, menu, kim)); err != nil {
			t.Error(err)
		}
		if got := labels(anyOf(t, db, "asks")); got != "workshop? you menu?" {
			t.Errorf("asked again the order is %s", got)
		}
	})
}

func TestAnEventWithoutQuestionsAnyMoreHasNone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, e := newEditor(t, db), withQuestions(meeting("asks"))
		mustInsert(t, db, e)
		for i := range e.Questions {
			if err := d.RemoveQuestion(t.Context(), e.ID, e.Questions[len(e.Questions)-1-i].ID, kim); err != nil {
				t.Fatal(err)
			}
		}
		if e := anyOf(t, db, "asks"); e.QuestionCount != 0 || len(e.Questions) != 0 {
			t.Errorf("it has %d, %v", e.QuestionCount, e.Questions)
		}
	})
}

func TestACopyAsksTheSameQuestionsAnew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, e := newEditor(t, db), withQuestions(withProgramme(meeting("asks")))
		e.Questions = append(e.Questions, events.Question{ID: id(), EventID: e.ID, Kind: events.ShortText, Label: "Not asked", Retired: true, Position: 3})
		mustInsert(t, db, e)
		if _, err := d.Duplicate(t.Context(), anyOf(t, db, "asks"), "Copy", "copy", 7, kim); err != nil {
			t.Fatal(err)
		}
		c := anyOf(t, db, "copy")
		if labels(c) != "you menu? workshop?" || c.QuestionCount != 3 || c.Questions[1].ShownIf != c.Questions[0].ID || c.Questions[0].ID == e.Questions[0].ID {
			t.Errorf("the copy asks %+v", c.Questions)
		}
		if now := anyOf(t, db, "asks"); len(now.Questions) != 4 {
			t.Errorf("the first asks %+v", now.Questions)
		}
	})
}

func TestOfManyQuestionsAddedAtOnceAllAreThere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, e := newEditor(t, db), meeting("asks")
		mustInsert(t, db, e)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				err := d.AddQuestion(context.Background(), e.ID, kim, func([]events.Question) (*events.Question, error) {
					return &events.Question{Kind: events.ShortText, Label: "Which one?"}, nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		now := anyOf(t, db, "asks")
		places := map[int64]bool{}
		for _, q := range now.Questions {
			places[q.Position] = true
		}
		if now.QuestionCount != 8 || len(places) != 8 {
			t.Errorf("%d questions have %d positions", now.QuestionCount, len(places))
		}
	})
}
