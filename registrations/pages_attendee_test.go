package registrations

import "testing"

func TestTheHistoryOfAnAttendeeIsInWords(t *testing.T) {
	t.Parallel()
	for entry, want := range map[HistoryEntry]string{
		{Action: "attendee.checked-in"}:                                    "Checked in",
		{Action: "calendar.renewed"}:                                       "Calendar link renewed",
		{Action: "reminders.stopped"}:                                      "Reminders stopped",
		{Action: "registration.note"}:                                      "Note added",
		{Action: "registration.moved", Detail: "from In person to Online"}: "Moved from In person to Online",
		{Action: "registration.changed", Detail: "last name, employer"}:    "Details changed: last name, employer",
		{Action: "registration.changed"}:                                   "Details changed",
		{Action: "registration.moved"}:                                     "Moved to another place",
		{Action: "of.another-version"}:                                     "Of another version",
	} {
		if got := entry.words(); got != want {
			t.Errorf("%s is called %q, want %q", entry.Action, got, want)
		}
	}
}
