package access

import "strings"

// ActionWords say what was done, for the page of the audit trail and for the histories of what it is about.
var ActionWords = map[string]string{
	"organiser.added": "Account added on the server", "organiser.invited": "Invited", "organiser.re-roled": "Role changed", "organiser.renamed": "Name changed",
	"organiser.removed": "Account closed", "organiser.assigned": "Assigned to an event", "organiser.unassigned": "No longer assigned to an event",
	"organiser.signed-in": "Signed in", "organiser.sign-in-failed": "Could not sign in", "organiser.sign-in-ended": "Sign-in ended",
	"organiser.signed-out": "Signed out", "organiser.address-changed": "Email address changed",
	"organiser.password-set": "Password chosen", "organiser.reset-asked": "New password asked for", "organiser.two-step-on": "Second step turned on",
	"organiser.two-step-off": "Second step turned off", "organiser.recovery-codes-renewed": "New recovery codes", "organiser.recovery-code-used": "Recovery code used",

	"registration.confirmed": "Registered", "registration.waiting": "Joined the waiting list", "registration.pending": "Asked to register",
	"registration.offered": "Offered a place", "registration.approved": "Approved", "registration.refused": "Refused", "registration.cancelled": "Cancelled",
	"registration.changed": "Details changed", "registration.resent": "Confirmation sent again", "registration.substituted": "Place passed on",
	"registration.address_corrected": "Email address corrected", "registration.moved": "Moved to another place", "registration.given": "Given a place from the waiting list", "registration.note": "Note added",
	"registration.erased": "Personal data erased", "registration.address_erased": "Everything held of an address erased",
	"registration.former_erased": "Personal data of whoever had a place before erased", "attendees.exported": "Attendee list exported", "attendees.imported": "Attendees added from a file",
	"calendar.renewed": "Calendar link renewed", "links.requested": "Links asked for by email",

	"event.created": "Event added", "event.discarded": "Draft deleted", "event.changed": "Event changed", "event.published": "Event published", "event.unpublished": "Event made a draft again",
	"event.listed": "Event put on the list", "event.unlisted": "Event taken off the list", "event.cancelled": "Event cancelled", "event.postponed": "Event postponed",
	"place.added": "Place added", "place.changed": "Place changed", "place.deleted": "Place deleted", "place.capacity": "Capacity changed", "places.ordered": "Order of places changed",
	"programme.moved": "Programme moved to other times", "session.added": "Session added", "session.changed": "Session changed", "session.deleted": "Session deleted",
	"sessions.ordered": "Order of sessions changed", "speaker.added": "Speaker added", "speaker.changed": "Speaker changed", "speaker.deleted": "Speaker deleted",
	"speakers.ordered": "Order of speakers changed", "question.added": "Question added", "question.changed": "Question changed", "question.deleted": "Question deleted",
	"question.retired": "Question no longer asked", "question.asked_again": "Question asked again", "questions.ordered": "Order of questions changed",
	"resource.added": "Resource added", "resource.changed": "Resource changed", "resource.removed": "Resource removed", "resources.ordered": "Order of resources changed",

	"health.changed": "Somebody’s dietary and access requirements changed", "health.seen": "Looked at somebody’s dietary and access requirements", "health.catering": "Looked at the caterer’s summary",
	"health.access_seen": "Looked at the list of access requirements",

	"attendee.checked-in": "Checked in", "attendee.check-in-undone": "Check-in undone", "attendee.checked-out": "Checked out",
	"attendee.check-out-undone": "Check-out undone",

	"message.sent": "Message sent to attendees", "message.tested": "Test message sent", "message.resent": "Email sent again", "message.settled": "Failed email dealt with", "message.retried": "Failed emails tried again",
	"reminder.added": "Reminder added", "reminder.removed": "Reminder removed", "reminders.stopped": "Reminders stopped", "reminders.resumed": "Reminders resumed",

	"settings.mail-tested": "Test email sent", "settings.mail-refused": "Test email failed",

	"article.created": "Article added", "article.saved": "Article changed", "article.scheduled": "Article set to be published", "article.published": "Article published",
	"article.withdrawn": "Article made a draft again", "article.archived": "Article archived", "article.restored": "Earlier version of an article restored",
	"article.file-added": "File added", "article.file-removed": "File removed", "source.added": "News source added", "source.removed": "News source removed",
	"source.item-dismissed": "News item dismissed", "learning.published": "E-learning module published", "learning.unpublished": "E-learning module made a draft again",
	"learning.page-added": "E-learning page added", "learning.page-changed": "E-learning page changed", "learning.page-moved": "E-learning page moved",
	"learning.page-deleted": "E-learning page deleted", "learning.question-added": "Self-test question added", "learning.question-changed": "Self-test question changed",
	"learning.question-moved": "Self-test question moved", "learning.question-deleted": "Self-test question deleted",
	"learning.wait-confirmed": "Asked to be told of an e-learning module", "learning.wait-erased": "Address of somebody who waits for an e-learning module erased",
	"learning.wait-stopped": "No longer to be told of an e-learning module",
}

// Words are an action's. One without words, of another version of the program, is shown by its name, so none is ever hidden.
func Words(action string) string {
	if words := ActionWords[action]; words != "" {
		return words
	}
	words := strings.NewReplacer(".", " ", "-", " ", "_", " ").Replace(action)
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
