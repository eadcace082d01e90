package events

import (
	"cmp"
	"slices"
)

// Difference is one thing that a change alters which people and their calendars have to be told of, in words.
type Difference struct {
	What     string // such as 'When'
	Was, Now string

	// Whom it concerns; neither for everybody.
	InPerson bool `json:",omitempty"` // who comes to the venue
	Online   bool `json:",omitempty"` // who takes part from afar and is told where to join
}

// Change is what the change of an event means for people.
type Change struct {
	Material   bool     // time, place, title or status: SEQUENCE rises
	What       []string // what is material in words, 'When: Friday … (was: Thursday …)'
	Recipients int      // how many messages tell of it
}

// Words is the difference in one line.
func (d Difference) Words() string { return d.What + ": " + d.Now + " (was: " + d.Was + ")" }

// Concerns says whether the difference means anything to somebody with that place; joins, that they are told where to join online.
func (d Difference) Concerns(p Place, joins bool) bool {
	switch {
	case d.InPerson:
		return !p.Online
	case d.Online:
		return p.Online && joins
	}
	return true
}

// Material says whether a change alters time, place, title or status, so that calendars have to follow and SEQUENCE rises (RFC 5546 2.1.4).
func Material(old, changed *Event) bool { return len(Differences(old, changed)) > 0 }

// Differences are what is material in a change, in the order in which people ask: when, where, what. The places are those of old.
func Differences(old, changed *Event) []Difference {
	all := append(old.dateDifferences(changed),
		Difference{What: "Where", Was: known(old.there()), Now: known(changed.there()), InPerson: true},
		Difference{What: "Title", Was: old.Title, Now: changed.Title})
	if slices.ContainsFunc(old.Places, func(p Place) bool { return p.Online }) {
		all = append(all, Difference{What: "Join online", Was: known(old.JoinURL), Now: known(changed.JoinURL), Online: true})
	}
	return slices.DeleteFunc(all, func(d Difference) bool { return d.Was == d.Now })
}

// order is that of Differences.
var order = []string{"When", "Status", "Where", "Title", "Join online"}

// Together is what two changes alter, one after the other, for somebody who was told of neither. What the later one takes back is left out.
func Together(earlier, later []Difference) []Difference {
	all := slices.Clone(earlier)
	for _, d := range later {
		i := slices.IndexFunc(all, func(e Difference) bool { return e.What == d.What })
		if i < 0 {
			all = append(all, d)
			continue
		}
		all[i].Now = d.Now
	}
	slices.SortStableFunc(all, func(a, b Difference) int {
		return cmp.Compare(slices.Index(order, a.What), slices.Index(order, b.What))
	})
	return slices.DeleteFunc(all, func(d Difference) bool { return d.Was == d.Now })
}

// dateDifferences are those of the date and the status. That a date is open, or is not any more, says both at once.
func (e *Event) dateDifferences(changed *Event) []Difference {
	was, now := Difference{What: "When", Was: e.When(), Now: changed.When()}, Difference{What: "Status", Was: statusWords[e.Status], Now: statusWords[changed.Status]}
	switch {
	case e.Status == Postponed && changed.Status == Published:
		was.Was = "postponed, with no new date"
		return []Difference{was}
	case e.Status == Published && changed.Status == Postponed:
		was.Now = "postponed, with no new date yet"
		return []Difference{was}
	case !e.sameTime(changed) && was.Was == was.Now: // a zone of another name and the same clock
		was.Was, was.Now = e.When()+", "+e.TimeZone, changed.When()+", "+changed.TimeZone
	}
	return []Difference{was, now}
}

func (e *Event) sameTime(o *Event) bool {
	return e.StartsLocal == o.StartsLocal && e.EndsLocal == o.EndsLocal && e.TimeZone == o.TimeZone && e.AllDay == o.AllDay
}

func known(s string) string { return cmp.Or(s, "not yet known") }

var statusWords = map[Status]string{Draft: "not published", Published: "takes place", Cancelled: "cancelled", Postponed: "postponed"}

// ChangedDetails names every detail that differs, as the form of an event calls it.
func ChangedDetails(old, e *Event) string { return eventShape.changed(detailsOf(old), detailsOf(e)) }

// ChangedPlace is ChangedDetails of a place.
func ChangedPlace(old, p Place) string { return placeShape.changed(placeValues(&old), placeValues(&p)) }
