package events

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"masterclass/internal/fault"
)

const (
	maxTitle = 200
	maxSlug  = 80
	maxText  = 2000
	maxBody  = 10_000
)

// eventShape is the form of an event's details.
var eventShape = shape{
	{"title", "Title", line, maxTitle, "Enter the title of the event"},
	{"slug", "Web address", smallSlug, maxSlug, ""},
	{"series", "Series", smallSlug, maxSlug, ""},
	{"summary", "Summary", line, 300, ""},
	{"description", "Description", markup, maxBody, ""},
	{"audience", "Who it is for", lines, maxText, ""},
	{"starts_date", "First day", line, 0, ""},
	{"starts_time", "Starts at", line, 0, ""},
	{"ends_date", "Last day", line, 0, ""},
	{"ends_time", "Ends at", line, 0, ""},
	{"all_day", "Whole days", tick, 0, ""},
	{"time_zone", "Time zone", line, 60, ""},
	{"venue", "Venue", line, maxTitle, ""},
	{"address", "Address", line, 300, ""},
	{"join_url", "Link to join online", line, 500, ""},
	{"cost", "Cost", lines, maxText, ""},
	{"access", "Access", lines, maxText, ""},
	{"topics", "Topics", line, 300, ""},
	{"sponsors", "Sponsors’ declaration", lines, maxText, ""},
	{"unlisted", "Reached by its link only", tick, 0, ""},
	{"opens_date", "Registration opens on", line, 0, ""},
	{"opens_time", "Registration opens at", line, 0, ""},
	{"closes_date", "Registration closes on", line, 0, ""},
	{"closes_time", "Registration closes at", line, 0, ""},
	{"approval", "Each registration is approved by an organiser", tick, 0, ""},
	{"confirms_waiting", "Free places go straight to whoever waits", tick, 0, ""},
}

var (
	startsPair = timed{name: "starts", what: "the event starts"}
	endsPair   = timed{name: "ends", what: "the event ends"}
	opensPair  = timed{name: "opens", what: "registration opens", clock: "00:00", empty: true}
	closesPair = timed{name: "closes", what: "registration closes", clock: "23:59", empty: true}
)

func smallSlug(s string) string { return strings.ToLower(line(s)) }

// detailsOf is the event as its form shows it.
func detailsOf(e *Event) values {
	zone := e.zone()
	v := values{"title": e.Title, "slug": e.Slug, "series": e.Series, "summary": e.Summary, "description": e.Description, "audience": e.Audience,
		"time_zone": e.TimeZone, "venue": e.Venue, "address": e.Address, "join_url": e.JoinURL, "cost": e.Cost, "access": e.Access, "topics": e.Topics,
		"sponsors": e.Sponsors, "all_day": ticked(e.AllDay), "unlisted": ticked(!e.Listed), "approval": ticked(e.Approval), "confirms_waiting": ticked(e.ConfirmsWaiting)}
	startsPair.put(v, e.StartsLocal)
	endsPair.put(v, e.EndsLocal)
	if e.AllDay {
		v["starts_time"], v["ends_time"] = "", ""
	}
	opensPair.put(v, localOf(e.RegistrationOpensAt, zone))
	closesPair.put(v, localOf(e.RegistrationClosesAt, zone))
	return v
}

// event gives old the details in the form, and says what is wrong with them. What the form does not hold stays as it is.
func (v values) event(old *Event) (*Event, []fault.Field) {
	e := *old
	wrong := eventShape.check(v)
	e.Title, e.Slug, e.Series, e.Summary, e.Description, e.Audience = v["title"], v["slug"], v["series"], v["summary"], v["description"], v["audience"]
	e.Venue, e.Address, e.JoinURL, e.Cost, e.Access, e.Sponsors = v["venue"], v["address"], v["join_url"], v["cost"], v["access"], v["sponsors"]
	e.TimeZone, e.AllDay, e.Listed, e.Approval, e.ConfirmsWaiting = v["time_zone"], v["all_day"] == yes, v["unlisted"] != yes, v["approval"] == yes, v["confirms_waiting"] == yes
	e.Topics = strings.Join((&Event{Topics: v["topics"]}).TopicList(), ", ")
	if e.Slug == "" {
		e.Slug = slugOf(e.Title)
	}
	wrong = append(wrong, v.checkAddresses(&e)...)
	wrong = append(wrong, v.readTimes(&e)...)
	if len(wrong) == 0 && e.Settle() != nil { // everything that it refuses has been looked at above
		wrong = append(wrong, fault.Field{Name: "title", Message: "These details cannot be kept. Look at the title, the address and the times"})
	}
	return &e, inOrder(wrong)
}

// inOrder puts what is wrong into the order of the form, one message a field.
func inOrder(wrong []fault.Field) []fault.Field {
	at := func(f fault.Field) int {
		return slices.IndexFunc(eventShape, func(b blank) bool { return b.name == f.Name })
	}
	slices.SortStableFunc(wrong, func(a, b fault.Field) int { return at(a) - at(b) })
	return slices.CompactFunc(wrong, func(a, b fault.Field) bool { return a.Name == b.Name })
}

func (v values) checkAddresses(e *Event) []fault.Field {
	var wrong []fault.Field
	switch {
	case e.Title == "":
	case !IsSlug(e.Slug):
		wrong = append(wrong, fault.Field{Name: "slug", Message: "Use small letters, digits and hyphens only, such as sact-masterclass-2027"})
	case slices.Contains(reserved, e.Slug):
		wrong = append(wrong, fault.Field{Name: "slug", Message: "This word is kept for the site itself. Choose a different one"})
	}
	if e.Series != "" && !IsSlug(e.Series) {
		wrong = append(wrong, fault.Field{Name: "series", Message: "Use small letters, digits and hyphens only, such as acute-oncology"})
	}
	if u, err := url.Parse(e.JoinURL); e.JoinURL != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		wrong = append(wrong, fault.Field{Name: "join_url", Message: "Enter the whole address, beginning with https://"})
	}
	return wrong
}

func (v values) readTimes(e *Event) []fault.Field {
	zone, err := time.LoadLocation(e.TimeZone)
	if err != nil || e.TimeZone == "" || e.TimeZone == "Local" {
		return []fault.Field{{Name: "time_zone", Message: "Choose a time zone, such as Europe/London"}}
	}
	var wrong, more []fault.Field
	e.StartsLocal, wrong = startsPair.read(v, zone, e.AllDay)
	e.EndsLocal, more = endsPair.read(v, zone, e.AllDay)
	wrong = append(wrong, more...)
	opens, more := opensPair.read(v, zone, false)
	wrong = append(wrong, more...)
	closes, more := closesPair.read(v, zone, false)
	wrong = append(wrong, more...)
	e.RegistrationOpensAt, e.RegistrationClosesAt = instant(opens, zone), instant(closes, zone)
	if len(wrong) > 0 {
		return wrong
	}
	return append(checkSpan(e, zone), checkRegistration(e, zone)...)
}

func checkSpan(e *Event, zone *time.Location) []fault.Field {
	starts, ends := instant(e.StartsLocal, zone), instant(e.EndsLocal, zone)
	field := "ends_time"
	if e.AllDay || e.EndsLocal[:len(LocalDate)] < e.StartsLocal[:len(LocalDate)] {
		field = "ends_date"
	}
	switch year := time.UnixMilli(starts).In(zone).Year(); {
	case year < firstYear || time.UnixMilli(ends).In(zone).Year() >= lastYear:
		return []fault.Field{{Name: "starts_date", Message: "Enter a date that calendars know, with four digits for the year"}}
	case ends < starts || (ends == starts && !e.AllDay):
		return []fault.Field{{Name: field, Message: "The event must end after it starts"}}
	}
	return nil
}

func checkRegistration(e *Event, zone *time.Location) []fault.Field {
	opens, closes := e.RegistrationOpensAt, e.RegistrationClosesAt
	ends := instant(e.EndsLocal, zone)
	if e.AllDay {
		ends = time.UnixMilli(ends).In(zone).AddDate(0, 0, 1).UnixMilli()
	}
	switch {
	case closes != 0 && closes <= opens:
		return []fault.Field{{Name: "closes_date", Message: "Registration must close after it opens"}}
	case closes > ends:
		return []fault.Field{{Name: "closes_date", Message: "Registration must close before the event is over"}}
	case closes == 0 && opens != 0:
		return []fault.Field{{Name: "closes_date", Message: "Enter the date on which registration closes"}}
	}
	return nil
}

// slugOf makes an address of a title: 'SACT Masterclass 2027' gives 'sact-masterclass-2027'.
func slugOf(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case plainLetter[r] != "":
			b.WriteString(plainLetter[r])
		case r == '\'' || r == '’' || unicode.Is(unicode.Mn, r):
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := b.String()
	if len(slug) > maxSlug {
		slug = slug[:maxSlug]
		if i := strings.LastIndexByte(slug, '-'); i > 0 {
			slug = slug[:i]
		}
	}
	return strings.Trim(slug, "-")
}

// plainLetter are letters that English titles borrow.
var plainLetter = map[rune]string{'à': "a", 'á': "a", 'â': "a", 'ä': "a", 'å': "a", 'ç': "c", 'è': "e", 'é': "e", 'ê': "e", 'ë': "e", 'ì': "i", 'í': "i", 'î': "i",
	'ï': "i", 'ñ': "n", 'ò': "o", 'ó': "o", 'ô': "o", 'ö': "o", 'ø': "o", 'ù': "u", 'ú': "u", 'û': "u", 'ü': "u", 'ß': "ss", '&': "and"}
