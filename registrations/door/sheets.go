package door

import (
	"context"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"masterclass/events"
	"masterclass/internal/csv"
	"masterclass/internal/qr"
	"masterclass/internal/web"
	"masterclass/registrations"
)

// Badge is one person's badge: the code checks them in.
type Badge struct {
	Event, Name, From, Place string
	Code                     qr.Code
	Size                     int // which of sizes the page sets it in, so that the longest text fits
}

// Choice is whom badges or a signing-in sheet are for: one Guest, or all who have a Place, by their ids. Place "" is for all whom the event's
// doors expect.
type Choice struct{ Place, Guest string }

// everybody is the Place of those who take part online too.
const everybody = "all"

// has says whether a guest of the event is among them.
func (w Choice) has(e *events.Event, g Guest) bool {
	switch {
	case w.Guest != "":
		return g.ID == w.Guest
	case w.Place == "":
		return !e.FromAfar(g.PlaceID)
	}
	return w.Place == everybody || w.Place == g.PlaceID
}

// query is the choice as the end of an address.
func (w Choice) query() string {
	switch {
	case w.Guest != "":
		return "?id=" + url.QueryEscape(w.Guest)
	case w.Place != "":
		return "?place=" + url.QueryEscape(w.Place)
	}
	return ""
}

// Badges are those of an event's guests, by name.
func (d *Door) Badges(ctx context.Context, e *events.Event, whose Choice) ([]Badge, error) {
	guests, err := d.at(ctx, e, whose)
	if err != nil {
		return nil, err
	}
	badges := make([]Badge, 0, len(guests))
	for _, g := range guests {
		text, err := registrations.Ticket(d.keys, g.ID, g.Generation)
		if err != nil {
			return nil, err
		}
		code, err := qr.New(text)
		if err != nil {
			return nil, err
		}
		b := Badge{Event: e.Title, Name: g.Name(), From: from(g), Place: placeName(e, g.PlaceID), Code: code}
		b.Size = sizeOf(b)
		badges = append(badges, b)
	}
	return badges, nil
}

// at lists those of the choice who have a place, by name. One guest who has none is registrations.ErrNotFound.
func (d *Door) at(ctx context.Context, e *events.Event, whose Choice) ([]Guest, error) {
	all, err := d.Confirmed(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(all, func(g Guest) bool { return !whose.has(e, g) })
	if whose.Guest != "" && len(list) == 0 {
		return nil, registrations.ErrNotFound
	}
	return list, nil
}

// from is what somebody does and where, as far as it is known.
func from(g Guest) string {
	return strings.Trim(strings.TrimSpace(g.JobRole)+", "+strings.TrimSpace(g.Employer), ", ")
}

// sheetPage is door/badges and door/signing-in.
type sheetPage struct {
	Event  *events.Event
	Tabs   []web.Tab
	Path   string
	Places []placeLink
	PDF    string
	Badges []Badge
	Guests []sheetLine
}

// placeLink chooses whose sheet it is.
type placeLink struct {
	Href, Text string
	Current    bool
}

// sheetLine is one row of the signing-in sheet.
type sheetLine struct{ Name, From, Place string }

func sheetLines(e *events.Event, guests []Guest) []sheetLine {
	lines := make([]sheetLine, 0, len(guests))
	for _, g := range guests {
		lines = append(lines, sheetLine{Name: g.LastName + ", " + strings.TrimSpace(g.Title+" "+g.FirstName), From: from(g), Place: placeName(e, g.PlaceID)})
	}
	return lines
}

// newSheetPage is a sheet at its path. Where some take part online it is for the others, unless somebody chooses.
func newSheetPage(e *events.Event, path string, whose Choice) *sheetPage {
	p := &sheetPage{Event: e, Path: path, PDF: path + ".pdf" + whose.query()}
	add := func(text string, is Choice, current bool) {
		p.Places = append(p.Places, placeLink{Href: path + is.query(), Text: text, Current: current})
	}
	var all Choice
	onSite := slices.DeleteFunc(slices.Clone(e.Places), func(l events.Place) bool { return e.FromAfar(l.ID) })
	if len(onSite) < len(e.Places) {
		all.Place = everybody
	}
	if len(onSite) > 1 && all.Place != "" {
		add("All in person", Choice{}, whose == Choice{})
	}
	for _, l := range e.Places {
		is := Choice{Place: l.ID}
		if all.Place != "" && len(onSite) == 1 && l.ID == onSite[0].ID { // the one place of all in person
			add(l.Name, Choice{}, whose == Choice{} || whose == is)
			continue
		}
		add(l.Name, is, whose == is)
	}
	add("Everybody", all, whose == all)
	return p
}

// stay is one person's time at the event, or at one of its sessions.
type stay struct {
	Name, Place, Session, Came, Left, Time string

	guest          Guest
	cameAt, leftAt time.Time // in the event's zone; the second is zero for who was not checked out
	there          time.Duration
}

// stays are the visits in words, by when they began. Who has not left is there until the end.
func stays(e *events.Event, visits []Seen, now time.Time) []stay {
	zone, titles := e.Starts().Location(), map[string]string{"": "The whole event"}
	for _, s := range e.Sessions {
		titles[s.ID] = s.Title
	}
	list := make([]stay, 0, len(visits))
	for _, v := range visits {
		s := stay{Name: v.Guest.Name(), Place: placeName(e, v.PlaceID), Session: titles[v.SessionID], Left: "Not recorded", guest: v.Guest, cameAt: v.CameAt.In(zone)}
		s.Came = moment(e, s.cameAt)
		until := v.LeftAt
		if v.openEnded() {
			until = earlier(now, dayEnds(e, v.Visit)) // by the programme, which a door may not have had
		} else {
			s.leftAt = until.In(zone)
			s.Left = moment(e, s.leftAt)
		}
		s.there = max(0, until.Sub(v.CameAt))
		s.Time = lasting(s.there)
		list = append(list, s)
	}
	return list
}

// moment is a time of day, with its day unless that is the only one of the event.
func moment(e *events.Event, t time.Time) string {
	if plainDay(e, t) {
		return events.Clock(t)
	}
	return t.Format("Mon 2 Jan") + ", " + events.Clock(t)
}

// writeStays writes the visits as CSV, for certificates and for the organisers' own reckoning.
func writeStays(w io.Writer, list []stay) error {
	const layout = "2006-01-02 15:04"
	f := csv.NewWriter(w)
	_ = f.Row("Reference", "Title", "First name", "Last name", "Employer", "Place", "At", "Came", "Left", "Minutes there") // Flush gives the first error
	for _, s := range list {
		left := ""
		if !s.leftAt.IsZero() {
			left = s.leftAt.Format(layout)
		}
		_ = f.Row(s.guest.Reference, s.guest.Title, s.guest.FirstName, s.guest.LastName, s.guest.Employer, s.Place, s.Session,
			s.cameAt.Format(layout), left, strconv.Itoa(int(s.there.Minutes())))
	}
	return f.Flush()
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// lasting is a duration in hours and minutes, such as '5 h 20 min'.
func lasting(d time.Duration) string {
	if d < time.Minute {
		return "0 min"
	}
	text := strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
	return strings.NewReplacer("h", " h ", "m", " min").Replace(text)
}
