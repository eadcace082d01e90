package registrations

import "slices"

// Status is where a registration stands.
type Status string

// The statuses. Pending, confirmed and offered take a seat; waiting does not; cancelled is the end: joining again is a new registration.
const (
	Pending   Status = "pending"
	Confirmed Status = "confirmed"
	Waiting   Status = "waiting"
	Offered   Status = "offered"
	Cancelled Status = "cancelled"
)

// TakesSeat says whether a registration of this status counts as taken.
func (s Status) TakesSeat() bool { return s == Pending || s == Confirmed || s == Offered }

// Actor is who changes a status.
type Actor string

// The actors.
const (
	Attendee  Actor = "attendee"
	Organiser Actor = "organiser"
	System    Actor = "system"
)

// changes is the one table of what may follow what, and by whose hand.
var changes = map[Status]map[Status][]Actor{
	Pending:   {Confirmed: {Organiser}, Cancelled: {Attendee, Organiser, System}},
	Confirmed: {Cancelled: {Attendee, Organiser, System}},
	Waiting:   {Offered: {Organiser, System}, Confirmed: {Organiser, System}, Pending: {Organiser, System}, Cancelled: {Attendee, Organiser, System}},
	Offered:   {Confirmed: {Attendee, Organiser}, Pending: {Attendee}, Cancelled: {Attendee, Organiser, System}},
}

// Allows says whether the actor may change a registration from one status to another.
func Allows(from, to Status, by Actor) bool { return slices.Contains(changes[from][to], by) }

// Words is the status as people read it.
func (s Status) Words() string {
	switch s {
	case Pending:
		return "Awaiting approval"
	case Confirmed:
		return "Confirmed"
	case Waiting:
		return "On the waiting list"
	case Offered:
		return "A place is offered"
	}
	return "Cancelled"
}

// statuses are all of them, in the order in which organisers look at them.
var statuses = []Status{Confirmed, Pending, Waiting, Offered, Cancelled}
