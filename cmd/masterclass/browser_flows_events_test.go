package main

import (
	"strings"

	"masterclass/internal/access"
)

// newSpeaker and newSession add a part to a programme, from its page.
func newSpeaker(name string) []deed {
	return []deed{follow("Add a speaker"), fill("name", name, "role", "Consultant nurse"), press("Save", "It is added.", name)}
}

func newSession(title, starts, ends string) []deed {
	return []deed{follow("Add a session"), fill("title", title, "room", "Hall", "day", "2099-03-12", "starts_time", starts, "ends_time", ends), press("Save", title)}
}

// From nothing to an event on the site, its copy, and off again.
func eventFlow(w *walk) []deed {
	made := w.slug + "-made"
	return []deed{
		follow("Events"), follow("Create an event"), pressFor(422, "Create the event", "Enter the title"),
		fill("title", "Dose banding "+w.slug, "slug", made, "summary", "A day", "description", "## Why\n\nIt is **safer**.", "venue", "Town hall",
			"starts_date", "2099-03-12", "ends_date", "2099-03-12", "closes_date", "2099-03-01", "closes_time", "17:00"),
		press("Preview the description", "Why"), press("Create the event", "The event is kept as a draft."),
		follow("Details"), fill("title", ""), pressFor(422, "Save", "There is a problem"), fill("title", "Dose banding "+w.slug,
			"sponsors", "Example Pharma Ltd paid for the hall and had no part in the programme.", "unlisted", "yes"), press("Save", "Your changes are saved.", "By its link only"),
		follow("Preview its page", "Preview: not published", "Example Pharma Ltd"), follow("Back to the overview"),
		press("Publish", "The event is on the site."), press("Show it in lists", "The event is in the list of events"), press("Hide it from lists", "The event is found by its link only."),
		press("Take it off the site", "The event is a draft again"), press("Publish", "The event is on the site."),
		follow("Duplicate this event"), fill("title", ""), pressFor(422, "Make the copy", "There is a problem"),
		fill("title", "Dose banding again "+w.slug, "slug", made+"-again", "starts_date", "2099-06-18"), press("Make the copy", "This is the copy: a draft."),
		follow("All events"), follow("Draft"), follow("Dose banding again " + w.slug),
		follow("See which reminders are sent", "Reminders"), fill("offset", ""), pressFor(422, "Add the reminder"),
		fill("kind", "The question whether they are still coming", "offset", "9", "unit", "days"), press("Add the reminder", "9 days"), press("Remove"),
		follow("Overview"), follow("Delete this draft", "Delete this draft?"), press("Delete", "The draft is deleted."),
	}
}

// What people are told of a change, somebody else who changes the same, another date to come, a new date, and the end.
func changeFlow(w *walk) []deed {
	w.people("Ada Alpha")
	somebodyElse := behind("somebody else changes the cost", func(w *walk) {
		e := w.site.stored(w.t, w.slug)
		changed := *e
		changed.Cost, changed.Summary = "Free", "Theirs"
		if _, err := w.site.registrar.ChangeEvent(w.t.Context(), &changed, e.Version, access.Entry{Actor: "organiser:sam"}); err != nil {
			w.t.Fatal(err)
		}
	})
	return []deed{
		open(w.page), follow("Details"), fill("starts_time", "10:00"), press("Save", "Nothing is stored yet.", "1 person is told by email."), unfold("See a sample of the email"), says("Subject:"),
		press("Go back and change"), press("Save", "1 person is told by email."), press("Save and tell 1 person", "everybody concerned is told by email"),
		follow("Details"), somebodyElse, fill("summary", "Mine"), pressFor(409, "Save", "Somebody else has changed this meanwhile", "Theirs", "Free"), press("Save", "Your changes are saved."),
		follow("Postpone this event", "Postpone this event?"), unfold("See the email to people with a confirmed place"), says("Subject:"), press("Postpone the event", "The event is postponed."),
		follow("Details"), fill("starts_date", "2099-03-19", "ends_date", "2099-03-19", "takes_place", "yes"), press("Save", "1 person is told by email."),
		press("Save and tell 1 person", "everybody concerned is told by email"),
		follow("Cancel this event"), pressFor(422, "Cancel the event", "There is a problem"), fill("reason", "The hall has burnt down."), press("Look at the email", "Subject:", "The hall has burnt down."),
		fill("confirm", "yes"), press("Cancel the event", "The event is cancelled."),
	}
}

// Speakers and sessions: added, changed, put in order, warned about, moved with the event, and deleted.
func programmeFlow(w *walk) []deed {
	return steps(
		[]deed{open(w.page), follow("Programme", "There are no sessions yet.")}, newSpeaker("Dr Ada Alpha"), newSpeaker("Dr Bob Beta"),
		[]deed{press("Up: Dr Bob Beta"), press("Down: Dr Bob Beta"), follow("Dr Bob Beta"), fill("name", ""), pressFor(422, "Save"), fill("name", "Dr Bob Gamma"), press("Save", "Your changes are saved.", "Dr Bob Gamma")},
		[]deed{follow("Add a session"), pressFor(422, "Save", "There is a problem"), fill("title", "Late", "starts_time", "12:00", "ends_time", "11:00"), pressFor(422, "Save", "There is a problem"), follow("Cancel")},
		newSession("Opening", "09:30", "10:30"), newSession("Overlapping", "10:00", "11:00"), newSession("Beside it", "10:00", "11:00"),
		[]deed{says("is in Hall at the same time."), press("Up: Beside it"), press("Down: Beside it"),
			follow("Overlapping"), fill("starts_time", "11:00", "ends_time", "12:00", "speakers", "Dr Ada Alpha"), press("Save", "Your changes are saved.", "11am")},
		[]deed{follow("Beside it"), follow("Delete this session"), follow("Keep it"), follow("Beside it"), follow("Delete this session"), press("Delete", "It is deleted."), saysNot("Beside it")},
		[]deed{follow("Dr Ada Alpha"), follow("Delete this speaker"), press("Delete", "It is deleted."), saysNot("Ada Alpha")},
		[]deed{follow("Details"), fill("starts_date", "2099-03-19", "ends_date", "2099-03-19"), press("Save", "Your changes are saved."),
			follow("Programme", "The programme is on another day than the event"), press("Move the programme to that day", "The programme is moved")},
	)
}

// Places: added, changed, put in order, refused to be too small, and deleted.
func placeFlow(w *walk) []deed {
	w.people("Ada Alpha")
	return []deed{
		open(w.page), follow("Places", "1 of 20 taken"), follow("Add a place"), pressFor(422, "Save", "There is a problem"),
		fill("name", "Student", "capacity", "5"), press("Save", "It is added.", "0 of 5 taken"), press("Up: Student"), press("Down: Student"),
		follow("In person"), fill("capacity", "0"), pressFor(422, "Save", "There is a problem"), fill("capacity", "30"), press("Save", "1 of 30 taken"),
		follow("Student"), follow("Delete this place"), follow("Keep it"), follow("Student"), follow("Delete this place"), press("Delete", "It is deleted."), saysNot("Student"),
	}
}

// Questions: added, changed, put in order, deleted, and, once somebody has answered, no more asked and asked again.
func questionFlow(w *walk) []deed {
	newQuestion := func(label, kind string) []deed {
		return []deed{follow("Add a question"), fill("label", label, "kind", kind), press("Save", label)}
	}
	answered := behind("somebody answers", func(w *walk) {
		e := w.site.stored(w.t, w.slug)
		p := person(1, e.Places[0].ID)
		p["email"], p["answers"] = w.address("ada"), map[string]any{e.Asked()[0].ID: "Yes"}
		w.site.visitor(w.t).call("/api/v1/events/"+w.slug+"/registrations", p).want(w.t, 201)
	})
	return steps(
		[]deed{open(w.page), follow("Questions", "This event asks no questions of its own."), follow("Add a question"), pressFor(422, "Save", "There is a problem"), follow("Cancel")},
		newQuestion("First?", "yes_no"), newQuestion("Second?", "yes_no"),
		[]deed{press("Down: First?"), press("Up: First?"), follow("Second?"), fill("label", ""), pressFor(422, "Save"), fill("label", "Second, in other words?", "kind", "choice", "options", "One\nTwo"),
			press("Save", "Second, in other words?", "One · Two"), follow("Delete: Second, in other words?"), press("Delete", "It is deleted."), saysNot("Second, in other words?")},
		[]deed{answered, follow("Questions"), press("Stop asking: First?", "The question is not asked any more."), press("Ask it again: First?", "The question is asked again"),
			follow("See the answers", "1 person has answered."), follow("1 who answered Yes", "1 registration", "Example, Ada"),
			fill("answer", "First? No"), press("Show", "Nobody is in this list."), fill("answer", "First? Yes"), press("Show", "Example, Ada"), download("Download as CSV", "Example"),
			follow("Write to these", "goes to 1 person", "First?"), fill("subject", "Dinner", "body", "See you there."), press("Look at it before it goes", "who answered ‘First? Yes’")},
	)
}

// Resources: a link, a file, changed, put in order and removed.
func resourceFlow(w *walk) []deed {
	return []deed{
		open(w.page), follow("Resources", "There are none yet."), follow("Add a resource"), pressFor(422, "Save", "There is a problem"),
		fill("title", "Slides of the morning", "url", "https://slides.example/morning"), press("Save", "It is added.", "Slides of the morning"),
		follow("Add a resource"), fill("title", "Notes", "kind", "document"), attach("file", "Notes of the day.pdf", []byte("%PDF-1.4 "+strings.Repeat("notes ", 300))), press("Save", "It is added.", "notes-of-the-day.pdf"),
		press("Up: Notes"), press("Down: Notes"), follow("Slides of the morning"), fill("url", "nowhere"), pressFor(422, "Save", "There is a problem"),
		fill("url", "https://slides.example/all"), press("Save", "Your changes are saved."),
		follow("Remove: Notes"), follow("Keep it"), follow("Remove: Notes"), press("Remove", "It is removed."), saysNot("notes-of-the-day.pdf"),
	}
}
