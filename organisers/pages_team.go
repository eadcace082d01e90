package organisers

import (
	"masterclass/internal/access"
	"masterclass/internal/seen"
	"masterclass/templates"
)

// teamPage is organisers/team.
type teamPage struct {
	Errors      []templates.FieldError
	Notice      templates.Notice
	Members     []memberRow
	Email, Name templates.Input
	Role        templates.Radios
}

// memberRow is a member in the table.
type memberRow struct {
	Member
	You                  bool
	RoleWords, SeenWords string
	State                templates.Tag // of the second step
}

// inviteForm is what was typed.
type inviteForm struct{ Email, Name, Role string }

func (h *Handler) newTeamPage(members []Member, own string, form inviteForm, errs ...templates.FieldError) teamPage {
	page := teamPage{Errors: errs,
		Email: templates.Input{ID: "email", Label: "Email address", Type: "email", Value: form.Email, Autocomplete: "off", Error: errorOf(errs, "email")},
		Name:  nameInput(form.Name, errs), Role: roleRadios(form.Role, errs),
	}
	for _, m := range members {
		row := memberRow{Member: m, You: m.ID == own, RoleWords: roleWords(m.Role), SeenWords: "Never", State: templates.Tag{Text: "Off", Colour: "grey"}}
		switch {
		case m.Invited && m.Seen.IsZero():
			row.SeenWords = "Invited"
		case !m.Seen.IsZero():
			row.SeenWords = shortMoment(m.Seen.In(h.Zone))
		}
		if m.SecondStep {
			row.State = templates.Tag{Text: "On", Colour: "green"}
		}
		page.Members = append(page.Members, row)
	}
	return page
}

func nameInput(value string, errs []templates.FieldError) templates.Input {
	return templates.Input{ID: "name", Label: "Name", Hint: "As colleagues see it", Value: value, Autocomplete: "off", Error: errorOf(errs, "name")}
}

func roleRadios(value string, errs []templates.FieldError) templates.Radios {
	r := templates.Radios{ID: "role", Legend: "Role", Value: value, Error: errorOf(errs, "role")}
	for _, role := range access.Roles {
		r.Options = append(r.Options, templates.Option{Value: string(role), Text: roleWords(role), Hint: roleHints[role]})
	}
	return r
}

// memberPage is organisers/member.
type memberPage struct {
	Errors              []templates.FieldError
	ID, Email, Seen     string
	Own                 bool
	Invited, SecondStep bool
	Heading             string
	Name, Address       templates.Input
	Role                templates.Radios
	Events              templates.Checkboxes
}

// newMemberPage is the page of m, with what was typed into its forms.
func (h *Handler) newMemberPage(m, typed Member, own string, events []EventLine, errs ...templates.FieldError) memberPage {
	page := memberPage{Errors: errs, ID: m.ID, Email: m.Email, Seen: seen.Mark(m.asIs().values()), Own: m.ID == own, Invited: m.Invited, SecondStep: m.SecondStep, Heading: m.Name,
		Name: nameInput(typed.Name, errs), Role: roleRadios(string(typed.Role), errs)}
	page.Address = templates.Input{ID: "email", Label: "Email address", Type: "email", Value: typed.Email, Autocomplete: "off", Error: errorOf(errs, "email")}
	page.Events = templates.Checkboxes{ID: "events", Legend: "Events to help at", Hint: "For stewards: they check people in at these events, and see no others.",
		Values: typed.Events, Error: errorOf(errs, "events")}
	for _, e := range events {
		page.Events.Options = append(page.Events.Options, templates.Option{Value: e.ID, Text: e.Title, Hint: e.Words()})
	}
	return page
}
