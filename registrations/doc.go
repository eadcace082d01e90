// Package registrations is about one person's place at an event: registering, waiting, managing and cancelling.
//
// A person fills in the form, checks their answers while a seat is held, and confirms: register.go is that flow, form.go reads and
// checks what was typed, store.go and commit.go hold every query. The transaction that registers also writes the audit trail and the
// outbox, so that whatever was acknowledged is there and will be mailed, whatever is killed. status.go says which change of status is
// allowed and by whom; store_approve.go is where organisers decide on requests. store_event.go changes an event,
// store_event_cancel.go ends it and store_news.go tells everybody; store_substitute.go gives a registration to another mailbox. In an outage
// handler_away.go keeps what was typed. Health data is encrypted and apart (health.go). Attendees have no account: a secret link, derived and
// never stored, manages one registration (handler_manage.go). An event's rules remind its attendees (reminders.go), each once for each
// rule, unless they have stopped that (handler_unsubscribe.go); what organisers write to them (message.go) always comes. mail.go writes what is
// sent, from the snapshot the transaction kept.
// handler_organise_messages.go shows organisers what became of all of it, without anybody's own links, and dashboard.go what needs their attention.
// store_check.go has the rules that must always be true of the record.
package registrations
