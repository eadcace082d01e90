package registrations

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/google/uuid"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/notify"
	"masterclass/templates"
)

// addressable are the statuses that a message can go to.
var addressable = []Status{Confirmed, Pending, Offered, Waiting}

// anyStatus stands in an address for all of them.
const anyStatus = "any"

// writeTo is the address of a message to whom a list shows; empty where nobody of them can be written to.
func (l Look) writeTo(e *events.Event, f Found) string {
	if l.Status == Cancelled || f.Total == 0 || (l.Status == "" && f.Total == f.Counts[Cancelled]) {
		return ""
	}
	l.Page, l.Sort = 0, ""
	q := l.query()
	q.Set("status", cmp.Or(string(l.Status), anyStatus))
	return withQuery(messagesOf(e)+"/new", q)
}

var errNobodyToWrite = fault.InvalidFields([]fault.Field{{Name: "statuses", Message: "Nobody is registered in this way, so there is nobody to write to"}})

var errNoSuchPlace = fault.InvalidFields([]fault.Field{{Name: "place", Message: "Choose one of the event’s places"}})

var errNoSuchAnswer = fault.InvalidFields([]fault.Field{{Name: "answer", Message: "Choose one of the answers to the event’s questions"}})

func newMessageID() string { return uuid.Must(uuid.NewV7()).String() }

// sentPage is registrations/organise-messages.
type sentPage struct {
	Event *events.Event
	Path  string
	Tabs  []web.Tab
	Stats []StatusTab
	Rows  []sentRow
	Log   string
}

// sentRow is a message that organisers have sent.
type sentRow struct{ Href, Subject, When, Who, To string }

func newSentPage(e *events.Event, list []SentMessage, t notify.Tally) sentPage {
	p := sentPage{Event: e, Path: messagesOf(e), Log: logLook{Event: e.ID}.path()}
	for _, s := range []struct {
		state, text string
		n           int64
	}{{notify.StateQueued, "Queued", t.Queued}, {notify.StateSent, "Sent", t.Sent}, {notify.StateFailed, "Failed", t.Failed}} {
		p.Stats = append(p.Stats, StatusTab{Href: logLook{Event: e.ID, State: s.state}.path(), Text: s.text, Count: atLeast(s.n)})
	}
	for _, m := range list {
		p.Rows = append(p.Rows, sentRow{Href: p.Path + "/" + m.ID, Subject: m.Subject, When: shortMoment(e, m.At), Who: m.who(), To: headcount(m.Recipients)})
	}
	return p
}

func (m SentMessage) who() string {
	if m.ByName != "" {
		return m.ByName
	}
	return "An organiser"
}

// words say whom a filter means.
func (f Filter) words(e *events.Event) string {
	var list []string
	for _, s := range addressable {
		if slices.Contains(f.Statuses, s) {
			list = append(list, strings.ToLower(whoIs[s]))
		}
	}
	words := strings.Join(list, ", ")
	if place, ok := e.Place(f.PlaceID); ok {
		words += "; place: " + place.Name
	}
	if f.Profession != "" {
		words += "; profession: " + f.Profession
	}
	if f.Attendance != "" {
		words += "; " + strings.ToLower(attendanceWords[f.Attendance])
	}
	if f.Answer.QuestionID != "" {
		words += "; who answered " + f.Answer.words(e)
	}
	if f.Search != "" {
		words += "; found by: " + f.Search
	}
	return strings.ToUpper(words[:min(1, len(words))]) + words[min(1, len(words)):]
}

// whoIs names those whom a message can go to.
var whoIs = map[Status]string{Confirmed: "People with a confirmed place", Pending: "People who wait for approval", Offered: "People who are offered a place", Waiting: "People on the waiting list"}

func newComposePage(e *events.Event, d Draft, f Found, n int, wrong []fault.Field) templates.FormPage {
	whom := templates.FieldGroup{Heading: "Who to write to", Text: "Nobody gets it twice. It goes to people who have stopped reminders too, since it is about their registration."}
	if len(d.Filter.Statuses) > 0 {
		whom.Text += " As it is chosen now it goes to " + headcount(n) + ". " + d.Filter.words(e) + "."
	}
	to := &templates.Checkboxes{ID: "statuses", Legend: "Status", Error: problemOf(wrong, "statuses")}
	for _, s := range addressable {
		to.Options = append(to.Options, templates.Option{Value: string(s), Text: whoIs[s], Hint: headcount(f.Counts[s])})
	}
	for _, s := range d.Filter.Statuses {
		to.Values = append(to.Values, string(s))
	}
	whom.Fields = append(whom.Fields, templates.Field{Checkboxes: to})
	if len(e.Places) > 1 {
		place := &templates.Select{ID: "place", Label: "Place", Value: d.Filter.PlaceID, Error: problemOf(wrong, "place"), Options: []templates.Option{{Text: "Every place"}}}
		for _, p := range e.Places {
			place.Options = append(place.Options, templates.Option{Value: p.ID, Text: p.Name})
		}
		whom.Fields = append(whom.Fields, templates.Field{Select: place})
	}
	whom.Fields = append(whom.Fields, templates.Field{Select: professionChoice(d.Filter.Profession, f.Professions)}, templates.Field{Select: attendanceChoice(d.Filter.Attendance)})
	if answer := answerChoice(e, d.Filter.Answer); answer != nil {
		answer.Error = problemOf(wrong, "answer")
		whom.Fields = append(whom.Fields, templates.Field{Select: answer})
	}
	whom.Fields = append(whom.Fields,
		templates.Field{Input: &templates.Input{ID: "q", Label: "Only those who are found by these words", Optional: true, Hint: "In the name, employer, email address or reference", Value: d.Filter.Search, Autocomplete: "off"}})
	return templates.FormPage{Caption: e.Title, Heading: "Write a message", Errors: fieldErrors(wrong), Action: messagesOf(e) + "/new",
		Hidden: []templates.Button{{Name: "id", Value: d.ID}},
		Groups: []templates.FieldGroup{whom, {Heading: "The message", Fields: []templates.Field{
			{Input: &templates.Input{ID: "subject", Label: "Subject", Value: d.Subject, Autocomplete: "off", Error: problemOf(wrong, "subject")}},
			{Textarea: &templates.Textarea{ID: "body", Label: "Message", Rows: 14, MaxLength: maxMessageBody, Value: d.Body, Error: problemOf(wrong, "body"),
				Hint: "It begins with ‘Dear’ and their name, and ends with the link to their registration, by itself. Markdown: an empty line begins a paragraph, - a point of a list, **bold**, [words](https://example.org)."}},
		}}},
		Submit: templates.Button{Name: "step", Value: "preview", Form: "Look at it before it goes"}, Cancel: templates.Link{Href: messagesOf(e), Text: "Cancel"}}
}

func professionChoice(value string, known []string) *templates.Select {
	s := &templates.Select{ID: "profession", Label: "Profession", Value: value, Options: []templates.Option{{Text: "Every profession"}}}
	if i := slices.IndexFunc(known, func(name string) bool { return tradeOf(name) == tradeOf(value) }); i >= 0 {
		s.Value = known[i]
	} else if value != "" {
		known = append(slices.Clone(known), value)
	}
	for _, name := range known {
		if name != "" {
			s.Options = append(s.Options, templates.Option{Value: name, Text: name})
		}
	}
	return s
}

// hidden is the draft as it travels from step to step.
func (d Draft) hidden() []templates.Button {
	list := []templates.Button{{Name: "id", Value: d.ID}, {Name: "subject", Value: d.Subject}, {Name: "body", Value: d.Body}, {Name: "place", Value: d.Filter.PlaceID},
		{Name: "profession", Value: d.Filter.Profession}, {Name: "q", Value: d.Filter.Search}, {Name: "attendance", Value: string(d.Filter.Attendance)},
		{Name: "answer", Value: d.Filter.Answer.String()}}
	for _, s := range d.Filter.Statuses {
		list = append(list, templates.Button{Name: "statuses", Value: string(s)})
	}
	return list
}

// previewPage is registrations/organise-message-preview.
type previewPage struct {
	Event         *events.Event
	Tabs          []web.Tab
	Notice        templates.Notice
	Action        string
	Hidden        []templates.Button
	To, Count     string
	Subject, Mine string
	Greeting      string
	Body          template.HTML
	Text          string
}

func newPreviewPage(e *events.Event, d Draft, p MessagePreview, n int, mine string) previewPage {
	return previewPage{Event: e, Action: messagesOf(e) + "/new", Hidden: d.hidden(), To: d.Filter.words(e), Count: headcount(n), Subject: p.Subject, Mine: mine,
		Greeting: "Dear " + somebody.Formal() + ",", Body: p.Body, Text: p.Text}
}

// askSendPage is registrations/organise-message-ask.
type askSendPage struct {
	Caption string
	Tabs    []web.Tab
	Errors  []templates.FieldError
	Rows    []templates.Row
	Hidden  []templates.Button
	Action  string
	Confirm templates.Checkbox
	Cancel  string
}

func newAskSendPage(e *events.Event, d Draft, n int, wrong []fault.Field) askSendPage {
	p := askSendPage{Caption: e.Title, Errors: fieldErrors(wrong), Action: messagesOf(e) + "/new", Cancel: messagesOf(e), Hidden: append(d.hidden(), templates.Button{Name: "count", Value: fmt.Sprint(n)}),
		Rows:    []templates.Row{{Key: "Subject", Value: d.Subject}, {Key: "To", Value: d.Filter.words(e)}, {Key: "How many", Value: headcount(n)}},
		Confirm: templates.Checkbox{ID: "confirm", Label: "Yes, send this message to " + headcount(n), Error: problemOf(wrong, "confirm")}}
	return p
}

// progressWords say how far a message has come. All is 0 where it is not known: the message is older than the count.
type progressWords struct {
	Sent, All int64
	Words     string
	Done      bool
}

func newProgress(m SentMessage, t notify.Tally) progressWords {
	known := t.Sent + t.Queued + t.Failed + t.Superseded
	if known == 0 {
		return progressWords{Words: "Sent to " + headcount(m.Recipients) + ".", Done: true}
	}
	p := progressWords{Sent: t.Sent, All: int64(m.Recipients), Done: t.Queued == 0, Words: fmt.Sprintf("%s of %s sent", thousands(int(t.Sent)), thousands(m.Recipients))}
	if t.Failed > 0 {
		p.Words += fmt.Sprintf(", %s failed", thousands(int(t.Failed)))
	}
	if t.Superseded > 0 {
		p.Words += fmt.Sprintf(", %s taken back", thousands(int(t.Superseded)))
	}
	return p
}

// sentOnePage is registrations/organise-message.
type sentOnePage struct {
	Event    *events.Event
	Tabs     []web.Tab
	Subject  string
	Path     string
	Rows     []templates.Row
	Progress progressWords
	Failed   string // where those that failed are, if any
	Body     template.HTML
}

func newSentOnePage(e *events.Event, m SentMessage, t notify.Tally, shown MessagePreview) sentOnePage {
	p := sentOnePage{Event: e, Subject: m.Subject, Path: messagesOf(e) + "/" + m.ID, Progress: newProgress(m, t), Body: shown.Body,
		Rows: []templates.Row{{Key: "Sent by", Value: m.who()}, {Key: "When", Value: shortMoment(e, m.At)}, {Key: "To", Value: m.Filter.words(e)}, {Key: "How many", Value: headcount(m.Recipients)}}}
	if t.Failed > 0 {
		p.Failed = logLook{Event: e.ID, State: notify.StateFailed, Kind: kindMessage}.path()
	}
	return p
}
