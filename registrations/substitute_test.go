package registrations

import (
	"context"
	"errors"
	"net/mail"
	"sync"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/notify"
	"masterclass/registrations/seats"
)

// theirs is what an attendee asks for by their own link.
var theirs = access.Entry{Actor: string(Attendee), RequestID: "r2"}

// colleague is person n, to take somebody's place.
func (d *desk) colleague(n int) Person {
	p := d.ask(n).Person
	p.FirstName, p.Employer = "Grace", "Another trust"
	return p
}

// lastTo is the last message to a mailbox.
func (d *desk) lastTo(mailbox string) (kind, uid string, sequence int64, public bool) {
	d.t.Helper()
	must(d.t, d.db.NewRaw("select kind, uid, sequence, public from outbox where mailbox = ? order by id desc limit 1", mailbox).
		Scan(context.Background(), &kind, &uid, &sequence, &public))
	return kind, uid, sequence, public
}

func TestAColleagueTakesThePlaceWhichIsNeverFree(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.ask(1)
		a.Needs = Needs{Dietary: "Vegan"}
		g := d.register(a)
		waiting := d.wait(2)
		now, err := d.Substitute(ctx, g, d.colleague(3), Needs{}, theirs)
		must(t, err)
		if now.ID != g.ID || now.Reference != g.Reference || now.Status != Confirmed || now.FirstName != "Grace" || now.Mailbox != "person3@example.com" || now.Generation != g.Generation+1 {
			t.Errorf("it is %+v", now)
		}
		if stored, err := d.store.ByID(ctx, g.ID); err != nil || stored.Person != now.Person || stored.Generation != now.Generation || stored.CalendarGeneration != now.CalendarGeneration {
			t.Errorf("stored is %+v, %v", stored, err)
		}
		_, invited := d.calendarOf(g, kindConfirmation)
		if kind, uid, sequence, public := d.lastTo(g.Mailbox); kind != kindSubstituted || uid != d.event.UID || sequence <= invited || public {
			t.Errorf("the old person is told %s of %q with %d", kind, uid, sequence)
		}
		if kind, uid, _, public := d.lastTo(now.Mailbox); kind != kindConfirmation || uid != d.event.UID || !public {
			t.Errorf("the new person is told %s of %q", kind, uid)
		}
		if audited := d.audited(g); audited != "attendee registration.substituted r2" {
			t.Errorf("the audit trail says %s", audited)
		}
		if sealed, err := d.store.needsOf(ctx, g.ID); err != nil || sealed != nil {
			t.Errorf("there is health data of who has left: %v", err)
		}
		d.want(waiting, Waiting, "who waits, since no seat came free")
		if taken, queue := d.counts(); taken != 1 || queue != 1 || d.left() != 0 {
			t.Errorf("taken %d, waiting %d, left %d", taken, queue, d.left())
		}
		if problems := d.check().Problems; len(problems) > 0 {
			t.Errorf("the record has %v", problems)
		}
		if _, err := d.Register(ctx, d.ask(1).waiting()); err != nil {
			t.Errorf("who has left cannot join again: %v", err)
		}
	})
}

func TestAnOldLinkOrFormDoesNothingToWhatWasPassedOn(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.hold(d.ask(1))
		a.Key = &key{hash: "k", body: "b"}
		g := d.register(a)
		now, err := d.Substitute(ctx, g, d.colleague(3), Needs{Dietary: "No nuts"}, kim)
		must(t, err)
		_, again := d.Substitute(ctx, g, d.colleague(4), Needs{}, theirs)
		_, form := d.Register(ctx, a) // the page of the old person still holds the claim, and a program the key
		fresh := a
		fresh.Claim = seats.NewClaim(d.event.ID)
		_, byKey := d.Register(ctx, fresh)
		for what, err := range map[string]error{
			"cancelling": d.Cancel(ctx, g, d.event, ""), "declining": d.Decline(ctx, g, d.event, ""), "accepting": d.Accept(ctx, g, d.event, ""),
			"passing it on": again, "registering by the form": form, "registering by the key": byKey,
		} {
			if !errors.Is(err, ErrPassedOn) {
				t.Errorf("%s gave %v", what, err)
			}
		}
		if err := d.Change(ctx, g, d.event, g.Person, Needs{}, ""); !errors.Is(err, ErrOver) {
			t.Errorf("changing the details gave %v", err)
		}
		if got, err := d.store.ByID(ctx, g.ID); err != nil || got.Person != now.Person || got.Status != Confirmed {
			t.Errorf("it is %+v, %v", got, err)
		}
		if sealed, err := d.store.needsOf(ctx, g.ID); err != nil || sealed == nil {
			t.Errorf("the colleague's health data is gone: %v", err)
		}
		must(t, d.Resend(ctx, now, ""))
		if kind, _, _, _ := d.lastTo(g.Mailbox); kind != kindSubstituted {
			t.Errorf("the old person is sent %s", kind)
		}
	})
}

// sentTo are the messages of a registration to a mailbox, the newest first.
func (d *desk) sentTo(g *Registration, mailbox string) (list []notify.Entry) {
	d.t.Helper()
	all, _, err := d.outbox.List(context.Background(), notify.Filter{RegistrationID: g.ID})
	must(d.t, err)
	for _, m := range all {
		if m.Mailbox == mailbox {
			list = append(list, m)
		}
	}
	return list
}

func TestMailToWhoeverHadARegistrationIsNeverSentAgain(t *testing.T) {
	hand := map[string]func(d *desk, g *Registration) (*Registration, error){
		"passed on": func(d *desk, g *Registration) (*Registration, error) {
			return d.Substitute(context.Background(), g, d.colleague(3), Needs{}, theirs)
		},
		"corrected": func(d *desk, g *Registration) (*Registration, error) {
			return d.CorrectAddress(context.Background(), g, "right@example.com", kim)
		},
	}
	for name, hand := range hand {
		t.Run(name, func(t *testing.T) {
			eachDesk(t, 2, func(t *testing.T, d *desk) {
				ctx := context.Background()
				g := d.register(d.ask(1))
				d.exec("update outbox set state = 'sent', sent_at = 1 where registration_id = ?", g.ID)
				now, err := hand(d, g)
				must(t, err)
				d.exec("update outbox set state = 'sent', sent_at = 1 where registration_id = ?", g.ID)
				before := d.sentTo(g, g.Mailbox)
				for _, m := range before {
					if err := d.ResendMessage(ctx, now, m.ID, kim); !errors.Is(err, errElsewhere) {
						t.Errorf("%s by the attendee's page: %v", m.Kind, err)
					}
				}
				confirmation, farewell := before[1], before[0]
				if err := d.ResendEntry(ctx, confirmation, kim); !errors.Is(err, errElsewhere) {
					t.Errorf("%s by the log: %v", confirmation.Kind, err)
				}
				must(t, d.ResendEntry(ctx, farewell, kim)) // what tells them that it is not theirs
				// Were there a newer copy to the old mailbox, it would still not be what is sent.
				d.exec(`insert into outbox (id, kind, recipient, mailbox, message_id, event_id, registration_id, uid, sequence, snapshot, state, public, due_at, created_at, topic, sought)
					select ?, kind, recipient, mailbox, 'newer', event_id, registration_id, uid, sequence, snapshot, 'sent', public, due_at, created_at, topic, sought from outbox where id = ?`,
					newID(), confirmation.ID)
				must(t, d.Resend(ctx, now, ""))
				must(t, d.ResendFor(ctx, now, kim))
				if old, here := len(d.sentTo(g, g.Mailbox)), len(d.sentTo(g, now.Mailbox)); old != len(before)+2 || here != 2 {
					t.Errorf("%d to the old mailbox, which had %d, and %d to the new", old, len(before), here)
				}
			})
		})
	}
}

func TestWhatFailedToAnEarlierAddressIsNotTriedAgain(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		g := d.register(d.ask(1))
		other := d.register(d.ask(2))
		d.exec("update outbox set state = 'failed'")
		_, err := d.CorrectAddress(context.Background(), g, "right@example.com", kim)
		must(t, err)
		n, err := d.RetryFailed(context.Background(), notify.Filter{EventID: d.event.ID}, kim)
		if must(t, err); n != 1 || d.sentTo(g, g.Mailbox)[1].State != notify.StateFailed || d.sentTo(other, other.Mailbox)[0].State != notify.StateQueued {
			t.Errorf("%d are tried again", n)
		}
	})
}

func TestAnAttendeesPageSaysWhereEachMessageWent(t *testing.T) {
	g := &Registration{ID: newID(), Person: Person{Mailbox: "new@example.com"}}
	line := func(to string, erased bool) MessageLine {
		h := *g
		if erased {
			h.Mailbox = h.ID + erasedDomain
		}
		return newMessageLine(event(), &h, notify.Entry{Kind: kindConfirmation, State: notify.StateSent, Mailbox: to, To: mail.Address{Address: to}})
	}
	if l := line("new@example.com", false); !l.CanResend || l.Earlier || l.To != "new@example.com" {
		t.Errorf("one to them is %+v", l)
	}
	if l := line("old@example.com", false); l.CanResend || !l.Earlier || l.To != "old@example.com" {
		t.Errorf("one to an earlier address is %+v", l)
	}
	if l := line("", true); l.CanResend || l.Earlier {
		t.Errorf("one to somebody erased is %+v", l)
	}
}

func TestWhatCannotBePassedOn(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		confirmed, waiting := d.register(d.ask(1)), d.wait(2)
		a := d.ask(3)
		a.Place = d.event.Places[1]
		elsewhere := d.register(a)
		refused := func(what string, g *Registration, p Person, by access.Entry, want error) {
			t.Helper()
			if _, err := d.Substitute(ctx, g, p, Needs{}, by); !errors.Is(err, want) {
				t.Errorf("%s gave %v, want %v", what, err, want)
			}
		}
		refused("a position on the waiting list", waiting, d.colleague(9), theirs, ErrNoTransfer)
		refused("a place for who has one", confirmed, elsewhere.Person, theirs, ErrAlready)
		refused("a place for who waits for it", confirmed, waiting.Person, theirs, ErrAlready)
		refused("a place for oneself", confirmed, confirmed.Person, theirs, ErrSamePerson)
		refused("nobody's place", &Registration{ID: newID()}, d.colleague(9), theirs, ErrNotFound)
		d.requireApproval()
		refused("an approved place, by its link", confirmed, d.colleague(9), theirs, ErrAskOrganisers)
		d.exec("update registrations set status = 'pending' where id = ?", elsewhere.ID)
		refused("a request", elsewhere, d.colleague(9), kim, ErrNotYours)
		d.exec("update events set status = 'postponed' where id = ?", d.event.ID)
		refused("a place at a postponed event", confirmed, d.colleague(9), kim, ErrOver)
		d.exec("update events set status = 'published', approval = ? where id = ?", false, d.event.ID)
		d.cancel(confirmed)
		refused("a cancelled place", confirmed, d.colleague(9), theirs, ErrOver)
		if n := len(d.messages()); n != 5 { // three registered, one cancelled, one offered
			t.Errorf("the messages are %v", d.messages())
		}
		d.clock.Add(d.event.Ends().Sub(d.clock.Now()))
		refused("a place at what is over", elsewhere, d.colleague(9), kim, ErrOver)
	})
}

func TestOfManyWhoTakeOneMailboxOrOnePlaceOneDoes(t *testing.T) {
	eachDesk(t, 4, func(t *testing.T, d *desk) {
		var have []*Registration
		for n := range 4 {
			have = append(have, d.register(d.ask(n)))
		}
		var wg sync.WaitGroup
		results := make(chan error, 8)
		for n, g := range have {
			wg.Go(func() { // all to one mailbox
				_, err := d.Substitute(context.Background(), g, d.colleague(9), Needs{}, kim)
				results <- err
			})
			wg.Go(func() { // one place to two
				_, err := d.Substitute(context.Background(), have[0], d.colleague(20+n), Needs{}, kim)
				results <- err
			})
		}
		wg.Wait()
		close(results)
		for err := range results {
			if err != nil && !errors.Is(err, ErrAlready) && !errors.Is(err, ErrPassedOn) && !errors.Is(err, errAnothers) {
				t.Error(err)
			}
		}
		var one int
		must(t, d.db.NewRaw("select count(*) from registrations where mailbox = 'person9@example.com'").Scan(context.Background(), &one))
		if taken, _ := d.counts(); one != 1 || taken != 4 {
			t.Errorf("%d have the mailbox, %d are taken", one, taken)
		}
	})
}

func TestOneMailboxIsNamedAsAColleagueFiveTimesAnHour(t *testing.T) {
	eachDesk(t, 20, func(t *testing.T, d *desk) {
		ctx := context.Background()
		for n := range hourlyMails {
			g := d.register(d.ask(n))
			now, err := d.Substitute(ctx, g, d.colleague(50), Needs{}, theirs)
			must(t, err)
			d.cancel(now)
		}
		g := d.register(d.ask(40))
		if _, err := d.Substitute(ctx, g, d.colleague(50), Needs{}, theirs); !errors.Is(err, ErrTooMuchMail) {
			t.Errorf("the sixth gave %v", err)
		}
	})
}

// What only a known mailbox is sent tells nobody, by any other form, that it is known.
func TestLostLinksLeaveNoTraceInTheLimitOfOtherForms(t *testing.T) {
	eachDesk(t, 20, func(t *testing.T, d *desk) {
		ctx := context.Background()
		known, asking := d.register(d.ask(1)), d.register(d.ask(2))
		for range hourlyMails + 1 {
			must(t, d.SendLinks(ctx, known.Mailbox, "r"))
			must(t, d.SendLinks(ctx, "nobody@example.com", "r"))
		}
		var links int
		must(t, d.db.NewRaw("select count(*) from outbox where kind = ?", kindLinks).Scan(ctx, &links))
		if links != hourlyMails {
			t.Errorf("%d lists of links were sent", links)
		}
		for _, mailbox := range []string{known.Mailbox, "nobody@example.com"} {
			n, err := d.outbox.PublicCount(ctx, mailbox, d.clock.Now().Add(-time.Hour))
			if want := map[bool]int{true: 1, false: 0}[mailbox == known.Mailbox]; err != nil || n != want { // the confirmation
				t.Errorf("%s counts %d, %v", mailbox, n, err)
			}
		}
		p := d.ask(1).Person // who has a place is refused as such, however often links were asked for
		if _, err := d.Substitute(ctx, asking, p, Needs{}, theirs); !errors.Is(err, ErrAlready) {
			t.Errorf("naming them as a colleague gave %v", err)
		}
	})
}

func TestAMistypedAddressIsCorrected(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.ask(1)
		a.Needs = Needs{Access: "Hearing loop"}
		g := d.register(a)
		other := d.register(d.ask(2))
		waiting := d.wait(3)
		if _, err := d.CorrectAddress(ctx, g, "not an address", kim); !fault.Is(err, fault.Invalid) {
			t.Errorf("what is no address gave %v", err)
		}
		var now *Registration
		for range 2 { // twice is once
			var err error
			now, err = d.CorrectAddress(ctx, g, " Ada.Right@example.com ", kim)
			must(t, err)
		}
		if now.Email != "Ada.Right@example.com" || now.Mailbox != "ada.right@example.com" || now.FirstName != g.FirstName || now.Generation != g.Generation+1 {
			t.Errorf("it is %+v", now)
		}
		if kind, uid, sequence, public := d.lastTo(g.Mailbox); kind != kindMoved || uid != d.event.UID || sequence == 0 || public {
			t.Errorf("the old mailbox is told %s of %q with %d", kind, uid, sequence)
		}
		if kind, uid, _, public := d.lastTo(now.Mailbox); kind != kindConfirmation || uid != d.event.UID || public {
			t.Errorf("the new mailbox is told %s of %q", kind, uid)
		}
		if sealed, err := d.store.needsOf(ctx, g.ID); err != nil || sealed == nil {
			t.Errorf("the same person's health data is gone: %v", err)
		}
		if audited := d.audited(g); audited != "organiser:kim registration.address_corrected r1" {
			t.Errorf("the audit trail says %s", audited)
		}
		if told := d.told(g); told != "confirmation moved confirmation" {
			t.Errorf("the messages are %s", told)
		}
		if _, err := d.CorrectAddress(ctx, now, other.Email, kim); !errors.Is(err, ErrAlready) {
			t.Errorf("an address that has a place gave %v", err)
		}
		moved, err := d.CorrectAddress(ctx, waiting, "patient@example.com", kim)
		must(t, err)
		if kind, uid, _, _ := d.lastTo(moved.Mailbox); moved.Status != Waiting || kind != kindWaiting || uid != "" {
			t.Errorf("who waits is told %s of %q", kind, uid)
		}
		if kind, uid, _, _ := d.lastTo(waiting.Mailbox); kind != kindMoved || uid != "" {
			t.Errorf("the mailbox that never was invited is told %s of %q", kind, uid)
		}
		same, err := d.CorrectAddress(ctx, now, "ADA.right@example.com", kim)
		must(t, err)
		if told := d.told(g); told != "confirmation moved confirmation confirmation" || same.Mailbox != now.Mailbox {
			t.Errorf("an address written in another way gives %s", told)
		}
		d.cancel(same)
		if _, err := d.CorrectAddress(ctx, same, "third@example.com", kim); !errors.Is(err, ErrOver) {
			t.Errorf("a cancelled registration gave %v", err)
		}
		d.clock.Add(d.event.Ends().Sub(d.clock.Now()))
		if _, err := d.CorrectAddress(ctx, other, "third@example.com", kim); !errors.Is(err, ErrOver) {
			t.Errorf("after the event it gave %v", err)
		}
	})
}

func TestARebookingExceedsEveryMessageBefore(t *testing.T) {
	eachDesk(t, 3, func(t *testing.T, d *desk) {
		ctx := context.Background()
		highest := int64(-1)
		rises := func(what, kind string) {
			t.Helper()
			got, uid, sequence, _ := d.lastTo("person1@example.com")
			if got != kind || uid != d.event.UID || sequence <= highest {
				t.Errorf("%s: %s of %q with %d after %d", what, got, uid, sequence, highest)
			}
			highest = sequence
		}
		later := func() { d.clock.Add(2 * time.Hour) } // public forms mail a mailbox five times an hour
		g := d.register(d.ask(1))
		rises("registering", kindConfirmation)
		d.alterEvent(to("2099-04-01"))
		rises("moving the event", kindUpdated)
		d.cancel(g)
		rises("cancelling", kindCancellation)
		later()
		g = d.register(d.ask(1))
		rises("rebooking", kindConfirmation)
		g, err := d.Substitute(ctx, g, d.colleague(2), Needs{}, kim)
		must(t, err)
		rises("passing the place on", kindSubstituted)
		g, err = d.CorrectAddress(ctx, g, "person1@example.com", kim)
		must(t, err)
		rises("taking it back", kindConfirmation)
		e := d.now()
		_, err = d.PostponeEvent(ctx, e.ID, e.Version, kim)
		must(t, err)
		rises("postponing the event", kindPostponed)
		d.alterEvent(func(e *events.Event) { e.Status = events.Published })
		rises("holding it after all", kindUpdated)
		d.exec("update registrations set status = 'pending' where id = ?", g.ID)
		d.refuse(g)
		rises("refusing after approval", kindRefused)
		later()
		d.register(d.ask(1))
		rises("rebooking again", kindConfirmation)
		_, err = d.CancelEvent(ctx, e.ID, d.now().Version, "", kim)
		must(t, err)
		rises("cancelling the event", kindEventCancelled)
		d.alterEvent(func(e *events.Event) { e.Status = events.Published })
		later()
		d.register(d.ask(1))
		rises("rebooking what was cancelled", kindConfirmation)
		if highest < d.event.Sequence {
			t.Errorf("the event has sequence %d, the invitation %d", d.event.Sequence, highest)
		}
	})
}
