package registrations

import (
	"reflect"
	"strings"
	"testing"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
)

func TestAnOrganiserMayLeaveOutWhatTheyDoNotKnow(t *testing.T) {
	t.Parallel()
	e := &events.Event{Questions: questions()}
	for name, c := range map[string]struct {
		sent, kept Answers
		wrong      string
	}{
		"nothing":        {nil, Answers{}, ""},
		"a part":         {Answers{"dine": {"Yes"}, "days": {"Friday"}}, Answers{"dine": {"Yes"}, "days": {"Friday"}}, ""},
		"not shown":      {Answers{"diet": {"Vegan"}}, Answers{}, ""},
		"not offered":    {Answers{"dine": {"Perhaps"}}, Answers{}, "dine: Choose from the answers to ‘Will you dine?’ that are offered"},
		"over-long":      {Answers{"days": {"Friday"}, "friday": {strings.Repeat("x", 2001)}}, Answers{"days": {"Friday"}}, "friday: The answer to ‘Why Friday?’ must be 2,000 characters or fewer"},
		"not asked here": {Answers{"old": {"x"}, "other": {"y"}}, Answers{}, ""},
	} {
		kept, wrong := c.sent.Given(e)
		if got := saidOf(wrong); got != c.wrong || !reflect.DeepEqual(kept, c.kept) {
			t.Errorf("%s: %v is kept, and %q is wrong", name, kept, got)
		}
	}
	if !e.Questions[0].Required {
		t.Error("the event itself asks for less afterwards")
	}
}

func saidOf(wrong []fault.Field) string {
	var said []string
	for _, w := range wrong {
		said = append(said, strings.TrimPrefix(w.Name, answerField)+": "+w.Message)
	}
	return strings.Join(said, " ")
}

func TestAnAnswerThatIsNotOfferedAnyMoreSurvivesAnOrganisersEdit(t *testing.T) {
	t.Parallel()
	e := &events.Event{Questions: questions()}
	for name, c := range map[string]struct{ before, sent, want Answers }{
		"one of several":  {Answers{"days": {"Sunday", "Monday"}}, Answers{"days": {"Friday"}}, Answers{"days": {"Sunday", "Friday"}}},
		"the only one":    {Answers{"dine": {"Yes"}, "diet": {"Fish"}}, Answers{"dine": {"Yes"}}, Answers{"dine": {"Yes"}, "diet": {"Fish"}}},
		"another instead": {Answers{"dine": {"Yes"}, "diet": {"Fish"}}, Answers{"dine": {"Yes"}, "diet": {"Meat"}}, Answers{"dine": {"Yes"}, "diet": {"Meat"}}},
		"not shown now":   {Answers{"dine": {"Yes"}, "diet": {"Fish"}}, Answers{"dine": {"No"}}, Answers{"dine": {"No"}}},
		"taken back":      {Answers{"days": {"Monday"}}, Answers{}, Answers{}},
	} {
		if c.sent.keepGone(c.before, e); !reflect.DeepEqual(c.sent, c.want) {
			t.Errorf("%s: %v is kept", name, c.sent)
		}
	}
	fields := DeskQuestions(e, Answers{"days": {"Sunday"}}, nil)
	if got := fields[3].Field.Checkboxes.Hint; got != "Answered before, and not offered any more: Sunday" {
		t.Errorf("the hint is %q", got)
	}
	if got := fields[1].Field.Radios.Hint; got != "Only if they answered ‘Yes’ to ‘Will you dine?’. Optional for you: ask the person" {
		t.Errorf("the hint of a required one is %q", got)
	}
}

func TestWhatAPersonHasNotAnsweredYetIsPointedOut(t *testing.T) {
	t.Parallel()
	e := &events.Event{Questions: questions()}
	for want, a := range map[string]Answers{"dine": nil, "diet": {"dine": {"Yes"}}, "sauce": {"dine": {"Yes"}, "diet": {"Vegan"}}, "": {"dine": {"No"}}} {
		var ids []string
		for _, q := range a.unanswered(e) {
			ids = append(ids, q.ID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("of %v %q are left to answer, not %q", a, got, want)
		}
	}
}

func TestAnImportedFileAnswersTheEventsQuestions(t *testing.T) {
	t.Parallel()
	e := importEvent()
	e.Questions = questions()
	const people = "First name,Last name,Email,Profession,Employer"
	for name, c := range map[string]struct {
		heading, cells string
		want           Answers
		wrong          string
	}{
		"no columns":        {"", "", nil, ""},
		"empty cells":       {",Will you dine?,Which menu?", ",,", nil, ""},
		"the words":         {",Will you dine?,Which menu?", ",YES,vegan", Answers{"dine": {"Yes"}, "diet": {"Vegan"}}, ""},
		"another order":     {",Which menu?,Will you dine?", ",Meat,y", Answers{"dine": {"Yes"}, "diet": {"Meat"}}, ""},
		"the letters":       {",WHICH DAYS", ",Monday; friday ;", Answers{"days": {"Monday", "Friday"}}, ""},
		"as it is exported": {",Which days?", `,"Monday, Friday"`, Answers{"days": {"Monday", "Friday"}}, ""},
		"not offered":       {",Which days?", ",Monday;Sunday", nil, "days: Choose from the answers to ‘Which days?’ that are offered"},
		"not shown":         {",Will you dine?,Which menu?", ",No,Meat", Answers{"dine": {"No"}, "diet": {"Meat"}}, "diet: ‘Which menu?’ is answered, which is asked only if ‘Will you dine?’ is ‘Yes’"},
		"a part of a chain": {",Which sauce?", ",Soy", Answers{"sauce": {"Soy"}}, "sauce: ‘Which sauce?’ is answered, which is asked only if ‘Which menu?’ is ‘Vegan’"},
		"a retired one":     {",Old?", ",x", nil, ""},
		"twice":             {",Will you dine?,Will you dine?", ",No,Yes", Answers{"dine": {"No"}}, ""},
	} {
		rows, _, err := readImport([]byte(people+c.heading+"\nA,One,one@example.com,Nurse,Trust"+c.cells+"\n"), e, "p")
		if err != nil || len(rows) != 1 {
			t.Errorf("%s: %v, %v", name, err, rows)
			continue
		}
		if got := saidOf(rows[0].Wrong); got != c.wrong || !reflect.DeepEqual(rows[0].Form.Answers, c.want) {
			t.Errorf("%s: %v is read, and %q is wrong", name, rows[0].Form.Answers, got)
		}
	}
}

func TestAHeadingIsWhatEveryEventHasBeforeItIsAQuestion(t *testing.T) {
	t.Parallel()
	asked := []events.Question{{ID: "role", Label: "Role"}, {ID: "c", Label: "C"}, {ID: "cpp", Label: "C++"}, {ID: "greek", Label: "Ποιος;"}}
	head := matchColumns([]string{"Job role", "role", "C++", "c", "ποιος", "C", "Dietary", ""}, asked)
	got := map[string]int{}
	for _, q := range head.questions {
		got[q.ID] = q.at
	}
	if want := map[string]int{"role": 1, "cpp": 2, "c": 3, "greek": 4}; !reflect.DeepEqual(got, want) || head.columns["job_role"] != 0 {
		t.Errorf("read as %v, %v", got, head.columns)
	}
	if !reflect.DeepEqual(head.ignored, []string{"C", "Dietary"}) {
		t.Errorf("not read are %v", head.ignored)
	}
}

func TestTheExampleOfAFileIsReadBackWithItsQuestions(t *testing.T) {
	t.Parallel()
	e := importEvent()
	e.Questions = append(questions(), events.Question{ID: "sum", Kind: events.ShortText, Label: `=1, "or"; 2?`})
	example, err := importExample(e)
	must(t, err)
	for _, row := range []string{"Dr,A,One,one@example.com,Nurse,,Trust,,Online,Yes,Meat,,Friday,Why not,3\r\n"} {
		rows, head, err := readImport(append(example, row...), e, "p")
		if err != nil || len(rows[0].Wrong) > 0 || len(head.questions) != 6 || len(head.ignored) > 0 || rows[0].Form.Answers.Text("sum") != "3" || rows[0].Place.ID != "o" {
			t.Errorf("%v, %+v, not read: %v", err, rows, head.ignored)
		}
	}
	semicolons := strings.ReplaceAll("First name;Last name;Email;Profession;Employer;\"Which, if any, of these, or those, or none, or, well, more?\"\nA;One;one@example.com;Nurse;Trust;x", "\n", "\r\n")
	if rows, _, err := readImport([]byte(semicolons), e, "p"); err != nil || len(rows[0].Wrong) > 0 {
		t.Errorf("a heading with commas: %v, %+v", err, rows)
	}
	if _, _, err := readImport([]byte("First name,Last name,Email"+strings.Repeat(",x", maxColumns)+"\nA,B,c@example.com"), e, "p"); !fault.Is(err, fault.Invalid) {
		t.Errorf("five hundred columns more: %v", err)
	}
}

func TestAnOrganisersChangeKeepsAnswersWhereNoneAreGiven(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		id, kim := d.withQuestions(), access.Entry{Actor: "organiser:kim"}
		a := d.ask(1)
		a.Answers = Answers{id("dine"): {"No"}}
		g := d.register(a)
		must(t, d.ChangeFor(t.Context(), g, d.event, g.Person, nil, kim))
		if got := d.answersOf(g); got.Text(id("dine")) != "No" {
			t.Errorf("without answers %v are kept", got)
		}
		must(t, d.ChangeFor(t.Context(), g, d.event, g.Person, Answers{id("days"): {"Monday"}}, kim))
		if got := d.answersOf(g); !reflect.DeepEqual(got, Answers{id("days"): {"Monday"}}) {
			t.Errorf("with answers %v are kept", got)
		}
	})
}
