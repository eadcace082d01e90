package events

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"masterclass/internal/fault"
	"masterclass/templates"
)

// kinds are the kinds of session in the words of the page, in the order in which they are offered.
var kinds = []templates.Option{
	{Value: "talk", Text: "Talk"}, {Value: "workshop", Text: "Workshop"}, {Value: "panel", Text: "Panel discussion"}, {Value: "registration", Text: "Registration"},
	{Value: "break", Text: "Break"}, {Value: "lunch", Text: "Lunch"}, {Value: "exhibition", Text: "Exhibition"}, {Value: "close", Text: "Close"},
}

func kindWords(kind string) string {
	for _, o := range kinds {
		if o.Value == kind {
			return o.Text
		}
	}
	return kind
}

// sessionShape is the form of a session; speakers are ids with commas between them.
var sessionShape = shape{
	{"title", "Title", line, maxTitle, "Enter the title of the session"},
	{"kind", "Kind", line, 0, ""},
	{"day", "Day", line, 0, ""},
	{"starts_time", "Starts at", line, 0, ""},
	{"ends_time", "Ends at", line, 0, ""},
	{"room", "Room", line, 100, ""},
	{"description", "Description", lines, maxText, ""},
	{"speakers", "Speakers", line, 0, ""},
}

func sessionValues(s *Session) values {
	v := values{"title": s.Title, "kind": s.Kind, "room": s.Room, "description": s.Description}
	v["day"], v["starts_time"], _ = strings.Cut(s.StartsLocal, "T")
	_, v["ends_time"], _ = strings.Cut(s.EndsLocal, "T")
	var ids []string
	for _, sp := range s.Speakers {
		ids = append(ids, sp.ID)
	}
	slices.Sort(ids)
	v["speakers"] = strings.Join(ids, ",")
	return v
}

// session gives old what is in the form, and says what is wrong with it. Speakers are those of the event; who spoke before keeps their turn.
func (v values) session(old *Session, e *Event) (*Session, []fault.Field) {
	s := *old
	wrong := sessionShape.check(v)
	s.Title, s.Kind, s.Room, s.Description = v["title"], v["kind"], v["room"], v["description"]
	if _, known := SessionKinds[s.Kind]; !known {
		wrong = append(wrong, fault.Field{Name: "kind", Message: "Choose what kind of session it is"})
	}
	times := values{"starts_date": v["day"], "starts_time": v["starts_time"], "ends_date": v["day"], "ends_time": v["ends_time"]}
	var more, ends []fault.Field
	s.StartsLocal, more = timed{name: "starts", what: "the session starts"}.read(times, e.zone(), false)
	s.EndsLocal, ends = timed{name: "ends", what: "the session ends"}.read(times, e.zone(), false)
	if len(more) > 0 && more[0].Name == "starts_date" {
		more[0].Name, more[0].Message, ends = "day", "Enter the day of the session", nil
	}
	wrong = append(append(wrong, more...), ends...)
	if len(more)+len(ends) == 0 && s.EndsLocal <= s.StartsLocal {
		wrong = append(wrong, fault.Field{Name: "ends_time", Message: "The session must end after it starts"})
	}
	s.Speakers = v.speakers(old.Speakers, e.Speakers)
	return &s, wrong
}

func (v values) speakers(before, all []Speaker) []Speaker {
	chosen := strings.Split(v["speakers"], ",")
	var list []Speaker
	for _, sp := range append(slices.Clone(before), all...) {
		if slices.Contains(chosen, sp.ID) && !slices.ContainsFunc(list, func(o Speaker) bool { return o.ID == sp.ID }) {
			list = append(list, sp)
		}
	}
	return list
}

func sessionGroups(v values, wrong []fault.Field, speakers []Speaker) []templates.FieldGroup {
	p := sheet{v, wrong}
	who := templates.Checkboxes{ID: "speakers", Legend: "Who speaks", Optional: true, Values: strings.Split(v["speakers"], ",")}
	for _, sp := range speakers {
		who.Options = append(who.Options, templates.Option{Value: sp.ID, Text: sp.Name, Hint: sp.Role})
	}
	last := []templates.Field{p.input(templates.Input{ID: "room", Label: "Room", Optional: true}), p.area(templates.Textarea{ID: "description", Label: "Description", Rows: 3, Optional: true})}
	if len(who.Options) > 0 {
		last = append(last, templates.Field{Checkboxes: &who})
	}
	return []templates.FieldGroup{
		{Fields: []templates.Field{p.input(templates.Input{ID: "title", Label: "Title"}), p.choice(templates.Select{ID: "kind", Label: "Kind", Options: kinds, Hint: "Talks, workshops and panels count towards CPD"}),
			p.input(templates.Input{ID: "day", Label: "Day", Type: "date", Class: dateWidth})}},
		{Beside: true, Fields: []templates.Field{p.input(templates.Input{ID: "starts_time", Label: "Starts at", Type: "time", Class: timeWidth}),
			p.input(templates.Input{ID: "ends_time", Label: "Ends at", Type: "time", Class: timeWidth})}},
		{Fields: last},
	}
}

// speakerShape is the form of a speaker.
var speakerShape = shape{
	{"name", "Name", line, maxTitle, "Enter the speaker’s name"},
	{"role", "Role", line, maxTitle, ""},
	{"biography", "Biography", lines, maxText, ""},
}

func speakerValues(s *Speaker) values {
	return values{"name": s.Name, "role": s.Role, "biography": s.Biography}
}

func speakerGroups(v values, wrong []fault.Field) []templates.FieldGroup {
	p := sheet{v, wrong}
	return []templates.FieldGroup{{Fields: []templates.Field{
		p.input(templates.Input{ID: "name", Label: "Name", Hint: "With the title, such as Dr Ada Example"}),
		p.input(templates.Input{ID: "role", Label: "Role and employer", Optional: true}),
		p.area(templates.Textarea{ID: "biography", Label: "Biography", Rows: 4, Optional: true}),
	}}}
}

// placeShape is the form of a place.
var placeShape = shape{
	{"name", "Name", line, 100, "Enter the name of the place, such as In person"},
	{"online", "Online", tick, 0, ""},
	{"capacity", "Capacity", line, 0, "Enter how many people can have this place"},
}

// maxCapacity is more than any hall holds.
const maxCapacity = 100_000

func placeValues(p *Place) values {
	return values{"name": p.Name, "online": ticked(p.Online), "capacity": strconv.FormatInt(p.Capacity, 10)}
}

// Same says whether what organisers choose of a place is the same in both; who is there does not matter.
func (p Place) Same(o Place) bool {
	return p.Name == o.Name && p.Online == o.Online && p.Capacity == o.Capacity
}

// WrongPlace says why a place of the event cannot become p; old is the place as it is, without an ID if it is to be added.
func (e *Event) WrongPlace(old, p Place) (wrong []fault.Field) {
	if slices.ContainsFunc(e.Places, func(o Place) bool { return o.ID != old.ID && strings.EqualFold(o.Name, p.Name) }) {
		wrong = append(wrong, placeNamed)
	}
	if p.Online != old.Online && old.Taken+old.Waiting > 0 {
		wrong = append(wrong, fault.Field{Name: "online", Message: "People have this place as it is. Add another place, and move them to it"})
	}
	return wrong
}

// place gives old, a place of the event or one to be added, what is in the form, and says what is wrong with it.
func (v values) place(old Place, e *Event) (Place, []fault.Field) {
	p := old
	wrong := placeShape.check(v)
	p.Name, p.Online = v["name"], v["online"] == yes
	n, err := strconv.ParseInt(strings.ReplaceAll(v["capacity"], ",", ""), 10, 64)
	if v["capacity"] != "" && (err != nil || n < 0 || n > maxCapacity) {
		wrong = append(wrong, fault.Field{Name: "capacity", Message: "Enter a whole number from 0 to 100,000"})
	}
	p.Capacity = n
	return p, append(wrong, e.WrongPlace(old, p)...)
}

func placeGroups(v values, wrong []fault.Field) []templates.FieldGroup {
	p := sheet{v, wrong}
	return []templates.FieldGroup{{Fields: []templates.Field{
		p.input(templates.Input{ID: "name", Label: "Name", Hint: "Such as In person, Online or Student"}),
		p.box(templates.Checkbox{ID: "online", Label: "People with this place take part online", Hint: "They are told the link to join, and are not sent to the venue"}),
		p.input(templates.Input{ID: "capacity", Label: "Capacity", InputMode: "numeric", Class: "nhsuk-input--width-5", Hint: "How many people can have this place"}),
	}}}
}

// sessionDay is the day that a new session is offered on: the event's first, or the last one that has sessions.
func (e *Event) sessionDay() string {
	if n := len(e.Sessions); n > 0 && e.within(e.Sessions[n-1]) {
		return e.Sessions[n-1].StartsLocal[:len(LocalDate)]
	}
	return e.StartsLocal[:len(LocalDate)]
}

// nextStart is the time that a new session is offered at: where the last one ends, or the event starts.
func (e *Event) nextStart() string {
	if n := len(e.Sessions); n > 0 && e.within(e.Sessions[n-1]) {
		return e.Sessions[n-1].EndsLocal[len(LocalDate)+1:]
	}
	if e.AllDay {
		return ""
	}
	return e.StartsLocal[len(LocalDate)+1:]
}

// dayWords is the day of a local time in words.
func dayWords(local string) string {
	if t, err := time.Parse(LocalTime, local); err == nil {
		return Day(t)
	}
	return ""
}
