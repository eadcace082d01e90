package door

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"masterclass/events"
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
		gone := n.guest(n.event, 0, "Mary", "Gone", registrations.Cancelled)
		n.wants(n.at("Kim", n.ticket(gone), Out), NotIn)
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
		badges, err := n.Badges(t.Context(), n.event, Choice{})
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
			return n.Undo(t.Context(), event, v.ID, "", access.Entry{Actor: "organiser:kim"})
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
	if err := n.Undo(t.Context(), n.event.ID, v.ID, "", access.Entry{}); !fault.Is(err, fault.Conflict) {
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
			c, err := n.Tally(t.Context(), n.event, "")
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
			{func() {
				must(t, n.Undo(t.Context(), n.event.ID, in.Visit.ID, "", access.Entry{Actor: "organiser:Kim"}))
			}, Counts{2, 1, 1}},
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
	_, err = n.Tally(t.Context(), n.event, "")
	must(t, err)
	_, err = other.Check(t.Context(), n.event, n.at("Sam", n.ticket(ada), In))
	must(t, err)
	for end := time.Now().Add(2 * tallyMost); ; time.Sleep(20 * time.Millisecond) {
		c, err := n.Tally(t.Context(), n.event, "")
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

// Each step is a scan at a time of the day, told in this order; the last column is what its door hears.
func TestScansThatAreToldLateAreTakenAsOfTheirTime(t *testing.T) {
	type told struct {
		at     string
		action Action
		want   Outcome
	}
	for name, c := range map[string]struct {
		steps []told
		want  string // the visits
	}{
		"a way in from before they left":              {[]told{{"09:30", In, CameIn}, {"12:00", Out, WentOut}, {"09:20", In, AlreadyIn}}, "09:20-12:00"},
		"a way in from while they were in":            {[]told{{"09:30", In, CameIn}, {"12:00", Out, WentOut}, {"10:00", In, AlreadyIn}}, "09:30-12:00"},
		"a way in from after they left":               {[]told{{"09:30", In, CameIn}, {"12:00", Out, WentOut}, {"12:30", In, CameIn}}, "09:30-12:00 12:30-"},
		"a way out from before they reentered":        {[]told{{"09:30", In, CameIn}, {"12:00", Out, WentOut}, {"13:00", In, CameIn}, {"11:55", Out, AlreadyOut}}, "09:30-12:00 13:00-"},
		"a way out from before they were seen again":  {[]told{{"09:30", In, CameIn}, {"13:00", In, AlreadyIn}, {"12:00", Out, WentOut}, {"13:30", In, AlreadyIn}}, "09:30-12:00 13:00-"},
		"the same, and they leave":                    {[]told{{"09:30", In, CameIn}, {"13:00", In, AlreadyIn}, {"12:00", Out, WentOut}, {"13:50", Out, WentOut}}, "09:30-12:00 13:00-13:50"},
		"a way out from after they were seen again":   {[]told{{"09:30", In, CameIn}, {"11:00", In, AlreadyIn}, {"12:00", Out, WentOut}}, "09:30-12:00"},
		"seen again twice, the later told first":      {[]told{{"09:30", In, CameIn}, {"13:00", In, AlreadyIn}, {"12:30", In, AlreadyIn}, {"12:00", Out, WentOut}}, "09:30-12:00 13:00-"},
		"yesterday, seen again before a late way out": {[]told{{"-15:00", In, CameIn}, {"-16:00", In, AlreadyIn}, {"09:30", In, CameIn}, {"-15:30", Out, WentOut}}, "-15:00--15:30 -16:00--16:30 09:30-"},
		"a way out from before they came":             {[]told{{"09:30", In, CameIn}, {"09:00", Out, NotIn}}, "09:30-"},
		"a way in from before all of two":             {[]told{{"09:30", In, CameIn}, {"12:00", Out, WentOut}, {"13:00", In, CameIn}, {"09:20", In, AlreadyIn}}, "09:20-12:00 13:00-"},
		"a way in between two":                        {[]told{{"09:30", In, CameIn}, {"12:00", Out, WentOut}, {"13:00", In, CameIn}, {"12:40", In, AlreadyIn}}, "09:30-12:00 12:40-"},
		"all of it from yesterday":                    {[]told{{"-15:00", In, CameIn}, {"-17:00", Out, WentOut}, {"09:30", In, CameIn}}, "-15:00--17:00 09:30-"},
		"a way in from yesterday":                     {[]told{{"09:30", In, CameIn}, {"-15:00", In, CameIn}, {"09:40", In, AlreadyIn}}, "-15:00--16:30 09:30-"},
		"a way out from yesterday":                    {[]told{{"-15:00", In, CameIn}, {"09:30", In, CameIn}, {"-17:00", Out, WentOut}, {"-17:10", Out, AlreadyOut}}, "-15:00--17:00 09:30-"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newEntrance(t, storetest.SQLite(t))
			ada := n.ticket(n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed))
			at := func(clock string) time.Time {
				when, err := time.ParseInLocation("2006-01-02 15:04", "2027-03-11 "+strings.TrimPrefix(clock, "-"), time.UTC)
				must(t, err)
				if clock[0] == '-' {
					when = when.AddDate(0, 0, -1)
				}
				return when
			}
			clock := func(t time.Time) string {
				if t.IsZero() {
					return ""
				}
				return strings.TrimPrefix(t.UTC().Format("02-15:04"), "11-")
			}
			n.clock.Add(at("14:00").Sub(n.clock.Now()))
			n.tallyOf("")
			for _, step := range c.steps {
				s := n.at("Kim", ada, step.action)
				s.At = at(step.at)
				n.wants(s, step.want)
			}
			visits, err := n.Visits(t.Context(), n.event.ID)
			must(t, err)
			var got []string
			for _, v := range visits {
				got = append(got, strings.ReplaceAll(clock(v.CameAt)+"-"+clock(v.LeftAt), "10-", "-"))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("the visits are %v, not %s", got, c.want)
			}
			if tally, counted := n.tallyOf(""), n.counts(""); tally != counted {
				t.Errorf("the tally is %+v, the counts are %+v", tally, counted)
			}
		})
	}
}

func TestAWayOutThatIsToldLateDoesNotSendThoseOutWhoAreBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		ada := n.ticket(n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed))
		came := n.wants(n.at("Kim", ada, In), CameIn)
		out := n.at("Lee", ada, Out) // kept by a door without a connection
		n.clock.Add(30 * time.Minute)
		out.At = n.clock.Now()
		n.clock.Add(30 * time.Minute)
		back := n.at("Kim", ada, In)
		n.wants(back, AlreadyIn)
		n.wants(out, WentOut)
		for range 2 { // sent once more
			n.wants(out, WentOut)
			n.wants(back, CameIn)
		}
		if c := n.counts(""); c != (Counts{1, 1, 1}) {
			t.Errorf("the counts are %+v", c)
		}
		undo := func(visit string, want error) {
			t.Helper()
			if err := n.Undo(t.Context(), n.event.ID, visit, "", access.Entry{Actor: "organiser:kim"}); !errors.Is(err, want) {
				t.Fatalf("to undo comes to %v, not %v", err, want)
			}
		}
		undo(came.Visit.ID, errInAgain)
		undo(back.ID, nil)
		undo(came.Visit.ID, nil)
		if c := n.counts(""); c != (Counts{1, 1, 1}) {
			t.Errorf("after the undoing the counts are %+v", c)
		}
		late := n.at("Lee", ada, Out)
		late.At = out.At
		n.wants(late, WentOut) // and what was undone stays so
		if c := n.counts(""); c != (Counts{1, 0, 1}) {
			t.Errorf("at last the counts are %+v", c)
		}
		want := []string{"attendee.checked-in", "attendee.checked-out", "attendee.checked-in", "attendee.check-in-undone", "attendee.check-out-undone", "attendee.checked-out"}
		if got := n.trail(); !slices.Equal(got, want) {
			t.Errorf("the trail says %v", got)
		}
	})
}

func TestEveryDayOfAnEventIsADayOfItsOwn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		_, err := db.NewRaw("update events set ends_local = '2027-03-13T16:30', ends_at = ends_at + ? where id = ?", 48*time.Hour.Milliseconds(), n.event.ID).Exec(t.Context())
		must(t, err)
		n.event, err = events.NewStore(db).BySlug(t.Context(), n.event.Slug)
		must(t, err)
		ada, bob := n.ticket(n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed)), n.ticket(n.guest(n.event, 0, "Bob", "Example", registrations.Confirmed))
		n.wants(n.at("Kim", ada, In), CameIn)
		n.wants(n.at("Kim", bob, In), CameIn)
		if c := n.counts(""); c != (Counts{2, 2, 2}) {
			t.Errorf("on the first day the counts are %+v", c)
		}
		n.clock.Add(24 * time.Hour)
		if c := n.counts(""); c != (Counts{2, 0, 2}) {
			t.Errorf("on the second morning the counts are %+v", c)
		}
		n.wants(n.at("Kim", bob, Out), NotIn)
		n.wants(n.at("Kim", ada, In), CameIn)
		n.wants(n.at("Kim", ada, In), AlreadyIn)
		if c := n.counts(""); c != (Counts{2, 1, 2}) {
			t.Errorf("on the second day the counts are %+v", c)
		}
		n.clock.Add(3 * time.Hour)
		visits, err := n.Visits(t.Context(), n.event.ID)
		must(t, err)
		var times []string
		for _, s := range stays(n.event, visits, n.clock.Now()) {
			times = append(times, s.Name+" "+s.Came+" "+s.Left+" "+s.Time)
		}
		want := []string{"Ada Example Thu 11 Mar, 9am Not recorded 3 h 0 min", "Bob Example Thu 11 Mar, 9am Not recorded 3 h 0 min", "Ada Example Fri 12 Mar, 9am Not recorded 3 h 0 min"}
		if !slices.Equal(times, want) {
			t.Errorf("they were there %q", times)
		}
	})
}

func TestAnUndoTakesBackWhatWasShownAndNothingNewer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		ada := n.ticket(n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed))
		undo := func(v Visit, was Action) error {
			return n.Undo(t.Context(), n.event.ID, v.ID, was, access.Entry{Actor: "organiser:Kim"})
		}
		in := n.wants(n.at("Kim", ada, In), CameIn).Visit
		n.clock.Add(time.Hour)
		way := n.at("Kim", ada, Out)
		out := n.wants(way, WentOut).Visit
		if err := undo(in, In); !errors.Is(err, ErrOvertaken) { // the page showed the way in alone
			t.Errorf("the way out is taken back from the line of the way in: %v", err)
		}
		must(t, undo(out, Out))
		if err := undo(out, Out); !errors.Is(err, ErrOvertaken) { // two clicks
			t.Errorf("a second click gives %v", err)
		}
		if c := n.counts(""); c != (Counts{1, 1, 1}) {
			t.Errorf("the counts are %+v", c)
		}
		n.wants(way, TakenBack) // sent once more by a phone that did not hear the answer
		must(t, undo(in, In))
		if err := undo(in, In); !errors.Is(err, ErrOvertaken) {
			t.Errorf("a second click gives %v", err)
		}
		n.wants(way, TakenBack)
	})
}

// Two programs at one database, as on several servers: whoever of them is overtaken looks again.
func TestDoorsOfTwoInstancesAgree(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		other, err := New(t.Context(), db, n.records.trail, n.keys, n.clock.Now)
		must(t, err)
		t.Cleanup(func() { must(t, other.Close()) })
		var tickets []string
		for range 15 {
			tickets = append(tickets, n.ticket(n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed)))
		}
		for _, action := range []Action{In, Out, In} {
			var all sync.WaitGroup
			var changed atomic.Int64
			for _, d := range []*Door{n.Door, other} {
				for _, ticket := range tickets {
					s := n.at("Kim", ticket, action)
					all.Go(func() {
						a, err := d.Check(t.Context(), n.event, s)
						if err != nil {
							t.Error(err)
						}
						if a.Outcome == CameIn || a.Outcome == WentOut {
							changed.Add(1)
						}
					})
				}
			}
			all.Wait()
			if got := changed.Load(); got != int64(len(tickets)) {
				t.Errorf("%d scans of %d people changed something (%s)", got, len(tickets), action)
			}
			n.clock.Add(time.Hour)
		}
		if c := n.counts(""); c != (Counts{15, 15, 15}) {
			t.Errorf("the counts are %+v", c)
		}
		if got := len(n.trail()); got != 45 {
			t.Errorf("the trail has %d entries", got)
		}
	})
}

// An undo locks what it takes back, so that a door that lets the same person in at that moment finds them inside, or is found to have.
func TestAnUndoAndAWayInOfTheSameMomentAgree(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		var left []Visit
		for range 15 {
			code := n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed)
			n.wants(n.at("Kim", code, In), CameIn)
			left = append(left, n.wants(n.at("Kim", code, Out), WentOut).Visit)
		}
		n.clock.Add(time.Hour)
		var all sync.WaitGroup
		for _, v := range left {
			for range 2 {
				all.Go(func() {
					err := n.Undo(t.Context(), n.event.ID, v.ID, Out, access.Entry{Actor: "organiser:Kim"})
					if err != nil && !errors.Is(err, ErrOvertaken) && !errors.Is(err, errInAgain) {
						t.Error(err)
					}
				})
				again := n.at("Sam", v.RegistrationID, In)
				all.Go(func() {
					if a, err := n.Check(t.Context(), n.event, again); err != nil || (a.Outcome != CameIn && a.Outcome != AlreadyIn) {
						t.Errorf("%s, %v", a.Outcome, err)
					}
				})
			}
		}
		all.Wait()
		if c := n.counts(""); c != (Counts{15, 15, 15}) {
			t.Errorf("the counts are %+v", c)
		}
	})
}

func TestAScanUnderTheIDOfAnotherLetsNobodyIn(t *testing.T) {
	n := newEntrance(t, storetest.SQLite(t))
	ada, bob := n.guest(n.event, 0, "Ada", "Example", registrations.Confirmed), n.guest(n.event, 0, "Bob", "Example", registrations.Confirmed)
	first := n.at("Kim", n.ticket(ada), In)
	a := n.wants(first, CameIn)
	for what, s := range map[string]Scan{"another person": n.at("Kim", n.ticket(bob), In), "the way out": n.at("Kim", n.ticket(ada), Out)} {
		s.ID = first.ID
		if got := n.check(s); got.Outcome != Stale || wordsFor(n.event, got).Class != "refused" {
			t.Errorf("%s under the same id is answered %s", what, got.Outcome)
		}
	}
	must(t, n.Undo(t.Context(), n.event.ID, a.Visit.ID, "", access.Entry{Actor: "organiser:Kim"}))
	if got := n.check(first); got.Outcome != TakenBack || wordsFor(n.event, got).Class != "already" {
		t.Errorf("sent again after the undo it is answered %s", got.Outcome)
	}
	if c := n.counts(""); c != (Counts{2, 0, 0}) {
		t.Errorf("the counts are %+v", c)
	}
}

func TestThePhonesClockMayBeWrong(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	minute := time.Minute.Milliseconds()
	for name, c := range map[string]struct {
		sent, at int64
		want     time.Duration // ago
	}{
		"a phone two hours slow":    {now.UnixMilli() - 120*minute, now.UnixMilli() - 125*minute, 5 * time.Minute},
		"a phone a day fast":        {now.UnixMilli() + 1440*minute, now.UnixMilli() + 1440*minute, 0},
		"a clock that was set back": {now.UnixMilli() - 60*minute, now.UnixMilli(), 0},
		"nonsense":                  {now.UnixMilli(), 1, longestAgo},
		"a scan that does not say":  {now.UnixMilli(), 0, 0},
		"a page that does not say":  {0, now.UnixMilli() - 3*minute, 3 * time.Minute},
	} {
		if got := now.Sub(sent{Sent: c.sent}.at(sentScan{At: c.at}, now)); got != c.want {
			t.Errorf("%s: it was %v ago, not %v", name, got, c.want)
		}
	}
}

func TestADoorOnAnotherDaySaysSo(t *testing.T) {
	n := newEntrance(t, storetest.SQLite(t))
	at := func(s string) time.Time {
		when, err := time.Parse("2006-01-02 15:04", s)
		must(t, err)
		return when
	}
	for when, want := range map[string]bool{"2027-03-10 18:00": true, "2027-03-11 06:00": false, "2027-03-11 23:00": false, "2027-03-12 03:00": false, "2027-03-12 09:00": true} {
		if got := notToday(n.event, at(when)); (got != "") != want || (want && !strings.Contains(got, "Thursday 11 March 2027")) {
			t.Errorf("on %s it says %q", when, got)
		}
	}
	n.event.Status = events.Postponed
	if got := notToday(n.event, at("2027-03-11 09:00")); !strings.Contains(got, "postponed") {
		t.Errorf("of a postponed event it says %q", got)
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

func TestWhoTakesPartOnlineIsNotLetIntoTheRoomUnlessEverybodyDoes(t *testing.T) {
	n := newEntrance(t, storetest.SQLite(t))
	ada, bob := n.guest(n.event, 0, "Ada", "Here", registrations.Confirmed), n.guest(n.event, 1, "Bob", "There", registrations.Confirmed)
	n.wants(n.at("Kim", ada, In), CameIn)
	a := n.wants(n.at("Kim", bob, In), FromAfar)
	if r := wordsFor(n.event, a); r.Class != "already" || r.Visit != "" || !strings.Contains(r.Text, "Bob There, Online. They do not have a seat") {
		t.Errorf("it says %+v", r)
	}
	n.wants(n.at("Kim", bob, Out), NotIn)
	if c := n.counts(""); c != (Counts{1, 1, 1}) || n.tallyOf("") != c {
		t.Errorf("the counts are %+v", c)
	}
	p := newCheckInPage(n.event, setting{Action: In})
	p.matches(n.event, []Guest{{ID: ada, Status: registrations.Confirmed, PlaceID: n.event.Places[0].ID}, a.Guest}, nil)
	if !p.Matches[0].CanScan || p.Matches[1].CanScan || p.Matches[1].Tag.Text != "Attends online" {
		t.Errorf("whom the page offers to check in: %+v", p.Matches)
	}
	_, err := n.db.NewRaw("update registrations set place_id = ? where id = ?", n.event.Places[0].ID, bob).Exec(t.Context()) // an organiser moves them
	must(t, err)
	n.wants(n.at("Kim", bob, In), CameIn)
	webinar := *n.event
	webinar.Places = []events.Place{{ID: n.event.Places[0].ID, Online: true}}
	cy := n.at("Kim", n.guest(n.event, 0, "Cy", "Everywhere", registrations.Confirmed), In)
	if a, err := n.Check(t.Context(), &webinar, cy); err != nil || a.Outcome != CameIn {
		t.Errorf("where everybody takes part online they are answered %s, %v", a.Outcome, err)
	}
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

func TestWhoIsFoundSaysWhetherTheyAreIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		ada, bob := n.guest(n.event, 0, "Ada", "Smith", registrations.Confirmed), n.guest(n.event, 0, "Amy", "Smith", registrations.Confirmed)
		cy := n.guest(n.event, 0, "Cy", "Smith", registrations.Waiting)
		n.wants(n.at("Kim", ada, In), CameIn)
		shown := func(s setting, left int64) string {
			found, err := n.Find(t.Context(), n.event, "smith", false, 10)
			must(t, err)
			inside, err := n.insideOf(t.Context(), n.event, "", found)
			must(t, err)
			p := newCheckInPage(n.event, s)
			p.left = map[string]events.Availability{n.event.Places[0].ID: {Left: left, Waiting: 1}}
			p.matches(n.event, found, inside)
			var words []string
			for _, m := range p.Matches {
				text, _, _ := strings.Cut(m.Tag.Text, " since")
				words = append(words, fmt.Sprint(strings.Fields(m.Name)[0], " ", m.CanScan, " ", m.Give != nil, " ", text))
			}
			return strings.Join(words, ", ")
		}
		if got := shown(setting{Action: In}, 1); got != "Ada false false In, Amy true false , Cy false true On the waiting list" {
			t.Errorf("coming in: %s", got)
		}
		if got := shown(setting{Action: Out}, 1); got != "Ada true false , Amy true false Not in, Cy false false On the waiting list" {
			t.Errorf("leaving: %s", got)
		}
		if got := shown(setting{Action: In}, 0); !strings.HasSuffix(got, "Cy false false On the waiting list") {
			t.Errorf("without a place: %s", got)
		}
		for id, known := range map[string]bool{bob: true, cy: true, "nonsense\x00": false, uuid.NewString(): false} {
			if _, err := n.guestOf(t.Context(), n.event.ID, id); (err == nil) != known {
				t.Errorf("%q: %v", id, err)
			}
		}
	})
}

func TestWhoIsCancelledWhileTheyAreInCanLeave(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newEntrance(t, db)
		id := n.guest(n.event, 0, "Ada", "Byron", registrations.Confirmed)
		n.wants(n.at("Kim", n.ticket(id), In), CameIn)
		_, err := db.NewRaw("update registrations set status = 'cancelled' where id = ?", id).Exec(t.Context())
		must(t, err)
		n.wants(n.at("Kim", n.ticket(id), In), NoPlace)
		n.wants(n.at("Kim", n.ticket(id), Out), WentOut)
		if c := n.counts(""); c.Inside != 0 || c.Came != 1 {
			t.Errorf("the counts are %+v", c)
		}
	})
}
