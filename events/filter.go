package events

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"masterclass/templates"
)

// Formats that events can be looked for by.
const (
	inPerson = "in-person"
	online   = "online"
)

// Filter says which events the list is to show. Its zero value is all of them.
type Filter struct {
	Words  string // each is in the title, the summary, the topics or the place
	Topic  string
	Format string // inPerson, online or empty
	Where  string // part of the venue or the address
	When   string // "past" for all that are over; else the latest of them
}

// most is how much of a word is looked for: nobody types more.
const most = 100

func newFilter(value func(name string) string) Filter {
	read := func(name string) string {
		text := strings.Join(strings.Fields(value(name)), " ")
		return strings.ToValidUTF8(text[:min(len(text), most)], "")
	}
	f := Filter{Words: read("q"), Topic: read("topic"), Format: read("format"), Where: read("where"), When: read("when")}
	if f.Format != inPerson && f.Format != online {
		f.Format = ""
	}
	if f.When != "past" {
		f.When = ""
	}
	return f
}

// Narrow says whether the filter leaves events out by what they are.
func (f Filter) Narrow() bool { return f.Words+f.Topic+f.Format+f.Where != "" }

// Query is the filter as the end of an address, in one certain order.
func (f Filter) Query() string {
	q := url.Values{}
	for name, value := range map[string]string{"q": f.Words, "topic": f.Topic, "format": f.Format, "where": f.Where, "when": f.When} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// of are those of the events that the filter lets through.
func (f Filter) of(es []*Event) []*Event {
	return slices.DeleteFunc(slices.Clone(es), func(e *Event) bool { return !f.lets(e) })
}

func (f Filter) lets(e *Event) bool {
	if f.Topic != "" && !e.hasTopic(f.Topic) {
		return false
	}
	if f.Format == online && !e.online() || f.Format == inPerson && !e.inPerson() {
		return false
	}
	place := strings.ToLower(e.there())
	if !strings.Contains(place, strings.ToLower(f.Where)) {
		return false
	}
	text := strings.ToLower(e.Title+" "+e.Summary+" "+e.Topics) + " " + place
	for word := range strings.FieldsSeq(strings.ToLower(f.Words)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// online says whether one can take part from afar.
func (e *Event) online() bool {
	return slices.ContainsFunc(e.Places, func(p Place) bool { return p.Online })
}

// inPerson says whether one can come: there is a place for it, or at least somewhere to go.
func (e *Event) inPerson() bool {
	return slices.ContainsFunc(e.Places, func(p Place) bool { return !p.Online }) || (len(e.Places) == 0 && e.there() != "")
}

// latest is how many events that are over the list shows unless it is asked for all.
const latest = 10

// newIndexPage is the list of events as the filter wants it. Upcoming has no cards yet.
func newIndexPage(f Filter, upcoming, past []*Event, host, baseURL string) (p IndexPage, shown []*Event) {
	all := slices.Concat(upcoming, past)
	shown, past = f.of(upcoming), f.of(past)
	p = IndexPage{Filter: f, Host: host, BaseURL: baseURL, Topics: topics(upcoming), Found: len(shown) + len(past),
		Fields: f.fields(topics(all))}
	if f.When == "past" {
		shown = nil
	} else if len(past) > latest {
		older := f
		older.When = "past"
		p.Older = templates.Link{Href: "/events" + older.Query(), Text: "All " + count(len(past), "past event")}
		past = past[:latest]
	}
	p.Past = pastCards(past)
	return p, shown
}

// FilterFields are the fields of the form above the list.
type FilterFields struct {
	Words, Where  templates.Input
	Topic, Format templates.Select
}

func (f Filter) fields(topics []string) FilterFields {
	choices := []templates.Option{{Text: "Any topic"}}
	for _, t := range topics {
		choices = append(choices, templates.Option{Value: t, Text: t})
		if strings.EqualFold(t, f.Topic) {
			f.Topic = t
		}
	}
	return FilterFields{
		Words: templates.Input{ID: "q", Label: "Words", Value: f.Words},
		Where: templates.Input{ID: "where", Label: "Town or venue", Value: f.Where},
		Topic: templates.Select{ID: "topic", Label: "Topic", Value: f.Topic, Options: choices},
		Format: templates.Select{ID: "format", Label: "How to take part", Value: f.Format, Options: []templates.Option{
			{Text: "Either way"}, {Value: inPerson, Text: "In person"}, {Value: online, Text: "Online"}}},
	}
}

// waits is 1 for an event that waits for a new date, else 0.
func (e *Event) waits() int {
	if e.Status == Postponed {
		return 1
	}
	return 0
}

// split parts events by whether they are over.
func split(es []*Event, now time.Time) (upcoming, past []*Event) {
	for _, e := range es {
		if e.Past(now) {
			past = append(past, e)
		} else {
			upcoming = append(upcoming, e)
		}
	}
	slices.Reverse(upcoming) // the soonest first, and what waits for a new date last
	slices.SortStableFunc(upcoming, func(a, b *Event) int { return cmp.Compare(a.waits(), b.waits()) })
	return upcoming, past
}
