package templates

import "html/template"

// Field is one field of a FormPage: exactly one of its parts is set.
type Field struct {
	Input      *Input
	Textarea   *Textarea
	Select     *Select
	Radios     *Radios
	Checkbox   *Checkbox
	Checkboxes *Checkboxes
}

// FieldGroup are fields that belong together, under a heading unless it is empty. Beside puts short ones side by side.
type FieldGroup struct {
	Heading, Text string
	Beside        bool
	Fields        []Field
}

// Clash is a value that somebody else changed while a form was being filled in: what it is now, and whether the form below has it
// already, because the person had left it as it was.
type Clash struct {
	Label, Now string
	Taken      bool
}

// FormPage is what "organise/form" shows: a form of the organisers. Tabs are the web package's []Tab.
type FormPage struct {
	Caption, Heading, Lead string
	Tabs                   any
	Errors                 []FieldError
	Clashes                []Clash
	Preview                template.HTML // of Markdown in the form
	Groups                 []FieldGroup
	Hidden                 []Button
	Action                 string
	Uploads                bool   // one of the fields is a file
	Submit                 Button // the main one; Form holds its words
	Others                 []Button
	Cancel                 Link
	Danger                 Link // what cannot be undone, on a page of its own
}

// Letter is an email as somebody made up would get it, for who is about to send it: the partial "letters" shows it behind its title, or
// at once if it is Open.
type Letter struct {
	Title, Subject, Text string
	Open                 bool
}

// AskPage is what "organise/ask" shows: the question before something that cannot be undone, or that tells many people.
type AskPage struct {
	Caption, Heading string
	Tabs             any
	Errors           []FieldError
	Paragraphs       []string
	List             []string
	Letters          []Letter // that go out once it is confirmed
	Fields           []Field
	Hidden           []Button
	Action, Button   string
	Others           []Button
	Warning          bool // the button is red
	Cancel           Link
}
