package registrations

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"masterclass/events"
	"masterclass/internal/secret"
	"masterclass/internal/web"
	"masterclass/notify"
	"masterclass/notify/calendar"
	"masterclass/templates"
)

// The kinds of message about registrations.
const (
	kindConfirmation = notify.KindConfirmation
	kindWaiting      = notify.KindWaiting
	kindPending      = "pending"
	kindApproved     = "approved"
	kindRefused      = "refused"
	kindCancellation = "cancellation"
	kindOffer        = "offer"
	kindLapsed       = "lapsed"
	kindLinks        = "links"
)

func kindFor(s Status) string {
	switch s {
	case Waiting:
		return kindWaiting
	case Pending:
		return kindPending
	}
	return kindConfirmation
}

// invites says whether a kind of message puts the event into the person's calendar.
func invites(kind string) bool { return methods[kind] == "REQUEST" }

// snapshot is all that a message about a registration shows, as it was when the transaction ran. It holds no link: those are derived
// when the bytes are made.
type snapshot struct {
	Event      events.Event
	Place      string
	Where      string // for this place
	ID         string
	Generation int64
	Reference  string
	Status     Status // of a cancellation: what it was before
	Displaced  bool
	Position   int64  `json:",omitempty"` // on the waiting list, of who has just joined it
	Until      int64  `json:",omitempty"` // the deadline of an offer, Unix milliseconds
	Reason     string `json:",omitempty"` // of a refusal or a cancelled event, as the organiser typed it, of one or several lines
	Join       string `json:",omitempty"` // where a confirmed attendee joins from afar
	Ticket     bool   `json:",omitempty"` // there is a door to be checked in at
	Calendars  int64  `json:",omitempty"` // generation of the links to calendars
	Greeting   string
	Name       string

	ByOrganiser bool `json:",omitempty"` // of a cancellation: the organisers have cancelled, and not the person
	told
}

// message is what the transaction puts into the outbox. Only a confirmed registration has been, or is, in the person's calendar.
func message(kind string, e *events.Event, p events.Place, g *Registration) notify.Message {
	m := notify.Message{
		Kind: kind, To: mail.Address{Name: g.Name(), Address: g.Recipient()}, Mailbox: g.Mailbox, EventID: e.ID, RegistrationID: g.ID, Public: true,
		Snapshot: snapshotOf(e, p, g),
	}
	if g.Status == Confirmed {
		m.UID, m.Sequence = e.UID, e.Sequence
	}
	if kind == kindCancellation {
		m.Public = false // caused by the person's own secret link; it must never be held back
	}
	return m
}

func snapshotOf(e *events.Event, p events.Place, g *Registration) snapshot {
	s := snapshot{
		Event: outline(e), Place: p.Name, Where: e.WhereFor(p), ID: g.ID, Generation: g.Generation, Reference: g.Reference, Status: g.Status,
		Displaced: g.Displaced, Position: g.Position, Calendars: g.CalendarGeneration, Greeting: g.Formal(), Name: g.Name(), Ticket: ticketed(e, p, g.Status),
	}
	if g.Status == Offered {
		s.Until = g.OfferedUntil.UnixMilli()
	}
	if g.Status == Confirmed && p.Online && e.Status == events.Published {
		s.Join = e.JoinURL
	}
	return s
}

// outline keeps what mail shows of an event, and no more: it is written once for each message.
func outline(e *events.Event) events.Event {
	o := *e
	o.Series, o.Description, o.Audience, o.Cost, o.Access, o.JoinURL = "", "", "", "", "", ""
	o.Places, o.Sessions, o.Speakers, o.Questions = nil, nil, nil, nil
	return o
}

// Mailer writes the messages about registrations.
type Mailer struct {
	site  web.Site
	from  mail.Address
	keys  *secret.Keys
	mails *templates.Mails
}

// NewMailer writes in the name of the site; from is also the ORGANIZER of invitations.
func NewMailer(site web.Site, from mail.Address, keys *secret.Keys, mails *templates.Mails) *Mailer {
	return &Mailer{site: site, from: from, keys: keys, mails: mails}
}

// Composers are the kinds of message that the mailer writes.
func (m *Mailer) Composers() map[string]notify.Composer {
	return map[string]notify.Composer{
		kindConfirmation: m.about("Your place is confirmed: "), kindWaiting: m.about("You are on the waiting list: "),
		kindPending: m.about("We have your request: "), kindCancellation: m.about("Cancelled: "), kindLinks: m.links,
		kindOffer: m.about("A place for you: "), kindLapsed: m.about("Your offer is over: "),
		kindApproved: m.about("Your request is approved: "), kindRefused: m.about("We cannot offer you a place: "),
		kindUpdated: m.about("Changed: "), kindPostponed: m.about("Postponed: "), kindEventCancelled: m.about("Event cancelled: "),
		kindMoved: m.about("Registered with another address: "), kindSubstituted: m.about("Your place is passed on: "),
		kindReminder: m.reminders("Reminder: "), kindStillComing: m.reminders("Are you still coming? "), kindAfter: m.reminders("Thank you for coming: "),
		kindMessage: m.toAttendees,
	}
}

// mailData is what the templates of emails about one registration see.
type mailData struct {
	Site      web.Site
	Subject   string
	Greeting  string
	Event     *events.Event
	EventURL  string
	ManageURL string
	Calendars string         // the address of the calendar of everything that the mailbox has
	Manage    templates.Link // the button
	Rows      []templates.Row
	Reference string
	WasPlace  bool // of a cancellation: a seat was given up, not a position on the waiting list
	Displaced bool
	Position  int64  // on the waiting list when the message was written; 0 where it does not say
	Until     string // the deadline of an offer in words
	Declined  bool   // of a cancellation: an offer that was not taken up
	Withdrawn bool   // of a cancellation: a request that the organisers had not decided on
	Reason    string // of a refusal or a cancelled event
	Status    Status // as the message found it
	Ticket    bool   // the message shows the ticket

	ByOrganiser bool // of a cancellation: the organisers have cancelled
	told
}

func (m *Mailer) about(what string) notify.Composer {
	return func(q notify.Queued) (notify.Mail, error) {
		subject := what
		var s snapshot
		if err := json.Unmarshal(q.Snapshot, &s); err != nil {
			return notify.Mail{}, fmt.Errorf("read the snapshot of a %s: %w", q.Kind, err)
		}
		if q.Kind == kindCancellation && s.Status == Offered && !s.ByOrganiser {
			subject = "You declined the place: "
		}
		if q.Kind == kindCancellation && s.Status == Pending && !s.ByOrganiser {
			subject = "Your request is withdrawn: "
		}
		out := notify.Mail{Subject: subject + s.Event.Title, ReplyTo: m.site.ContactEmail}
		data, err := m.data(s, out.Subject)
		if err != nil {
			return out, err
		}
		if q.Kind == kindOffer || (q.Kind == kindUpdated && s.Status == Offered) {
			data.Manage.Text = "Accept or decline the place"
		}
		if data.Ticket = s.Ticket && (q.Kind == kindConfirmation || q.Kind == kindApproved); data.Ticket {
			code, err := ticketCode(m.keys, s.ID, s.Generation)
			if err != nil {
				return out, err
			}
			out.Image = &notify.Image{ID: "ticket", Type: "image/png", Data: code.PNG(ticketScale)}
		}
		if out.Text, out.HTML, err = m.mails.Render(q.Kind, data); err != nil {
			return out, err
		}
		return out, m.invite(q, s, &out)
	}
}

func (m *Mailer) data(s snapshot, subject string) (mailData, error) {
	link, err := manageURL(m.keys, m.site.BaseURL, s.ID, s.Generation)
	if err != nil {
		return mailData{}, err
	}
	rows := []templates.Row{{Key: "Event", Value: s.Event.Title}, {Key: "When", Value: s.Event.When()}}
	if s.Where != "" {
		rows = append(rows, templates.Row{Key: "Where", Value: s.Where})
	}
	if s.Join != "" {
		rows = append(rows, templates.Row{Key: "Join online", Value: s.Join})
	}
	rows = append(rows, templates.Row{Key: "Place", Value: s.Place}, templates.Row{Key: "Name", Value: s.Name}, templates.Row{Key: "Reference", Value: s.Reference})
	if s.Event.Sponsors != "" {
		rows = append(rows, templates.Row{Key: "Sponsors’ declaration", Value: s.Event.Sponsors})
	}
	calendars, err := calendarURL(m.keys, m.site.BaseURL, calendarsPurpose, s.ID, s.Calendars)
	if err != nil {
		return mailData{}, err
	}
	until := ""
	if s.Until != 0 {
		until = events.Moment(time.UnixMilli(s.Until).In(s.Event.Starts().Location()))
	}
	return mailData{
		Site: m.site, Subject: subject, Greeting: s.Greeting, Event: &s.Event, EventURL: m.site.BaseURL + "/events/" + s.Event.Slug,
		Calendars: calendars, ManageURL: link, Manage: templates.Link{Href: link, Text: "Manage your registration"}, Rows: rows, Reference: s.Reference,
		WasPlace: s.Status.TakesSeat(), Displaced: s.Displaced, Position: s.Position,
		Until: until, Declined: s.Status == Offered, Withdrawn: s.Status == Pending, Reason: s.Reason, Status: s.Status,
		ByOrganiser: s.ByOrganiser, told: s.told,
	}, nil
}

// invite adds the calendar part: REQUEST with a confirmation or approval, CANCEL with the end of what was in the calendar (RFC 6047). A mailbox
// cannot invite itself: then it is sent the entry alone, without METHOD and people.
func (m *Mailer) invite(q notify.Queued, s snapshot, out *notify.Mail) error {
	method := methods[q.Kind]
	if q.UID == "" || method == "" {
		return nil
	}
	entry := s.Event.Calendar(m.site.BaseURL)
	entry.Sequence, entry.Location = int(q.Sequence), s.Where
	if s.Join != "" {
		entry.Description += "\n\nJoin online: " + s.Join
	}
	if strings.EqualFold(q.To.Address, m.from.Address) {
		return m.own(entry, q, method, out)
	}
	organiser := calendar.Person{Name: m.from.Name, Address: m.from.Address}
	attendee := calendar.Person{Name: s.Name, Address: q.To.Address}
	made := q.MadeAt
	var err error
	switch out.Method = method; method {
	case "REQUEST":
		out.Calendar, err = calendar.Request(entry, organiser, attendee, made)
	case "CANCEL":
		out.Calendar, err = calendar.Cancel(entry, organiser, attendee, made)
	}
	return err
}

// own adds the entry for the mailbox that the invitations are from, as it is to be after the message.
func (m *Mailer) own(entry calendar.Event, q notify.Queued, method string, out *notify.Mail) (err error) {
	entry.Revised = q.MadeAt
	if method == "CANCEL" {
		entry.Status = calendar.Cancelled
	}
	out.Calendar, err = calendar.File(entry)
	return err
}

// ticketScale is how many pixels a module of a ticket in a mail has.
const ticketScale = 5

const managePurpose = "manage"

func manageURL(k *secret.Keys, base, id string, generation int64) (string, error) {
	token, err := k.Token(managePurpose, id, generation)
	if err != nil {
		return "", err
	}
	return base + "/registrations/" + token, nil
}

// linksSnapshot lists the registrations of a mailbox whose links were asked for.
type linksSnapshot struct{ Registrations []snapshot }

type linksData struct {
	Site    web.Site
	Subject string
	Links   []linkLine

	Calendars string // the address of the calendar of all of them
}

type linkLine struct {
	Title, When, Status, Reference string
	Link                           templates.Link
}

// links writes the message that sends a mailbox its links again.
func (m *Mailer) links(q notify.Queued) (notify.Mail, error) {
	var s linksSnapshot
	if err := json.Unmarshal(q.Snapshot, &s); err != nil {
		return notify.Mail{}, fmt.Errorf("read the snapshot of a %s: %w", q.Kind, err)
	}
	data := linksData{Site: m.site, Subject: "Your links to manage your registrations"}
	for _, g := range s.Registrations {
		link, err := manageURL(m.keys, m.site.BaseURL, g.ID, g.Generation)
		if err != nil {
			return notify.Mail{}, err
		}
		if data.Calendars, err = calendarURL(m.keys, m.site.BaseURL, calendarsPurpose, g.ID, g.Calendars); err != nil {
			return notify.Mail{}, err
		}
		data.Links = append(data.Links, linkLine{Title: g.Event.Title, When: g.Event.When(), Status: g.Status.Words(), Reference: g.Reference,
			Link: templates.Link{Href: link, Text: "Manage: " + g.Event.Title}})
	}
	text, html, err := m.mails.Render(kindLinks, data)
	return notify.Mail{Subject: data.Subject, Text: text, HTML: html, ReplyTo: m.site.ContactEmail}, err
}
