package door

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/gather"
	"masterclass/internal/secret"
	"masterclass/internal/store"
	"masterclass/internal/typed"
	"masterclass/registrations"
)

// Action is what a scan says of its person.
type Action string

// The actions.
const (
	In  Action = "in"
	Out Action = "out"
)

// Outcome is what came of a scan.
type Outcome string

// The outcomes. The first two changed something; the next three found it so already; the others let nobody in.
const (
	CameIn     Outcome = "in"
	WentOut    Outcome = "out"
	AlreadyIn  Outcome = "already-in"
	AlreadyOut Outcome = "already-out"
	NotIn      Outcome = "not-in"
	NotFound   Outcome = "not-found"
	OtherEvent Outcome = "other-event"
	NoPlace    Outcome = "no-place"   // cancelled, waiting, offered or pending
	FromAfar   Outcome = "from-afar"  // takes part online, and has no seat in the room
	Stale      Outcome = "stale"      // under the id of somebody else's scan: the page was not up to date
	TakenBack  Outcome = "taken-back" // sent again after it was undone
	Outdated   Outcome = "outdated"   // a ticket of whoever had the registration before, or had it at another address
)

// Scan is one person at one door. ID is a UUID made with it. Code is what was scanned or typed: a ticket, a reference, or the id of the
// registration. At is when; a moment that cannot be is moved to the nearest that can.
type Scan struct {
	ID, Code, SessionID string
	Action              Action
	At                  time.Time
	By                  access.Entry
	ByName              string
}

// Guest is a registration as the door knows it: without an address.
type Guest struct {
	ID, EventID, PlaceID, Reference     string
	Status                              registrations.Status
	Title, FirstName, LastName, JobRole string
	Employer                            string
	Generation                          int64 // which of the tickets is theirs
}

// Name is the guest's name with the title.
func (g Guest) Name() string {
	return strings.TrimSpace(g.Title + " " + g.FirstName + " " + g.LastName)
}

// Visit is one time that a guest was inside. LeftAt is zero while they are.
type Visit struct {
	ID, RegistrationID, SessionID string
	CameAt, LeftAt                time.Time
	CameBy, LeftBy                string
}

// last is what was recorded last of the visit. That its day ended is nobody's record.
func (v Visit) last() Action {
	if v.openEnded() {
		return In
	}
	return Out
}

// shown is the visit and what was recorded last of it, for a button that undoes just that.
func (v Visit) shown() string {
	if v.ID == "" {
		return ""
	}
	return v.ID + "." + string(v.last())
}

// Answer is what a door is told. Visit is that of a guest who came, or was there already.
type Answer struct {
	Outcome Outcome
	Guest   Guest
	Visit   Visit
}

// Counts are how many a door expects: those with a confirmed place on site, who of them is inside now, and who came at all.
type Counts struct{ Expected, Inside, Came int }

// ErrNoVisit is for an undo of what is not there.
var ErrNoVisit = fault.New(fault.NotFound, "We could not find that check-in. It may have been undone already.")

// ErrOvertaken is for an undo of what is not the last thing any more.
var ErrOvertaken = fault.New(fault.Conflict, "It was undone already, or something newer was recorded of this person.")

// errInAgain is for the undo of a way out after which the guest came in again.
var errInAgain = fault.New(fault.Conflict, "This person has come in again since. Undo that check-in first.")

// longestAgo is how old a scan may be that arrives now: a day on which the connection was down.
const longestAgo = 24 * time.Hour

// scansTogether is how many scans share a transaction.
const scansTogether = 64

// Door checks people in. Safe for concurrent use.
type Door struct {
	records records
	keys    *secret.Keys
	now     func() time.Time
	scans   *gather.Batches[string, *job]
	tallies tallies
}

// job is a scan on its way into a transaction, and what came of it.
type job struct {
	Scan
	event  *events.Event
	ticket string // as it was scanned, "" for what is no ticket
	answer Answer
	change Counts // of who is inside, and who came
	err    error
}

// New checks people in on what db holds; Close ends it.
func New(ctx context.Context, db *store.DB, trail *access.Trail, keys *secret.Keys, now func() time.Time) (*Door, error) {
	scans, err := prepareScans(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("prepare the door: %w", err)
	}
	d := &Door{records: records{db: db, trail: trail, scans: scans}, keys: keys, now: now}
	d.scans = gather.New(scansTogether, d.record).Again(time.Second)
	return d, nil
}

// Close ends the transactions on their way.
func (d *Door) Close() error {
	d.scans.Close(time.Second)
	return d.records.scans.close()
}

var errClosing = fault.New(fault.Unavailable, "The service is restarting. Please scan again in a moment.").After(5 * time.Second)

// Check records a scan and says what came of it. Sending the same scan again gives the same answer. That nobody was let in is
// an answer and no error.
func (d *Door) Check(ctx context.Context, e *events.Event, s Scan) (Answer, error) {
	if _, err := uuid.Parse(s.ID); err != nil {
		return Answer{}, fault.New(fault.Malformed, "A scan needs an id of its own, a UUID.")
	}
	if s.Action != In && s.Action != Out {
		return Answer{}, fault.New(fault.Malformed, "A scan checks somebody in or out.")
	}
	if s.SessionID != "" && !hasSession(e, s.SessionID) {
		return Answer{}, fault.New(fault.NotFound, "We could not find that session in this event’s programme.")
	}
	id, err := d.find(ctx, e, s.Code)
	if err != nil || id == "" {
		return Answer{Outcome: NotFound}, err
	}
	now, ticket := d.now(), ""
	if _, is := secret.CodeID(s.Code); is {
		ticket = s.Code
	}
	s.Code, s.At = id, bounded(s.At, now.Add(-longestAgo), now)
	j := &job{Scan: s, event: e, ticket: ticket}
	if err := d.scans.Do(e.ID, j); err != nil {
		return Answer{}, errClosing.Because(err)
	}
	return j.answer, j.err
}

func bounded(at, from, to time.Time) time.Time {
	switch {
	case at.IsZero(), at.After(to):
		return to
	case at.Before(from):
		return from
	}
	return at
}

func hasSession(e *events.Event, id string) bool {
	for _, s := range e.Sessions {
		if s.ID == id {
			return true
		}
	}
	return false
}

// find gives the id of the registration that a code stands for, or "" if there is none that this door may know of.
func (d *Door) find(ctx context.Context, e *events.Event, code string) (string, error) {
	if id, ok := secret.CodeID(code); ok {
		return id, nil // whether the ticket is theirs is known once they are
	}
	if u, err := uuid.Parse(strings.TrimSpace(code)); err == nil {
		return u.String(), nil
	}
	if ref, ok := reference(code); ok {
		return d.records.byReference(ctx, e.ID, ref)
	}
	return "", nil
}

// reference reads a reference as people type it: in small letters, without the hyphen, with O for 0 and I or L for 1.
func reference(s string) (string, bool) {
	s = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(strings.TrimSpace(s)))
	if len(s) != 8 || strings.Trim(s, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" {
		return "", false
	}
	return s[:4] + "-" + s[4:], true
}

const ticketPurpose = registrations.TicketPurpose

// Find lists the guests of an event in whose name all words of the text occur, without regard to case and accents, those with a place
// first; at most limit of them. With employers, words may occur there too; without, nobody finds out who works where.
func (d *Door) Find(ctx context.Context, e *events.Event, text string, employers bool, limit int) ([]Guest, error) {
	words := strings.Fields(typed.Folded(text))
	if len(words) == 0 {
		return nil, nil
	}
	all, err := d.records.guests(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	var with, without []Guest
	for _, g := range all {
		if !employers {
			g.Employer = ""
		}
		switch {
		case !containsAll(typed.Folded(g.Name()+" "+g.Employer), words):
		case g.Status == registrations.Confirmed:
			with = append(with, g)
		default:
			without = append(without, g)
		}
	}
	byName(with)
	byName(without)
	found := append(with, without...)
	return found[:min(limit, len(found))], nil
}

func containsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}
