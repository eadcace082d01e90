package events

import (
	"net/url"
	"time"

	"masterclass/templates"
)

// AddLinks are the ways to put the event into one's own calendar, where being what the person sees as its place. The sites behind them are
// told of the event only by whoever follows a link.
func (e *Event) AddLinks(baseURL, where string) []templates.Link {
	entry := e.Calendar(baseURL)
	google := url.Values{"action": {"TEMPLATE"}, "text": {entry.Title}, "details": {entry.Description}, "location": {where}, "ctz": {e.TimeZone},
		"dates": {e.hoursUTC()}}
	outlook := url.Values{"path": {"/calendar/action/compose"}, "rru": {"addevent"}, "subject": {entry.Title}, "body": {entry.Description}, "location": {where}}
	if e.AllDay {
		google.Set("dates", e.Starts().Format("20060102")+"/"+e.Ends().Format("20060102"))
		outlook.Set("allday", "true")
		outlook.Set("startdt", e.Starts().Format(time.DateOnly))
		outlook.Set("enddt", e.Ends().Format(time.DateOnly))
	} else {
		outlook.Set("startdt", e.Starts().Format(time.RFC3339))
		outlook.Set("enddt", e.Ends().Format(time.RFC3339))
	}
	return []templates.Link{
		{Href: "https://calendar.google.com/calendar/render?" + google.Encode(), Text: "Google Calendar"},
		{Href: "https://outlook.live.com/calendar/0/deeplink/compose?" + outlook.Encode(), Text: "Outlook.com"},
		{Href: "https://outlook.office.com/calendar/0/deeplink/compose?" + outlook.Encode(), Text: "Office 365"},
	}
}

// hoursUTC is the start and the end as Google reads them.
func (e *Event) hoursUTC() string {
	const layout = "20060102T150405Z"
	return e.Starts().UTC().Format(layout) + "/" + e.Ends().UTC().Format(layout)
}
