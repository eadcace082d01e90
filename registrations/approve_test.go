package registrations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
)

// kim is the organiser who decides.
var kim = access.Entry{Actor: "organiser:kim", RequestID: "r1"}

// requireApproval makes the desk's event one that the organisers approve people for.
func (d *desk) requireApproval() {
	d.t.Helper()
	d.exec("update events set approval = ? where id = ?", true, d.event.ID)
	d.event.Approval = true
}

// pending registers person n, who then awaits approval.
func (d *desk) pending(n int) *Registration {
	d.t.Helper()
	g := d.register(d.ask(n))
	if g.Status != Pending {
		d.t.Fatalf("person %d is %s and should await approval", n, g.Status)
	}
	return g
}

func (d *desk) approve(g *Registration) {
	d.t.Helper()
	_, err := d.Approve(context.Background(), g, kim)
	must(d.t, err)
}

func (d *desk) refuse(g *Registration) {
	d.t.Helper()
	_, err := d.Refuse(context.Background(), g, "", kim)
	must(d.t, err)
}

// told are the kinds of message of a registration, in their order.
func (d *desk) told(g *Registration) string {
	d.t.Helper()
	var kinds []string
	must(d.t, d.db.NewRaw("select kind from outbox where registration_id = ? order by id", g.ID).Scan(context.Background(), &kinds))
	return strings.Join(kinds, " ")
}

// audited are the actor, action and request of the last audit entry about a registration.
func (d *desk) audited(g *Registration) string {
	d.t.Helper()
	var actor, action, request string
	must(d.t, d.db.NewRaw("select actor, action, request_id from audit where subject = ? order by id desc limit 1", g.ID).Scan(context.Background(), &actor, &action, &request))
	return actor + " " + action + " " + request
}

// calendarOf are the uid and sequence of the last message of a kind to a registration.
func (d *desk) calendarOf(g *Registration, kind string) (uid string, sequence int64) {
	d.t.Helper()
	must(d.t, d.db.NewRaw("select uid, sequence from outbox where registration_id = ? and kind = ? order by id desc limit 1", g.ID, kind).Scan(context.Background(), &uid, &sequence))
	return uid, sequence
}

func TestAnApprovedRequestKeepsItsSeatAndIsInvitedOnce(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		d.requireApproval()
		g := d.pending(1)
		waiting := d.wait(2)
		for range 2 { // twice is once
			now, err := d.Approve(context.Background(), g, kim)
			must(t, err)
			if now.Status != Confirmed || now.ID != g.ID {
				t.Errorf("the answer is %s %s", now.ID, now.Status)
			}
		}
		d.want(g, Confirmed, "after approval")
		d.want(waiting, Waiting, "who waits, since no seat came free")
		if told := d.told(g); told != "pending approved" {
			t.Errorf("the person was told %s", told)
		}
		if uid, _ := d.calendarOf(g, kindApproved); uid != d.event.UID {
			t.Errorf("the approval is about the calendar event %q", uid)
		}
		if audited := d.audited(g); audited != "organiser:kim registration.approved r1" {
			t.Errorf("the audit trail says %s", audited)
		}
		if n, err := d.outbox.PublicCount(context.Background(), g.Mailbox, time.Time{}); err != nil || n != 1 {
			t.Errorf("%d messages count as caused by a public form, %v", n, err)
		}
		if taken, queue := d.counts(); taken != 1 || queue != 1 || d.left() != 0 {
			t.Errorf("taken %d, waiting %d, left %d", taken, queue, d.left())
		}
	})
}

func TestARefusedRequestPassesItsSeatOnAtOnce(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		d.requireApproval()
		ctx := context.Background()
		a := d.ask(1)
		a.Needs = Needs{Dietary: "Vegan"}
		g := d.register(a)
		first, second := d.wait(2), d.wait(3)
		for range 2 {
			now, err := d.Refuse(ctx, g, "", kim)
			must(t, err)
			if now.Status != Cancelled {
				t.Errorf("the answer is %s", now.Status)
			}
		}
		d.want(g, Cancelled, "after the refusal")
		d.want(first, Offered, "who has waited longest")
		d.want(second, Waiting, "the next")
		if told := d.told(g); told != "pending refused" {
			t.Errorf("the person was told %s", told)
		}
		if uid, _ := d.calendarOf(g, kindRefused); uid != "" {
			t.Error("a refusal takes back an invitation that was never sent")
		}
		if audited := d.audited(g); audited != "organiser:kim registration.refused r1" {
			t.Errorf("the audit trail says %s", audited)
		}
		if sealed, err := d.store.needsOf(ctx, g.ID); err != nil || sealed != nil {
			t.Errorf("there is health data of who was refused: %v", err)
		}
		if taken, queue := d.counts(); taken != 1 || queue != 1 || d.left() != 0 {
			t.Errorf("taken %d, waiting %d, left %d", taken, queue, d.left())
		}
		if problems := d.check().Problems; len(problems) > 0 {
			t.Errorf("the record has %v", problems)
		}
		d.register(d.ask(4).waiting()) // the person who was refused may ask again, and so may others
		d.register(d.ask(1).waiting())
	})
}

// waiting asks for the waiting list.
func (a Ask) waiting() Ask {
	a.Wait = true
	return a
}

func TestOnlyARequestCanBeDecidedOn(t *testing.T) {
	eachDesk(t, 3, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.requireApproval()
		approved, refused, withdrawn := d.pending(1), d.pending(2), d.pending(3)
		waiting := []*Registration{d.wait(4), d.wait(5), d.wait(6)}
		d.approve(approved)
		d.refuse(refused)
		d.cancel(withdrawn) // two seats are offered
		before := fmt.Sprint(d.messages())
		nobody := &Registration{ID: newID()}
		for _, c := range []struct {
			g               *Registration
			approve, refuse error
		}{
			{approved, nil, ErrApproved}, {refused, ErrWithdrawn, nil}, {withdrawn, ErrWithdrawn, ErrWithdrawn},
			{waiting[0], ErrNoRequest, ErrNoRequest}, {waiting[2], ErrNoRequest, ErrNoRequest}, {nobody, ErrNotFound, ErrNotFound},
		} {
			if _, err := d.Approve(ctx, c.g, kim); !errors.Is(err, c.approve) {
				t.Errorf("approving gave %v, want %v", err, c.approve)
			}
			if _, err := d.Refuse(ctx, c.g, "", kim); !errors.Is(err, c.refuse) {
				t.Errorf("refusing gave %v, want %v", err, c.refuse)
			}
		}
		if after := fmt.Sprint(d.messages()); after != before {
			t.Errorf("the messages went from %s to %s", before, after)
		}
		d.want(waiting[0], Offered, "who is offered a seat")
		d.want(waiting[2], Waiting, "who waits")
		d.counts()
	})
}

func TestRequestsOfAnEventThatIsOverOrNotPublishedAreNotApproved(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.requireApproval()
		g, other := d.pending(1), d.pending(2)
		d.exec("update events set status = 'postponed'")
		if _, err := d.Approve(ctx, g, kim); !errors.Is(err, ErrUndecidable) {
			t.Errorf("approving for a postponed event gave %v", err)
		}
		d.refuse(other)
		d.exec("update events set status = 'published'")
		d.clock.Add(d.event.Ends().Sub(d.clock.Now()))
		if _, err := d.Approve(ctx, g, kim); !errors.Is(err, ErrUndecidable) {
			t.Errorf("approving after the event gave %v", err)
		}
		if _, err := d.Refuse(ctx, g, "", kim); !errors.Is(err, ErrUndecidable) {
			t.Errorf("refusing after the event gave %v", err)
		}
		d.want(g, Pending, "after all of it")
	})
}

func TestAnApprovalAndACancellationEndTheSameInEitherOrder(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.requireApproval()
		kept, gone := d.pending(1), d.pending(2)
		d.approve(kept)
		d.cancel(kept)
		if told := d.told(kept); told != "pending approved cancellation" {
			t.Errorf("approved, then cancelled: told %s", told)
		}
		_, invited := d.calendarOf(kept, kindApproved)
		if uid, sequence := d.calendarOf(kept, kindCancellation); uid != d.event.UID || sequence <= invited {
			t.Errorf("the invitation with sequence %d is taken back for %q with %d", invited, uid, sequence)
		}
		d.cancel(gone)
		if _, err := d.Approve(context.Background(), gone, kim); !errors.Is(err, ErrWithdrawn) {
			t.Errorf("approving what is cancelled gave %v", err)
		}
		if told := d.told(gone); told != "pending cancellation" {
			t.Errorf("cancelled, then approved: told %s", told)
		}
		for _, g := range []*Registration{kept, gone} {
			d.want(g, Cancelled, "in the end")
		}
		if taken, _ := d.counts(); taken != 0 || d.left() != 5 {
			t.Errorf("taken %d, left %d", taken, d.left())
		}
	})
}

func TestDecisionsAndCancellationsAtTheSameMomentLoseNoSeat(t *testing.T) {
	eachDesk(t, 12, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.requireApproval()
		var asked, queue []*Registration
		for n := range 12 {
			asked = append(asked, d.pending(n))
		}
		for n := range 12 {
			queue = append(queue, d.wait(20+n))
		}
		var wg sync.WaitGroup
		may := func(err error, refusals ...error) {
			if err != nil && !slices.ContainsFunc(refusals, func(r error) bool { return errors.Is(err, r) }) {
				t.Error(err)
			}
		}
		for n, g := range asked {
			wg.Go(func() { may(d.Cancel(ctx, g, d.event, "")) })
			wg.Go(func() {
				_, err := d.Approve(ctx, g, kim)
				may(err, ErrWithdrawn)
			})
			if n%2 == 0 {
				wg.Go(func() {
					_, err := d.Refuse(ctx, g, "", kim)
					may(err, ErrWithdrawn, ErrApproved)
				})
			}
		}
		wg.Wait()
		ends := []string{"pending cancellation", "pending approved cancellation", "pending refused"}
		for _, g := range asked {
			d.want(g, Cancelled, "who cancelled")
			if told := d.told(g); !slices.Contains(ends, told) {
				t.Errorf("somebody was told %s", told)
			}
		}
		for _, g := range queue {
			d.want(g, Offered, "who waited")
		}
		if taken, waiting := d.counts(); taken != 12 || waiting != 0 || d.left() != 0 {
			t.Errorf("taken %d, waiting %d, left %d", taken, waiting, d.left())
		}
	})
}

func TestTheReasonOfARefusalIsPlainTextOfSomeLines(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.requireApproval()
		g := d.pending(1)
		_, err := d.Refuse(ctx, g, strings.Repeat("é", maxReason+1), kim)
		if f, ok := fault.Of(err); !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != "reason" {
			t.Errorf("a reason that is too long gave %v", err)
		}
		d.want(g, Pending, "after a reason that is too long")
		_, err = d.Refuse(ctx, g, " For <prescribers>\x00 only\x1b[31m.\r\n\r\n\u202eSee you\u2028again. ", kim)
		must(t, err)
		var text string
		must(t, d.db.NewRaw("select snapshot from outbox where kind = ?", kindRefused).Scan(ctx, &text))
		var s snapshot
		must(t, json.Unmarshal([]byte(text), &s))
		if want := "For <prescribers> only [31m.\n\nSee you again."; s.Reason != want {
			t.Errorf("the reason is %q, want %q", s.Reason, want)
		}
		if s.Status != Pending {
			t.Errorf("the message tells of a registration that was %s", s.Status)
		}
		var details int
		must(t, d.db.NewRaw("select count(*) from audit where detail like '%prescribers%'").Scan(ctx, &details))
		if details != 0 {
			t.Error("the reason, which may tell of a person, is in the audit trail")
		}
	})
}

func TestARefusalTakesBackAnInvitationThatStillStands(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		invited, left := d.register(d.ask(1)), d.register(d.ask(2))
		d.cancel(left)
		d.requireApproval()
		d.exec("update registrations set status = 'pending' where id = ?", invited.ID) // invited before approval was asked for
		again := d.pending(2)
		d.refuse(invited)
		d.refuse(again)
		_, first := d.calendarOf(invited, kindConfirmation)
		if uid, sequence := d.calendarOf(invited, kindRefused); uid != d.event.UID || sequence <= first {
			t.Errorf("the invitation with sequence %d is taken back for %q with %d", first, uid, sequence)
		}
		if uid, _ := d.calendarOf(again, kindRefused); uid != "" {
			t.Error("an invitation that was taken back already is taken back again")
		}
	})
}

func TestWhoWasApprovedIsSentTheApprovalAgain(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.requireApproval()
		g := d.pending(1)
		d.approve(g)
		d.exec("update outbox set state = 'sent', sent_at = 1")
		d.exec("insert into message_bytes (id, raw) select id, ? from outbox", []byte("x"))
		now, err := d.store.ByID(ctx, g.ID)
		must(t, err)
		must(t, d.Resend(ctx, now, ""))
		if told := d.told(g); told != "pending approved approved" {
			t.Errorf("the person was told %s", told)
		}
		refused := d.pending(2)
		d.refuse(refused)
		now, err = d.store.ByID(ctx, refused.ID)
		must(t, err)
		if err := d.Resend(ctx, now, ""); !errors.Is(err, ErrOver) {
			t.Errorf("sending a refusal again gave %v", err)
		}
	})
}
