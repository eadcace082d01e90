package events

import (
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/web"
)

type apiEvent struct {
	Slug         string            `json:"slug"`
	Title        string            `json:"title"`
	Summary      string            `json:"summary"`
	StartsAt     string            `json:"starts_at"`
	EndsAt       string            `json:"ends_at"`
	TimeZone     string            `json:"time_zone"`
	AllDay       bool              `json:"all_day"`
	Where        string            `json:"where"`
	Status       string            `json:"status"`
	Registration RegistrationState `json:"registration"`
	Places       []apiPlace        `json:"places"`
	Questions    []apiQuestion     `json:"questions"`
	Programme    []apiSession      `json:"programme"`
	URL          string            `json:"url"`
	ICSURL       string            `json:"ics_url"`
}

type apiPlace struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Capacity int64  `json:"capacity"`
	Left     int64  `json:"left"`
	Waiting  int64  `json:"waiting"`
}

type apiQuestion struct {
	ID       string       `json:"id"`
	Kind     QuestionKind `json:"kind"`
	Label    string       `json:"label"`
	Hint     string       `json:"hint,omitempty"`
	Required bool         `json:"required"`
	Options  []string     `json:"options"`
	ShownIf  *apiShownIf  `json:"shown_if"`
}

type apiShownIf struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

type apiSession struct {
	ID       string   `json:"id"` // for ?session= of a calendar
	StartsAt string   `json:"starts_at"`
	EndsAt   string   `json:"ends_at"`
	Kind     string   `json:"kind"`
	Title    string   `json:"title"`
	Room     string   `json:"room,omitempty"`
	Speakers []string `json:"speakers"`
}

// apiIndex lists the upcoming events by start, then those that are over.
func (h *Handler) apiIndex(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	web.Packs(c)
	es, err := h.events.Upcoming(c.UserContext(), h.now())
	if err != nil {
		return err
	}
	past, err := h.events.Past(c.UserContext(), h.now())
	if err != nil {
		return err
	}
	list := make([]apiEvent, 0, len(es)+len(past))
	for _, e := range append(es, past...) {
		if err := h.events.programme(c.UserContext(), e); err != nil {
			return err
		}
		if err := h.events.questions(c.UserContext(), h.events.db.Read, e); err != nil {
			return err
		}
		a, err := h.api(c, e)
		if err != nil {
			return err
		}
		list = append(list, a)
	}
	return c.JSON(fiber.Map{"events": list})
}

func (h *Handler) apiShow(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	web.Packs(c)
	e, err := h.events.BySlug(c.UserContext(), c.Params("slug"))
	if errors.Is(err, ErrNotFound) {
		return h.moved(c, "/api/v1/events/", "")
	}
	if err != nil {
		return err
	}
	a, err := h.api(c, e)
	if err != nil {
		return err
	}
	return c.JSON(a)
}

func (h *Handler) api(c *fiber.Ctx, e *Event) (apiEvent, error) {
	left, err := h.left.Available(c.UserContext(), e.Places)
	if err != nil {
		return apiEvent{}, err
	}
	link := web.SiteOf(c).BaseURL + "/events/" + e.Slug
	a := apiEvent{
		Slug: e.Slug, Title: e.Title, Summary: e.Summary, TimeZone: e.TimeZone, AllDay: e.AllDay, Where: e.Where(),
		StartsAt: e.Starts().Format(time.RFC3339), EndsAt: e.Ends().Format(time.RFC3339), Status: e.apiStatus(h.now()),
		Registration: registrationState(e, e.Registration(h.now()), left),
		Places:       []apiPlace{}, Questions: apiQuestions(e), Programme: apiProgramme(e), URL: link, ICSURL: link + ".ics",
	}
	for _, p := range e.Places {
		a.Places = append(a.Places, apiPlace{ID: p.ID, Name: p.Name, Capacity: p.Capacity, Left: left[p.ID].Left, Waiting: left[p.ID].Waiting})
	}
	return a, nil
}

func (e *Event) apiStatus(now time.Time) string {
	if e.Status == Published && e.Past(now) {
		return "past"
	}
	return string(e.Status)
}

func apiQuestions(e *Event) []apiQuestion {
	list := []apiQuestion{}
	for _, q := range e.Asked() {
		a := apiQuestion{ID: q.ID, Kind: q.Kind, Label: q.Label, Hint: q.Hint, Required: q.Required, Options: q.Choices()}
		if a.Options == nil {
			a.Options = []string{}
		}
		if q.ShownIf != "" {
			a.ShownIf = &apiShownIf{Question: q.ShownIf, Answer: q.ShownAnswer}
		}
		list = append(list, a)
	}
	return list
}

func apiProgramme(e *Event) []apiSession {
	list := []apiSession{}
	for _, s := range e.Sessions {
		speakers := []string{}
		for _, sp := range s.Speakers {
			speakers = append(speakers, sp.Name)
		}
		list = append(list, apiSession{
			ID: s.ID, StartsAt: e.instant(s.StartsLocal), EndsAt: e.instant(s.EndsLocal), Kind: s.Kind, Title: s.Title, Room: s.Room, Speakers: speakers,
		})
	}
	return list
}

// instant writes a local time of the programme as RFC 3339, or nothing when it is none.
func (e *Event) instant(local string) string {
	t, err := readLocal(local, e.zone())
	if err != nil {
		return ""
	}
	return t.Format(time.RFC3339)
}
