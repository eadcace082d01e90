package registrations

import (
	"math"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/seen"
	"masterclass/internal/store"
	"masterclass/internal/web"
	"masterclass/templates"
)

// retryAfter is how long programs are asked to wait in an outage. People press the button when they like.
const retryAfter = 30 * time.Second

// AwayPage is what whoever sent something sees while the database is away: all that they sent, and a button that sends it again.
type AwayPage struct {
	Outcome   string // what is known of what they asked for
	Action    string // where they sent it
	Rows      []templates.Row
	Hidden    []Hidden
	RequestID string

	back *web.Back
}

// away says whether an error is an outage: the database cannot be reached, or the program is about to stop.
func away(err error) bool {
	if f, ok := fault.Of(err); ok {
		return f.Kind == fault.Unavailable
	}
	return store.Unreachable(err)
}

// orAgain answers an outage with the page that page makes of the request. Whatever was asked for can be asked for twice.
func (h *Handler) orAgain(next fiber.Handler, page func(*fiber.Ctx) AwayPage) fiber.Handler {
	return func(c *fiber.Ctx) error {
		err := next(c)
		if away(err) {
			return h.showAway(c, page(c), err)
		}
		return err
	}
}

// showAway keeps what the person typed, health data too: it is their own answer to their own request, and no cache keeps it.
func (h *Handler) showAway(c *fiber.Ctx, p AwayPage, err error) error {
	h.log.Error("request failed", "request", web.RequestID(c), "route", c.Route().Path, "error", err)
	wait := retryAfter
	if f, ok := fault.Of(err); ok && f.RetryAfter > 0 {
		wait = f.RetryAfter
	}
	p.Action, p.RequestID = c.Path(), web.RequestID(c)
	web.Private(c)
	c.Status(fiber.StatusServiceUnavailable)
	c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	return web.Render(c, "registrations/away", web.View{
		Title: "We cannot reach our records just now", Section: "events", NoIndex: true, Back: p.back, Page: p,
	})
}

func (p *AwayPage) add(answers ...answer) {
	for _, a := range answers {
		p.Rows = append(p.Rows, a.row())
		p.Hidden = append(append(p.Hidden, a.Hidden), a.more...)
	}
}

// forAttempt carries on a registration. A step that confirms never says that nothing was registered, even where this very request did
// not come as far: an earlier one with the same claim, such as a double click, may have. The claim's id makes one registration of all.
func forAttempt(a attempt) AwayPage {
	p := AwayPage{Outcome: "Nothing was registered by this step, which only looks at your answers. Nothing that you typed is lost."}
	switch a.step {
	case "confirm":
		p.Outcome = "We do not know whether you have been registered. Trying again is safe: it will not register you twice. Nothing that you typed is lost."
	case "wait":
		p.Outcome = "We do not know whether you have joined the waiting list. Trying again is safe: you will not be on it twice. Nothing that you typed is lost."
	case "change":
	default:
		a.step = "check"
	}
	place := ""
	if a.event != nil {
		chosen, _ := a.event.Place(a.form.Place)
		place = chosen.Name
	} else if a.form.Place != "" {
		place = "As you chose"
	}
	p.add(a.form.answers(place, a.event)...)
	p.Hidden = append(p.Hidden, Hidden{"claim", a.form.Claim}, Hidden{"step", a.step})
	return p
}

func forDetails(c *fiber.Ctx) AwayPage {
	p := forChange("your changes were saved")(c)
	p.Outcome += " Nothing that you typed is lost."
	f, _ := readForm(c)
	for _, a := range f.answers("", nil) {
		if a.Name != "place" && a.Name != "email" { // which are not changed there
			p.add(a)
		}
	}
	if mark := body(c, seen.Field); mark != "" {
		p.Hidden = append(p.Hidden, Hidden{seen.Field, mark})
	}
	return p
}

// forChange asks for the same change again, which may be there already.
func forChange(what string) func(*fiber.Ctx) AwayPage {
	return func(c *fiber.Ctx) AwayPage {
		return AwayPage{
			Outcome: "We do not know whether " + what + ". Trying again is safe: nothing is done twice.",
			back:    &web.Back{Href: "/registrations/" + c.Params("token"), Text: "Back to your registration"},
		}
	}
}

const mailOutcome = "We do not know whether the email is on its way. You can try again: at worst it comes twice."

func forResend(c *fiber.Ctx) AwayPage {
	p := forChange("")(c)
	p.Outcome = mailOutcome
	return p
}

func forLinks(c *fiber.Ctx) AwayPage {
	p := AwayPage{Outcome: mailOutcome}
	f, _ := readForm(c)
	p.add(answer{Hidden: Hidden{"email", f.Email}, key: "Email address", shown: f.Email})
	return p
}
