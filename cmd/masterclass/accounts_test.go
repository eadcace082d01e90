package main

import (
	"net/url"
	"strings"
	"testing"

	"masterclass/internal/access"
)

func TestAForgottenPasswordIsChosenAnewByMailAtMostFiveTimesAnHour(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.signedIn(t, access.Organiser)
		place := v.event(masterclass).Places[0].ID
		p := person(1, place)
		p["email"] = "organiser@example.com"
		v.call("/api/v1/events/"+masterclass+"/registrations", p).want(t, 201)
		other := s.visitor(t)
		for n, want := range []int{200, 200, 200, 200, 200, 429} { // what other forms have sent counts for itself
			other.post("/organise/sign-in/forgotten", url.Values{"email": {"Organiser@example.com"}}).want(t, want)
			if n == 4 {
				s.mails(t, 6)
			}
		}
		var token string
		for _, mail := range s.mails(t, 6) {
			if _, rest, found := strings.Cut(strings.ReplaceAll(mail, "=\r\n", ""), s.URL+"/organise/sign-in/"); found {
				token, _, _ = strings.Cut(rest, "\r\n")
			}
		}
		in := other.post("/organise/sign-in/"+token, url.Values{"password": {"another long password"}}).want(t, 200)
		if in.Request.URL.Path != "/organise" {
			t.Errorf("a new password leads to %s", in.Request.URL.Path)
		}
		if a := v.get("/organise"); a.StatusCode != 303 {
			t.Errorf("the sign-in with the old password answers %d", a.StatusCode)
		}
	})
}
