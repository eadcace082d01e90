package main

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"masterclass/internal/access"
)

// asking is an event that asks a question of each kind, with their ids as allQuestions gives them.
func (s *testSite) asking(t *testing.T) (place string, q []string) {
	t.Helper()
	v := s.signedIn(t, access.Organiser)
	e, page := s.makeEvent(v, "asks")
	v.post(page+"/places/"+e.Places[0].ID, with(v.get(page+"/places/"+e.Places[0].ID).form("save"), "capacity", "20")).want(t, 303)
	return e.Places[0].ID, s.allQuestions(v, page, "asks")
}

func choose(question, answer string) string {
	return fmt.Sprintf(`[name="answer_%s"][value=%q]`, question, answer)
}

// hiddenQuestion says whether a question is out of sight, and so out of reach.
func (b *browser) hiddenQuestion(id string) bool {
	return eval[bool](b, fmt.Sprintf(`document.getElementById('answer_%s').closest('[data-question]').hidden`, id))
}

func TestBrowserQuestionsThatDoNotApplyAreOutOfSight(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	place, q := s.asking(t)
	b := s.startBrowser(t)
	form := formOf(person(1, ""))
	form.Del("place")
	b.look(at("questions-form", "/events/asks/register"))
	if !b.hiddenQuestion(q[1]) || !b.hiddenQuestion(q[4]) || b.hiddenQuestion(q[0]) {
		t.Error("what does not apply is in sight, or what does is not")
	}
	b.run(chromedp.Click(choose(q[0], "Yes"), chromedp.ByQuery), chromedp.Click(choose(q[2], "Friday"), chromedp.ByQuery))
	if b.hiddenQuestion(q[1]) || b.hiddenQuestion(q[4]) {
		t.Error("what applies is out of sight")
	}
	if said := eval[string](b, `document.querySelector('[data-questions-said]').textContent`); said != "One more question is shown below." {
		t.Errorf("it says %q", said)
	}
	b.look(then("questions-errors", 422, nil, "button[value=check]"))
	if b.hiddenQuestion(q[1]) || !eval[bool](b, fmt.Sprintf(`document.querySelector('[name="answer_%s"][value=Yes]').checked`, q[0])) {
		t.Error("after an error the answers are lost")
	}
	link := fmt.Sprintf(`.nhsuk-error-summary a[href="#answer_%s"]`, q[1])
	b.run(chromedp.Click(link, chromedp.ByQuery), chromedp.WaitVisible("#answer_"+q[1]+":focus", chromedp.ByQuery))
	b.run(chromedp.Click(choose(q[0], "No"), chromedp.ByQuery))
	if !b.hiddenQuestion(q[1]) {
		t.Error("what does not apply any more is in sight")
	}
	form.Set("answer_"+q[4], "How to give oral SACT safely at home,\nand whom to call")
	form.Set("answer_"+q[3], "Ada Example")
	b.look(then("questions-check", 200, func(b *browser) { b.fill(form) }, "button[value=check]"))
	b.look(then("questions-confirmed", 200, nil, "button[value=confirm]"))
	b.look(at("questions-details", b.path()+"/details"))
	b.checkProblems("the questions")
	if e := s.stored(t, "asks"); e.Places[0].ID != place || e.Places[0].Taken != 1 {
		t.Errorf("the places are %+v", e.Places)
	}
}

func TestBrowserAnOrganiserAsksQuestions(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	_, q := s.asking(t)
	p := person(1, s.stored(t, "asks").Places[0].ID)
	p["answers"] = map[string]any{q[0]: "Yes", q[1]: "Vegan", q[2]: []string{"Friday", "Thursday"}, q[4]: "How to give oral SACT safely at home\nand whom to call"}
	s.visitor(t).call("/api/v1/events/asks/registrations", p).want(t, 201)
	b := s.startBrowser(t)
	b.signIn(s, "kim@example.com")
	page := desk + "/asks/questions"
	walk := desk + "/asks/check-in/walk-in"
	v := s.signedIn(t, access.Organiser)
	added := with(v.get(desk+"/asks/attendees/new").form("confirm"), "first_name", "Grace", "last_name", "Hopper", "email", "grace@example.com", "profession", "Nurse", "employer", "Trust", "place", p["place"].(string))
	v.post(desk+"/asks/attendees/new", added).want(t, 303)
	var hand string
	if err := s.db.NewRaw("select id from registrations where mailbox = 'grace@example.com'").Scan(t.Context(), &hand); err != nil {
		t.Fatal(err)
	}
	token, err := s.keys.Token("manage", hand, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, sc := range []scene{
		at("add-asked", desk+"/asks/attendees/new"), at("edit-asked", desk+"/asks/attendees/"+hand+"/edit"), at("manage-unanswered", "/registrations/"+token),
		at("walk-in-asked", walk), then("walk-in-asked-errors", 422, func(b *browser) {
			b.run(chromedp.Click("main summary", chromedp.ByQuery), chromedp.Click(choose(q[0], "Yes"), chromedp.ByQuery))
		}, mainButton),
		at("import-asked", desk+"/asks/attendees/import"),
		then("import-asked-preview", 200, func(b *browser) {
			b.fill(url.Values{"paste": {"First name,Last name,Email,Profession,Employer,Which days will you come?,Shoe size\nAda,One,one@example.com,Nurse,Trust,Thursday;Friday,38\nAda,Two,two@example.com,Nurse,Trust,Sunday,39"}})
		}, mainButton),
		at("desk-questions-none", desk+"/"+masterclass+"/questions"), at("desk-question-new", page+"/new"), then("desk-question-errors", 422, nil, mainButton),
		then("desk-question-added", 200, func(b *browser) {
			b.fill(url.Values{"label": {"Which of the hotels nearby would you like to be told about, if rooms are kept there?"}, "kind": {"choice"}, "options": {"The Grand Hotel\nNone"}})
		}, mainButton),
		at("desk-question-edit", page+"/"+q[1]+"/edit"), at("desk-question-delete", page+"/"+q[3]+"/delete"),
		then("desk-question-retired", 200, func(b *browser) { b.open(page) }, `form[action$="`+q[1]+`/retire"] button`),
		then("desk-question-moved", 200, nil, `form[action$="`+q[3]+`/move"] button[value=up]`),
		at("desk-answers", page+"/answers"), at("desk-answered", desk+"/asks/attendees?answer="+url.QueryEscape(q[0]+":Yes")), at("desk-answers-none", desk+"/"+masterclass+"/questions/answers"),
	} {
		b.look(sc)
	}
}

func TestBrowserWithoutJavaScriptQuestionsAreAnswered(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	_, q := s.asking(t)
	b := s.startBrowser(t)
	b.run(emulation.SetScriptExecutionDisabled(true))
	form := formOf(person(1, ""))
	form.Del("place")
	form.Set("answer_"+q[0], "Yes")
	form.Set("answer_"+q[1], "Vegan")
	form.Set("answer_"+q[2], "Friday")
	form.Set("answer_"+q[4], "Everything")
	b.open("/events/asks/register")
	b.shoot("questions-form-bare")
	b.fill(form)
	for _, button := range []string{"check", "change", "check", "confirm"} {
		if status := b.press("button[value=" + button + "]"); status != 200 {
			t.Fatalf("%s answers %d: %s", button, status, b.heading())
		}
	}
	s.visitor(t).get(b.path()).want(t, 200, "Your place is confirmed", "Vegan", "Everything")
}
