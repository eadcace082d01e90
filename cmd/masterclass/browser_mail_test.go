package main

import (
	"net/url"
	"strings"
	"testing"

	"masterclass/internal/access"
)

// mailScenes are the organisers' pages of mail; the browser is signed in.
func (s *testSite) mailScenes(t *testing.T) []scene {
	t.Helper()
	for n := range 3 {
		s.came(t, n+1, 0)
	}
	s.drained(t, "confirmation")
	if _, err := s.db.NewRaw(`update outbox set state = 'failed', sent_at = null, attempts = 3, problem = 'There is no such mailbox: look for a typing error in the address. (550 5.1.1 <[address]>: user unknown)'
		where mailbox = 'ada1@example.com'`).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.fillOutbox(t, s.stored(t, masterclass), 60)
	words := url.Values{"subject": {"The morning is in another room, on the second floor of the old building"},
		"body": {"## Where\n\nThe morning is in **room 2**, see https://example.org/a-very-long-address-of-a-map-that-has-to-break-somewhere-on-a-phone.\n\n| When | Where |\n|---|---|\n| 9:30am | Room 2 |\n| 2pm | Hall |\n\n- bring your badge\n- lunch is at midday\n"}}
	return []scene{
		at("log", mailLog), at("log-second", mailLog+"?state=sent&after="+s.outboxID(t, "mailbox = 'p20@sample.example'")), at("log-failed", mailLog+"?state=failed"), at("log-none", mailLog+"?q=nobody"),
		{"log-errors", 422, func(b *browser) int { return b.open(mailLog + "?from=soon") }},
		at("log-retry", mailLog+"/retry"), at("log-entry-failed", mailLog+"/"+s.outboxID(t, "mailbox = 'ada1@example.com'")), at("log-entry-sent", mailLog+"/"+s.outboxID(t, "mailbox = 'ada2@example.com'")),
		at("messages-none", mailPath), at("message-new", mailPath+"/new"), then("message-errors", 422, nil, mainButton),
		then("message-preview", 200, func(b *browser) { b.fill(words) }, mainButton), then("message-test", 200, nil, `main button[value="test"]`),
		then("message-ask", 200, nil, mainButton), then("message-ask-errors", 422, nil, mainButton),
		then("message-sent", 200, func(b *browser) { b.fill(url.Values{"confirm": {"yes"}}) }, mainButton),
		at("messages", mailPath),
	}
}

func TestBrowserEveryPageOfMailCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	scenes := s.mailScenes(t)
	b := s.startBrowser(t)
	b.signsIn(s, access.Organiser)
	for _, sc := range scenes {
		b.look(sc)
	}
}

func TestBrowserTheDashboardCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	b := s.startBrowser(t)
	b.signsIn(s, access.Organiser)
	b.look(at("dashboard-new", "/organise"))
	for n := range 55 {
		s.came(t, n+1, 0)
	}
	s.drained(t, "confirmation")
	for _, change := range []string{
		"update registrations set employer = 'University Hospitals of Derby and Burton and Nottingham and Leicester NHS Foundation Trust' where mailbox like 'ada1%'",
		"update registrations set profession = 'Advanced clinical practitioner in acute oncology' where mailbox like 'ada2%'",
		"update registrations set created_at = created_at - 1209600000 where mailbox like 'ada3%'",
		"update outbox set state = 'failed' where mailbox = 'ada1@example.com'",
	} {
		if _, err := s.db.NewRaw(change).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b.look(at("dashboard", "/organise?event="+fullUp))
	if text := eval[string](b, `document.querySelector('main').innerText`); !strings.Contains(text, "1 email of the last two weeks could not be delivered") {
		t.Errorf("the page says\n%s", text)
	}
	b.press(`.app-concern a`)
	if p := b.path(); p != mailLog {
		t.Errorf("the first concern leads to %s", p)
	}
}

func TestTheFirstPageIsThatOfTheRole(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	for role, words := range map[access.Role]string{access.Owner: "What needs your attention", access.Organiser: "What needs your attention", access.Editor: "The newsroom", access.Steward: "You are not assigned"} {
		s.signedIn(t, role).get("/organise").want(t, 200, words)
	}
}
