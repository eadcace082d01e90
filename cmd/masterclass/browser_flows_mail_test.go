package main

// The delivery log: what failed is found and tried again, one message is read and sent again.
func mailFlow(w *walk) []deed {
	w.people("Ada Alpha", "Bob Beta")
	e := w.site.stored(w.t, w.slug)
	eventually(w.t, "both confirmations are sent", func() bool {
		return w.site.number(w.t, "select count(*) from outbox where event_id = ? and state = 'sent'", e.ID) == 2
	})
	w.site.exec(w.t, "update outbox set state = 'failed', sent_at = null, attempts = 3, problem = 'There is no such mailbox.' where mailbox = ?", w.address("ada"))
	find := fill("event", e.ID, "kind", "Confirmation", "q", "@"+w.slug)
	return []deed{
		behind("another fails", func(w *walk) {
			w.site.exec(w.t, "update outbox set state = 'failed', sent_at = null, problem = 'The mailbox is full.' where mailbox = ?", w.address("bob"))
		}),
		open("/organise", "could not be delivered"), follow("Messages"), find, press("Show"), follow("Confirmation to Bob Beta", "The mailbox is full."),
		press("Mark as dealt with", "It is marked as dealt with.", "Dealt with"), press("Send it again", "The email is on its way again."), open("/organise", "could not be delivered"), follow("Messages"), find, press("Show", "Ada Alpha", "Bob Beta"), fill("from", "2020-01-01", "to", "2019-01-01"), pressFor(422, "Show", "The last day must not be before the first"), fill("from", "2099-01-01", "to", ""), press("Show", "There are no such messages."), follow("Clear"),
		find, press("Show"), follow("Failed (", "There is no such mailbox."), follow("Try all failed again", "could not be delivered"), follow("Leave them as they are"),
		follow("Try all failed again"), press("Try again", "They are in the queue again."), follow("Sent"), follow("Confirmation to Bob Beta", "What it says"), press("Send it again", "The email is on its way again."),
		follow("The attendee, and their other emails", "Bob Beta"),
	}
}

// A message to some of an event's people: written, looked at, changed, tried on oneself, and sent to all of them.
func messageFlow(w *walk) []deed {
	w.people("Ada Alpha")
	w.registered("Eve", "Epsilon", 1)
	arrived := behind("the mail is sent", func(w *walk) {
		id := w.site.stored(w.t, w.slug).ID
		eventually(w.t, "both have the message", func() bool {
			return w.site.number(w.t, "select count(*) from outbox where event_id = ? and kind = 'message' and registration_id <> '' and state = 'sent'", id) == 2
		})
	})
	if w.scripts {
		arrived = behind("the page counts by itself", func(w *walk) { w.becomes(`document.querySelector('[data-progress-words]').textContent`, "2 of 2 sent") })
	}
	return []deed{
		open(w.page), follow("Messages", "Nothing yet."), follow("Write a message"), pressFor(422, "Look at it before it goes", "There is a problem"),
		fill("place", "Online", "profession", "Nurse", "subject", "Rooms", "body", "Room **2**."), press("Look at it before it goes", "Nobody has had it yet.", "1 person", "Room 2."),
		unfold("As plain text"), press("Change it"), fill("place", "Every place", "body", "Room **3**."), press("Look at it before it goes", "2 people", "Room 3."),
		press("Send a test to myself", "A test is on its way"), press("Continue", "Send this message?"), press("Back to the message"), press("Continue"),
		pressFor(422, "Send the message", "Tick the box to send the message"), fill("confirm", "yes"), press("Send the message", "Rooms"), arrived,
		follow("Messages"), follow("Rooms", "2 of 2 sent"),
	}
}
