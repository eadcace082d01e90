package registrations

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"masterclass/events"
)

// questions are one of each kind; the one on the diet is asked of those who dine, the one on allergies of those on a diet.
func questions() []events.Question {
	return []events.Question{
		{ID: "dine", Kind: events.YesNo, Label: "Will you dine?", Required: true},
		{ID: "diet", Kind: events.OneChoice, Label: "Which menu?", Options: "Meat\nVegan", Required: true, ShownIf: "dine", ShownAnswer: events.Yes},
		{ID: "sauce", Kind: events.ShortText, Label: "Which sauce?", Required: true, ShownIf: "diet", ShownAnswer: "Vegan"},
		{ID: "days", Kind: events.SeveralChoice, Label: "Which days?", Options: "Monday\nTuesday\nFriday"},
		{ID: "friday", Kind: events.LongText, Label: "Why Friday?", ShownIf: "days", ShownAnswer: "Friday"},
		{ID: "old", Kind: events.ShortText, Label: "Old?", Required: true, Retired: true},
	}
}

func TestOnlyQuestionsThatAreShownAreAnswered(t *testing.T) {
	t.Parallel()
	e := &events.Event{Questions: questions()}
	for name, c := range map[string]struct {
		sent, kept Answers
		wrong      string
	}{
		"nothing": {nil, Answers{}, "dine: Choose an answer to ‘Will you dine?’"},
		"no":      {Answers{"dine": {"no"}, "diet": {"Vegan"}, "sauce": {"Soy"}, "friday": {"Why not"}}, Answers{"dine": {"No"}}, ""},
		"yes":     {Answers{"dine": {"Yes"}}, Answers{"dine": {"Yes"}}, "diet: Choose an answer to ‘Which menu?’"},
		"a chain": {Answers{"dine": {"Yes"}, "diet": {"Vegan"}, "sauce": {" "}}, Answers{"dine": {"Yes"}, "diet": {"Vegan"}}, "sauce: Enter your answer to ‘Which sauce?’"},
		"one of several": {Answers{"dine": {"No"}, "days": {"Friday", "Monday", "Friday", ""}, "friday": {"a\r\nb"}},
			Answers{"dine": {"No"}, "days": {"Monday", "Friday"}, "friday": {"a\nb"}}, ""},
		"two of one":   {Answers{"dine": {"Yes", "No"}}, Answers{}, "dine: Choose one answer only to ‘Will you dine?’"},
		"not offered":  {Answers{"dine": {"No"}, "days": {"Sunday"}}, Answers{"dine": {"No"}}, "days: Choose from the answers to ‘Which days?’ that are offered"},
		"unknown":      {Answers{"dine": {"No"}, "other": {"x"}, "old": {"y"}}, Answers{"dine": {"No"}}, ""},
		"the longest":  {Answers{"dine": {"No"}, "days": {"Friday"}, "friday": {strings.Repeat("é", 2000)}}, Answers{"dine": {"No"}, "days": {"Friday"}, "friday": {strings.Repeat("é", 2000)}}, ""},
		"over-long":    {Answers{"dine": {"No"}, "days": {"Friday"}, "friday": {strings.Repeat("é", 2001)}}, Answers{"dine": {"No"}, "days": {"Friday"}}, "friday: Your answer to ‘Why Friday?’ must be 2,000 characters or fewer"},
		"control byte": {Answers{"dine": {"Yes"}, "diet": {"Vegan"}, "sauce": {"so\x00y\nb"}}, Answers{"dine": {"Yes"}, "diet": {"Vegan"}, "sauce": {"so y b"}}, ""},
	} {
		kept, wrong := c.sent.asked(e)
		var said []string
		for _, w := range wrong {
			said = append(said, strings.TrimPrefix(w.Name, answerField)+": "+w.Message)
		}
		if got := strings.Join(said, " "); got != c.wrong {
			t.Errorf("%s: %q is wrong, want %q", name, got, c.wrong)
		}
		if !reflect.DeepEqual(kept, c.kept) {
			t.Errorf("%s: %v is kept", name, kept)
		}
	}
	if kept, wrong := (Answers{"x": {"y"}}).asked(&events.Event{}); kept != nil || wrong != nil {
		t.Errorf("an event without questions keeps %v, %v", kept, wrong)
	}
}

func TestWhatNeedsMendingStaysAsItWasTyped(t *testing.T) {
	t.Parallel()
	f := Form{Answers: Answers{"dine": {"Yes"}, "friday": {"kept"}}}
	if wrong := f.asked(&events.Event{Questions: questions()}); len(wrong) != 1 || f.Answers.Text("friday") != "kept" {
		t.Errorf("%v is wrong, and the form holds %v", wrong, f.Answers)
	}
}

func TestAnswersInJSONAreTextsListsOrBooleans(t *testing.T) {
	t.Parallel()
	var a Answers
	if err := json.Unmarshal([]byte(`{"a": "x", "b": ["x", "y"], "c": true, "d": false, "e": null, "f": []}`), &a); err != nil {
		t.Fatal(err)
	}
	if want := (Answers{"a": {"x"}, "b": {"x", "y"}, "c": {"Yes"}, "d": {"No"}, "e": nil, "f": {}}); !reflect.DeepEqual(a, want) {
		t.Errorf("read as %v", a)
	}
	for _, body := range []string{`{"answers": "x"}`, `{"answers": ["x"]}`, `{"answers": {"a": 1}}`, `{"answers": {"a": {"b": "c"}}}`, `{"answers": {"a": [1]}}`} {
		if _, err := readJSON([]byte(body)); err == nil || !strings.Contains(err.Error(), "answers has the wrong type") {
			t.Errorf("%s gives %v", body, err)
		}
	}
	if req, err := readJSON([]byte(`{"first_name": "Ada", "answers": null}`)); err != nil || len(req.Answers) > 0 {
		t.Errorf("null gives %v, %v", req.Answers, err)
	}
}

func TestAnswersTravelWithOrWithoutTheirEvent(t *testing.T) {
	t.Parallel()
	a := Answers{"dine": {"Yes"}, "days": {"Monday", "Friday"}}
	for name, e := range map[string]*events.Event{"with": {Questions: questions()}, "without": nil} {
		got := map[string][]string{}
		for _, an := range a.travelling(e) {
			for _, h := range append([]Hidden{an.Hidden}, an.more...) {
				if h.Value != "" {
					got[strings.TrimPrefix(h.Name, answerField)] = append(got[strings.TrimPrefix(h.Name, answerField)], h.Value)
				}
			}
		}
		if !reflect.DeepEqual(Answers(got), a) {
			t.Errorf("%s the event %v travels", name, got)
		}
	}
	rows := (Answers{"dine": {"No"}, "old": {"x"}}).Rows(&events.Event{Questions: questions()})
	var keys []string
	for _, r := range rows {
		keys = append(keys, r.Key)
	}
	if got := strings.Join(keys, " "); got != "Will you dine? Which days? Old?" {
		t.Errorf("the rows are %s", got)
	}
}

func TestAnswersAreCountedAlsoWhenTheyAreNotOfferedAnyMore(t *testing.T) {
	t.Parallel()
	got := choiceLines(questions()[3], []answerCount{{"Monday\nFriday", 2}, {"Sunday\nMonday", 1}})
	if want := []answerLine{{Answer: "Monday", N: 3}, {Answer: "Tuesday"}, {Answer: "Friday", N: 2}, {Answer: "Sunday", N: 1, Gone: true}}; !reflect.DeepEqual(got, want) {
		t.Errorf("counted as %v", got)
	}
}
