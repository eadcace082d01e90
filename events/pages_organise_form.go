package events

import "masterclass/templates"

const slugHint = "The last part of the event’s address, in small letters, digits and hyphens. Leave it empty to have it made from the title"

// zones are suggestions; any IANA name is taken.
var zones = []string{"Europe/London", "Europe/Dublin", "Europe/Paris", "Europe/Berlin", "Europe/Lisbon", "Europe/Athens", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "UTC"}

const (
	dateWidth = "nhsuk-input--width-10"
	timeWidth = "nhsuk-input--width-10" // browsers add the clock, and some am or pm
)

// pair are the fields of a date and a time.
func (p sheet) pair(t timed, date, clock, hint string, optional bool) []templates.Field {
	return []templates.Field{
		p.input(templates.Input{ID: t.name + "_date", Label: date, Type: "date", Class: dateWidth, Optional: optional}),
		p.input(templates.Input{ID: t.name + "_time", Label: clock, Type: "time", Class: timeWidth, Hint: hint, Optional: optional}),
	}
}

// detailGroups are the fields of an event's details; known is for an event that is there already.
func detailGroups(p sheet, known bool) []templates.FieldGroup {
	groups := append([]templates.FieldGroup{p.aboutGroup(known)}, p.whenGroups()...)
	return append(groups, p.whereGroup(), p.termsGroup(), p.shownGroup(), p.registrationGroup(), p.opensGroup(), p.closesGroup(), p.rulesGroup())
}

func (p sheet) aboutGroup(known bool) templates.FieldGroup {
	hint, prefix := slugHint, "/events/"
	if known {
		hint = "If you change it, the old address leads to the new one"
	}
	return templates.FieldGroup{Heading: "What it is", Fields: []templates.Field{
		p.input(templates.Input{ID: "title", Label: "Title"}),
		p.input(templates.Input{ID: "slug", Label: "Web address", Prefix: prefix, Hint: hint, Optional: !known}),
		p.input(templates.Input{ID: "series", Label: "Series", Optional: true, Hint: "Events of one series are listed together, such as acute-oncology"}),
		p.input(templates.Input{ID: "summary", Label: "Summary", Optional: true, Hint: "One or two sentences for lists of events"}),
		p.area(templates.Textarea{ID: "description", Label: "Description", Rows: 10, MaxLength: maxBody, Optional: true,
			Hint: "Markdown: ## before a heading, * before each point of a list, **bold**, [words](https://address)"}),
		p.area(templates.Textarea{ID: "audience", Label: "Who it is for", Rows: 2, Optional: true}),
	}}
}

func (p sheet) whenGroups() []templates.FieldGroup {
	return []templates.FieldGroup{
		{Heading: "When", Beside: true, Fields: p.pair(startsPair, "First day", "Starts at", "", false)},
		{Beside: true, Fields: p.pair(endsPair, "Last day", "Ends at", "", false)},
		{Fields: []templates.Field{
			p.box(templates.Checkbox{ID: "all_day", Label: "Whole days, with no time of day"}),
			p.input(templates.Input{ID: "time_zone", Label: "Time zone", Class: "nhsuk-input--width-20", List: "zones", ListOptions: zones,
				Hint: "All times of the event are in this zone, such as Europe/London"}),
		}},
	}
}

func (p sheet) whereGroup() templates.FieldGroup {
	return templates.FieldGroup{Heading: "Where", Fields: []templates.Field{
		p.input(templates.Input{ID: "venue", Label: "Venue", Optional: true}),
		p.input(templates.Input{ID: "address", Label: "Address", Optional: true}),
		p.input(templates.Input{ID: "join_url", Label: "Link to join online", Type: "url", Optional: true,
			Hint: "Only confirmed attendees with an online place are told it"}),
	}}
}

func (p sheet) termsGroup() templates.FieldGroup {
	return templates.FieldGroup{Heading: "Good to know", Fields: []templates.Field{
		p.area(templates.Textarea{ID: "cost", Label: "Cost", Rows: 2, Optional: true}),
		p.area(templates.Textarea{ID: "access", Label: "Access", Rows: 3, Optional: true, Hint: "Step-free access, hearing loops, parking, quiet rooms"}),
		p.input(templates.Input{ID: "topics", Label: "Topics", Optional: true, Hint: "Separated by commas"}),
		p.area(templates.Textarea{ID: "sponsors", Label: "Sponsors’ declaration", Rows: 3, Optional: true,
			Hint: "Name each company and say what it did, such as: Example Pharma Ltd paid for the venue and had no part in the programme. " +
				"It is shown on the event’s page above the programme, and in every confirmation (ABPI Code of Practice)"}),
	}}
}

func (p sheet) shownGroup() templates.FieldGroup {
	return templates.FieldGroup{Heading: "Who finds it", Fields: []templates.Field{
		p.box(templates.Checkbox{ID: "unlisted", Label: "Reached by its link only", Hint: "It is on no list, in no calendar and in no search engine"}),
	}}
}

func (p sheet) registrationGroup() templates.FieldGroup {
	return templates.FieldGroup{Heading: "Registration", Text: "Leave the dates empty for an event that does not take registrations here."}
}

func (p sheet) opensGroup() templates.FieldGroup {
	return templates.FieldGroup{Beside: true, Fields: p.pair(opensPair, "Opens on", "Opens at", "", true)}
}

func (p sheet) closesGroup() templates.FieldGroup {
	return templates.FieldGroup{Beside: true, Fields: p.pair(closesPair, "Closes on", "Closes at", "", true)}
}

func (p sheet) rulesGroup() templates.FieldGroup {
	return templates.FieldGroup{Fields: []templates.Field{
		p.box(templates.Checkbox{ID: "approval", Label: "An organiser approves each registration"}),
		p.box(templates.Checkbox{ID: "confirms_waiting", Label: "A place that comes free goes straight to whoever has waited longest",
			Hint: "Otherwise it is offered to them, and they accept or decline it"}),
	}}
}
