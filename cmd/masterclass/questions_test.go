package main

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/store/storetest"
)

// allQuestions adds a question of each kind to an event, as an organiser does, and gives their ids in this order: dinner (yes or no), the menu
// of those who dine, days, a short text, and a long one for those who come on Friday.
func (s *testSite) allQuestions(v *visitor, page, slug string) []string {
	v.t.Helper()
	add := func(label, kind, options, required, shown string) string {
		form := with(url.Values{}, "label", label, "kind", kind, "options", options, "required", required, "shown", shown, "hint", "About "+kind)
		v.post(page+"/questions/new", form).want(v.t, 303)
		asked := s.stored(v.t, slug).Asked()
		return asked[len(asked)-1].ID
	}
	dine := add("Will you stay for dinner?", "yes_no", "", "yes", "")
	menu := add("Which menu would you like?", "choice", "Meat\r\n\r\nFish & chips\r\nVegan", "yes", dine+":Yes")
	days := add("Which days will you come?", "choices", "Thursday\nFriday", "", "")
	name := add("What name goes on your certificate?", "short_text", "", "", "")
	why := add("What do you hope to learn on Friday?", "long_text", "", "yes", days+":Friday")
	return []string{dine, menu, days, name, why}
}

// allHidden are the hidden fields of a page, with all values of each.
func allHidden(page string) url.Values {
	form := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(page, -1) {
		form.Add(m[1], unescape(m[2]))
	}
	return form
}

func TestAnOrganiserAsksAndPeopleAnswerByTheForm(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		desk, v := s.signedIn(t, access.Organiser), s.visitor(t)
		e, page := s.makeEvent(desk, "asks")
		q := s.allQuestions(desk, page, "asks")
		desk.get(page+"/questions?done=added").want(t, 200, "It is added.", "Will you stay for dinner?", "Only if ‘Will you stay for dinner?’ is ‘Yes’", "Fish &amp; chips")
		form := "/events/asks/register"
		sent := formOf(person(1, e.Places[0].ID))
		sent.Set("claim", allHidden(v.get(form).want(t, 200, "Questions about this event", "Only if you answered ‘Yes’ to ‘Will you stay for dinner?’. About choice", "questions.").text).Get("claim"))
		sent.Set("step", "check")
		sent["answer_"+q[2]] = []string{"Thursday", "Friday"}
		sent.Set("answer_"+q[3], `Dr "Ada" <Example>`)
		sent.Set("answer_"+q[1], "Vegan")
		sent.Set("answer_unknown", "x")
		a := v.post(form, sent).want(t, 422, "Choose an answer to ‘Will you stay for dinner?’", `href="#answer_`+q[0]+`"`, `href="#answer_`+q[4]+`"`, "Dr &#34;Ada&#34; &lt;Example&gt;")
		if strings.Contains(a.text, "Choose an answer to ‘Which menu") || strings.Count(a.text, " checked>")+strings.Count(a.text, " checked\n") < 2 {
			t.Errorf("a question that is not shown is required, or answers are lost:\n%s", a.text)
		}
		sent.Set("answer_"+q[0], "No")
		sent.Set("answer_"+q[4], "A lot\r\nof things")
		checked := v.post(form, sent).want(t, 200, "Check your answers", "Thursday, Friday", "Dr &#34;Ada&#34;", `formaction="`+form+`#answer_`+q[2]+`"`)
		hidden := allHidden(checked.text)
		if strings.Contains(checked.text, "Vegan") || hidden.Has("answer_unknown") || len(hidden["answer_"+q[2]]) != 2 {
			t.Errorf("what does not apply is carried on, or what does is lost: %v", hidden)
		}
		hidden.Set("step", "change")
		again := v.post(form, hidden).want(t, 200, "A lot\nof things", `value="Thursday" checked`, `value="Friday" checked`, `value="No" checked`)
		if !regexp.MustCompile(`value="Dr &#34;Ada&#34; &lt;Example&gt;"`).MatchString(again.text) {
			t.Error("after Change the short text is lost")
		}
		hidden.Set("step", "confirm")
		v.post(form, hidden).want(t, 200, "Your place is confirmed", "Which days will you come?", "Thursday, Friday", "A lot\nof things")
		v.post(form, hidden).want(t, 200, "Your place is confirmed") // once more, with the same claim
		if text := desk.get(page+"/questions/answers").want(t, 200, "Of 1 person who is", "Thursday", "A lot\nof things").text; strings.Contains(text, "ada1@example.com") {
			t.Error("the summary names people")
		}
		desk.get(page+"/attendees.csv").want(t, 200, "Which days will you come?", `"Thursday, Friday"`)
	})
}

func TestAnswersSurviveTheWaitingListAndCanBeChanged(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	desk, v := s.signedIn(t, access.Organiser), s.visitor(t)
	e, page := s.makeEvent(desk, "asks")
	q := s.allQuestions(desk, page, "asks")
	answers := map[string]any{q[0]: "Yes", q[1]: "Vegan", q[2]: []string{"Friday"}, q[4]: "All"}
	register := func(n int) map[string]any {
		p := person(n, e.Places[0].ID)
		p["answers"] = answers
		return p
	}
	var made struct {
		ID        string `json:"id"`
		ManageURL string `json:"manage_url"`
	}
	v.call("/api/v1/events/asks/registrations", register(1)).want(t, 201).json(t, &made)
	v.call("/api/v1/events/asks/registrations", register(2)).want(t, 201)
	sent := formOf(person(3, e.Places[0].ID))
	sent.Set("step", "check")
	sent.Set("answer_"+q[0], "Yes")
	sent.Set("answer_"+q[1], "Fish & chips")
	full := v.post("/events/asks/register", sent).want(t, 409, "Every place is taken", "Fish &amp; chips")
	hidden := allHidden(full.text)
	hidden.Set("step", "wait")
	v.post("/events/asks/register", hidden).want(t, 200, "You are on the waiting list", "Fish &amp; chips")

	message := with(desk.get(page+"/messages/new?answer="+url.QueryEscape(q[2]+":Friday")).want(t, 200, "goes to 2 people").form("preview"), "subject", "Friday", "body", "Come early.")
	desk.post(page+"/messages/new", message).want(t, 200, "2 people", "who answered ‘Which days will you come? Friday’")
	for _, gone := range []string{uuid.NewString() + ":Friday", q[4] + ":All"} { // never everybody instead
		desk.post(page+"/messages/new", with(message, "answer", gone)).want(t, 422, `href="#answer"`, "Choose one of the answers")
	}

	details := v.get(made.ManageURL+"/details").want(t, 200, `value="Vegan" checked`, "All</textarea>").form("")
	details.Del("answer_" + q[1])
	v.post(made.ManageURL+"/details", details).want(t, 422, "Choose an answer to ‘Which menu would you like?’")
	details.Set("answer_"+q[0], "No")
	v.post(made.ManageURL+"/details", details).want(t, 200, "Your details are changed", "Friday")
	if text := desk.get(page+"/attendees/"+made.ID).want(t, 200, "Will you stay for dinner?", "Friday").text; strings.Contains(text, "Vegan") || strings.Contains(text, "Which menu") {
		t.Error("an answer that does not apply any more is kept")
	}
	desk.post(page+"/questions/"+q[1]+"/delete", nil).want(t, 409, "People have answered this question")
	desk.post(page+"/questions/"+q[0]+"/retire", nil).want(t, 409, "decides whether another one is shown")
	desk.post(page+"/questions/"+q[1]+"/retire", nil).want(t, 303)
	if text := v.get("/events/asks/register").want(t, 200).text; strings.Contains(text, "Which menu") {
		t.Error("a retired question is asked")
	}
	desk.post(page+"/questions/"+q[3]+"/delete", nil).want(t, 303)
	if trail := s.trailOf(t, e.ID); !strings.HasSuffix(trail, "question.added question.added question.added question.added question.added question.retired question.deleted") {
		t.Errorf("the audit trail says %s", trail)
	}
}

func TestTheJSONSaysWhatIsAskedAndWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	desk, v := s.signedIn(t, access.Organiser), s.visitor(t)
	e, page := s.makeEvent(desk, "asks")
	q := s.allQuestions(desk, page, "asks")
	var shown struct {
		Questions []struct {
			ID, Kind, Label string
			Required        bool
			Options         []string
			ShownIf         *struct{ Question, Answer string } `json:"shown_if"`
		}
	}
	v.get("/api/v1/events/asks").want(t, 200).json(t, &shown)
	if l := shown.Questions; len(l) != 5 || l[1].ID != q[1] || l[1].Kind != "choice" || !l[1].Required || len(l[1].Options) != 3 || l[1].ShownIf.Question != q[0] ||
		l[1].ShownIf.Answer != "Yes" || l[0].ShownIf != nil || l[3].Options == nil {
		t.Errorf("the questions are %+v", l)
	}
	p := person(1, e.Places[0].ID)
	v.call("/api/v1/events/asks/registrations", p).want(t, 422, `"answer_`+q[0]+`":"Choose an answer to`)
	p["answers"] = map[string]any{q[0]: true, q[1]: "Nothing"}
	v.call("/api/v1/events/asks/registrations", p).want(t, 422, `"answer_`+q[1]+`"`, "that are offered")
	p["answers"] = map[string]any{q[0]: 7}
	v.call("/api/v1/events/asks/registrations", p).want(t, 400, "answers has the wrong type")
	p["answers"] = map[string]any{q[0]: false, "unknown": "x", q[3]: strings.Repeat("x", 2001)}
	v.call("/api/v1/events/asks/registrations", p).want(t, 422, "2,000 characters or fewer")
	p["answers"] = map[string]any{q[0]: false, "unknown": "x", q[3]: "=1+1"}
	first := v.call("/api/v1/events/asks/registrations", p, "Idempotency-Key", "one").want(t, 201)
	if again := v.call("/api/v1/events/asks/registrations", p, "Idempotency-Key", "one").want(t, 201); again.text != first.text {
		t.Error("the same key gives another answer")
	}
	desk.get(page+"/attendees.csv").want(t, 200, "'=1+1")
}

func TestTheFormOfAQuestionSaysWhatToMend(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	desk := s.signedIn(t, access.Organiser)
	e, page := s.makeEvent(desk, "asks")
	q := s.allQuestions(desk, page, "asks")
	s.makeEvent(desk, "other")
	good := url.Values{"label": {"Which hotel?"}, "kind": {"choice"}, "options": {"One\nTwo"}}
	for _, c := range []struct {
		change []string
		words  string
	}{
		{[]string{"label", ""}, "Enter the question"},
		{[]string{"label", strings.Repeat("x", 201)}, "Question must be 200 characters or fewer"},
		{[]string{"kind", ""}, "Choose how the question is answered"},
		{[]string{"kind", "colour"}, "Choose how the question is answered"},
		{[]string{"options", "One"}, "Enter at least 2 answers"},
		{[]string{"options", "One\nTwo\none"}, "is there twice"},
		{[]string{"options", strings.Repeat("x", 151) + "\ny"}, "150 characters or fewer"},
		{[]string{"shown", q[0] + ":Maybe"}, "Choose who is asked this question"},
		{[]string{"shown", q[3] + ":x"}, "Choose who is asked this question"},
	} {
		a := desk.post(page+"/questions/new", with(good, append([]string{"hint", "My own hint"}, c.change...)...)).want(t, 422, c.words, "<title>Error: ", "My own hint")
		if strings.Count(a.text, c.words) < 2 {
			t.Errorf("%v: the words stand in the summary alone", c.change)
		}
	}
	edit := page + "/questions/" + q[0] + "/edit"
	desk.post(edit, with(desk.get(edit).form("save"), "kind", "short_text")).want(t, 422, "The answer ‘Yes’ must stay: ‘Which menu would you like?’ is shown by it")
	days := page + "/questions/" + q[2] + "/edit"
	stale := desk.get(days).form("save")
	desk.post(days, with(stale, "options", "Thursday\nSaturday")).want(t, 422, "The answer ‘Friday’ must stay")
	desk.post(days, with(stale, "options", "Wednesday\nFriday", "shown", q[4]+":x")).want(t, 422, "Choose who is asked")
	desk.post(days, with(stale, "options", "Wednesday\nFriday")).want(t, 303)
	desk.post(days, with(stale, "label", "Mine")).want(t, 409, "Somebody else has changed this meanwhile", "Wednesday")
	for _, path := range []string{"/edit", "/delete"} { // of another event
		desk.get("/organise/events/other"+"/questions/"+q[0]+path).want(t, 404, "We could not find that question")
		desk.post("/organise/events/other"+"/questions/"+q[0]+path, good).want(t, 404)
	}
	for _, path := range []string{"/move", "/retire", "/again"} {
		desk.post("/organise/events/other"+"/questions/"+q[0]+path, nil).want(t, 404)
	}
	if now := s.stored(t, e.Slug); len(now.Questions) != 5 || now.Questions[2].Options != "Wednesday\nFriday" || now.Questions[0].Kind != events.YesNo {
		t.Errorf("in the end it asks %+v", now.Questions)
	}
}

func TestAnOutageLosesNoAnswers(t *testing.T) {
	t.Parallel()
	server := storetest.MortalPostgres(t)
	s := startSite(t, stores{database: server.URL})
	desk, v := s.signedIn(t, access.Organiser), s.visitor(t)
	e, page := s.makeEvent(desk, "asks")
	q := s.allQuestions(desk, page, "asks")
	sent := formOf(person(1, e.Places[0].ID))
	sent.Set("step", "check")
	sent.Set("answer_"+q[0], "No")
	sent["answer_"+q[2]] = []string{"Thursday", "Friday"}
	sent.Set("answer_"+q[4], "A lot\nof <things>")
	confirm := allHidden(v.post("/events/asks/register", sent).want(t, 200).text)
	confirm.Set("step", "confirm")
	server.Down()
	for _, wait := range []time.Duration{0, 1100 * time.Millisecond} { // until the event itself is not remembered any more
		time.Sleep(wait)
		a := v.post("/events/asks/register", confirm).want(t, 503, "Try again", "A lot\nof &lt;things&gt;", "Thursday, Friday")
		again := allHidden(a.text)
		for i := range 5 {
			if field := "answer_" + q[i]; strings.Join(again[field], " ") != strings.Join(confirm[field], " ") {
				t.Errorf("%v is sent again as %v", confirm[field], again[field])
			}
		}
		confirm = again
	}
	server.Up(t)
	done := v.post("/events/asks/register", confirm)
	for n := 0; done.StatusCode == 503 && n < 20; n++ { // a connection that was cut
		done = v.post("/events/asks/register", allHidden(done.text))
	}
	done.want(t, 200, "Your place is confirmed", "Thursday, Friday", "A lot\nof &lt;things&gt;")
}

// What people are asked, an organiser may answer for somebody or leave to them.
func TestAnOrganiserAnswersForSomebodyOrLeavesItToThem(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	staff, v := s.signedIn(t, access.Organiser), s.visitor(t)
	_, page := s.makeEvent(staff, "asks")
	q := s.allQuestions(staff, page, "asks")
	staff.post(page+"/places/new", url.Values{"name": {"Balcony"}, "capacity": {"5"}}).want(t, 303)
	balcony := s.stored(t, "asks").Places[1].ID
	named := func(form url.Values, email string, more ...string) url.Values {
		return with(form, append([]string{"first_name", "Ada", "last_name", "Byron", "email", email, "profession", "Nurse", "employer", "Trust", "place", balcony}, more...)...)
	}
	of := func(email string) (id string) {
		if err := s.db.NewRaw("select id from registrations where mailbox = ?", email).Scan(t.Context(), &id); err != nil {
			t.Fatal(err)
		}
		return id
	}

	// By hand: shown, not needed, and what is given must be right.
	form := staff.get(page+"/attendees/new").want(t, 200, "Questions of this event", "Optional for you: ask the person", "Only if they answered ‘Yes’", "questions.").form("confirm")
	staff.post(page+"/attendees/new", named(form, "hand@example.com", "answer_"+q[0], "Perhaps", "answer_"+q[3], "Kept")).want(t, 422, "that are offered", `href="#answer_`+q[0]+`"`, `value="Kept"`)
	staff.post(page+"/attendees/new", named(form, "hand@example.com", "answer_"+q[0], "Yes", "answer_"+q[3], "A. Byron")).want(t, 303)
	hand := page + "/attendees/" + of("hand@example.com")
	staff.get(hand).want(t, 200, "A. Byron", "Not given")

	// Editing shows them as they are, and changes them.
	edit := staff.get(hand+"/edit").want(t, 200, `value="A. Byron"`, `value="Yes" checked`).form("")
	staff.post(hand+"/edit", with(edit, "answer_"+q[1], "Pizza")).want(t, 422, "that are offered", `value="A. Byron"`)
	staff.post(hand+"/edit", with(edit, "answer_"+q[1], "Vegan", "answer_"+q[3], "")).want(t, 303)
	if text := staff.get(hand).want(t, 200, "Vegan").text; strings.Contains(text, "A. Byron") {
		t.Error("an answer that was taken back is there")
	}

	// At the door they are behind a summary, and open once one of them is filled in.
	walk := page + "/check-in/walk-in"
	opened := staff.get(walk).want(t, 200, "Questions of this event")
	if !strings.Contains(opened.text, `<details class="nhsuk-details">`) {
		t.Error("the questions stand in the way of the queue")
	}
	staff.post(walk, named(opened.form(""), "bad@example.com", "answer_"+q[0], "Perhaps")).want(t, 422, "that are offered", `<details class="nhsuk-details" open>`)
	staff.post(walk, named(opened.form(""), "quick@example.com")).want(t, 303)
	staff.post(walk, named(staff.get(walk).form(""), "slow@example.com", "answer_"+q[0], "No")).want(t, 303)

	// A file: its columns are recognised, and what does not fit is a line to mend.
	staff.get(page+"/attendees/import").want(t, 200, "Will you stay for dinner?")
	staff.get(page+"/attendees/import/example.csv").want(t, 200, "Registration number,Place,Will you stay for dinner?,Which menu would you like?")
	file := "First name,Last name,Email,Profession,Employer,Will you stay for dinner?,Which days will you come\nAda,One,file@example.com,Nurse,Trust,no,Thursday;Friday\nAda,Two,wrong@example.com,Nurse,Trust,perhaps,\n"
	preview := staff.upload(page+"/attendees/import", "people.csv", file, url.Values{"place": {balcony}}).want(t, 200, "These columns answer the event’s own questions", "Which days will you come?",
		"Choose from the answers to ‘Will you stay for dinner?’", "Import 1 person")
	staff.upload(page+"/attendees/import", "", "", with(hiddenFields(preview.text), "step", "confirm")).want(t, 303)
	staff.get(page+"/attendees.csv").want(t, 200, `"Thursday, Friday"`, "slow@example.com")

	// The person is asked kindly, and answers by their own link.
	token, err := s.keys.Token("manage", of("quick@example.com"), 0)
	if err != nil {
		t.Fatal(err)
	}
	manage := "/registrations/" + token
	v.get(manage).want(t, 200, "would like to know something from you", manage+"/details#answer_"+q[0])
	answered := v.get(manage+"/details").want(t, 200, "Questions about this event").form("")
	if text := v.post(manage+"/details", with(answered, "answer_"+q[0], "No")).want(t, 200, "Your details are changed").text; strings.Contains(text, "would like to know") {
		t.Error("somebody who has answered is asked again")
	}
}
