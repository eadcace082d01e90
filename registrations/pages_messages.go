package registrations

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/notify"
	"masterclass/templates"
)

// logPage is registrations/organise-log.
type logPage struct {
	Notice         templates.Notice
	Errors         []templates.FieldError
	Text, From, To templates.Input
	Kind, Event    templates.Select
	State          string
	States         []StatusTab
	Rows           []logRow
	Pager          templates.Pager
	Retry          string // where failed messages are tried again; empty where none failed
	Clear          string // the log without search and filters; empty where there are none
	Empty          string

	look    logLook
	zone    *time.Location
	tally   notify.Tally
	entries []notify.Entry
	more    bool
	events  []eventName
}

// logRow is a message in the log.
type logRow struct {
	Href, Kind, Name, Address, Event, When, Problem string
	Tag                                             templates.Tag
}

func (l logLook) narrowed() bool {
	return l.Kind != "" || l.Event != "" || l.Text != "" || l.From != "" || l.To != ""
}

func (p *logPage) fill(wrong []fault.Field) {
	p.State = p.look.State
	p.fields(wrong)
	p.tabs()
	titles := map[string]string{}
	for _, e := range p.events {
		titles[e.ID] = e.Title
	}
	for _, m := range p.entries {
		p.Rows = append(p.Rows, newLogRow(m, titles[m.EventID], p.zone))
	}
	p.pages()
	if p.look.narrowed() {
		p.Clear = logLook{State: p.look.State}.path()
	}
	if p.tally.Failed > 0 && p.look.State == notify.StateFailed {
		p.Retry = withQuery(logPath+"/retry", p.look.whole().values())
	}
	p.Empty = "No message has been written yet. Confirmations, reminders and whatever else the site sends to attendees appear here."
	if p.look.narrowed() || p.look.State != "" || p.look.After != "" || p.look.Before != "" {
		p.Empty = "There are no such messages."
	}
}

func (p *logPage) fields(wrong []fault.Field) {
	l := p.look
	p.Text = templates.Input{ID: "q", Label: "Name or address", Value: l.Text, Class: "nhsuk-input--width-20", Autocomplete: "off"}
	p.From = templates.Input{ID: "from", Label: "From", Type: "date", Value: l.From, Error: problemOf(wrong, "from")}
	p.To = templates.Input{ID: "to", Label: "To", Type: "date", Value: l.To, Error: problemOf(wrong, "to")}
	for _, f := range []*templates.Input{&p.From, &p.To} {
		if f.Error != "" {
			f.Value = "" // browsers complain of a date field that holds no date
		}
	}
	p.Kind = templates.Select{ID: "kind", Label: "Kind", Value: l.Kind, Options: kindOptions()}
	p.Event = templates.Select{ID: "event", Label: "Event", Value: l.Event, Class: "app-toolbar__wide", Options: []templates.Option{{Text: "All events"}}}
	for _, e := range p.events {
		p.Event.Options = append(p.Event.Options, templates.Option{Value: e.ID, Text: e.Title + " (" + e.Start + ")"})
	}
}

func kindOptions() []templates.Option {
	var options []templates.Option
	for kind, words := range kindWords {
		options = append(options, templates.Option{Value: kind, Text: words})
	}
	slices.SortFunc(options, func(a, b templates.Option) int { return cmpText(a.Text, b.Text) })
	return append([]templates.Option{{Text: "Every kind"}}, options...)
}

func cmpText(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }

func (p *logPage) tabs() {
	t := p.tally
	for _, s := range []struct {
		state, text string
		n           int64
	}{{"", "All", t.Queued + t.Sent + t.Failed + t.Superseded}, {notify.StateQueued, "Queued", t.Queued}, {notify.StateSent, "Sent", t.Sent},
		{notify.StateFailed, "Failed", t.Failed}, {notify.StateSuperseded, "Not sent", t.Superseded}} {
		to := p.look.whole()
		to.State = s.state
		p.States = append(p.States, StatusTab{Href: to.path(), Text: s.text, Count: atLeast(s.n), Current: s.state == p.look.State})
	}
}

// atLeast is a number that was counted no further than the outbox counts.
func atLeast(n int64) string {
	if n >= notify.MostCounted {
		return thousands(int(n-n%notify.MostCounted)) + "+"
	}
	return thousands(int(n))
}

// upTo is atLeast with what was counted.
func upTo(n int64, what string) string {
	if n >= notify.MostCounted {
		return thousands(int(n)) + " " + what + "s or more"
	}
	return counted(int(n), what)
}

func (p *logPage) pages() {
	if len(p.entries) == 0 {
		return
	}
	newer, older := p.look.whole(), p.look.whole()
	newer.Before, older.After = p.entries[0].ID, p.entries[len(p.entries)-1].ID
	if p.look.After != "" || (p.look.Before != "" && p.more) {
		p.Pager.Previous = templates.Link{Href: newer.path(), Text: "Newer messages"}
	}
	if p.look.Before != "" || p.more {
		p.Pager.Next = templates.Link{Href: older.path(), Text: "Older messages"}
	}
}

func newLogRow(m notify.Entry, title string, zone *time.Location) logRow {
	r := logRow{Href: logPath + "/" + m.ID, Kind: kindWords[m.Kind], Name: m.To.Name, Address: m.To.Address, Event: title, When: momentIn(zone, m.CreatedAt), Tag: tagOf(m)}
	if !m.SentAt.IsZero() {
		r.When = momentIn(zone, m.SentAt)
	}
	if m.State != notify.StateSuperseded {
		r.Problem = problemOfMail(m)
	}
	return r
}

// tagOf is the state of a message at a glance.
func tagOf(m notify.Entry) templates.Tag {
	if m.Settled {
		return templates.Tag{Text: "Dealt with", Colour: "grey"}
	}
	return messageTags[m.State]
}

// problemOfMail is why a message failed, and that it was sent again since.
func problemOfMail(m notify.Entry) string {
	if m.Again {
		return strings.TrimSpace("Sent again since. " + m.Problem)
	}
	return m.Problem
}

// momentIn is an instant for tables: '11 Mar 2027, 9:30am'.
func momentIn(zone *time.Location, t time.Time) string {
	t = t.In(zone)
	return t.Format("2 Jan 2006") + ", " + events.Clock(t)
}

// entryPage is registrations/organise-entry.
type entryPage struct {
	Notice        templates.Notice
	Kind, Queued  string
	Path          string
	Tag           templates.Tag
	What          []string // what happened, a paragraph each
	Rows          []templates.Row
	Links         []templates.Link
	CanResend     bool
	CanSettle     bool // it failed, and waits for somebody to see to it
	Subject, Text string
	Anew, Erased  bool
}

func newEntryPage(m notify.Entry, w notify.Words, erased, gone bool, names []eventName, zone *time.Location, now time.Time) entryPage {
	p := entryPage{Kind: kindWords[m.Kind], Queued: momentIn(zone, m.CreatedAt), Path: logPath + "/" + m.ID, Tag: tagOf(m), What: whatBecame(m, zone, now),
		CanSettle: m.State == notify.StateFailed && !m.Settled && !m.Again && !m.Erased,
		CanResend: m.State != notify.StateSuperseded && m.To.Address != "" && !erased && !gone, Subject: w.Subject, Text: withoutLinks(w.Text), Anew: !w.Kept, Erased: erased}
	p.Rows = []templates.Row{{Key: "To", Value: strings.TrimSpace(m.To.Name + "\n" + m.To.Address)}, {Key: "Written", Value: p.Queued}}
	if gone {
		p.What = append(p.What, "The registration has another address now, so this message is not sent again.")
	}
	if !m.SentAt.IsZero() {
		p.Rows = append(p.Rows, templates.Row{Key: "Sent", Value: momentIn(zone, m.SentAt)})
	}
	p.Rows = append(p.Rows, templates.Row{Key: "Message-ID", Value: m.MessageID})
	i := slices.IndexFunc(names, func(e eventName) bool { return e.ID == m.EventID })
	if i < 0 {
		return p
	}
	event := "/organise/events/" + names[i].Slug
	if m.RegistrationID != "" {
		p.Links = append(p.Links, templates.Link{Href: event + "/attendees/" + m.RegistrationID, Text: "The attendee, and their other emails"})
	}
	p.Rows = append(p.Rows, templates.Row{Key: "Event", Value: names[i].Title})
	p.Links = append(p.Links, templates.Link{Href: event, Text: "The event"}, templates.Link{Href: logLook{Event: m.EventID}.path(), Text: "All messages about the event"})
	return p
}

// whatBecame says in words what happened to a message, and what is to come.
func whatBecame(m notify.Entry, zone *time.Location, now time.Time) []string {
	switch m.State {
	case notify.StateSent:
		return []string{"A mail server took this message" + afterTries(m.Attempts) + ". Whether anybody has read it, nobody can tell from here."}
	case notify.StateSuperseded:
		return []string{"This message was not sent, because it was of no use any more: a newer one went in its place, or there was no reason for it any longer."}
	case notify.StateFailed:
		if m.Erased {
			return []string{"This message was given up" + afterTries(m.Attempts) + "."}
		}
		if m.Settled {
			return []string{"This message was given up" + afterTries(m.Attempts) + ".", m.Problem, "It was dealt with since: somebody has seen to it, the address was corrected, or the registration is over."}
		}
		if m.Again {
			return []string{"This message was given up" + afterTries(m.Attempts) + ".", m.Problem, "It was sent again since: what became of that stands in the log by itself."}
		}
		return []string{"This message was given up" + afterTries(m.Attempts) + ".", m.Problem, "When the reason is mended, send it again. A wrong address is corrected on the attendee’s page, which sends a new message. If you have told the person in another way, mark it as dealt with."}
	}
	if m.Attempts == 0 {
		return []string{"This message waits for its turn. It goes out in a moment."}
	}
	next := "It is tried again in a moment."
	if m.DueAt.After(now) {
		next = "It is tried again at " + events.Moment(m.DueAt.In(zone)) + ", and then less and less often, for 48 hours in all."
	}
	return slices.DeleteFunc([]string{"This message could not be sent yet" + afterTries(m.Attempts) + ".", m.Problem, next}, func(s string) bool { return s == "" })
}

func afterTries(n int64) string {
	switch {
	case n <= 1:
		return ""
	case n == 2:
		return ", after two tries"
	}
	return fmt.Sprintf(", after %d tries", n)
}

// ownLink is a link whose end is its recipient's secret: no organiser needs it.
var ownLink = regexp.MustCompile(`(?i)(?:[a-z]+://[^\s<>"]*)?/(?:registrations|calendars|unsubscribe|organise/sign-in)/[^\s<>"]+`)

// withoutLinks is the text of a message without its recipient's own links.
func withoutLinks(text string) string { return ownLink.ReplaceAllString(text, "(their own link)") }
