package templates

import "slices"

// FieldError is one thing to put right in a form: the id of the field and the
// sentence that is shown in the error summary and beside the field.
type FieldError struct {
	Field, Message string
}

// Input is what the partial "input" shows. Type is "text" and Name is ID unless
// they are given; List with ListOptions makes suggestions (a datalist).
type Input struct {
	ID, Name, Label, Hint, Type, Value, Error string
	Autocomplete, InputMode, Class            string
	// Prefix and Suffix stand in the box beside the value, such as "£".
	Prefix, Suffix string
	// Min, Max and Step are for numbers, dates and times; Accept is for files.
	Min, Max, Step, Accept string
	List                   string
	ListOptions            []string
	Optional               bool
}

// DescribedBy lists the ids of the hint and error, for aria-describedby.
func (f Input) DescribedBy() string { return describedBy(f.ID, f.Hint, f.Error) }

// Textarea is what the partial "textarea" shows. A MaxLength above 0 is told to
// the reader and not enforced by the browser, which would cut what is pasted.
type Textarea struct {
	ID, Name, Label, Hint, Value, Error, Autocomplete, Class string
	Rows, MaxLength                                          int
	Optional                                                 bool
}

// DescribedBy lists the ids of the hint, error and limit, for aria-describedby.
func (f Textarea) DescribedBy() string {
	ids := describedBy(f.ID, f.Hint, f.Error)
	if f.MaxLength == 0 {
		return ids
	}
	if ids != "" {
		ids += " "
	}
	return ids + f.ID + "-limit"
}

// Option is one choice of a Select, Radios or Checkboxes. A Select has no hints.
type Option struct {
	Value, Text, Hint string
}

// Select is what the partial "select" shows. For a list that starts with
// nothing chosen the first option has no value.
type Select struct {
	ID, Name, Label, Hint, Value, Error, Autocomplete, Class string
	Options                                                  []Option
	Optional                                                 bool
}

// DescribedBy lists the ids of the hint and error, for aria-describedby.
func (f Select) DescribedBy() string { return describedBy(f.ID, f.Hint, f.Error) }

// Radios is what the partial "radios" shows: a choice of one. The first radio has
// the id ID, so that a link of the error summary leads to it.
type Radios struct {
	ID, Name, Legend, Hint, Value, Error string
	Options                              []Option
	// Inline puts two short choices side by side; Heading makes the legend the
	// page's heading, for a page that asks nothing else.
	Inline, Heading, Optional bool
}

// DescribedBy lists the ids of the hint and error, for aria-describedby.
func (f Radios) DescribedBy() string { return describedBy(f.ID, f.Hint, f.Error) }

// Checkbox is what the partial "checkbox" shows: one box to tick, such as a
// consent. Value is "yes" unless it is given.
type Checkbox struct {
	ID, Name, Label, Hint, Value, Error string
	Checked                             bool
}

// DescribedBy lists the ids of the hint and error, for aria-describedby.
func (f Checkbox) DescribedBy() string { return describedBy(f.ID, f.Hint, f.Error) }

// Checkboxes is what the partial "checkboxes" shows: a choice of any number.
type Checkboxes struct {
	ID, Name, Legend, Hint, Error string
	Values                        []string
	Options                       []Option
	Optional                      bool
}

// Has says whether value is ticked.
func (f Checkboxes) Has(value string) bool { return slices.Contains(f.Values, value) }

// DescribedBy lists the ids of the hint and error, for aria-describedby.
func (f Checkboxes) DescribedBy() string { return describedBy(f.ID, f.Hint, f.Error) }

func describedBy(id, hint, err string) string {
	switch {
	case hint != "" && err != "":
		return id + "-hint " + id + "-error"
	case hint != "":
		return id + "-hint"
	case err != "":
		return id + "-error"
	}
	return ""
}
