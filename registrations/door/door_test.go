package door

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/qr"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/registrations"
)

func TestWhoHasAPlaceIsCheckedInOnceByTicketReferenceOrID(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		ada := n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed)
		a := n.wants(n.at("Kim", n.ticket(ada), In), CameIn)
		if a.Guest.Name() != "Ada Example" || !a.Visit.CameAt.Equal(n.clock.Now()) {
			t.Errorf("the answer is %+v", a)
		}
		came := n.clock.Now()
		n.clock.Add(12 * time.Minute)
		for _, code := range []string{n.ticket(ada), registrations.Reference(ada), ada} {
			if a := n.wants(n.at("Sam", code, In), AlreadyIn); a.Visit.CameBy != "Kim" || !a.Visit.CameAt.Equal(came) {
				t.Errorf("the second time says %+v", a.Visit)
			}
		}
		if c := n.counts(""); c != (Counts{1, 1, 1}) {
			t.Errorf("the counts are %+v", c)
		}
		if got := n.trail(); !slices.Equal(got, []string{"attendee.checked-in"}) {
			t.Errorf("the trail says %v", got)
		}
	})
}

func TestAReferenceIsReadAsPeopleTypeIt(t *testing.T) {
	n := newEntrance(t, storetest.SQLite(t))
	ada := n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed)
	ref := registrations.Reference(ada)
	for typed, ok := range map[string]bool{ref: true, " " + ref[:4] + ref[5:] + " ": true, ref[:4] + " " + ref[5:]: true, ref[:4]: false, ref + "X": false, "": false} {
		if id, err := n.find(t.Context(), n.event, typed); err != nil || (id == ada) != ok {
			t.Errorf("%q finds %q, %v", typed, id, err)
		}
	}
}

func TestNobodyIsLetInWithoutAPlaceAtThisEvent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		for _, status := range []registrations.Status{registrations.Cancelled, registrations.Waiting, registrations.Pending, registrations.Offered} {
			id := n.guest(n.event, 0, "Ada", string(status), status)
			if a := n.wants(n.at("Kim", n.ticket(id), In), NoPlace); a.Guest.Status != status {
				t.Errorf("of %s the door is told %s", status, a.Guest.Status)
			}
		}
		other := n.guest(n.addEvent("other"), 0, "Grace", "Elsewhere", registrations.Confirmed)
		if a := n.wants(n.at("Kim", n.ticket(other), In), OtherEvent); a.Guest != (Guest{}) {
			t.Errorf("of the other event's guest the door is told %+v", a.Guest)
		}
		for _, code := range []string{"", "nonsense", newID(), n.ticket(newID()), "ZZZZ-ZZZZ", registrations.Reference(other), "' or 1=1 --"} {
			n.wants(n.at("Kim", code, In), NotFound)
		}
		if c := n.counts(""); c.Inside+c.Came != 0 || len(n.trail()) != 0 {
			t.Errorf("somebody came in: %+v, %v", c, n.trail())
		}
	})
}

func TestATicketOfWhoeverHadThePlaceBeforeLetsNobodyIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		id := n.guest(n.event, 0, "Ada", "Byron", registrations.Confirmed)
		old := n.ticket(id)
		_, err := db.NewRaw("update registrations set generation = 2 where id = ?", id).Exec(t.Context())
		must(t, err)
		if a := n.wants(n.at("Kim", old, In), Outdated); a.Guest != (Guest{}) {
			t.Errorf("it tells of %+v", a.Guest)
		}
		if r := wordsFor(n.event, Answer{Outcome: Outdated}); r.Class != "refused" || !strings.Contains(r.Text, "by name") {
			t.Errorf("it says %+v", r)
		}
		other, err := registrations.Ticket(n.keys, id, 3)
		must(t, err)
		n.wants(n.at("Kim", other, In), NotFound) // never given to anybody
		theirs, err := registrations.Ticket(n.keys, id, 2)
		must(t, err)
		n.wants(n.at("Kim", theirs, In), CameIn)
		badges, err := n.Badges(t.Context(), n.event, "")
		must(t, err)
		code, err := qr.New(theirs)
		if must(t, err); len(badges) != 1 || !bytes.Equal(badges[0].Code.PNG(8), code.PNG(8)) {
			t.Error("the badge has another ticket")
		}
	})
}

func TestAScanSentTwiceCountsOnceAndGetsTheSameAnswer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		ada := n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed)
		in, out := n.at("Kim", n.ticket(ada), In), n.at("Kim", n.ticket(ada), Out)
		for range 3 {
			n.wants(in, CameIn)
		}
		for range 3 {
			n.wants(out, WentOut)
		}
		n.wants(n.at("Kim", n.ticket(ada), Out), AlreadyOut)
		n.wants(in, CameIn) // late, and about a visit that is over
		if c := n.counts(""); c != (Counts{1, 0, 1}) || len(n.trail()) != 2 {
			t.Errorf("the counts are %+v, the trail %v", c, n.trail())
		}
	})
}

func TestWhoLeavesCanComeBackAndEachTimeIsKept(t *testing.T) {
	n := newEntrance(t, storetest.SQLite(t))
	ada := n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed)
	n.wants(n.at("Kim", ada, Out), NotIn)
	for range 2 {
		n.wants(n.at("Kim", ada, In), CameIn)
		n.clock.Add(time.Hour)
		n.wants(n.at("Kim", ada, Out), WentOut)
		n.clock.Add(time.Minute)
	}
	visits, err := n.Visits(t.Context(), n.event.ID)
	must(t, err)
	if len(visits) != 2 || visits[0].LeftAt.Sub(visits[0].CameAt) != time.Hour || visits[1].LeftAt.Sub(visits[1].CameAt) != time.Hour {
		t.Errorf("the visits are %+v", visits)
	}
}

func TestSessionsAreCountedApart(t *testing.T) {
	n := newEntrance(t, storetest.SQLite(t))
	ada := n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed)
	s := n.at("Kim", ada, In)
	s.SessionID = n.event.Sessions[1].ID
	n.wants(s, CameIn)
	if whole, session := n.counts(""), n.counts(s.SessionID); whole.Inside != 0 || session.Inside != 1 {
		t.Errorf("the counts are %+v and %+v", whole, session)
	}
	s.ID, s.SessionID = newID(), n.addEvent("other").Sessions[0].ID
	if _, err := n.Check(t.Context(), n.event, s); !fault.Is(err, fault.NotFound) {
		t.Errorf("another event's session: %v", err)
	}
}

func TestUndoTakesTheLastThingBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		ada := n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed)
		v := n.wants(n.at("Kim", ada, In), CameIn).Visit
		n.wants(n.at("Kim", ada, Out), WentOut)
		undo := func(event string) error {
			return n.Undo(t.Context(), event, v.ID, access.Entry{Actor: "organiser:kim"})
		}
		if err := undo(n.addEvent("other").ID); !errors.Is(err, ErrNoVisit) {
			t.Errorf("by way of another event: %v", err)
		}
		must(t, undo(n.event.ID))
		if c := n.counts(""); c.Inside != 1 {
			t.Errorf("after the undo of the way out: %+v", c)
		}
		must(t, undo(n.event.ID))
		if c := n.counts(""); c.Inside+c.Came != 0 {
			t.Errorf("after the undo of the way in: %+v", c)
		}
		if err := undo(n.event.ID); !errors.Is(err, ErrNoVisit) {
			t.Errorf("a third time: %v", err)
		}
		n.wants(n.at("Kim", ada, In), CameIn)
		want := []string{"attendee.checked-in", "attendee.checked-out", "attendee.check-out-undone", "attendee.check-in-undone", "attendee.checked-in"}
		if got := n.trail(); !slices.Equal(got, want) {
			t.Errorf("the trail says %v", got)
		}
	})
}

func TestAWayOutIsNotUndoneOnceTheyAreInAgain(t *testing.T) {
	n := newEntrance(t, storetest.SQLite(t))
	ada := n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed)
	v := n.wants(n.at("Kim", ada, In), CameIn).Visit
	n.wants(n.at("Kim", ada, Out), WentOut)
	n.wants(n.at("Kim", ada, In), CameIn)
	if err := n.Undo(t.Context(), n.event.ID, v.ID, access.Entry{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("the undo: %v", err)
	}
}

func TestTheCountThatAScanIsAnsweredWithHoldsWhatCameOfIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		ada := n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed)
		grace := n.guest(n.event, 0, "Grace", "Example", registrations.Confirmed)
		tally := func() Counts {
			t.Helper()
			c, err := n.Tally(t.Context(), n.event.ID, "")
			must(t, err)
			return c
		}
		if c := tally(); c != (Counts{Expected: 2}) {
			t.Errorf("before anybody comes the counts are %+v", c)
		}
		in := n.wants(n.at("Kim", n.ticket(ada), In), CameIn)
		for _, step := range []struct {
			does func()
			want Counts
		}{
			{func() {}, Counts{2, 1, 1}},
			{func() { n.wants(n.at("Kim", n.ticket(ada), In), AlreadyIn) }, Counts{2, 1, 1}},
			{func() { n.wants(n.at("Kim", n.ticket(grace), In), CameIn) }, Counts{2, 2, 2}},
			{func() { n.wants(n.at("Kim", n.ticket(grace), Out), WentOut) }, Counts{2, 1, 2}},
			{func() { n.wants(n.at("Kim", n.ticket(grace), In), CameIn) }, Counts{2, 2, 2}},
			{func() { must(t, n.Undo(t.Context(), n.event.ID, in.Visit.ID, access.Entry{Actor: "organiser:Kim"})) }, Counts{2, 1, 1}},
		} {
			step.does()
			if c := tally(); c != step.want {
				t.Errorf("the counts are %+v, not %+v", c, step.want)
			}
		}
	})
}

func TestWhatAnotherInstanceLetsInIsCountedSoon(t *testing.T) {
	n := newEntrance(t, storetest.SQLite(t))
	ada := n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed)
	other, err := New(t.Context(), n.db, n.records.trail, n.keys, n.clock.Now)
	must(t, err)
	t.Cleanup(func() { must(t, other.Close()) })
	_, err = n.Tally(t.Context(), n.event.ID, "")
	must(t, err)
	_, err = other.Check(t.Context(), n.event, n.at("Sam", n.ticket(ada), In))
	must(t, err)
	for end := time.Now().Add(2 * tallyMost); ; time.Sleep(20 * time.Millisecond) {
		c, err := n.Tally(t.Context(), n.event.ID, "")
		must(t, err)
		if c.Came == 1 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the counts stay %+v", c)
		}
	}
}

func TestTwoDoorsAgreeAboutEverybody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		const people, doors = 30, 4
		var tickets []string
		for i := range people {
			tickets = append(tickets, n.ticket(n.guest(n.event, 0, "Ada", fmt.Sprint(i), registrations.Confirmed)))
		}
		var mu sync.Mutex
		in := map[string]int{}
		var all sync.WaitGroup
		for d := range doors {
			all.Go(func() {
				for i := range people {
					a, err := n.Check(context.Background(), n.event, n.at(fmt.Sprint("door ", d), tickets[i], In))
					if err != nil || (a.Outcome != CameIn && a.Outcome != AlreadyIn) {
						t.Errorf("door %d: %v, %v", d, a.Outcome, err)
					}
					if a.Outcome == CameIn {
						mu.Lock()
						in[tickets[i]]++
						mu.Unlock()
					}
				}
			})
		}
		all.Wait()
		for ticket, times := range in {
			if times != 1 {
				t.Errorf("%s came in %d times", ticket, times)
			}
		}
		if c := n.counts(""); len(in) != people || c.Inside != people {
			t.Errorf("%d came in, and the counts are %+v", len(in), c)
		}
	})
}

func TestAScanThatComesLateKeepsItsTimeAndOfTwoTheEarlierCounts(t *testing.T) {
	n := newEntrance(t, storetest.SQLite(t))
	ada, bob := n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed), n.guest(n.event, 0, "Bob", "Example", registrations.Confirmed)
	offline := n.at("Kim", n.ticket(ada), In)
	n.clock.Add(20 * time.Minute)
	n.wants(n.at("Sam", n.ticket(ada), In), CameIn)
	n.clock.Add(20 * time.Minute)
	n.wants(offline, AlreadyIn)
	if s, err := n.Recent(t.Context(), n.event.ID, "", 5); err != nil || len(s) != 1 || !s[0].CameAt.Equal(offline.At) || s[0].CameBy != "Kim" {
		t.Errorf("the visit is %+v, %v", s, err)
	}
	wild := n.at("Kim", n.ticket(bob), In)
	wild.At = n.clock.Now().Add(48 * time.Hour)
	if a := n.wants(wild, CameIn); !a.Visit.CameAt.Equal(n.clock.Now()) {
		t.Errorf("a clock that is wrong says %v", a.Visit.CameAt)
	}
}

func TestPeopleAreFoundByPartsOfTheirNameWithoutAccents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		zoe := n.guest(n.event, 0, "Zoë", "Łukasiewicz-Example", registrations.Confirmed)
		n.guest(n.event, 0, "Zoe", "Example", registrations.Cancelled)
		n.guest(n.addEvent("other"), 0, "Zoe", "Elsewhere", registrations.Confirmed)
		for text, want := range map[string]int{"zoe": 2, "ZOË exam": 2, "trust zoe": 2, "example zoe łuk": 1, "elsewhere": 0, "": 0, "%": 0} {
			found, err := n.Find(t.Context(), n.event, text, true, 10)
			if err != nil || len(found) != want {
				t.Errorf("%q finds %d people, not %d: %v", text, len(found), want, err)
			}
			if want == 2 && found[0].ID != zoe {
				t.Errorf("%q finds first somebody without a place", text)
			}
		}
	})
}

func TestOnlyThoseOnSiteAreExpected(t *testing.T) {
	n := newEntrance(t, storetest.SQLite(t))
	n.guest(n.event, 0, "Ada", "Here", registrations.Confirmed)
	n.guest(n.event, 1, "Bob", "There", registrations.Confirmed)
	n.guest(n.event, 0, "Cy", "Waiting", registrations.Waiting)
	n.guest(n.event, 0, "Di", "Asking", registrations.Pending)
	n.guest(n.event, 0, "Ed", "Invited", registrations.Offered)
	n.guest(n.addEvent("another"), 0, "Flo", "Elsewhere", registrations.Pending)
	if c := n.counts(""); c.Expected != 1 {
		t.Errorf("%d are expected", c.Expected)
	}
}
