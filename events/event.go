package events

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"masterclass/internal/fault"
)

// Status is what the organisers have decided about an event.
type Status string

// The states of an event. A draft is seen by organisers alone.
const (
	Draft     Status = "draft"
	Published Status = "published"
	Cancelled Status = "cancelled"
	Postponed Status = "postponed"
)

// RegistrationState says whether a person can register now.
type RegistrationState string

// The states of registration, as the JSON names them.
const (
	NotYetOpen  RegistrationState = "not_yet_open"
	Open        RegistrationState = "open"
	WaitingList RegistrationState = "waiting_list"
	Closed      RegistrationState = "closed"
)

// LocalTime is how local times are kept; what is added to read LocalDate is midnight.
const (
	LocalTime = "2006-01-02T15:04"
	LocalDate = "2006-01-02"
)

// ErrNotFound is for an event that is not there, or not for this reader: the two must look the same.
var ErrNotFound = fault.New(fault.NotFound, "We could not find that event. It may have been taken off the site.")

// Event is what people come to. Instants (StartsAt, EndsAt and the like) are Unix milliseconds.
type Event struct {
	ID                   string `bun:",pk" json:",omitzero"`
	Slug                 string `json:",omitzero"`
	UID                  string `bun:"uid" json:",omitzero"` // of its VEVENT: stored, and never changes (RFC 5545 3.8.4.7)
	Series               string `json:",omitzero"`
	Title                string `json:",omitzero"`
	Summary              string `json:",omitzero"`
	Description          string `json:",omitzero"` // Markdown
	Audience             string `json:",omitzero"`
	Cost                 string `json:",omitzero"`
	Access               string `json:",omitzero"`
	Sponsors             string `json:",omitzero"`
	Venue                string `json:",omitzero"`
	Address              string `json:",omitzero"`
	Topics               string `json:",omitzero"` // separated by commas
	StartsLocal          string `json:",omitzero"` // LocalTime in TimeZone
	EndsLocal            string `json:",omitzero"` // LocalTime; of an all-day event midnight at the beginning of its last day
	TimeZone             string `json:",omitzero"` // IANA name
	AllDay               bool   `json:",omitzero"`
	StartsAt             int64  `json:",omitzero"`
	EndsAt               int64  `json:",omitzero"`
	Status               Status `json:",omitzero"`
	Listed               bool   `json:",omitzero"`
	Approval             bool   `json:",omitzero"`
	ConfirmsWaiting      bool   `json:",omitzero"` // a seat that comes free is given to who waits, not offered
	RegistrationOpensAt  int64  `json:",omitzero"`
	RegistrationClosesAt int64  `json:",omitzero"`                // 0: no registration here
	JoinURL              string `bun:"join_url" json:",omitzero"` // where who takes part from afar joins: for confirmed attendees alone
	Sequence             int64  `json:",omitzero"`                // iCalendar SEQUENCE: +1 on any change of time, place or status
	Version              int64  `json:",omitzero"`                // for optimistic locking
	CreatedAt            int64  `json:",omitzero"`
	UpdatedAt            int64  `json:",omitzero"`
	MovedFrom            string `json:",omitzero"`                 // when it was to start before it was moved, as earlierStarts reads it
	QuestionCount        int64  `bun:"questions" json:",omitzero"` // retired ones too; an event that has none is read without looking for them

	Places    []Place    `bun:"-" json:",omitzero"`
	Questions []Question `bun:"-" json:",omitzero"` // in their order, retired ones too
	Sessions  []Session  `bun:"-" json:",omitzero"`
	Speakers  []Speaker  `bun:"-" json:",omitzero"`
	Resources []Resource `bun:"-" json:",omitzero"`
}

// Place is a ticket type with a capacity, such as 'In person'. Taken, Waiting and Version are the record's, which the seats
// keep; what can still be had is known by Availabilities.
type Place struct {
	ID       string `bun:",pk"`
	EventID  string
	Name     string
	Online   bool // one takes part from afar
	Position int64
	Capacity int64
	Taken    int64
	Waiting  int64
	Version  int64
}

var slugPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// reserved are slugs that routes need.
var reserved = []string{"new", "find", "series"}

// firstYear and lastYear bound what a calendar can say (package calendar).
const (
	firstYear = 1972
	lastYear  = 9998
)

// Settle checks the event's own rules and derives its instants. Call it before storing: what it lets through can be shown and put
// into a calendar.
func (e *Event) Settle() error {
	if !IsSlug(e.Slug) || slices.Contains(reserved, e.Slug) {
		return fmt.Errorf("the address %q cannot be used: small letters, digits and hyphens, and not one of %s", e.Slug, strings.Join(reserved, ", "))
	}
	if strings.TrimSpace(e.UID) == "" || strings.TrimSpace(e.Title) == "" {
		return fmt.Errorf("the event %s needs a title and a UID", e.Slug)
	}
	if e.Series != "" && !IsSlug(e.Series) {
		return fmt.Errorf("the series %q of the event %s cannot be used: small letters, digits and hyphens", e.Series, e.Slug)
	}
	starts, ends, err := e.span()
	if err != nil {
		return err
	}
	if ends.Before(starts) || (e.AllDay && !ends.After(starts)) {
		return fmt.Errorf("the event %s ends before it starts", e.Slug)
	}
	if starts.Year() < firstYear || ends.Year() > lastYear {
		return fmt.Errorf("the event %s is not in the years %d to %d", e.Slug, firstYear, lastYear)
	}
	e.StartsAt, e.EndsAt = starts.UnixMilli(), ends.UnixMilli()
	return nil
}

// IsSlug says whether the text has the form of an event's address.
func IsSlug(s string) bool { return slugPattern.MatchString(s) }

// span reads the local times; an all-day event ends at the midnight after its last day.
func (e *Event) span() (starts, ends time.Time, err error) {
	zone, err := time.LoadLocation(e.TimeZone)
	if err != nil || e.TimeZone == "" || e.TimeZone == "Local" {
		return starts, ends, fmt.Errorf("the time zone %q is not an IANA name such as Europe/London", e.TimeZone)
	}
	if starts, err = e.local(e.StartsLocal, zone); err != nil {
		return starts, ends, fmt.Errorf("the start of %s: %w", e.Slug, err)
	}
	if ends, err = e.local(e.EndsLocal, zone); err != nil {
		return starts, ends, fmt.Errorf("the end of %s: %w", e.Slug, err)
	}
	if e.AllDay {
		ends = ends.AddDate(0, 0, 1)
	}
	return starts, ends, nil
}

// local reads a local time. An hour that the clocks skip is refused; a day that begins with it begins an hour later.
func (e *Event) local(text string, zone *time.Location) (time.Time, error) {
	t, err := readLocal(text, zone)
	switch {
	case err != nil:
		return t, err
	case e.AllDay && !strings.HasSuffix(text, "T00:00"):
		return t, fmt.Errorf("an all-day event has no time of day, such as that of %s", text)
	case !e.AllDay && t.Format(LocalTime) != text:
		return t, fmt.Errorf("%s is in the hour that the clocks skip in %s", text, zone)
	}
	return t, nil
}

// readLocal reads a local time.
func readLocal(text string, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(LocalTime, text, zone)
	return firstOf(t), err
}

// firstOf is the first instant at which the clocks show the same as at t: when they go back, some times come twice, and the first is meant
// then, as in a calendar (RFC 5545 3.3.5).
func firstOf(t time.Time) time.Time {
	change, _ := t.ZoneBounds()
	if change.IsZero() {
		return t
	}
	_, before := change.Add(-time.Nanosecond).Zone()
	_, after := t.Zone()
	if first := t.Add(time.Duration(after-before) * time.Second); first.Before(change) && first.Before(t) {
		return first
	}
	return t
}

// Starts is the start in the event's own zone.
func (e *Event) Starts() time.Time { return time.UnixMilli(e.StartsAt).In(e.zone()) }

// Ends is the end in the event's own zone; of an all-day event the midnight after its last day.
func (e *Event) Ends() time.Time { return time.UnixMilli(e.EndsAt).In(e.zone()) }

// LastDay is the start of the last day in the event's own zone.
func (e *Event) LastDay() time.Time {
	if e.AllDay {
		return e.Ends().AddDate(0, 0, -1)
	}
	return e.Ends()
}

// zone is the event's; Settle has refused names that do not load.
func (e *Event) zone() *time.Location {
	if zone, ok := knownZones.Load(e.TimeZone); ok {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(e.TimeZone)
	if err != nil {
		return time.UTC
	}
	knownZones.Store(e.TimeZone, zone)
	return zone
}

// knownZones are those that have been read, by name: there are a few hundred, and reading one takes longer than finding an event.
var knownZones sync.Map

// Past says whether the event is over. One that is postponed is not: its old date means nothing, and it waits for a new one.
func (e *Event) Past(now time.Time) bool { return e.Status != Postponed && e.EndsAt <= now.UnixMilli() }

// Registration says whether a person can register now, not looking at how many places are left.
func (e *Event) Registration(now time.Time) RegistrationState {
	ms := now.UnixMilli()
	switch {
	case e.Status != Published || e.Past(now) || len(e.Places) == 0 || ms >= e.RegistrationClosesAt:
		return Closed
	case ms < e.RegistrationOpensAt:
		return NotYetOpen
	}
	return Open
}

// Place finds one of the event's places by its id.
func (e *Event) Place(id string) (Place, bool) {
	i := slices.IndexFunc(e.Places, func(p Place) bool { return p.ID == id })
	if i < 0 {
		return Place{}, false
	}
	return e.Places[i], true
}

// FromAfar says that whoever has that place is not expected at a door of the event: they take part online, and others come.
func (e *Event) FromAfar(placeID string) bool {
	theirs, ok := e.Place(placeID)
	return ok && theirs.Online && slices.ContainsFunc(e.Places, func(p Place) bool { return !p.Online })
}

// OfferEnds is how long before an event the offer of a seat is over at the latest.
const OfferEnds = time.Hour

// OffersEnd is when the last seat of an event can be offered to somebody who waits: when registration closes, or an hour before the event
// begins. All in Unix milliseconds. From then on the waiting list rests, and seats that are free are for whom organisers admit.
func OffersEnd(startsAt, closesAt int64) int64 {
	return min(closesAt, startsAt-OfferEnds.Milliseconds())
}

// ListRests says whether nobody who waits is offered a seat any more.
func (e *Event) ListRests(now time.Time) bool {
	return now.UnixMilli() >= OffersEnd(e.StartsAt, e.RegistrationClosesAt)
}

// Where is the venue and its address in one line, and that one can take part online where that is so.
func (e *Event) Where() string {
	there := e.there()
	switch online := e.online(); {
	case online && there == "":
		return "Online"
	case online:
		return there + ", or online"
	}
	return there
}

func (e *Event) there() string {
	return strings.Join(slices.DeleteFunc([]string{e.Venue, e.Address}, func(s string) bool { return s == "" }), ", ")
}

// WhereFor is where somebody with that place goes: nobody who takes part online is sent to the venue.
func (e *Event) WhereFor(p Place) string {
	if p.Online {
		return "Online"
	}
	return e.there()
}

// topics are those of all the events, in the order of the alphabet.
func topics(es []*Event) []string {
	var all []string
	for _, e := range es {
		all = append(all, e.TopicList()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TopicList are the topics one by one.
func (e *Event) TopicList() []string {
	var topics []string
	for t := range strings.SplitSeq(e.Topics, ",") {
		if t = strings.TrimSpace(t); t != "" {
			topics = append(topics, t)
		}
	}
	return topics
}
