package door

import (
	"encoding/json"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/registrations"
)

// maxScans is how many scans a door may send at once.
const maxScans = 100

// sent is what a door's browser sends: scans with ids of its own, and when each was made.
// Sent is the browser's own time when it sends them: clocks of phones are wrong, but two readings of the same clock tell how long ago a scan was.
type sent struct {
	Scans []sentScan
	Sent  int64 // Unix milliseconds; 0 for a page that does not say
}

// at is when a scan was made, by our clock; now for one that does not say.
func (in sent) at(s sentScan, now time.Time) time.Time {
	if s.At == 0 {
		return now
	}
	if in.Sent == 0 {
		return time.UnixMilli(s.At)
	}
	ago := time.Duration(in.Sent-s.At) * time.Millisecond
	return now.Add(-max(0, min(ago, longestAgo)))
}

type sentScan struct {
	ID, Code, Action, Session string
	At                        int64 // Unix milliseconds
}

// told is what it hears of one of them, in words.
type told struct {
	ID      string `json:"id"`
	Class   string `json:"class"` // "", "already" or "refused"
	Heading string `json:"heading"`
	Text    string `json:"text"`
	Visit   string `json:"visit,omitempty"`
	Badge   string `json:"badge,omitempty"` // where it is printed
	Give    *gift  `json:"give,omitempty"`  // what gives a place to whoever waits
}

// headcount is how many are here.
type headcount struct {
	Inside   int `json:"inside"`
	Came     int `json:"came"`
	Expected int `json:"expected"`
}

// heard is the answer to all that a door has sent.
type heard struct {
	Answers []told `json:"answers"`
	headcount
}

// scanAll takes the scans of a door's browser, those of a time without connection included, and tells what came of each.
func (h *Handler) scanAll(c *fiber.Ctx) error {
	var in sent
	if err := json.Unmarshal(c.Body(), &in); err != nil {
		return fault.New(fault.Malformed, "The scans could not be read.").Because(err)
	}
	if len(in.Scans) > maxScans {
		return fault.New(fault.Malformed, "Send at most 100 scans at once.")
	}
	e, err := h.eventOf(c, in)
	if err != nil {
		return err
	}
	answers := make([]told, 0, len(in.Scans))
	session := ""
	for _, s := range in.Scans {
		answer, err := h.tell(c, e, s, in.at(s, h.now()))
		if err != nil {
			return err
		}
		answers, session = append(answers, answer), s.Session
	}
	n, err := h.Tally(c.UserContext(), e, session)
	if err != nil {
		return err
	}
	return c.JSON(heard{Answers: answers, headcount: headcount{n.Inside, n.Came, n.Expected}})
}

// eventOf reads the programme only for those who check in at its sessions.
func (h *Handler) eventOf(c *fiber.Ctx, in sent) (*events.Event, error) {
	for _, s := range in.Scans {
		if s.Session != "" {
			return h.event(c)
		}
	}
	return h.events.Recent(c.UserContext(), c.Params("slug"))
}

// countedEvent is as eventOf: every door asks every few seconds.
func (h *Handler) countedEvent(c *fiber.Ctx) (*events.Event, error) {
	if c.Query("session") != "" {
		return h.event(c)
	}
	return h.events.Recent(c.UserContext(), c.Params("slug"))
}

// count tells how many are here now, to a door that is open.
func (h *Handler) count(c *fiber.Ctx) error {
	e, err := h.countedEvent(c)
	if err != nil {
		return err
	}
	n, err := h.Tally(c.UserContext(), e, settingOf(query(c), e).Session)
	if err != nil {
		return err
	}
	return c.JSON(headcount{n.Inside, n.Came, n.Expected})
}

// tell checks one of them. One that cannot be understood holds up no other: its browser would send it for ever.
func (h *Handler) tell(c *fiber.Ctx, e *events.Event, s sentScan, at time.Time) (told, error) {
	principal, _ := web.Principal(c)
	a, err := h.Check(c.UserContext(), e, Scan{ID: s.ID, Code: s.Code, SessionID: s.Session, Action: Action(s.Action), At: at,
		By: web.By(c), ByName: principal.Name})
	if f, ok := fault.Of(err); ok && (f.Kind == fault.Malformed || f.Kind == fault.NotFound) {
		return told{ID: s.ID, Class: "refused", Heading: "Not understood", Text: f.Message}, nil
	}
	if err != nil {
		return told{}, err
	}
	p := &checkInPage{Event: e, setting: setting{Action: Action(s.Action)}}
	if a.Guest.Status == registrations.Waiting { // nobody else needs more than the answer
		if p, err = h.newPage(c, e, p.setting); err != nil {
			return told{}, err
		}
	}
	p.prints = principal.Role != access.Steward
	r := p.said(e, a)
	return told{ID: s.ID, Class: r.Class, Heading: r.Heading, Text: r.Text, Visit: r.Visit, Badge: r.Badge, Give: r.Give}, nil
}
