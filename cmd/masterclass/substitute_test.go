package main

import (
	"net/url"
	"strings"
	"testing"
)

// colleague is a complete form of somebody who takes a place.
func colleague() url.Values {
	form := formOf(person(50, ""))
	form.Set("first_name", "Grace")
	form.Del("place")
	return form
}

func TestAPlaceIsGivenToAColleagueByTheLinkAndTheOldLinkDies(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		place := v.event(masterclass).Places[0]
		mine := v.registered(1, masterclass, place.ID, false)
		s.mails(t, 1)
		v.get(mine).want(t, 200, "Give your place to a colleague")
		for range 2 { // looking changes nothing
			v.get(mine+"/substitute").want(t, 200, "About your colleague", "Example trust")
		}

		v.post(mine+"/substitute", nil).want(t, 422, "Error: ", "Enter your colleague’s first name", "Enter your colleague’s email address", "Enter your colleague’s employer")
		own := colleague()
		own.Set("email", "ADA1@example.com")
		v.post(mine+"/substitute", own).want(t, 422, "this one is yours", `value="Grace"`)
		v.registered(2, masterclass, place.ID, false)
		taken := colleague()
		taken.Set("email", "ada2@example.com")
		v.post(mine+"/substitute", taken).want(t, 409, "already registered", `value="Grace"`)

		form := colleague()
		form.Set("dietary", "No nuts") // which is not asked, since only they can consent
		form.Set("consent_sensitive", "yes")
		for range 2 { // a second click
			v.post(mine+"/substitute", form).want(t, 200, "Your place is passed on")
		}
		v.get(mine).want(t, 404)
		v.get(mine+"/substitute").want(t, 404)
		v.post(mine+"/substitute", taken).want(t, 404)
		v.post(mine+"/cancel", nil).want(t, 404)
		if left := v.event(masterclass).Places[0].Left; left != place.Capacity-2 {
			t.Errorf("%d places are left", left)
		}

		mails := s.mails(t, 4)
		invited := map[string]string{}
		for _, mail := range mails {
			c, method := calendarOf(t, mail)
			invited[strings.TrimPrefix(prop(c, "ATTENDEE"), "mailto:")] = method
		}
		if invited["ada1@example.com"] != "CANCEL" || invited["ada50@example.com"] != "REQUEST" {
			t.Errorf("the last invitations are %v", invited)
		}
		theirs := linkIn(t, mails, "ada50@example.com")
		v.get(theirs).want(t, 200, "Your place is confirmed", "Grace", "Not given")
		v.post(theirs+"/cancel", nil).want(t, 200, "This registration is cancelled")
		v.get(theirs+"/substitute").want(t, 200, "This registration is cancelled")
	})
}

// linkIn finds somebody's own link in the mail to them.
func linkIn(t *testing.T, mails []string, to string) string {
	t.Helper()
	for _, mail := range mails {
		flat := strings.ReplaceAll(mail, "=\r\n", "")
		if !strings.Contains(flat, "<"+to+">") {
			continue
		}
		if at := strings.Index(flat, "/registrations/"); at >= 0 {
			link, _, _ := strings.Cut(flat[at:], "\r\n")
			return link
		}
	}
	t.Fatalf("no mail to %s has a link", to)
	return ""
}

func TestAPositionOnTheWaitingListIsNotPassedOn(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	waiting := v.registered(1, fullUp, v.event(fullUp).Places[0].ID, true)
	if page := v.get(waiting).want(t, 200, "on the waiting list"); strings.Contains(page.text, "colleague") {
		t.Error("the page of somebody who waits offers to pass it on")
	}
	v.get(waiting+"/substitute").want(t, 409, "A position on the waiting list is yours alone")
	v.post(waiting+"/substitute", colleague()).want(t, 409, "A position on the waiting list is yours alone")
	v.get(waiting).want(t, 200, "on the waiting list")
	v.get("/registrations/passed-on").want(t, 200, "Your place is passed on")
}
