package events

import (
	"strings"
	"time"

	"masterclass/internal/web"
	"masterclass/templates"
)

// deskResource is a resource in the organisers' list. Up and Down say whether it can change its turn.
type deskResource struct {
	Resource
	Name, Facts, Path string
	Up, Down          bool
}

// Label names it beside its buttons.
func (r deskResource) Label() string { return r.Title }

// resourcesPage is events/organise-resources.
type resourcesPage struct {
	Title     string
	Tabs      []web.Tab
	Notice    templates.Notice
	Path      string
	Public    string // path of the page that shows them, "" for a draft
	Past      bool
	Resources []deskResource
}

func newResourcesPage(e *Event, list []Resource, now time.Time) resourcesPage {
	page := resourcesPage{Title: e.Title, Path: e.deskPath("/resources"), Past: e.Past(now)}
	if e.Status != Draft {
		page.Public = "/events/" + e.Slug + "#resources"
	}
	for i, r := range list {
		row := deskResource{Resource: r, Name: r.URL, Facts: e.resourceFacts(r), Path: page.Path + "/" + r.ID, Up: i > 0, Down: i+1 < len(list)}
		if r.File != "" {
			row.Name = fileName(r.URL)
		}
		page.Resources = append(page.Resources, row)
	}
	return page
}

// resourceFacts say what sort of file a resource is, and which session it is from.
func (e *Event) resourceFacts(r Resource) string {
	var facts []string
	if r.File != "" {
		facts = append(facts, r.File)
	}
	if title := e.sessionTitle(r.SessionID); title != "" {
		facts = append(facts, "from ‘"+title+"’")
	}
	words := strings.Join(facts, ", ")
	if r.File == "" && words != "" {
		words = "F" + words[1:]
	}
	return words
}
