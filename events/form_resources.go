package events

import (
	"net/url"
	"strings"

	"masterclass/internal/fault"
	"masterclass/templates"
)

const (
	maxResourceTitle = 200
	maxAddress       = 2000
)

// resourceShape is the form of a resource. The file that it has is no field of its own, and is compared all the same.
var resourceShape = shape{
	{"title", "Title", line, maxResourceTitle, "Enter the title"},
	{"kind", "What it is", line, 0, "Choose what it is"},
	{"url", "Link", line, maxAddress, ""},
	{heldField, "File", line, 0, ""},
	{"session", "Session", line, 0, ""},
}

// heldField holds the file that a resource has, by its path; fileField is for another one.
const (
	heldField = "held"
	fileField = "file"
)

func resourceValues(r *Resource) values {
	v := values{"title": r.Title, "kind": r.Kind, "session": r.SessionID}
	if r.File == "" {
		v["url"] = r.URL
	} else {
		v[heldField] = r.URL
	}
	return v
}

// resource gives old what is in the form, and says what is wrong with it. file says that one was uploaded with it.
func (v values) resource(old *Resource, e *Event, file bool) (*Resource, []fault.Field) {
	r, wrong := *old, resourceShape.check(v)
	add := func(field, message string) { wrong = append(wrong, fault.Field{Name: field, Message: message}) }
	r.Title, r.Kind, r.SessionID = v["title"], v["kind"], v["session"]
	if r.Kind != "" && r.KindName() == "" {
		add("kind", "Choose what it is")
	}
	if r.SessionID != "" && e.sessionTitle(r.SessionID) == "" {
		add("session", "Choose a session of this event, or none")
	}
	switch typed := v["url"]; {
	case file && typed != "":
		add("url", "Enter a link or choose a file, not both")
	case file && r.Kind == "link", file && r.Kind == "video":
		add(fileField, "A "+strings.ToLower(r.KindName())+" is not kept here: enter the link that leads to it")
	case file: // its path is known when it is kept
	case typed != "" && !goodAddress(typed):
		add("url", "Enter a link that begins with https://, or with / for a page of this site")
	case typed != "":
		r.URL, r.File = typed, ""
	case old.File == "":
		add("url", "Enter a link, or choose a file")
	}
	return &r, wrong
}

// goodAddress is for what people are led to: by a connection that nobody can change on its way, or on this site.
func goodAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (isInside(address) || u.Scheme == "https" && u.Host != "" && u.User == nil)
}

const (
	fileEndings = ".pdf,.pptx,.docx,.xlsx,.csv,.mp4,.webm,.vtt,.jpg,.jpeg,.png"
	fileHint    = "PDF, PowerPoint, Word, Excel, CSV, an MP4 or WebM film, VTT captions, or a JPEG or PNG image, of up to 20 MB"
)

// resourceGroups make the form of a resource of the event; r is what is stored.
func (e *Event) resourceGroups(r *Resource) func(v values, wrong []fault.Field) []templates.FieldGroup {
	return func(v values, wrong []fault.Field) []templates.FieldGroup {
		p := sheet{v, wrong}
		kind := templates.Radios{ID: "kind", Legend: "What it is", Value: v["kind"], Error: p.error("kind"), Options: resourceKinds}
		link := templates.Input{ID: "url", Label: "Link", Type: "url", Hint: "It begins with https://. Films stay where they are: link to them."}
		file := templates.Input{ID: fileField, Label: "Or a file", Type: "file", Accept: fileEndings, Hint: fileHint, Error: p.error(fileField)}
		if r.File != "" {
			link.Hint = "A link takes the place of the file."
			file.Label, file.Hint = "Another file", "It has "+fileName(r.URL)+" ("+r.File+") now. Choose a file only to replace that one: "+fileHint
		}
		from := templates.Select{ID: "session", Label: "Session that it is from", Options: []templates.Option{{Text: "None in particular"}}}
		for _, s := range e.Sessions {
			from.Options = append(from.Options, templates.Option{Value: s.ID, Text: s.Title})
		}
		return []templates.FieldGroup{{Fields: []templates.Field{
			p.input(templates.Input{ID: "title", Label: "Title", Hint: "As people read it, such as: Slides of the morning"}),
			{Radios: &kind}, p.input(link), {Input: &file}, p.choice(from),
		}}}
	}
}

// fileName is the last part of a path.
func fileName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
