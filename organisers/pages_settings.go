package organisers

import "masterclass/templates"

// settingsPage is organisers/settings.
type settingsPage struct {
	Notice templates.Notice
	Groups []SettingGroup
	Doing  []factRow
	Email  string
	Last   string // what came of the last test, and when
}

// factRow is a fact with what its state is called.
type factRow struct {
	Fact
	Tag templates.Tag
}

func (h *Handler) newSettingsPage(s Session, groups []SettingGroup, doing []Fact, last MailTest) settingsPage {
	page := settingsPage{Groups: groups, Email: s.Email}
	for _, f := range doing {
		row := factRow{f, templates.Tag{Text: "Good", Colour: "green"}}
		if f.Wrong {
			row.Tag = templates.Tag{Text: "Look", Colour: "yellow"}
		}
		page.Doing = append(page.Doing, row)
	}
	if !last.At.IsZero() {
		page.Last = "Your last test, at " + moment(last.At.In(h.Zone)) + ": " + last.Said
	}
	return page
}

// tested tells what has just come of a test, instead of below the button.
func (p *settingsPage) tested(last MailTest) {
	if !last.At.IsZero() {
		p.Notice, p.Last = templates.Notice{Text: last.Said, Success: last.Taken}, ""
	}
}
