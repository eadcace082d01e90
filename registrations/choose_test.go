package registrations

import (
	"context"
	"strings"
	"testing"
	"time"

	"masterclass/events"
)

// chosen looks for whom a list shows, a file has and a message goes to: they are always the same.
func (d *desk) chosen(l Look) string {
	d.t.Helper()
	names := d.names(l)
	if got := len(d.exported(l)) - 1; got != len(strings.Fields(names)) {
		d.t.Errorf("%+v: the list shows %s and the file has %d rows", l, names, got)
	}
	f := Filter{Statuses: []Status{Confirmed, Pending, Waiting, Offered}, PlaceID: l.PlaceID, Profession: l.Profession, Search: l.Search, Attendance: l.Attendance, Answer: l.Answer}
	list, err := d.store.recipients(context.Background(), d.db.Read.DB, Draft{EventID: d.event.ID, Filter: f})
	must(d.t, err)
	if n, err := d.CountRecipients(context.Background(), d.event.ID, f); err != nil || n != len(list) || n != len(strings.Fields(names)) {
		d.t.Errorf("%+v: the list shows %s, a message goes to %d and says %d, %v", l, names, len(list), n, err)
	}
	return names
}

func TestWhoTakesPartFromAfarDidNotStayAway(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.takePartOnline()
		came := d.person(1, 0, "Ada", "Byron", "Nurse", "Zeta trust")
		d.person(2, 0, "Grace", "Hopper", "Nurse", "Zeta trust")
		d.person(3, 1, "Mary", "Anning", "Nurse", "Zeta trust")
		d.visit(came, "", time.UnixMilli(1), time.Time{})
		d.event = d.now()
		if got := d.chosen(Look{Attendance: DidNotCome}); got != "Hopper" {
			t.Errorf("%s did not come", got)
		}
		turned, err := d.store.turnoutOf(t.Context(), d.event.ID)
		must(t, err)
		if turned.expected != 2 || turned.came != 1 {
			t.Errorf("the turnout is %+v", turned)
		}
		d.exec("update places set online = ? where event_id = ?", true, d.event.ID)
		d.exec("update events set version = version + 1 where id = ?", d.event.ID)
		d.events.Changed()
		d.event = d.now() // where everybody takes part from afar, everybody is expected
		if got := d.chosen(Look{Attendance: DidNotCome}); got != "Anning Hopper" {
			t.Errorf("online alone, %s did not come", got)
		}
	})
}

func TestAListOfThoseWhoCameFollowsTheDoors(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		one, two := d.person(1, 0, "Ada", "Byron", "Nurse", "Zeta trust"), d.person(2, 0, "Grace", "Hopper", "Nurse", "Zeta trust")
		d.event = d.now()
		noted := func(at time.Duration, change string, args ...any) {
			d.exec("update attendance set noted_at = ?, "+change, append([]any{d.clock.Now().Add(at).UnixMilli()}, args...)...)
		}
		came := func(when, want string) {
			t.Helper()
			if got := d.chosen(Look{Attendance: DidCome}); got != want {
				t.Errorf("%s %q came, want %q", when, got, want)
			}
		}
		came("at first", "")
		d.visit(one, "", time.UnixMilli(1), time.UnixMilli(2))
		noted(0, "left_by = '' where registration_id = ?", one.ID)
		came("after one", "Byron")
		d.visit(two, "", time.UnixMilli(1), time.Time{})
		noted(-30*time.Second, "left_by = '' where registration_id = ?", two.ID) // by an instance whose clock is behind
		came("after the other", "Byron Hopper")
		d.visit(one, "", time.UnixMilli(3), time.Time{})
		noted(time.Hour, "undone_at = 0 where registration_id = ? and came_at = 3", one.ID)
		came("after one came again", "Byron Hopper")
		noted(2*time.Hour, "undone_at = 5 where registration_id = ? and came_at = 3", one.ID)
		came("after that was undone", "Byron Hopper")
		noted(3*time.Hour, "undone_at = 5 where registration_id = ? and came_at = 1", one.ID)
		came("after all was undone", "Hopper")
	})
}

func TestAProfessionIsTheSameInWhateverLetters(t *testing.T) {
	eachDesk(t, 6, func(t *testing.T, d *desk) {
		d.person(1, 0, "Ada", "Byron", "nurse", "Zeta trust")
		d.person(2, 0, "Grace", "Hopper", "Nurse", "Zeta trust")
		d.person(3, 0, "Mary", "Anning", "Nurse", "Zeta trust")
		d.person(4, 0, "Rosalind", "Franklin", "Pharmacist", "Zeta trust")
		last := d.person(5, 0, "Lise", "Meitner", "NURSE", "Zeta trust")
		for _, as := range []string{"Nurse", "nurse", "NURSE", "nUrse"} {
			if got := d.chosen(Look{Profession: as}); got != "Anning Byron Hopper Meitner" {
				t.Errorf("%q chooses %s", as, got)
			}
		}
		f, _, err := d.Attendees(t.Context(), d.now(), Look{})
		must(t, err)
		if got := strings.Join(f.Professions, ", "); got != "Nurse, Pharmacist" {
			t.Errorf("to choose from are %s", got)
		}
		if choice := professionChoice("nurse", f.Professions); choice.Value != "Nurse" || len(choice.Options) != 3 {
			t.Errorf("the choice is %+v", choice)
		}
		m, err := d.mixOf(t.Context(), d.now())
		must(t, err)
		if m.professions[0].Name != "Nurse" || m.professions[0].N != 4 {
			t.Errorf("the mix is %+v", m.professions)
		}
		must(t, d.Erase(t.Context(), last, kim)) // the list forgets how they typed it
		if got := d.chosen(Look{Profession: "Nurse"}); got != "Anning Byron Hopper" {
			t.Errorf("then it chooses %s", got)
		}
	})
}

func TestAnAnswerChoosesPeople(t *testing.T) {
	eachDesk(t, 6, func(t *testing.T, d *desk) {
		id := d.withQuestions()
		answers := func(n int, last string, a Answers) *Registration {
			ask := d.ask(n)
			ask.Person.LastName, ask.Answers = last, a
			return d.register(ask)
		}
		answers(1, "Byron", Answers{id("dine"): {"Yes"}, id("days"): {"Monday", "Friday"}})
		answers(2, "Hopper", Answers{id("dine"): {"No"}, id("days"): {"Monday"}})
		gone := answers(3, "Anning", Answers{id("dine"): {"Yes"}})
		for text, want := range map[string]string{
			id("dine") + ":Yes": "Anning Byron", id("dine") + ":No": "Hopper", id("days") + ":Monday": "Byron Hopper", id("days") + ":Friday": "Byron", id("dine") + ":Mon": "",
			"": "Anning Byron Hopper", newID() + ":Yes": "Anning Byron Hopper", id("friday") + ":x": "Anning Byron Hopper", // another event's, and a text, choose everybody
		} {
			if got := d.chosen(Look{Answer: answerIn(d.event, text)}); got != want {
				t.Errorf("%q chooses %s, want %s", text, got, want)
			}
		}
		yes := answerIn(d.event, id("dine")+":Yes")
		if got := d.chosen(Look{Answer: yes, Search: "byr", Status: ""}); got != "Byron" {
			t.Errorf("with a search it chooses %s", got)
		}
		must(t, d.Erase(t.Context(), gone, kim))
		if got := d.chosen(Look{Answer: yes}); got != "Byron" {
			t.Errorf("after one is erased it chooses %s", got)
		}
		if words := (Filter{Statuses: []Status{Confirmed}, Answer: yes}).words(d.event); !strings.HasSuffix(words, "who answered ‘Will you dine? Yes’") {
			t.Errorf("it is for %s", words)
		}
	})
}

func TestOnlyQuestionsWithChoicesAreChosenBy(t *testing.T) {
	t.Parallel()
	e := &events.Event{Questions: []events.Question{{ID: "1", Kind: events.YesNo, Label: "Dinner"}, {ID: "2", Kind: events.ShortText, Label: "Why"},
		{ID: "3", Kind: events.OneChoice, Options: "A\nB", Label: "Old", Retired: true}}}
	var texts []string
	for _, o := range answerChoice(e, answerIs{}).Options {
		texts = append(texts, o.Text)
	}
	if got := strings.Join(texts, "|"); got != "Every answer|Dinner: Yes|Dinner: No" {
		t.Errorf("to choose from are %s", got)
	}
	if s := answerChoice(e, answerIn(e, "3:C")); s.Value != "3:C" || s.Options[len(s.Options)-1].Text != "Old: C" {
		t.Errorf("an answer that is not offered any more is lost: %+v", s)
	}
	if gone := answerChoice(&events.Event{}, readAnswerIs("9:Yes")); gone == nil || gone.Value != "9:Yes" || len(gone.Options) != 2 {
		t.Errorf("an answer to a question that is gone is %+v", gone)
	}
	if answerChoice(&events.Event{}, answerIs{}) != nil {
		t.Error("an event without questions offers answers")
	}
}
