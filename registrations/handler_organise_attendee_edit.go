package registrations

import (
	"cmp"
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/seen"
	"masterclass/internal/web"
	"masterclass/registrations/seats"
	"masterclass/templates"
)

// showPerson shows a form about somebody.
func showPerson(c *fiber.Ctx, e *events.Event, p PersonPage, status int) error {
	p.Event = e
	c.Status(status)
	return web.Render(c, "registrations/organise-person", web.View{Title: p.Heading + " " + p.Caption + ": " + e.Title, NoIndex: true, Error: len(p.Errors) > 0,
		Back: &web.Back{Href: p.Keep.Href}, Page: p})
}

// personOf is someone for one registration.
func personOf(e *events.Event, g *Registration, f Form, wrong []fault.Field, heading, end, button string) PersonPage {
	p := someone(f, wrong)
	p.Caption, p.Heading, p.Action, p.Button = g.Formal()+", "+g.Reference, heading, attendeePath(e, g)+"/"+end, button
	p.Keep = templates.Link{Href: attendeePath(e, g), Text: "Leave it as it is"}
	p.Hidden = []Hidden{holder(g)}
	return p
}

func editPage(e *events.Event, g *Registration, f Form, with changing) PersonPage {
	p := personOf(e, g, f, with.wrong, "Change details", "edit", "Save")
	p.Email, p.Questions = nil, DeskQuestions(e, f.Answers, with.wrong)
	p.Seen, p.Clashes = with.seen, with.clashes
	return p
}

func (h *Handler) editForm(c *fiber.Ctx) error {
	e, g, err := h.theirs(c)
	if err != nil {
		return err
	}
	if g.Status == Cancelled {
		return ErrOver
	}
	answers, err := h.answersAt(c, g, e)
	if err != nil {
		return err
	}
	f := formOf(g, Needs{}, answers)
	return showPerson(c, e, editPage(e, g, f, changing{seen: f.seenAs(e, false)}), fiber.StatusOK)
}

// edit takes the details and the answers to the event's questions: the address, place and health data of a form are not read.
func (h *Handler) edit(c *fiber.Ctx) error { return unlessMeanwhile(c, h.tryEdit) }

func (h *Handler) tryEdit(c *fiber.Ctx) error {
	e, g, err := h.theirs(c)
	if err != nil {
		return err
	}
	f := readColleague(c)
	f.Email, f.Place, f.Answers = g.Email, g.PlaceID, AnswersIn(c)
	before, err := h.answersAt(c, g, e)
	if err != nil {
		return err
	}
	with, now := changing{seen: body(c, seen.Field)}, formOf(g, Needs{}, before)
	if merged, clashes := f.meanwhile(with.seen, now, e, false); len(clashes) > 0 {
		return showPerson(c, e, editPage(e, g, merged, changing{seen: now.seenAs(e, false), clashes: clashes}), fiber.StatusConflict)
	}
	person, _, wrong := f.Person(e)
	answers, unfit := f.Answers.Given(e)
	if with.wrong = append(wrong, unfit...); len(with.wrong) > 0 {
		return showPerson(c, e, editPage(e, g, f, with), fiber.StatusUnprocessableEntity)
	}
	answers.keepGone(before, e)
	if err := h.Registrar.changeDetails(c.UserContext(), g, e, details{person: person, answers: answers, asSeen: with.seen != "", by: web.By(c)}); err != nil {
		return err
	}
	return done(c, e, g, "edited")
}

func addressPage(e *events.Event, g *Registration, value string, wrong []fault.Field) AskPage {
	p := asking(e, g, "Correct the email address", "address", "Correct the address")
	p.Text = []string{"The address is " + g.Email + ".", "We write to both: the old address is told that the registration is not theirs, and its links stop working."}
	p.Input = &templates.Input{ID: "email", Label: "The right email address", Type: "email", Value: value, Autocomplete: "off", Error: problemOf(wrong, "email")}
	return p
}

func (h *Handler) addressForm(c *fiber.Ctx) error {
	e, g, err := h.theirs(c)
	if err != nil {
		return err
	}
	if g.Status == Cancelled {
		return ErrOver
	}
	return ask(c, e, addressPage(e, g, "", nil), nil)
}

func (h *Handler) correctAddress(c *fiber.Ctx) error {
	e, g, err := h.theirs(c)
	if err != nil {
		return err
	}
	if held := body(c, holderField); held != "" && held != holder(g).Value && g.Email != line(body(c, "email")) { // else the button was pressed twice
		return errAnothers
	}
	_, err = h.CorrectAddress(c.UserContext(), g, body(c, "email"), web.By(c))
	wrong := wrongFields(err)
	if errors.Is(err, ErrAlready) {
		wrong = []fault.Field{{Name: "email", Message: "Enter another email address: somebody has already registered for this event with this one"}}
	}
	if wrong != nil {
		return ask(c, e, addressPage(e, g, line(body(c, "email")), wrong), wrong)
	}
	if err != nil {
		return err
	}
	return done(c, e, g, "address")
}

func replacePage(e *events.Event, g *Registration, f Form, wrong []fault.Field) PersonPage {
	p := personOf(e, g, f, wrong, "Give the place to a colleague", "substitute", "Give the place to them")
	p.Text = []string{"We write to both. This person’s links stop working, the event leaves their calendar, and their requirements and answers are deleted."}
	return p
}

func (h *Handler) replaceForm(c *fiber.Ctx) error {
	e, g, err := h.theirs(c)
	if err != nil {
		return err
	}
	if g.Status != Confirmed {
		return ErrNotYours
	}
	return showPerson(c, e, replacePage(e, g, Form{Employer: g.Employer}, nil), fiber.StatusOK)
}

func (h *Handler) replace(c *fiber.Ctx) error {
	e, g, err := h.shown(c)
	if err != nil {
		return err
	}
	f := readColleague(c)
	f.Place = g.PlaceID
	person, _, wrong := f.Person(e)
	if len(wrong) == 0 {
		_, err = h.Substitute(c.UserContext(), g, person, Needs{}, web.By(c))
		wrong = wrongFields(err)
		if errors.Is(err, ErrAlready) {
			wrong = []fault.Field{{Name: "email", Message: "Enter another email address: somebody has already registered for this event with this one"}}
		}
	}
	if len(wrong) > 0 {
		return showPerson(c, e, replacePage(e, g, f, wrong), fiber.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return done(c, e, g, "substituted")
}

// givePage asks whether somebody who waits is given one of the places that are left.
func (h *Handler) givePage(c *fiber.Ctx, e *events.Event, g *Registration) (AskPage, error) {
	left, err := h.LeftFor(c.UserContext(), e)
	if err != nil {
		return AskPage{}, err
	}
	p := asking(e, g, "Give them a place?", "give", "Give them a place")
	if left[g.PlaceID].Left == 0 {
		p.Text, p.Button = []string{ErrNoneLeft.Message}, ""
		return p, nil
	}
	p.Text = []string{nameOf(e, g.PlaceID) + ": " + left[g.PlaceID].Words() + ". We write to them, unless the event is over. A place that they have elsewhere at the event is given up."}
	return p, nil
}

func (h *Handler) askGive(c *fiber.Ctx) error {
	e, g, err := h.theirs(c)
	if err != nil {
		return err
	}
	switch {
	case g.Status != Waiting:
		return ErrNotWaiting
	case !e.ListRests(h.now()):
		return ErrListMoves
	}
	page, err := h.givePage(c, e, g)
	if err != nil {
		return err
	}
	return ask(c, e, page, nil)
}

func (h *Handler) give(c *fiber.Ctx) error {
	e, g, err := h.shown(c)
	if err != nil {
		return err
	}
	if _, err := h.Give(c.UserContext(), g, web.By(c)); err != nil {
		return err
	}
	return done(c, e, g, "given")
}

// movePage offers the other places, with what is left of each.
func (h *Handler) movePage(c *fiber.Ctx, e *events.Event, g *Registration, chosen string, wrong []fault.Field) (AskPage, error) {
	left, err := h.LeftFor(c.UserContext(), e)
	if err != nil {
		return AskPage{}, err
	}
	here, _ := e.Place(g.PlaceID)
	p := asking(e, g, "Move to another place", "move", "Move them")
	p.Text = []string{"Their place is " + here.Name + ". We write to them with a new invitation, and their present seat goes to whoever waits for it."}
	p.Radios = &templates.Radios{ID: "place", Legend: "Move to", Value: chosen, Error: problemOf(wrong, "place")}
	for _, place := range e.Places {
		if place.ID != g.PlaceID {
			p.Radios.Options = append(p.Radios.Options, templates.Option{Value: place.ID, Text: place.Name, Hint: left[place.ID].Words()})
		}
	}
	return p, nil
}

func (h *Handler) moveForm(c *fiber.Ctx) error {
	e, g, err := h.theirs(c)
	if err != nil {
		return err
	}
	if g.Status == Cancelled || len(e.Places) < 2 {
		return ErrMoveOver
	}
	return h.askMove(c, e, g, "", nil)
}

func (h *Handler) askMove(c *fiber.Ctx, e *events.Event, g *Registration, chosen string, wrong []fault.Field) error {
	page, err := h.movePage(c, e, g, chosen, wrong)
	if err != nil {
		return err
	}
	return ask(c, e, page, wrong)
}

func (h *Handler) move(c *fiber.Ctx) error {
	e, g, err := h.shown(c)
	if err != nil {
		return err
	}
	to := line(body(c, "place"))
	if _, ok := e.Place(to); !ok {
		return h.askMove(c, e, g, "", []fault.Field{{Name: "place", Message: "Choose one of the places of this event"}})
	}
	_, err = h.Move(c.UserContext(), g, to, web.By(c))
	if errors.Is(err, ErrMoveFull) {
		return h.askMove(c, e, g, to, []fault.Field{{Name: "place", Message: ErrMoveFull.Message}})
	}
	if err != nil {
		return err
	}
	return done(c, e, g, "moved")
}

func allAttendees(e *events.Event) templates.Link {
	return templates.Link{Href: eventPath(e) + "/attendees", Text: "All attendees"}
}

// fullWords say that a place is full. A waiting list that rests is nothing to be put on.
func fullWords(e *events.Event, place events.Place, now time.Time) string {
	if e.ListRests(now) {
		return place.Name + " is full. Choose another place, or raise its capacity first"
	}
	return place.Name + " is full. Choose another place, or put them on the waiting list"
}

// addPage is the form to register somebody by hand.
func (h *Handler) addPage(c *fiber.Ctx, e *events.Event, f Form, confirm bool, wrong []fault.Field) (PersonPage, error) {
	left, err := h.LeftFor(c.UserContext(), e)
	if err != nil {
		return PersonPage{}, err
	}
	p := someone(f, wrong)
	p.Caption, p.Heading, p.Action, p.Button, p.Health, p.Claim = e.Title, "Add an attendee", eventPath(e)+"/attendees/new", "Add them", true, f.Claim
	p.Keep, p.Questions = templates.Link{Href: eventPath(e) + "/attendees", Text: "Add nobody"}, DeskQuestions(e, f.Answers, wrong)
	p.Text = []string{"They get the same email as everybody who registers. Make sure that they know that you give us these details."}
	past := e.Past(h.now())
	if past {
		p.Text = []string{"This event is over. Write down who came: they get no email."}
	}
	p.Places = &templates.Radios{ID: "place", Legend: "Place", Value: f.Place, Error: ForOrganisers(problemOf(wrong, "place"))}
	for _, place := range e.Places {
		p.Places.Options = append(p.Places.Options, templates.Option{Value: place.ID, Text: place.Name, Hint: left[place.ID].Words()})
	}
	if e.Approval && !past {
		p.Confirm = &templates.Checkbox{ID: "confirm", Label: "Confirm the place at once", Hint: "Otherwise the request awaits approval", Checked: confirm}
	}
	return p, nil
}

func (h *Handler) addForm(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	if why := TakesNobody(e); why != "" {
		return ShowClosed(c, e, "Add an attendee", why, allAttendees(e))
	}
	var f Form
	if len(e.Places) == 1 {
		f.Place = e.Places[0].ID
	}
	again := c.Query("again") // whose registration is over, and who comes after all
	if again != "" {
		g, err := h.store.attendee(c.UserContext(), e.ID, again)
		if err != nil {
			return err
		}
		if !g.Erased() {
			f = formOf(g, Needs{}, nil)
		}
	}
	f.Claim = seats.NewClaim(e.ID).Sign(h.keys)
	page, err := h.addPage(c, e, f, true, nil)
	if err != nil {
		return err
	}
	if again != "" {
		page.Text = append(page.Text, "These are the details of their earlier registration, which stays cancelled. Their requirements and answers are to be given anew.")
	}
	return showPerson(c, e, page, fiber.StatusOK)
}

// add registers by the claim of the form, so that a double click registers one person. A full place offers the waiting list.
func (h *Handler) add(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	f, step := readForm(c)
	confirm := bool(ticked(body(c, "confirm")))
	claim, returning := seats.ReadClaim(h.keys, f.Claim, e.ID)
	if !returning {
		claim = seats.NewClaim(e.ID)
		f.Claim = claim.Sign(h.keys)
	}
	person, place, wrong := f.Person(e)
	answers, unfit := f.Answers.Given(e)
	wrong = append(wrong, unfit...)
	status := fiber.StatusUnprocessableEntity
	var g *Registration
	if len(wrong) == 0 {
		g, err = h.AddFor(c.UserContext(), Ask{Event: e, Place: place, Person: person, Needs: f.needs(), Answers: answers, Claim: claim, Returning: returning, Wait: step == "wait", RequestID: web.RequestID(c)},
			confirm, web.By(c))
		if errors.Is(err, ErrClosed) { // the form is of a time when somebody could be added
			wrong, status = []fault.Field{{Message: cmp.Or(TakesNobody(e), ErrClosed.Message)}}, fiber.StatusConflict
		}
		if errors.Is(err, ErrAlready) {
			wrong, status = []fault.Field{{Name: "email", Message: "Enter another email address: somebody has already registered for this event with this one"}}, fiber.StatusConflict
		}
		if errors.Is(err, ErrFull) {
			wrong, status = []fault.Field{{Name: "place", Message: fullWords(e, place, h.now())}}, fiber.StatusConflict
		}
	}
	if len(wrong) > 0 {
		full := errors.Is(err, ErrFull)
		page, err := h.addPage(c, e, f, confirm, wrong)
		if err != nil {
			return err
		}
		page.Full = full && !e.ListRests(h.now())
		return showPerson(c, e, page, status)
	}
	if err != nil {
		return err
	}
	word := "added"
	if g.Status == Waiting {
		word = "waits"
	}
	return c.Redirect(withQuery(eventPath(e)+"/attendees", map[string][]string{"q": {g.Reference}, "done": {word}}), fiber.StatusSeeOther)
}
