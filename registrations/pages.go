package registrations

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/qr"
	"masterclass/internal/secret"
	"masterclass/registrations/seats"
	"masterclass/templates"
)

// Suggestions for fields that take anything.
var (
	titles      = []string{"Dr", "Miss", "Mr", "Mrs", "Ms", "Mx", "Professor", "Sister"}
	professions = []string{"Nurse", "Pharmacist", "Pharmacy technician", "Doctor", "Clinical oncologist", "Medical oncologist", "Haematologist",
		"Radiographer", "Dietitian", "Physician associate", "Manager", "Educator", "Student"}
)

// EventPage says something of an event and leads back to it.
type EventPage struct {
	Event *events.Event
	Why   string
}

// FormPage is the registration form.
type FormPage struct {
	Event                      *events.Event
	Errors                     []templates.FieldError
	Title, First, Last, Email  templates.Input
	Profession, JobRole        templates.Input
	Employer, Regulator        templates.Input
	Place                      templates.Radios
	OnePlace                   string // its id, where there is no choice
	OnePlaceName, OnePlaceLeft string
	Dietary, Access            templates.Textarea
	Consent                    templates.Checkbox
	Questions                  []QuestionField // the event's own
	Claim                      string
	Full                       bool   // every place
	Seen                       string // what a form of changes was made from
	Clashes                    []templates.Clash
}

func newFormPage(e *events.Event, f Form, left map[string]events.Availability, wrong []fault.Field) FormPage {
	p := fields(f, wrong)
	p.Event, p.Claim, p.Full = e, f.Claim, true
	p.Questions = questionFields(e, f.Answers, wrong)
	p.Place = templates.Radios{ID: "place", Legend: "How will you attend?", Value: f.Place, Error: problemOf(wrong, "place")}
	for _, place := range e.Places {
		a := left[place.ID]
		p.Place.Options = append(p.Place.Options, templates.Option{Value: place.ID, Text: place.Name, Hint: a.Words()})
		p.Full = p.Full && a.Left == 0
	}
	switch {
	case p.Full:
		p.Email.Hint = "We write here when a place comes free"
	case e.Approval:
		p.Email.Hint = "We write here when the organisers have decided"
	}
	if len(e.Places) == 1 && p.Place.Error == "" {
		p.OnePlace, p.OnePlaceName, p.OnePlaceLeft = e.Places[0].ID, e.Places[0].Name, left[e.Places[0].ID].Words()
	}
	return p
}

func newDetailsPage(e *events.Event, f Form, with changing) FormPage {
	wrong := with.wrong
	p := fields(f, wrong)
	p.Seen, p.Clashes = with.seen, with.clashes
	p.Event, p.Questions = e, questionFields(e, f.Answers, wrong)
	return p
}

// fields are those that the form and the change of details share.
func fields(f Form, wrong []fault.Field) FormPage {
	in := func(id, label, value, auto string) templates.Input {
		return templates.Input{ID: id, Label: label, Value: value, Autocomplete: auto, Error: problemOf(wrong, id)}
	}
	p := FormPage{
		Errors: fieldErrors(wrong),
		Title:  in("title", "Title", f.Title, "honorific-prefix"), First: in("first_name", "First name", f.FirstName, "given-name"),
		Last: in("last_name", "Last name", f.LastName, "family-name"), Email: in("email", "Email address", f.Email, "email"),
		Profession: in("profession", "Profession", f.Profession, "off"), JobRole: in("job_role", "Job role", f.JobRole, "organization-title"),
		Employer: in("employer", "Employer", f.Employer, "organization"), Regulator: in("regulator_number", "Professional registration number", f.RegulatorNumber, "off"),
		Dietary: templates.Textarea{ID: "dietary", Label: "Dietary requirements", Value: f.Dietary, Rows: 2, Optional: true, Error: problemOf(wrong, "dietary")},
		Access: templates.Textarea{ID: "access_needs", Label: "Access requirements", Hint: "For example, step-free access or a hearing loop",
			Value: f.AccessNeeds, Rows: 2, Optional: true, Error: problemOf(wrong, "access_needs")},
		Consent: templates.Checkbox{ID: "consent_sensitive", Checked: bool(f.Consent), Error: problemOf(wrong, "consent_sensitive"),
			Label: "I agree that the organisers may use my dietary and access requirements to plan for my attendance"},
	}
	p.Title.Optional, p.Title.List, p.Title.ListOptions, p.Title.Class = true, "titles", titles, "nhsuk-input--width-10"
	p.Email.Type, p.Email.Hint = "email", "We send your confirmation and the calendar invitation here"
	p.Profession.List, p.Profession.ListOptions = "professions", professions
	p.JobRole.Optional, p.Regulator.Optional = true, true
	p.Employer.Hint = "For example, your NHS trust, health board or university"
	p.Regulator.Hint, p.Regulator.Class = "GMC, NMC, GPhC or HCPC number, if you wish to give it", "nhsuk-input--width-10"
	return p
}

func problemOf(wrong []fault.Field, name string) string {
	for _, w := range wrong {
		if w.Name == name {
			return w.Message
		}
	}
	return ""
}

// Hidden is an answer that travels in the form.
type Hidden struct{ Name, Value string }

// CheckPage shows the answers before they are sent, or beside the offer of the waiting list.
type CheckPage struct {
	Event    *events.Event
	Action   string // where the answers go
	Place    string
	HeldTill string // '10:15am'; empty when no seat could be promised
	Rows     []templates.Row
	Hidden   []Hidden
	Warning  string
	Meant    string // an address that the one given may have been meant to be
	Where    string
	Email    string
	// On the page of a full place: others that may still have seats can be chosen by Change.
	Choice bool
}

func newCheckPage(a Ask, f Form, claim seats.Claim, zone *time.Location) CheckPage {
	p := CheckPage{Event: a.Event, Action: "/events/" + a.Event.Slug + "/register", Place: a.Place.Name, Email: f.Email, Choice: len(a.Event.Places) > 1, Warning: regulatorWarning(f.RegulatorNumber),
		Meant: meant(a.Person.Mailbox), Where: a.Event.WhereFor(a.Place)}
	if !claim.Deadline.IsZero() && claim.PlaceID == a.Place.ID {
		p.HeldTill = events.Clock(claim.Deadline.In(zone))
	}
	for _, an := range f.answers(a.Place.Name, a.Event) {
		r := an.row()
		r.Button = templates.Button{Name: "step", Value: "change", Form: "answers", Action: p.Action + "#" + an.Name}
		p.Rows = append(p.Rows, r)
		p.Hidden = append(append(p.Hidden, an.Hidden), an.more...)
	}
	p.Hidden = append(p.Hidden, Hidden{"claim", f.Claim})
	return p
}

// answer is a field of the form as it travels, and as a person reads it.
type answer struct {
	Hidden
	key, shown string
	more       []Hidden // the other answers to the same question
}

func (a answer) row() templates.Row { return templates.Row{Key: a.key, Value: a.shown} }

// answers are the fields in the order of the page; place is the chosen one's name, and the event is nil while it is not known.
func (f Form) answers(place string, e *events.Event) []answer {
	return append(f.personal(place), f.Answers.travelling(e)...)
}

// personal are the fields that every event has.
func (f Form) personal(place string) []answer {
	consent, consented := "", "No"
	if f.Consent {
		consent, consented = "yes", "Yes"
	}
	same := func(name, key, value string) answer {
		return answer{Hidden: Hidden{name, value}, key: key, shown: value}
	}
	return []answer{
		{Hidden: Hidden{"place", f.Place}, key: "Attending", shown: place}, same("title", "Title", f.Title), same("first_name", "First name", f.FirstName),
		same("last_name", "Last name", f.LastName), same("email", "Email address", f.Email), same("profession", "Profession", f.Profession),
		same("job_role", "Job role", f.JobRole), same("employer", "Employer", f.Employer),
		same("regulator_number", "Professional registration number", f.RegulatorNumber), same("dietary", "Dietary requirements", f.Dietary),
		same("access_needs", "Access requirements", f.AccessNeeds),
		{Hidden: Hidden{"consent_sensitive", consent}, key: "Consent to use these requirements", shown: consented},
	}
}

// regulators are the shapes of the numbers: GMC and GPhC seven digits; NMC two digits, a letter, four digits, a letter; HCPC two letters
// and up to six digits.
var regulators = regexp.MustCompile(`^([0-9]{7}|[0-9]{2}[A-Za-z][0-9]{4}[A-Za-z]|[A-Za-z]{2}[0-9]{1,6})$`)

// regulatorNames are what people write before the number.
var regulatorNames = regexp.MustCompile(`(?i)\b(gmc|nmc|gphc|hcpc|pin|no|number)\b[.: ]*`)

// regulatorWarning asks for a second look and never blocks.
func regulatorWarning(number string) string {
	if number == "" || regulators.MatchString(strings.ReplaceAll(regulatorNames.ReplaceAllString(number, ""), " ", "")) {
		return ""
	}
	return "Your professional registration number does not look like one of the GMC, NMC, GPhC or HCPC. Please check it; you can also leave it as it is."
}

// ManagePage is where a registration stands.
type ManagePage struct {
	Title        string
	Path         string
	Event        *events.Event
	Registration *Registration
	Place        string
	Rows         []templates.Row
	Panel        templates.Panel
	Notice       templates.Notice
	Position     int // on the waiting list, from 1
	OfferUntil   string
	Over         bool
	Unanswered   []templates.Link // questions of the event that were not asked when somebody else registered them
	Refused      bool             // a request that the organisers did not approve
	CanCancel    bool
	CanChange    bool
	CanPassOn    bool
	Ticket       *qr.Code      // of a confirmed place on site, until the event is over
	Calendar     CalendarLinks // what follows is empty for a registration that is over
}

// CalendarLinks are the ways from a registration to one's own calendar.
type CalendarLinks struct {
	Add           []templates.Link // once, into a calendar on the web; for a confirmed place
	Webcal, HTTPS string           // to subscribe to
}

func newManagePage(path string, g *Registration, e *events.Event, n Needs, a Answers, ahead int, now time.Time) ManagePage {
	place, _ := e.Place(g.PlaceID)
	over := e.Past(now)
	p := ManagePage{
		Path: path, Event: e, Registration: g, Place: place.Name, Position: ahead + 1, Over: over,
		CanCancel: !over && Allows(g.Status, Cancelled, Attendee), CanChange: !over && g.Status != Cancelled, CanPassOn: CanPassOn(g, e, now),
		Rows: []templates.Row{
			{Key: "Status", Value: g.Status.Words()}, {Key: "Reference", Value: g.Reference}, {Key: "Event", Value: e.Title}, {Key: "When", Value: e.When()},
			{Key: "Where", Value: e.WhereFor(place)}, {Key: "Attending", Value: place.Name}, {Key: "Name", Value: g.Formal()}, {Key: "Email address", Value: g.Email},
			{Key: "Profession", Value: g.Profession}, {Key: "Job role", Value: g.JobRole}, {Key: "Employer", Value: g.Employer},
			{Key: "Professional registration number", Value: g.RegulatorNumber}, {Key: "Dietary requirements", Value: n.Dietary}, {Key: "Access requirements", Value: n.Access},
		},
	}
	if g.Status == Confirmed && place.Online && e.JoinURL != "" {
		p.Rows = slices.Insert(p.Rows, 5, templates.Row{Key: "Join online", Value: e.JoinURL})
	}
	p.Rows = append(p.Rows, a.Rows(e)...)
	if p.CanChange {
		for _, q := range a.unanswered(e) {
			p.Unanswered = append(p.Unanswered, templates.Link{Href: path + "/details#" + answerField + q.ID, Text: q.Label})
		}
	}
	p.Title = manageTitles[g.Status]
	if over && g.Status != Cancelled {
		p.Title = overTitles[g.Status]
	}
	if e.Status == events.Postponed {
		p.postponed()
	}
	if g.Status == Offered {
		p.OfferUntil = events.Moment(g.OfferedUntil.In(e.Starts().Location()))
	}
	if g.Status == Confirmed && !over && e.Status == events.Published {
		p.Panel = templates.Panel{Heading: p.Title, Text: e.Title, Reference: g.Reference}
	}
	return p
}

// ticket adds the code that is scanned at the door.
func (p *ManagePage) ticket(k *secret.Keys) error {
	place, _ := p.Event.Place(p.Registration.PlaceID)
	if !ticketed(p.Event, place, p.Registration.Status) || p.Over {
		return nil
	}
	code, err := ticketCode(k, p.Registration.ID, p.Registration.Generation)
	p.Ticket = &code
	return err
}

// calendars adds the ways to one's own calendar.
func (p *ManagePage) calendars(link string) {
	if p.Over || p.Registration.Status == Cancelled {
		return
	}
	base, _, _ := strings.Cut(link, "/calendars/")
	_, rest, _ := strings.Cut(link, "://")
	p.Calendar = CalendarLinks{HTTPS: link, Webcal: rest}
	if p.Registration.Status == Confirmed && p.Event.Status == events.Published {
		place, _ := p.Event.Place(p.Registration.PlaceID)
		p.Calendar.Add = p.Event.AddLinks(base, p.Event.WhereFor(place))
	}
}

// refused says that the organisers, and not the person, have ended the request.
func (p *ManagePage) refused() {
	p.Refused, p.Title, p.Rows[0].Value = true, "We could not offer you a place", "Not approved"
}

var manageTitles = map[Status]string{
	Confirmed: "Your place is confirmed", Pending: "Your request is with the organisers", Waiting: "You are on the waiting list",
	Offered: "A place is offered to you", Cancelled: "This registration is cancelled",
}

// overTitles are those of an event that is over.
var overTitles = map[Status]string{
	Confirmed: "You had a place at this event", Pending: "Your request was with the organisers", Waiting: "You were on the waiting list",
	Offered: "A place was offered to you",
}

// CancelPage asks whether to give the place up.
type CancelPage struct {
	Event        *events.Event
	Registration *Registration
	Place, Path  string
	Waiting      bool // somebody waits for the place
}

func formOf(g *Registration, n Needs, a Answers) Form {
	return Form{
		Title: g.Title, FirstName: g.FirstName, LastName: g.LastName, Email: g.Email, Profession: g.Profession, JobRole: g.JobRole,
		Employer: g.Employer, RegulatorNumber: g.RegulatorNumber, Place: g.PlaceID, Dietary: n.Dietary, AccessNeeds: n.Access, Consent: Flag(!n.Empty()), Answers: a,
	}
}

// whyClosed says why nobody can register.
func whyClosed(e *events.Event, now time.Time) string {
	switch {
	case e.Status == events.Cancelled:
		return "This event has been cancelled."
	case e.Status == events.Postponed:
		return "This event has been postponed. Registration opens again when there is a new date."
	case e.Past(now):
		return "This event is over."
	case e.Registration(now) == events.NotYetOpen:
		return "Registration opens at " + events.Moment(time.UnixMilli(e.RegistrationOpensAt).In(e.Starts().Location())) + "."
	}
	return "Registration for this event has closed."
}
