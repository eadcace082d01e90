package registrations

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"masterclass/events"
	"masterclass/notify"
	"masterclass/templates"
)

// What the dashboard looks at.
const (
	nearlyFull  = 90 // per cent of a place
	soon        = 7 * day
	draftSoon   = 30 * day
	offersSoon  = day
	failedSince = 14 * day
	mailLate    = 15 * time.Minute
	weeks       = 8 // of the chart
	heldShown   = 6 // events of the past
	mixShown    = 8 // professions, and employers
)

// Concern is something that an organiser should look at, and where it is mended.
type Concern struct {
	Tag  templates.Tag
	Text string
	Link templates.Link
}

var (
	urgent   = templates.Tag{Text: "Act now", Colour: "red"}
	toDecide = templates.Tag{Text: "Decide", Colour: "yellow"}
	notable  = templates.Tag{Text: "Look", Colour: "blue"}
	ahead    = templates.Tag{Text: "Soon", Colour: "grey"}
)

// outlook is what the record says of now, for the concerns.
type outlook struct {
	now       time.Time
	events    []*events.Event
	pending   map[string]int // by event
	lapsing   map[string]int // offers, by event
	failed    int64
	queued    int64
	late      time.Duration
	drift     int64
	zone      *time.Location
	failedDay time.Time
}

// concerns are all that needs a look, the most urgent first.
func (s outlook) concerns() []Concern {
	list := s.mailConcerns()
	for _, e := range s.events {
		if n := s.pending[e.ID]; n > 0 {
			list = append(list, Concern{toDecide, headcount(n) + wait(n) + " for your approval: " + e.Title, templates.Link{Href: eventPath(e) + "/attendees?status=pending", Text: "Decide"}})
		}
		if n := s.lapsing[e.ID]; n > 0 {
			list = append(list, Concern{notable, counted(n, "offer") + " of a place lapse" + s3(n) + " within a day: " + e.Title, templates.Link{Href: eventPath(e) + "/waiting-list", Text: "See the waiting list"}})
		}
		list = append(list, s.fullConcerns(e)...)
		list = append(list, s.leftConcerns(e)...)
		list = append(list, s.timeConcerns(e)...)
	}
	if s.drift > 0 {
		list = append(list, Concern{Tag: notable, Text: "The fast count of places was out of step with the record " + times(s.drift) + " since the program was started, and was put right each time. Nobody lost a place. " +
			"If the number grows, whoever runs the site can look with ‘masterclass reconcile’."})
	}
	slices.SortStableFunc(list, func(a, b Concern) int { return urgency(a.Tag) - urgency(b.Tag) })
	return list
}

func urgency(t templates.Tag) int {
	return slices.Index([]templates.Tag{urgent, toDecide, notable, ahead}, t)
}

func wait(n int) string {
	if n == 1 {
		return " waits"
	}
	return " wait"
}

func s3(n int) string {
	if n == 1 {
		return "s"
	}
	return ""
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return thousands(int(n)) + " times"
}

func (s outlook) mailConcerns() (list []Concern) {
	if s.failed > 0 {
		l := logLook{State: notify.StateFailed, From: s.failedDay.In(s.zone).Format(time.DateOnly)}
		list = append(list, Concern{urgent, upTo(s.failed, "email") + " of the last two weeks could not be delivered", templates.Link{Href: l.path(), Text: "See why"}})
	}
	if s.late > mailLate {
		list = append(list, Concern{urgent, counted(int(s.queued), "email") + wait(int(s.queued)) + " to be sent, the oldest for " + roughly(s.late), templates.Link{Href: logLook{State: notify.StateQueued}.path(), Text: "See them"}})
	}
	return list
}

// roughly is a duration in words, rounded down.
func roughly(d time.Duration) string {
	switch {
	case d >= day:
		return counted(int(d/day), "day")
	case d >= time.Hour:
		return counted(int(d/time.Hour), "hour")
	}
	return counted(int(d/time.Minute), "minute")
}

// fullConcerns are the places that are full, or nearly, of an event that still takes registrations.
func (s outlook) fullConcerns(e *events.Event) (list []Concern) {
	if state := e.Registration(s.now); state != events.Open {
		return nil
	}
	for _, p := range e.Places {
		link := templates.Link{Href: eventPath(e) + "/places/" + p.ID, Text: "Change the capacity"}
		switch {
		case p.Capacity == 0 || p.Taken*100 < p.Capacity*nearlyFull:
		case p.Taken < p.Capacity:
			list = append(list, Concern{notable, fmt.Sprintf("%s is nearly full, %s of %s: %s", p.Name, thousands(int(p.Taken)), thousands(int(p.Capacity)), e.Title), link})
		case p.Waiting > 0:
			list = append(list, Concern{toDecide, fmt.Sprintf("%s is full, and %s%s: %s", p.Name, headcount(int(p.Waiting)), wait(int(p.Waiting)), e.Title), link})
		default:
			list = append(list, Concern{notable, p.Name + " is full: " + e.Title, link})
		}
	}
	return list
}

// leftConcerns are the places that are left while people wait for them who are offered nothing any more.
func (s outlook) leftConcerns(e *events.Event) (list []Concern) {
	if e.Status != events.Published || e.Past(s.now) || !e.ListRests(s.now) {
		return nil
	}
	for _, p := range e.Places {
		if n := int(min(p.Capacity-p.Taken, p.Waiting)); n > 0 {
			list = append(list, Concern{toDecide, fmt.Sprintf("%s of %s could go to %s who wait%s: %s", counted(int(p.Capacity-p.Taken), "place"), p.Name, headcount(int(p.Waiting)), s3(int(p.Waiting)), e.Title),
				templates.Link{Href: eventPath(e) + "/waiting-list", Text: "Give them"}})
		}
	}
	return list
}

// timeConcerns are what happens soon.
func (s outlook) timeConcerns(e *events.Event) (list []Concern) {
	within := func(ms int64, d time.Duration) bool {
		return ms > s.now.UnixMilli() && ms <= s.now.Add(d).UnixMilli()
	}
	in := func(ms int64) string { return events.Moment(time.UnixMilli(ms).In(e.Starts().Location())) }
	if e.Status == events.Draft {
		if within(e.StartsAt, draftSoon) {
			list = append(list, Concern{toDecide, "Nobody sees it yet, and it begins on " + events.Day(e.Starts()) + ": " + e.Title, templates.Link{Href: eventPath(e), Text: "Publish it, or change its date"}})
		}
		return list
	}
	if e.Status != events.Published {
		return nil
	}
	if within(e.StartsAt, soon) {
		list = append(list, Concern{ahead, "Begins at " + in(e.StartsAt) + ": " + e.Title, templates.Link{Href: eventPath(e) + "/check-in", Text: "Check-in"}})
	}
	if e.RegistrationClosesAt != 0 && within(e.RegistrationOpensAt, soon) {
		list = append(list, Concern{ahead, "Registration opens at " + in(e.RegistrationOpensAt) + ": " + e.Title, templates.Link{Href: eventPath(e) + "/edit", Text: "Change when"}})
	}
	if within(e.RegistrationClosesAt, soon) && e.RegistrationOpensAt <= s.now.UnixMilli() {
		list = append(list, Concern{ahead, "Registration closes at " + in(e.RegistrationClosesAt) + ": " + e.Title, templates.Link{Href: eventPath(e) + "/edit", Text: "Change when"}})
	}
	return list
}

// share is how many people have something in common.
type share struct {
	Name string
	N    int
	id   string // one of them
}

// mix is who has a place at an event: the largest groups, and all together.
type mix struct {
	all                    int
	professions, employers []share
	quarters               map[int64]int // registrations, whatever became of them, by the quarter of an hour in which they were made
}

// mix counts those of the roll who have a place. The caller has locked it.
func (r *roll) mix() mix {
	professions, employers := map[string]*share{}, map[string]*share{}
	m := mix{quarters: map[int64]int{}}
	add := func(to map[string]*share, key, name, id string) {
		s := to[key]
		if s == nil {
			s = &share{Name: name, id: id}
			to[key] = s
		}
		s.N++
		s.Name, s.id = min(s.Name, name), min(s.id, id)
	}
	for _, a := range r.byID {
		m.quarters[a.created/quarterHour]++
		if a.status != Confirmed {
			continue
		}
		m.all++
		add(professions, a.trade, a.profession, a.id)
		add(employers, a.employer, a.employer, a.id)
	}
	for trade, s := range professions {
		s.Name = r.professions[trade].most()
	}
	m.professions, m.employers = largest(professions), largest(employers)
	return m
}

// largest are the groups with most people, the largest first.
func largest(groups map[string]*share) []share {
	list := make([]share, 0, len(groups))
	for _, s := range groups {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b share) int { return cmp.Or(b.N-a.N, strings.Compare(a.Name, b.Name)) })
	return list[:min(len(list), mixShown)]
}

// turnout is how many were expected at a door, and came.
type turnout struct{ expected, came int }

// rememberFor is how old figures may be that many rows are counted for.
const rememberFor = time.Minute

// maxRemembered bounds the memory.
const maxRemembered = 200

// figures remembers what was counted for a minute: with fifty thousand registrations the page is as fast as with fifty. Safe for concurrent use.
type figures struct {
	mu   sync.Mutex
	kept map[string]figure
}

type figure struct {
	at    time.Time
	value any
}

// remember gives what was counted under the name less than a minute ago, or counts. Who asks for the same meanwhile waits for one count.
func remember[T any](ctx context.Context, f *figures, name string, now time.Time, count func(ctx context.Context) (T, error)) (T, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if k, ok := f.kept[name]; ok && now.Sub(k.at) < rememberFor && !now.Before(k.at) {
		if v, ok := k.value.(T); ok {
			return v, nil
		}
	}
	v, err := count(ctx)
	if err != nil {
		return v, err
	}
	if f.kept == nil || len(f.kept) >= maxRemembered {
		f.kept = map[string]figure{}
	}
	f.kept[name] = figure{at: now, value: v}
	return v, nil
}

// chosen is the event whose people are shown: the one that is asked for, else the soonest that people are registered for.
func chosen(list []*events.Event, slug string) *events.Event {
	var first *events.Event
	for _, e := range list {
		if e.Slug == slug {
			return e
		}
		if first == nil && slices.ContainsFunc(e.Places, func(p events.Place) bool { return p.Taken > 0 }) {
			first = e
		}
	}
	return first
}
