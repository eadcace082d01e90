package registrations

import (
	"testing"

	"masterclass/events"
)

func TestTheHistoryOfAnAttendeeIsInWords(t *testing.T) {
	t.Parallel()
	e := &events.Event{Places: []events.Place{{ID: "1", Name: "In person"}, {ID: "2", Name: "Online"}}}
	for entry, want := range map[HistoryEntry]string{
		{Action: "attendee.checked-in"}:                             "Checked in",
		{Action: "calendar.renewed"}:                                "Calendar link renewed",
		{Action: "reminders.stopped"}:                               "Reminders stopped",
		{Action: "registration.note"}:                               "Note added",
		{Action: "registration.moved", Detail: "from place 1 to 2"}: "Moved from In person to Online",
		{Action: "registration.moved"}:                              "Moved to another place",
		{Action: "of.another-version"}:                              "Of another version",
	} {
		if got := entry.words(e); got != want {
			t.Errorf("%s is called %q, want %q", entry.Action, got, want)
		}
	}
}
