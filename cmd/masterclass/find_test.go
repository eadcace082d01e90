package main

import (
	"net/url"
	"strconv"
	"testing"
)

func TestLinksAreSentFiveTimesAnHourAndTheSixthAnswerIsTheSame(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	v.call("/api/v1/events/"+masterclass+"/registrations", person(1, v.event(masterclass).Places[0].ID)).want(t, 201)
	find := func(email string) string {
		return v.post("/registrations/find", url.Values{"email": {email}}).want(t, 200, "Check your email").text
	}
	unknown := find("nobody@example.com")
	for range 7 {
		if find("ada1@example.com") != unknown {
			t.Fatal("the answer says something about the mailbox")
		}
	}
	if n := s.number(t, "select count(*) from outbox where kind = 'links'"); n != 5 {
		t.Errorf("%d mails with links are written", n)
	}
}

func TestANetworkMayAskForLinksSoManyTimes(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{}, func(s *Settings) { s.TrustedProxies = "127.0.0.1/32" })
	v := s.visitor(t)
	ask := func(from, email string) answer {
		req := v.formRequest("/registrations/find", url.Values{"email": {email}})
		req.Header.Set("X-Forwarded-For", from)
		return v.do(req)
	}
	ask("192.0.2.1", "nonsense").want(t, 422) // a slip costs nothing
	for i := range 30 {
		ask("192.0.2.1", person(i, "")["email"].(string)).want(t, 200)
	}
	past := ask("192.0.2.1", "nobody@example.com").want(t, 429, "Links have been asked for too many times from your network")
	if got, err := strconv.Atoi(past.Header.Get("Retry-After")); err != nil || got < 100 || got > 120 {
		t.Errorf("Retry-After is %d seconds, %v", got, err)
	}
	ask("192.0.2.2", "nobody@example.com").want(t, 200)
}
