package registrations

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"masterclass/internal/store/storetest"
)

// names are the last names of whom a look finds, in their order.
func (d *desk) names(l Look) string {
	d.t.Helper()
	_, list, err := d.Attendees(context.Background(), d.now(), l)
	must(d.t, err)
	var names []string
	for _, g := range list {
		names = append(names, g.LastName)
	}
	return strings.Join(names, " ")
}

// person registers somebody at a place of the event.
func (d *desk) person(n, place int, first, last, profession, employer string) *Registration {
	d.t.Helper()
	a := d.askAt(n, place)
	a.Person.FirstName, a.Person.LastName, a.Person.Profession, a.Person.Employer = first, last, profession, employer
	return d.register(a)
}

func TestTheListFindsSortsAndCounts(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		byron := d.person(1, 0, "Ada", "Byron", "Nurse", "Zeta trust")
		d.person(2, 0, "Grace", "Hopper", "Pharmacist", "Alpha trust")
		d.person(3, 1, "Mary", "Anning", "Nurse", "Mid Trust")
		d.cancel(d.person(4, 0, "Rosalind", "Franklin", "Nurse", "Alpha trust"))
		for _, c := range []struct {
			look Look
			want string
		}{
			{Look{}, "Anning Byron Franklin Hopper"},
			{Look{Status: Confirmed}, "Anning Byron Hopper"},
			{Look{Status: Confirmed, Sort: byEmployer}, "Hopper Anning Byron"},
			{Look{Sort: byTime}, "Franklin Anning Hopper Byron"},
			{Look{Sort: "nonsense"}, "Anning Byron Franklin Hopper"},
			{Look{Search: "ADA byr"}, "Byron"}, {Look{Search: "person3@"}, "Anning"}, {Look{Search: "alpha"}, "Franklin Hopper"},
			{Look{Search: strings.ToLower(byron.Reference)}, "Byron"}, {Look{Search: "%"}, ""}, {Look{Search: "' or 1=1"}, ""},
			{Look{PlaceID: d.event.Places[1].ID}, "Anning"}, {Look{Profession: "Nurse", Status: Confirmed}, "Anning Byron"},
		} {
			if got := d.names(c.look); got != c.want {
				t.Errorf("%+v finds %s, want %s", c.look, got, c.want)
			}
		}
		f, _, err := d.Attendees(context.Background(), d.now(), Look{Status: Cancelled, Search: "alpha"})
		must(t, err)
		if f.Total != 1 || f.All != 2 || f.Counts[Confirmed] != 1 || f.Counts[Cancelled] != 1 || !slices.Equal(f.Professions, []string{"Nurse", "Pharmacist"}) {
			t.Errorf("it counts %+v", f)
		}
	})
}

// Whatever changes a registration is seen at the next look, also by another instance.
func TestTheListShowsEveryChangeAtOnce(t *testing.T) {
	eachDesk(t, 3, func(t *testing.T, d *desk) {
		ctx, other := context.Background(), d.beside()
		g := d.person(1, 0, "Ada", "Byron", "Nurse", "Zeta trust")
		shows := func(when, want string) {
			t.Helper()
			for _, at := range []*desk{d, other} {
				f, _, err := at.Attendees(ctx, d.now(), Look{Search: want})
				must(t, err)
				if f.Total != 1 || f.All != 1 {
					t.Errorf("after %s, %q finds %d", when, want, f.Total)
				}
			}
		}
		shows("registering", "byron ada zeta")
		p := g.Person
		p.Employer = "Alpha trust"
		must(t, d.Change(ctx, g, d.event, p, Needs{}, "r1"))
		shows("a change by the person", "byron alpha")
		p.Employer = "Beta trust"
		must(t, d.ChangeFor(ctx, g, d.event, p, nil, kim))
		shows("a change by an organiser", "byron beta")
		g, err := d.CorrectAddress(ctx, g, "ada.byron@example.com", kim)
		must(t, err)
		shows("a corrected address", "ada.byron@example.com")
		d.move(g, 1)
		if got := d.names(Look{PlaceID: d.event.Places[1].ID}); got != "Byron" {
			t.Errorf("after a move the new place has %q", got)
		}
		if got := d.names(Look{PlaceID: d.event.Places[0].ID}); got != "" {
			t.Errorf("after a move the old place has %q", got)
		}
		must(t, d.CancelFor(ctx, g, d.event, "", kim))
		if got := d.names(Look{Status: Cancelled}); got != "Byron" {
			t.Errorf("who is cancelled is %q", got)
		}
	})
}

func TestAListOfManyHasPages(t *testing.T) {
	eachDesk(t, 200, func(t *testing.T, d *desk) {
		for n := range 103 {
			d.person(n, n%2, "Ada", fmt.Sprintf("N%03d", n), "Nurse", "Trust")
		}
		var all []string
		for page := range 3 {
			all = append(all, strings.Fields(d.names(Look{Page: page + 1}))...)
		}
		if len(all) != 103 || !slices.IsSorted(all) || all[0] != "N000" || all[102] != "N102" {
			t.Errorf("the pages have %d in all, %v", len(all), all)
		}
		f, list, err := d.Attendees(context.Background(), d.now(), Look{Page: 1 << 40})
		must(t, err)
		if f.Page != 3 || f.Pages != 3 || len(list) != 3 {
			t.Errorf("past the end are page %d of %d with %d", f.Page, f.Pages, len(list))
		}
		for n := range 103 { // one by one, in and out of order
			d.person(200+n, 0, "Ada", fmt.Sprintf("M%03d", (n*37)%103), "Nurse", "Trust")
			if n%50 == 0 {
				d.names(Look{})
			}
		}
		if f, _, err = d.Attendees(context.Background(), d.now(), Look{}); err != nil || f.All != 206 {
			t.Errorf("there are %d, %v", f.All, err)
		}
	})
}

func TestRollsThatNobodyLooksAtAreForgotten(t *testing.T) {
	d := newDesk(t, storetest.SQLite(t), storetest.EmbeddedRedis(t), 5)
	d.person(1, 0, "Ada", "Byron", "Nurse", "Trust")
	big := d.rolls.of("another event")
	for n := range rollRows {
		big.byID[fmt.Sprint(n)] = nil
	}
	if got := d.names(Look{}); got != "Byron" {
		t.Errorf("the list has %q", got)
	}
	if len(d.rolls.kept) != 1 || d.rolls.kept[d.event.ID] == nil {
		t.Errorf("%d rolls are kept", len(d.rolls.kept))
	}
}

func TestASearchAndAnOrderAskForNoAccents(t *testing.T) {
	t.Parallel()
	r := newRoll()
	r.put([]*attendee{
		newAttendee("1", "Zoë", "Müller", "z@example.com", "Hôpital Général", "AAAA-1111"), newAttendee("2", "Ann", "Mulley", "a@example.com", "Trust", "BBBB-2222"),
		newAttendee("3", "Éva", "Ángel", "e@example.com", "", "CCCC-3333"),
	})
	for search, want := range map[string]string{"": "3 1 2", "Muller": "1", "müller zoe": "1", "hopital GENERAL": "1", "mull": "1 2", "éVA": "3", "nobody": ""} {
		if got := strings.Join(r.find(Look{Search: search}).IDs, " "); got != want {
			t.Errorf("%q finds %s, want %s", search, got, want)
		}
	}
}

// However a roll finds, few or many, after changes one by one or together, it is whom one finds by looking at each.
func TestARollFindsWhomEachOneSaysIsMeant(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 11))
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	r, now := newRoll(), map[string]*attendee{}
	for range 40 {
		var changed []*attendee
		for range 1 + rnd.IntN(fewChanges*5/4) {
			id := fmt.Sprint(rnd.IntN(3000))
			if slices.ContainsFunc(changed, func(a *attendee) bool { return a.id == id }) {
				continue
			}
			a := newAttendee(id, pick("Ada", "Zoë", "Grace"), pick("Byron", "Hopper", "Anning")+pick("", "", "-Smith"), "p"+id+"@example.com", pick("", "Alpha Trust", "Beta trust"), "REF-"+id)
			a.status, a.placeID, a.profession, a.created = Status(pick(string(Confirmed), string(Cancelled))), pick("a", "a", "a", "b"), pick("Nurse", "Doctor"), rnd.Int64N(50)
			a.trade = tradeOf(a.profession)
			changed, now[id] = append(changed, a), a
		}
		r.put(changed)
		for range 20 {
			l := Look{Search: pick("", "", "ada", "a", "trust hop", "p", "smith alpha", "p1234@", "p12", "nobody", "z ada"), PlaceID: pick("", "", "a", "b"), Profession: pick("", "", "Nurse"),
				Status: Status(pick("", "", string(Cancelled))), Sort: pick(byName, byTime, byEmployer, "nonsense"), size: 1 + rnd.IntN(60)}
			l.trade = tradeOf(l.Profession)
			var meant []*attendee
			for _, a := range now {
				if l.agrees(a, l.words()) && (l.Status == "" || a.status == l.Status) {
					meant = append(meant, a)
				}
			}
			order := orders[l.Sort]
			if order == nil {
				order = orders[byName]
			}
			slices.SortFunc(meant, order)
			pages := max(1, (len(meant)+l.size-1)/l.size)
			l.Page = 1 + rnd.IntN(pages)
			from := (l.Page - 1) * l.size
			var want []string
			for _, a := range meant[from:min(len(meant), from+l.size)] {
				want = append(want, a.id)
			}
			if f := r.find(l); f.Total != len(meant) || f.Pages != pages || !slices.Equal(f.IDs, want) {
				t.Fatalf("of %d, %+v finds %d on %d pages, this one with %v; want %d on %d with %v", len(now), l, f.Total, f.Pages, f.IDs, len(meant), pages, want)
			}
		}
	}
}
