package registrations

import (
	"bytes"
	"context"
	"io"
	"mime"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-ical"
	gomessage "github.com/emersion/go-message"
)

// entry is an event as a calendar program shows it.
type entry struct{ uid, starts, ends, zone, location, title, attendee, join string }

// program is the calendar program of one mailbox. It does what RFC 5546 asks of it and no more: it knows what it was sent.
type program struct {
	entries   map[string]entry
	sequences map[string]int // the highest of each UID, also of what is gone (RFC 5546 2.1.5)
	stamps    map[string]time.Time
}

// apply does what a message asks for; one that is older than what is known it leaves alone.
func (p *program) apply(method string, sequence int, stamped time.Time, e entry) {
	if known, ok := p.sequences[e.uid]; ok && (sequence < known || (sequence == known && stamped.Before(p.stamps[e.uid]))) {
		return
	}
	p.sequences[e.uid], p.stamps[e.uid] = sequence, stamped
	if method == "CANCEL" {
		delete(p.entries, e.uid)
		return
	}
	p.entries[e.uid] = e
}

// post is the mail server and the calendar programs of everybody behind it.
type post struct {
	t        testing.TB
	mu       sync.Mutex
	programs map[string]*program
	links    map[string]map[string]bool // the tokens in each mailbox' mail, with their purpose
	methods  map[string]int
}

var linkPattern = regexp.MustCompile(`https://ukcp\.example/(registrations|calendars)/([A-Za-z0-9_-]+)`)

// Deliver is a notify.Deliverer.
func (p *post) Deliver(_ context.Context, _, to string, raw []byte, _ string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	mailbox := strings.ToLower(to)
	if p.programs[mailbox] == nil {
		p.programs[mailbox] = &program{map[string]entry{}, map[string]int{}, map[string]time.Time{}}
		p.links[mailbox] = map[string]bool{}
	}
	m, err := gomessage.Read(bytes.NewReader(raw))
	if err != nil {
		p.t.Errorf("a mail cannot be read: %v", err)
		return nil
	}
	if to := m.Header.Get("To"); !strings.Contains(strings.ToLower(to), mailbox) {
		p.t.Errorf("mail to %s is addressed to %s", mailbox, to)
	}
	p.parts(mailbox, m)
	return nil
}

// parts reads what a message, or a part of it, is made of.
func (p *post) parts(mailbox string, m *gomessage.Entity) {
	for r := m.MultipartReader(); ; {
		part, err := r.NextPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			p.t.Errorf("a mail cannot be read: %v", err)
			return
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "multipart/") {
			p.parts(mailbox, part)
			continue
		}
		p.part(mailbox, part)
	}
}

func (p *post) part(mailbox string, part *gomessage.Entity) {
	kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		p.t.Error(err)
	}
	text, err := io.ReadAll(part.Body)
	if err != nil {
		p.t.Error(err)
	}
	for _, m := range linkPattern.FindAllStringSubmatch(string(text), -1) {
		p.links[mailbox][m[1]+" "+m[2]] = true
	}
	if kind != "text/calendar" {
		return
	}
	c, err := ical.NewDecoder(bytes.NewReader(text)).Decode()
	if err != nil || len(c.Events()) != 1 {
		p.t.Errorf("a calendar part cannot be read: %v\n%s", err, text)
		return
	}
	p.invitation(mailbox, params["method"], c)
}

// invitation checks what every client needs, and lets the mailbox' program have it.
func (p *post) invitation(mailbox, method string, c *ical.Calendar) {
	v := c.Events()[0]
	value := func(name string) string {
		if prop := v.Props.Get(name); prop != nil {
			text, err := prop.Text()
			if err != nil {
				text = prop.Value
			}
			return text
		}
		return ""
	}
	sequence, err := strconv.Atoi(value("SEQUENCE"))
	stamped, err2 := v.Props.Get("DTSTAMP").DateTime(time.UTC)
	if err != nil || err2 != nil {
		p.t.Errorf("SEQUENCE or DTSTAMP: %v, %v", err, err2)
	}
	if inside := c.Props.Get("METHOD").Value; inside != method {
		p.t.Errorf("the METHOD is %s in a part of %s", inside, method)
	}
	if status := value("STATUS"); (status == "CANCELLED") != (method == "CANCEL") || status == "TENTATIVE" {
		p.t.Errorf("a %s has the status %s", method, status)
	}
	attendee := strings.ToLower(strings.TrimPrefix(value("ATTENDEE"), "mailto:"))
	if len(v.Props.Values("ATTENDEE")) != 1 || attendee != mailbox || value("ORGANIZER") != "mailto:"+from.Address {
		p.t.Errorf("mail to %s invites %s, from %s", mailbox, attendee, value("ORGANIZER"))
	}
	e := entry{uid: value("UID"), starts: value("DTSTART"), ends: value("DTEND"), zone: v.Props.Get("DTSTART").Params.Get("TZID"), location: value("LOCATION"),
		title: value("SUMMARY"), attendee: attendee}
	if _, join, found := strings.Cut(value("DESCRIPTION"), "Join online: "); found {
		e.join = join
	}
	pr := p.programs[mailbox]
	if known, ok := pr.sequences[e.uid]; ok && sequence < known {
		p.t.Errorf("%s is sent sequence %d after %d", mailbox, sequence, known)
	} else if ok && sequence == known && method == "CANCEL" == (pr.entries[e.uid] != entry{}) {
		p.t.Errorf("%s is sent a %s with the sequence %d of what it undoes", mailbox, method, sequence)
	}
	if _, there := pr.entries[e.uid]; method == "CANCEL" && !there && !p.again(mailbox, sequence, e.uid) {
		p.t.Errorf("%s is sent a CANCEL of what is not in its calendar", mailbox)
	}
	p.methods[method]++
	pr.apply(method, sequence, stamped, e)
}

// again says that a message was sent before: people can ask for it.
func (p *post) again(mailbox string, sequence int, uid string) bool {
	known, ok := p.programs[mailbox].sequences[uid]
	return ok && known == sequence
}
