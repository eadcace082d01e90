// Package calendar writes iCalendar: the file a visitor downloads, the feed a
// calendar program polls, and the invitation or cancellation inside an email.
//
// Callers hand over plain values and any text at all. The package cleans the
// text, so that no title, name or address can add a line of its own, writes
// times as local time with their zone (a VTIMEZONE is built from Go's zone
// database for the span that is needed), and ends and folds lines as RFC 5545
// asks. The same input always gives the same bytes: the clock is never read,
// so an ETag over a feed changes only when an event does. It is the only user
// of golang-ical; what that library leaves undone is done here.
package calendar
