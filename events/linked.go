package events

import (
	"strings"
	"time"

	"masterclass/internal/web"
)

// linked is the event as search engines read it (schema.org Event, JSON-LD).
func linked(e *Event, left map[string]Availability, now time.Time, site web.Site) map[string]any {
	link := site.BaseURL + "/events/" + e.Slug
	data := map[string]any{
		"@context": "https://schema.org", "@type": "EducationEvent", "@id": link, "url": link, "name": e.Title,
		"startDate": e.linkedTime(e.Starts()), "endDate": e.linkedTime(e.LastDay()), "eventStatus": e.linkedStatus(),
		"image": []string{site.BaseURL + e.picturePath(site.Name)}, "organizer": map[string]any{"@type": "Organization", "name": site.Name, "url": site.BaseURL},
	}
	if e.Summary != "" {
		data["description"] = e.Summary
	}
	if previous := e.previousStarts(); previous != nil {
		data["previousStartDate"] = previous
	}
	e.linkPlaces(data, link)
	if performers := e.linkedSpeakers(); len(performers) > 0 {
		data["performer"] = performers
	}
	if e.free() {
		data["isAccessibleForFree"] = true
		if offers := e.linkedOffers(left, now, link+"/register"); len(offers) > 0 {
			data["offers"] = offers
		}
	}
	if topics := e.TopicList(); len(topics) > 0 {
		data["keywords"] = strings.Join(topics, ", ")
	}
	return data
}

// linkedTime is a day for what lasts all day, else a time with its distance from UTC.
func (e *Event) linkedTime(t time.Time) string {
	if e.AllDay {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}

func (e *Event) linkedStatus() string {
	switch e.Status {
	case Cancelled:
		return "https://schema.org/EventCancelled"
	case Postponed:
		return "https://schema.org/EventPostponed"
	}
	if len(e.earlierStarts()) > 0 {
		return "https://schema.org/EventRescheduled"
	}
	return "https://schema.org/EventScheduled"
}

// linkPlaces says where the event is, and how many can come in all.
func (e *Event) linkPlaces(data map[string]any, link string) {
	there := map[string]any{"@type": "Place", "name": first(e.Venue, e.Address), "address": first(e.Address, e.Venue)}
	afar := map[string]any{"@type": "VirtualLocation", "url": link}
	mode := "Offline"
	switch hasVenue := e.there() != ""; {
	case e.online() && hasVenue:
		mode, data["location"] = "Mixed", []any{there, afar}
	case e.online():
		mode, data["location"] = "Online", afar
	case hasVenue:
		data["location"] = there
	}
	data["eventAttendanceMode"] = "https://schema.org/" + mode + "EventAttendanceMode"
	var here, online int64
	for _, p := range e.Places {
		if p.Online {
			online += p.Capacity
		} else {
			here += p.Capacity
		}
	}
	if here > 0 {
		data["maximumPhysicalAttendeeCapacity"] = here
	}
	if online > 0 {
		data["maximumVirtualAttendeeCapacity"] = online
	}
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (e *Event) linkedSpeakers() (list []any) {
	for _, s := range e.Speakers {
		person := map[string]any{"@type": "Person", "name": s.Name}
		if s.Role != "" {
			person["jobTitle"] = s.Role
		}
		list = append(list, person)
	}
	return list
}

// free says whether what is written of the cost says that there is none: 'Free for NHS staff, £50 for others' does not.
func (e *Event) free() bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(e.Cost)), "free") && !strings.ContainsAny(e.Cost, "£€$0123456789")
}

// linkedOffers are the places of a free event that one can register for. Of another the price is not known, and an offer needs one.
func (e *Event) linkedOffers(left map[string]Availability, now time.Time, link string) (list []any) {
	if e.RegistrationClosesAt == 0 || e.Status != Published || e.Past(now) {
		return nil
	}
	state := e.Registration(now)
	for _, p := range e.Places {
		availability := "InStock"
		switch {
		case state == Closed || left[p.ID].Left == 0:
			availability = "SoldOut"
		case state == NotYetOpen:
			availability = "PreOrder"
		}
		offer := map[string]any{"@type": "Offer", "name": p.Name, "url": link, "availability": "https://schema.org/" + availability,
			"availabilityEnds": e.atZone(e.RegistrationClosesAt), "price": "0", "priceCurrency": "GBP"}
		if e.RegistrationOpensAt > 0 {
			offer["validFrom"] = e.atZone(e.RegistrationOpensAt)
		}
		list = append(list, offer)
	}
	return list
}

// atZone is an instant in the event's zone.
func (e *Event) atZone(ms int64) string { return time.UnixMilli(ms).In(e.zone()).Format(time.RFC3339) }
