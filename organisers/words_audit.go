package organisers

// groups are the choices of actions, with how their names begin. Each action is in one of them.
var groups = []struct {
	name, words string
	actions     []string
}{
	{"accounts", "Accounts and sign-in", []string{"organiser."}},
	{"registrations", "Registrations", []string{"registration.", "attendees.", "calendar.", "links."}},
	{"events", "Events and places", []string{"event.", "place.", "places.", "programme.", "session.", "sessions.", "speaker.", "speakers.", "question.", "questions.", "resource.", "resources."}},
	{"health", "Looks at health data", []string{"health."}},
	{"check-in", "Check-in", []string{"attendee.check"}},
	{"messages", "Messages and reminders", []string{"message.", "reminder.", "reminders."}},
	{"settings", "Settings", []string{"settings."}},
	{"articles", "Articles, files and e-learning", []string{"article.", "source.", "learning."}},
}

func groupsOf(name string) []string {
	for _, g := range groups {
		if g.name == name {
			return g.actions
		}
	}
	return nil
}
