package main

import (
	"net/url"
	"strings"
	"time"

	"masterclass/events"
)

// The list and one attendee, with everything that an organiser can do for them.
func attendeeFlow(w *walk) []deed {
	w.people("Ada Alpha", "Bob Beta", "Cy Gamma")
	w.registered("Eve", "Epsilon", 1)
	grace := []string{"first_name", "Grace", "last_name", "Hopper", "email", w.address("grace"), "profession", "Nurse", "employer", "Trust", "place", "In person"}
	full := behind("the place fills up", func(w *walk) {
		first := w.site.stored(w.t, w.slug).Places[0]
		w.site.resize(w.t, first, first.Taken)
	})
	return steps(
		[]deed{open(w.page), follow("Attendees", "Alpha, Ada", "Epsilon, Eve"), fill("q", "beta"), press("Show", "Beta, Bob"), saysNot("Alpha, Ada"), follow("Clear"),
			fill("place", "Online", "profession", "Nurse", "sort", "Newest first"), press("Show", "Epsilon, Eve"), saysNot("Alpha, Ada"), follow("Clear"),
			fill("q", "nobody of this name"), press("Show", "Nobody is in this list."), follow("Clear"), follow("Confirmed (4)", "Gamma, Cy")},
		[]deed{follow("Alpha, Ada", "History"), pressFor(422, "Keep the note", "There is a problem"), fill("note", "Telephoned"), press("Keep the note", "The note is kept.", "Telephoned"),
			follow("Show or change dietary and access requirements", "This is health data."), fill("dietary", strings.Repeat("x", 1001)), pressFor(422, "Save", "There is a problem"),
			fill("dietary", "No nuts, no fish"), press("Save", "Their requirements are changed."), follow("Show or change dietary"), follow("Leave them as they are"),
			follow("Change their details"), fill("last_name", ""), pressFor(422, "Save", "There is a problem"), fill("last_name", "Lovelace"), press("Save", "Their details are changed.", "Lovelace"),
			follow("Correct the email address"), pressFor(422, "Correct the address", "There is a problem"), fill("email", w.address("lovelace")), press("Correct the address", "The address is corrected"),
			follow("Move to another place"), pressFor(422, "Move them", "There is a problem"), fill("place", "Online"), press("Move them", "They are moved"),
			press("Send their email again", "The email is on its way again."), press("Send again:", "The email is on its way again."),
			follow("Give the place to a colleague"), pressFor(422, "Give the place to them", "Enter their first name"), fill("first_name", "Alan", "last_name", "Turing", "email", w.address("alan"), "profession", "Nurse"),
			press("Give the place to them", "The place is passed on", "Alan"),
			follow("Cancel the registration"), follow("Leave it as it is"), follow("Cancel the registration"), fill("reason", "As they asked."), press("Cancel the registration", "The registration is cancelled"),
			follow("Register them again", "stays cancelled"), press("Add them", "They are registered", "Turing, Alan"), open(w.page + "/attendees?status=cancelled"), follow("Turing, Alan"),
			follow("Erase this person’s details"), pressFor(422, "Erase their details", "Choose what to erase"), fill("what", "This registration alone"),
			press("Erase their details", "This person’s details are erased.")},
		[]deed{follow("Attendees"), follow("Add an attendee"), pressFor(422, "Add them", "There is a problem"), fill(grace...), press("Add them", "They are registered"),
			follow("Add an attendee"), fill(grace...), pressFor(409, "Add them", "has already registered"), full,
			fill("email", w.address("hopper")), pressFor(409, "Add them", "is full"), press("Put them on the waiting list", "They are on the waiting list"),
			follow("Waiting list", "Who waits, in order", "Hopper")},
		[]deed{follow("Attendees"), press("Cancel", "Nobody is ticked"), follow("Back to the list"),
			fill("id", "Choose Beta, Bob", "id", "Choose Gamma, Cy"), press("Send their email again", "2 registrations"), press("Send them", "2 emails on their way again", "It worked for all of them"),
			follow("Back to the list"), fill("id", "Choose Beta, Bob"), press("Cancel", "1 registration"), fill("reason", "As they asked."), press("Cancel them", "1 cancelled"), follow("Back to the list")},
	)
}

// Requests for a place, one by one and at once.
func requestFlow(w *walk) []deed {
	w.site.altered(w.t, w.site.stored(w.t, w.slug), "approval = ?", true)
	w.people("Ada Alpha", "Bob Beta", "Cy Gamma", "Di Delta")
	return []deed{
		open(w.page), follow("Attendees"), follow("Pending (4)"), follow("Alpha, Ada"), press("Approve the request", "The request is approved"),
		follow("Attendees"), follow("Beta, Bob"), follow("Refuse the request"), fill("reason", "It is for those who prescribe."), press("Refuse the request", "The request is refused"),
		follow("Attendees"), fill("id", "Choose Gamma, Cy"), press("Approve", "Approve these requests?"), press("Approve them", "1 approved"), follow("Back to the list"),
		fill("id", "Choose Delta, Di", "id", "Choose Gamma, Cy"), press("Refuse", "Refuse these requests?", "1 that you chose does not await approval"), press("Refuse them", "1 refused", "It worked for all of them"), follow("Back to the list"),
	}
}

// What is left once the waiting list rests, given to some of those who wait.
func waitingFlow(w *walk) []deed {
	w.people("Ada Alpha", "Bob Beta")
	w.site.resize(w.t, w.site.stored(w.t, w.slug).Places[0], 2)
	w.waits("Cy Gamma", "Di Delta", "Eve Epsilon")
	w.site.altered(w.t, w.site.stored(w.t, w.slug), "registration_closes_at = ?", w.site.now().Add(-time.Minute).UnixMilli())
	return []deed{
		open(w.page), follow("Waiting list", "Nobody is offered a place any more", "Gamma, Cy"), saysNot("Give them a place"),
		follow("Gamma, Cy"), follow("Give them a place", "No place is left to give."), follow("Leave it as it is"),
		follow("Places"), follow("In person"), fill("capacity", "4"), press("Save", "Nobody who waits is offered what is left any more."),
		follow("Give them a place", "2 places left"), press("Give them a place", "Nobody is ticked"), follow("Back to the list"), follow("Waiting list"),
		fill("id", "Choose Delta, Di"), press("Give them a place", "Give these people a place?", "1 registration"), press("Give them a place", "1 given a place"), follow("Back to the list"),
		follow("Gamma, Cy"), follow("Give them a place", "1 place left"), press("Give them a place", "They have a place, and we have written to them.", "Given a place from the waiting list"),
		follow("Attendees"), follow("Confirmed (4)", "Delta, Di", "Gamma, Cy"),
	}
}

// A file of people, chosen and pasted.
func importFlow(w *walk) []deed {
	const head = "First name,Last name,Email,Profession,Employer\n"
	file := head + "Grace,Hopper," + w.address("grace") + ",Nurse,Trust\nAlan,Turing,not an address,Nurse,Trust\n"
	return []deed{
		open(w.page), follow("Attendees"), follow("Import a file"), download("Download an empty file", "First name"), pressFor(422, "Check the file", "There is a problem"),
		attach("file", "people.csv", []byte(file)), fill("place", "In person", "wait", "yes"), press("Check the file", "Nothing is done yet.", "Enter an email address"),
		press("Import 1 person", "1 person registered", "were not registered"), follow("Import another file"),
		fill("paste", head+"Grace,Hopper,"+w.address("grace")+",Nurse,Trust\n"), press("Check the file", "There is nobody to import."), follow("Choose another file"), follow("Import nobody", "Hopper, Grace"),
	}
}

// What is printed, sent to the caterer, or opened in a spreadsheet.
func listFlow(w *walk) []deed {
	w.people("Ada Alpha", "Bob Beta")
	return []deed{
		open(w.page), follow("Attendees"), download("Download as CSV", "Alpha"), download("Download for Excel", "PK"), follow("Catering", "No nuts"),
		open(w.page + "/attendees"), follow("Access requirements", "A ramp to the stage"), follow("Alpha, Ada", "History"),
		follow("Badges and lists", "2 badges", "Ada Alpha"), download("Download the badges", "%PDF"), follow("In person"), follow("Signing-in sheet", "Beta"), download("Download the sheet", "%PDF"),
		follow("Attendance so far", "Nobody has been checked in yet."), follow("Back to check-in"),
		fill("code", "alpha"), press("Check in"), press("Check in Ms Ada Alpha", "Checked in"), open(w.page+"/attendance", "Alpha"), download("Download as CSV", "Alpha"),
		open(w.page+"/attendees?attendance=came", "Alpha, Ada"), open(w.page + "/check-in"), press("Undo: Ms Ada Alpha", "taken back"), open(w.page+"/attendees?attendance=came", "Nobody is in this list."),
	}
}

// A steward at the door: by name, in and out, at a session, taken back, and somebody without a registration.
func doorFlow(w *walk) []deed {
	w.people("Ada Alpha", "Bob Beta")
	w.desk.post(w.page+"/programme/sessions/new", url.Values{"title": {"Opening"}, "kind": {"talk"}, "day": {"2099-03-12"}, "starts_time": {"09:30"}, "ends_time": {"10:30"}}).want(w.t, 303)
	e := w.site.stored(w.t, w.slug)
	tomorrow := w.site.now().In(e.Starts().Location()).AddDate(0, 0, 1) // stewards register nobody before
	at := func(hour int) time.Time {
		return time.Date(tomorrow.Year(), tomorrow.Month(), tomorrow.Day(), hour, 30, 0, 0, tomorrow.Location())
	}
	starts, ends := at(9), at(16)
	w.site.altered(w.t, e, "starts_local = ?, ends_local = ?, starts_at = ?, ends_at = ?", starts.Format(events.LocalTime), ends.Format(events.LocalTime), starts.UnixMilli(), ends.UnixMilli())
	byReference := []deed{fill("code", "ZZZZ-2222"), pressFor(422, "Check in", "Not found")}
	if w.scripts { // then no page answers a reference
		byReference = []deed{fill("code", "ZZZZ-2222"), behind("scan", func(w *walk) { w.run(w.click("button", "Check in")); w.said("Not found") })}
	}
	out, in := "Check in", "Check out" // what the button says once the door is set so: without scripts, what it said before
	if w.scripts {
		out, in = in, out
	}
	seek := func(name, button string, says ...string) []deed {
		return []deed{fill("code", name), press(button, says...)}
	}
	return steps(
		[]deed{open("/organise", "Your events"), follow("Check in", "Nobody has been checked in yet."), pressFor(422, "Check in", "Scan a ticket, or type a name or a reference")},
		seek("nobody of this name", "Check in", "Nobody’s name"), byReference,
		seek("alpha", "Check in", "Ada Alpha"), []deed{press("Check in Ms Ada Alpha", "Checked in"), press("Undo: Ms Ada Alpha", "The last entry was taken back")},
		seek("alpha", "Check in"), []deed{press("Check in Ms Ada Alpha", "Checked in")}, seek("alpha", "Check in", "In since"), []deed{saysNot("Check in Ms Ada Alpha")},
		[]deed{unfold("This door"), fill("action", "out")}, seek("alpha", out), []deed{press("Check out Ms Ada Alpha", "Checked out at")},
		[]deed{fill("action", "in", "session", "9:30am to 10:30am Opening")}, seek("beta", in, "Bob Beta"), []deed{press("Check in Ms Bob Beta", "Checked in", "at one session"), press("Undo: Ms Bob Beta", "taken back")},
		[]deed{follow("Somebody without a registration"), pressFor(422, "Register and check in", "There is a problem"),
			fill("first_name", "Grace", "last_name", "Hopper", "email", w.address("grace"), "profession", "Nurse", "employer", "Trust", "place", "In person"), press("Register and check in", "Checked in", "Grace Hopper"),
			behind("registration closes with somebody on the waiting list, and a place is added", func(w *walk) {
				w.site.resize(w.t, w.site.stored(w.t, w.slug).Places[0], 3)
				w.waits("Cy Gamma")
				w.site.altered(w.t, w.site.stored(w.t, w.slug), "registration_closes_at = ?", w.site.now().Add(-time.Minute).UnixMilli())
				w.site.resize(w.t, w.site.stored(w.t, w.slug).Places[0], 4)
			})},
		seek("gamma", "Check in", "On the waiting list"), []deed{press("Give a place and check in Ms Cy Gamma", "Checked in", "Cy Gamma")},
	)
}
