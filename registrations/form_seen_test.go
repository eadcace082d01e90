package registrations

import (
	"testing"

	"masterclass/events"
)

func TestAFormOfDetailsKeepsWhatOthersChanged(t *testing.T) {
	t.Parallel()
	e := event()
	e.Questions = []events.Question{{ID: "q", Kind: events.SeveralChoice, Label: "Days", Options: "Monday\nTuesday"}}
	was := filled()
	was.Answers = Answers{"q": {"Monday"}}
	mine, now := was, was
	mine.JobRole = "Sister"
	now.Employer, now.Dietary, now.Consent, now.Answers = "Theirs", "Vegan", true, Answers{"q": {"Monday", "Tuesday"}}
	merged, clashes := mine.meanwhile(was.seenAs(e, true), now, e, true)
	if merged.JobRole != "Sister" || merged.Employer != "Theirs" || merged.Dietary != "Vegan" || !bool(merged.Consent) || merged.Answers.Text("q") != "Monday, Tuesday" {
		t.Errorf("the form holds %+v", merged)
	}
	if len(clashes) != 4 || clashes[3].Label != "Days" || clashes[3].Now != "Monday, Tuesday" || !clashes[3].Taken {
		t.Errorf("it says %+v", clashes)
	}
	if mine.Answers.Text("q") != "Monday" {
		t.Error("what was typed is written over")
	}
	if _, clashes := mine.meanwhile(was.seenAs(e, false), now, e, false); len(clashes) != 2 {
		t.Errorf("a form without health data says %+v", clashes)
	}
	for name, marks := range map[string]string{"a form without a mark": "", "a form that nobody came before": now.seenAs(e, true)} {
		if _, clashes := mine.meanwhile(marks, now, e, true); len(clashes) > 0 {
			t.Errorf("%s says %+v", name, clashes)
		}
	}
	if _, clashes := now.meanwhile(was.seenAs(e, true), now, e, true); len(clashes) > 0 {
		t.Errorf("the second of two clicks says %+v", clashes)
	}
}
