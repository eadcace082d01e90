package registrations

import (
	"slices"
	"strings"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/seen"
	"masterclass/templates"
)

// changing is what a form of somebody's details shows besides them: what it was made from, what is wrong with it, and what others have changed.
type changing struct {
	seen    string
	wrong   []fault.Field
	clashes []templates.Clash
}

// changeable are the fields that a change of details has, in their order: health data only for the person, and every question that the event
// asks, shown or not.
func (f Form) changeable(e *events.Event, health bool) (list []answer) {
	for _, a := range f.personal("") {
		switch a.Name {
		case "place", "email":
			continue
		case "dietary", "access_needs", "consent_sensitive":
			if !health {
				continue
			}
		}
		list = append(list, a)
	}
	for _, q := range e.Asked() {
		given := f.Answers[q.ID]
		if clean, problem := q.Read(given); problem == "" {
			given = clean
		}
		list = append(list, answer{Hidden: Hidden{Name: answerField + q.ID, Value: strings.Join(given, "\n")}, key: q.Label, shown: strings.Join(given, ", ")})
	}
	return list
}

func valuesOf(list []answer) []string {
	values := make([]string, len(list))
	for i, a := range list {
		values[i] = a.Value
	}
	return values
}

// seenAs says what a form was made from.
func (f Form) seenAs(e *events.Event, health bool) string {
	return seen.Mark(valuesOf(f.changeable(e, health)))
}

// meanwhile are what others have changed since the form was made, and what to show then: one's own values, and theirs where one had left the
// field alone. A form that does not say what it was made from, as a program's, changes what it says. So does one that says what is so already,
// such as the second of two clicks.
func (f Form) meanwhile(marks string, now Form, e *events.Event, health bool) (merged Form, clashes []templates.Clash) {
	is, theirs := f.changeable(e, health), now.changeable(e, health)
	if marks == "" || slices.Equal(valuesOf(is), valuesOf(theirs)) {
		return f, nil
	}
	merged = f
	merged.Answers = Answers{}
	for id, given := range f.Answers {
		merged.Answers[id] = given
	}
	for _, c := range seen.Clashes(marks, valuesOf(is), valuesOf(theirs)) {
		a := theirs[c.At]
		if c.Taken {
			merged.take(a.Name, now)
		}
		clashes = append(clashes, templates.Clash{Label: a.key, Now: a.shown, Taken: c.Taken})
	}
	return merged, clashes
}

// take sets a field as another form has it.
func (f *Form) take(name string, from Form) {
	switch name {
	case "title":
		f.Title = from.Title
	case "first_name":
		f.FirstName = from.FirstName
	case "last_name":
		f.LastName = from.LastName
	case "profession":
		f.Profession = from.Profession
	case "job_role":
		f.JobRole = from.JobRole
	case "employer":
		f.Employer = from.Employer
	case "regulator_number":
		f.RegulatorNumber = from.RegulatorNumber
	case "dietary":
		f.Dietary = from.Dietary
	case "access_needs":
		f.AccessNeeds = from.AccessNeeds
	case "consent_sensitive":
		f.Consent = from.Consent
	default:
		id := strings.TrimPrefix(name, answerField)
		f.Answers[id] = from.Answers[id]
	}
}
