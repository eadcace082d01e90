package events

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"masterclass/internal/fault"
	"masterclass/internal/seen"
	"masterclass/internal/typed"
	"masterclass/templates"
)

// blank is one field of a form: how what is typed into it is cleaned, and how long it may be.
type blank struct {
	name, label string
	clean       func(string) string
	max         int    // characters; 0 for those that are read further, such as dates
	enter       string // what to say when it is empty, "" for one that may be
}

// shape is a form: its fields in their order. Whatever else a request holds is not looked at.
type shape []blank

// values are what stands in a form, or in the record as the form would show it.
type values map[string]string

// tick reads a checkbox.
func tick(s string) string {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "yes", "on", "true", "1":
		return yes
	}
	return ""
}

const yes = "yes"

func ticked(b bool) string {
	if b {
		return yes
	}
	return ""
}

// read takes the form's fields from a request.
func (s shape) read(value func(name string) string) values {
	v := values{}
	for _, f := range s {
		v[f.name] = f.clean(value(f.name))
	}
	return v
}

// check says which fields are empty or too long.
func (s shape) check(v values) []fault.Field {
	var wrong []fault.Field
	for _, f := range s {
		switch {
		case v[f.name] == "" && f.enter != "":
			wrong = append(wrong, fault.Field{Name: f.name, Message: f.enter})
		case f.max > 0 && utf8.RuneCountInString(v[f.name]) > f.max:
			wrong = append(wrong, fault.Field{Name: f.name, Message: fmt.Sprintf("%s must be %d characters or fewer", f.label, f.max)})
		}
	}
	return wrong
}

// seenField is the field in which a form says what it was made from.
const seenField = seen.Field

// list are the values in the order of the shape.
func (s shape) list(v values) []string {
	list := make([]string, len(s))
	for i, f := range s {
		list[i] = v[f.name]
	}
	return list
}

// seen marks each value, so that a form can say what it was made from without holding everything twice.
func (s shape) seen(v values) string { return seen.Mark(s.list(v)) }

// clashes are the fields whose value in the record is not what the form was made from. A form that does not say, or that was made by
// another version of the program, clashes wherever it differs. merged is what to show: one's own values, and what others have changed
// where one had left the field alone; so saving it takes nobody's change back unseen.
func (s shape) clashes(marks string, mine, now values) (merged values, list []templates.Clash) {
	merged = values{}
	for _, f := range s {
		merged[f.name] = mine[f.name]
	}
	for _, c := range seen.Clashes(marks, s.list(mine), s.list(now)) {
		f := s[c.At]
		if c.Taken {
			merged[f.name] = now[f.name]
		}
		list = append(list, templates.Clash{Label: f.label, Now: words(now[f.name]), Taken: c.Taken})
	}
	return merged, list
}

// changed names the fields that differ, for the audit trail: what was changed, not from what to what.
func (s shape) changed(before, after values) string {
	var list []string
	for _, f := range s {
		if before[f.name] != after[f.name] {
			list = append(list, strings.ToLower(f.label))
		}
	}
	return strings.Join(list, ", ")
}

func words(value string) string {
	if value == yes {
		return "Yes"
	}
	return value
}

// hidden carries the values on to the next page.
func (s shape) hidden(v values) []templates.Button {
	var list []templates.Button
	for _, f := range s {
		if v[f.name] != "" {
			list = append(list, templates.Button{Name: f.name, Value: v[f.name]})
		}
	}
	return list
}

func errorsOf(wrong []fault.Field) []templates.FieldError {
	var list []templates.FieldError
	for _, w := range wrong {
		list = append(list, templates.FieldError{Field: w.Name, Message: w.Message})
	}
	return list
}

// sheet makes the fields of a form's page.
type sheet struct {
	v     values
	wrong []fault.Field
}

func (p sheet) error(name string) string {
	for _, w := range p.wrong {
		if w.Name == name {
			return w.Message
		}
	}
	return ""
}

func (p sheet) input(f templates.Input) templates.Field {
	f.Value, f.Error = p.v[f.ID], p.error(f.ID)
	return templates.Field{Input: &f}
}

func (p sheet) area(f templates.Textarea) templates.Field {
	f.Value, f.Error = p.v[f.ID], p.error(f.ID)
	return templates.Field{Textarea: &f}
}

func (p sheet) choice(f templates.Select) templates.Field {
	f.Value, f.Error = p.v[f.ID], p.error(f.ID)
	return templates.Field{Select: &f}
}

func (p sheet) box(f templates.Checkbox) templates.Field {
	f.Checked, f.Error = p.v[f.ID] == yes, p.error(f.ID)
	return templates.Field{Checkbox: &f}
}

// line, lines and markup are how most fields are cleaned.
var line, lines, markup = typed.Line, typed.Lines, typed.Markup
