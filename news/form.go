package news

import (
	"strconv"
	"strings"
	"time"

	"masterclass/internal/fault"
	"masterclass/templates"
)

// form is what was typed on an article's page, by the names of its fields.
type form map[string]string

var formFields = []string{"kind", "title", "slug", "summary", "body", "topics", "author", "pinned", "source", "link", "note", "position", "state",
	"publish_date", "publish_time", "version"}

// formOf is an article as its page shows it.
func formOf(a Article, now time.Time, zone *time.Location) form {
	f := form{"kind": string(a.Kind), "title": a.Title, "slug": a.Slug, "summary": a.Summary, "body": a.Body, "topics": strings.Join(a.Topics, ", "),
		"author": a.Author, "source": a.Source, "link": a.Link, "note": a.Note, "state": string(a.State(now)), "version": strconv.FormatInt(a.Version, 10)}
	if a.Position > 0 {
		f["position"] = strconv.Itoa(a.Position)
	}
	if a.Pinned {
		f["pinned"] = "yes"
	}
	if a.State(now) == Scheduled {
		at := a.PublishedAt.In(zone)
		f["publish_date"], f["publish_time"] = at.Format(time.DateOnly), at.Format("15:04")
	}
	return f
}

// article is what the form asks for. Without an address the title proposes one. Errors are a fault of kind Invalid that names every field.
func (f form) article(now time.Time, zone *time.Location) (Article, error) {
	a := Article{Kind: Kind(f["kind"]), Title: f["title"], Slug: f["slug"], Summary: f["summary"], Body: f["body"], Topics: ParseTopics(f["topics"]),
		Author: f["author"], Source: f["source"], Link: f["link"], Note: f["note"], Pinned: f["pinned"] != ""}
	a.Version, _ = strconv.ParseInt(f["version"], 10, 64) // a version that is no number is none: somebody else's is the last
	if a.Slug == "" {
		a.Slug = Slug(a.Title)
	}
	var wrong []fault.Field
	if p := f["position"]; p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			wrong = append(wrong, fault.Field{Name: "position", Message: "Enter a whole number, such as 3"})
		}
		a.Position = int(n)
	}
	a.Status = Status(f["state"])
	if State(f["state"]) == Scheduled {
		a.Status = Published
		var err error
		a.PublishedAt, err = f.moment(zone)
		if fields := fieldsOf(err); err != nil {
			wrong = append(wrong, fields...)
		} else if !a.PublishedAt.After(now) {
			wrong = append(wrong, fieldsOf(errPastTime)...)
		}
	}
	if all := append(fieldsOf(a.Check()), wrong...); len(all) > 0 {
		return a, fault.InvalidFields(all)
	}
	return a, nil
}

// moment is the date and time that were asked for, in the site's zone. A time that the change of the clocks leaves out is refused.
func (f form) moment(zone *time.Location) (time.Time, error) {
	day, dayErr := time.Parse(time.DateOnly, f["publish_date"])
	clock, clockErr := time.Parse("15:04", f["publish_time"])
	var wrong []fault.Field
	if dayErr != nil || day.Year() < 2000 {
		wrong = append(wrong, fault.Field{Name: "publish_date", Message: "Enter the date on which it is to be published"})
	}
	if clockErr != nil {
		wrong = append(wrong, fault.Field{Name: "publish_time", Message: "Enter the time at which it is to be published, such as 09:30"})
	}
	if len(wrong) > 0 {
		return time.Time{}, fault.InvalidFields(wrong)
	}
	at := time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), 0, 0, zone)
	if at.Format("15:04") != clock.Format("15:04") {
		return time.Time{}, fault.InvalidFields([]fault.Field{{Name: "publish_time", Message: "The clocks go forward past this time. Enter another"}})
	}
	return at.UTC(), nil
}

func fieldsOf(err error) []fault.Field {
	f, ok := fault.Of(err)
	if !ok {
		return nil
	}
	return f.Fields
}

// problems are the fields of a fault as the page shows them, by the ids of the page's own fields.
func problems(err error) (list []templates.FieldError) {
	for _, f := range fieldsOf(err) {
		name := f.Name
		if name == "status" {
			name = "state"
		}
		list = append(list, templates.FieldError{Field: name, Message: f.Message})
	}
	return list
}
