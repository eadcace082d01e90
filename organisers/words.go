package organisers

import (
	"strings"
	"time"

	"masterclass/internal/access"
)

// clock is a time of day as the site writes it: '9:30am', 'midday'.
func clock(t time.Time) string {
	switch {
	case t.Minute() != 0:
		return t.Format("3:04pm")
	case t.Hour() == 0:
		return "midnight"
	case t.Hour() == 12:
		return "midday"
	}
	return t.Format("3pm")
}

// moment is a time and a day: '9:30am on Thursday 11 March 2027'.
func moment(t time.Time) string { return clock(t) + " on " + t.Format("Monday 2 January 2006") }

// shortMoment is for tables: '11 Mar 2027, 9:30am'.
func shortMoment(t time.Time) string { return t.Format("2 Jan 2006") + ", " + clock(t) }

// roleWords is the role's name on pages.
func roleWords(r access.Role) string {
	if r == "" {
		return ""
	}
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}

// roleHints say what each role is for.
var roleHints = map[access.Role]string{
	access.Owner:     "Everything, and looks after the team. Signs in with a code from a phone.",
	access.Organiser: "Events, attendees and messages.",
	access.Editor:    "News, articles and documents.",
	access.Steward:   "Checks people in at the events they are assigned to.",
}

// browsers and systems are found in a User-Agent by these parts, the first that is there; many contain the names of others.
var (
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}
	systems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Mac OS X", "a Mac"}, {"Linux", "Linux"}}
)

// browserWords names a browser from its User-Agent, such as 'Firefox on Windows'. It is for its owner to recognise and proves nothing.
func browserWords(agent string) string {
	browser, system := firstOf(browsers, agent), firstOf(systems, agent)
	switch {
	case browser == "":
		return "Another program"
	case system == "":
		return browser
	}
	return browser + " on " + system
}

func firstOf(names [][2]string, agent string) string {
	for _, n := range names {
		if strings.Contains(agent, n[0]) {
			return n[1]
		}
	}
	return ""
}
