package main

import (
	"net/url"
	"testing"
)

// asked makes the Masterclass one that requires approval, and registers so many people, whose pages it gives, by number from 1.
func (s *testSite) asked(t *testing.T, n int) (pages []string) {
	t.Helper()
	s.exec(t, "update events set approval = ?, version = version + 1 where slug = ?", true, masterclass)
	pages = append(pages, "")
	for i := range n {
		pages = append(pages, s.came(t, i+1, 0))
	}
	return pages
}

// wantSeats checks the first place's seats, as the record has them and as the site tells them.
func (s *testSite) wantSeats(t *testing.T, taken int) {
	t.Helper()
	place := s.visitor(t).event(masterclass).Places[0]
	if n := s.number(t, "select taken from places where id = ?", place.ID); n != taken || place.Left != place.Capacity-taken {
		t.Errorf("%d seats are taken and %d of %d left, want %d taken", n, place.Left, place.Capacity, taken)
	}
}

// wantMails checks how many messages of a kind a mailbox has.
func (s *testSite) wantMails(t *testing.T, kind, mailbox string, want int) {
	t.Helper()
	if n := s.number(t, "select count(*) from outbox where kind = ? and mailbox = ?", kind, mailbox); n != want {
		t.Errorf("%s has %d mails of the kind %s, want %d", mailbox, n, kind, want)
	}
}

func TestARequestIsApprovedOrRefusedFromItsPage(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		one := s.asked(t, 2)
		v := s.desk(t)
		s.wantSeats(t, 2)
		v.get(one[1]).want(t, 200, "Pending")
		v.post(one[1]+"/approve", nil).want(t, 200, "The request is approved, and we have written to them.", "Confirmed")
		s.wantMails(t, "approved", "ada1@example.com", 1)
		v.post(one[1]+"/approve", nil).want(t, 200) // a double click writes to nobody twice
		v.get(one[1]+"/refuse").want(t, 409)
		v.get(one[2]+"/refuse").want(t, 200, "Refuse this request?", "cannot have a place")
		v.post(one[2]+"/refuse", url.Values{"reason": {"For those who prescribe."}}).want(t, 200, "The request is refused, and we have written to them.")
		v.post(one[2]+"/refuse", nil).want(t, 200)
		if n := s.number(t, "select count(*) from outbox where kind = 'refused' and snapshot like '%For those who prescribe.%'"); n != 1 {
			t.Errorf("%d mails give the reason", n)
		}
		v.post(one[2]+"/approve", nil).want(t, 409)
		s.wantMails(t, "approved", "ada1@example.com", 1)
		s.wantMails(t, "refused", "ada2@example.com", 1)
		s.wantMails(t, "approved", "ada2@example.com", 0)
		s.wantSeats(t, 1)
		v.post(attendeesPath+"/none/approve", nil).want(t, 404)
		s.whole(t)
	})
}

func TestRequestsAreApprovedAndRefusedTogether(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		s.asked(t, 4)
		v := s.desk(t)
		chosen := func(action string, numbers ...int) url.Values {
			form := url.Values{"action": {action}}
			for _, n := range numbers {
				form.Add("id", s.idOf(t, n))
			}
			return form
		}
		v.get(attendeesPath+"/bulk?"+chosen("approve", 1, 2).Encode()).want(t, 200, "Approve these requests?", "2 registrations")
		s.wantSeats(t, 4) // asking changes nothing
		v.post(attendeesPath+"/bulk", chosen("approve", 1, 2)).want(t, 200, "2 approved", "It worked for all of them")
		v.get(attendeesPath+"/bulk?"+chosen("refuse", 2, 3, 4).Encode()).want(t, 200, "Refuse these requests?", "2 registrations", "1 that you chose does not await approval, and stays as it is.")
		v.get(attendeesPath+"/bulk?"+chosen("approve", 1, 2).Encode()).want(t, 200, "2 that you chose do not await approval", "Back to the list").without(t, "Approve them")
		v.post(attendeesPath+"/bulk", with(chosen("refuse", 2, 3, 4), "reason", "The day is full.")).want(t, 200, "2 refused", "It did not work for these", "it is confirmed already")
		v.post(attendeesPath+"/bulk", chosen("approve", 3)).want(t, 200, "0 approved", "it is cancelled")
		for n, kind := range []string{"approved", "approved", "refused", "refused"} {
			s.wantMails(t, kind, "ada"+itoa(n+1)+"@example.com", 1)
		}
		if n := s.number(t, "select count(*) from outbox where kind in ('approved', 'refused')"); n != 4 {
			t.Errorf("%d mails are written", n)
		}
		s.wantSeats(t, 2)
		s.whole(t)
	})
}

func TestOneOfAPersonsEmailsIsSentAgain(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		one, other := s.came(t, 1, 0), s.came(t, 2, 0)
		v := s.desk(t)
		s.drained(t, "confirmation")
		message := s.outboxID(t, "mailbox = 'ada1@example.com' and kind = 'confirmation'")
		v.get(one).want(t, 200, one+"/messages/"+message+"/resend")
		v.post(one+"/messages/"+message+"/resend", nil).want(t, 200, "The email is on its way again.")
		if n := s.number(t, "select count(*) from audit where action = 'registration.resent'"); n != 1 {
			t.Errorf("the trail tells of it %d times", n)
		}
		mails := s.mails(t, 3)
		same := 0
		for _, m := range mails[:2] {
			if m == mails[2] {
				same++
			}
		}
		if same != 1 {
			t.Error("what was sent again is not the very email")
		}
		v.post(other+"/messages/"+message+"/resend", nil).want(t, 404) // it is somebody else's
		v.post(one+"/messages/none/resend", nil).want(t, 404)
		s.wantSeats(t, 2)
	})
}
