package events

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"masterclass/templates"
)

// resourceKinds are the kinds of Resource with the words that people read, in the order in which they are offered.
var resourceKinds = []templates.Option{
	{Value: "slides", Text: "Slides"}, {Value: "video", Text: "Video"}, {Value: "document", Text: "Document"}, {Value: "link", Text: "Link"},
}

// KindName is the kind in words.
func (r Resource) KindName() string {
	for _, k := range resourceKinds {
		if k.Value == r.Kind {
			return k.Text
		}
	}
	return ""
}

// Check refuses what cannot be shown as a link.
func (r Resource) Check() error {
	u, err := url.Parse(r.URL)
	outside := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
	if r.KindName() == "" || strings.TrimSpace(r.Title) == "" || !(isInside(r.URL) || outside) {
		return fmt.Errorf("the resource %q needs a kind, a title and an address on the web or on this site, not %q", r.Title, r.URL)
	}
	return nil
}

// isInside says whether the address is a path of this site.
func isInside(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.HasPrefix(address, "/") && !strings.HasPrefix(address, `/\`) && u.Host == "" && u.Scheme == ""
}

// sessionTitle is the title of one of the event's sessions, or "".
func (e *Event) sessionTitle(id string) string {
	i := slices.IndexFunc(e.Sessions, func(s Session) bool { return s.ID == id })
	if id == "" || i < 0 {
		return ""
	}
	return e.Sessions[i].Title
}
