package registrations

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/registrations/seats"
)

// maxKey is how many characters an Idempotency-Key has at most.
const maxKey = 128

// apiRequest is the form as JSON. Step is taken and not needed, so that a form's fields can be sent as they are.
type apiRequest struct {
	Form
	Wait bool   `json:"wait"`
	Step string `json:"step"`
}

type apiAnswer struct {
	ID        string `json:"id"`
	Reference string `json:"reference"`
	Status    Status `json:"status"`
	Place     string `json:"place"`
	Position  int64  `json:"position,omitempty"` // on the waiting list, from 1
	ManageURL string `json:"manage_url"`
}

func (h *Handler) apiRegister(c *fiber.Ctx) error {
	e, err := h.events.Recent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	req, err := readJSON(c.Body())
	if err != nil {
		return err
	}
	a := Ask{Event: e, Wait: req.Wait, RequestID: web.RequestID(c)}
	if err := h.identify(c, &a, req.Claim); err != nil {
		return err
	}
	if done, err := h.before(c.UserContext(), a); err != nil { // a key is looked up before anything else
		return err
	} else if done != nil {
		return h.apiRegistered(c, e, done)
	}
	if e.Registration(h.now()) != events.Open {
		return ErrClosed
	}
	req.Clean()
	person, place, wrong := req.Person(e)
	if wrong = append(wrong, req.asked(e)...); len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	a.Place, a.Person, a.Needs, a.Answers = place, person, req.needs(), req.Answers
	g, err := h.Register(c.UserContext(), a)
	if err != nil {
		return err
	}
	return h.apiRegistered(c, e, g)
}

// identify gives the registration to be its id: that of a claim, that of an Idempotency-Key, or a new one.
func (h *Handler) identify(c *fiber.Ctx, a *Ask, signed string) error {
	a.Claim, a.Returning = seats.ReadClaim(h.keys, signed, a.Event.ID)
	if !a.Returning {
		a.Claim = seats.NewClaim(a.Event.ID)
	}
	k := strings.TrimSpace(c.Get("Idempotency-Key"))
	if k == "" {
		return nil
	}
	if utf8.RuneCountInString(k) > maxKey {
		return fault.New(fault.Malformed, "The Idempotency-Key has more than 128 characters.")
	}
	sum := sha256.Sum256([]byte(k))
	body := sha256.Sum256(c.Body())
	a.Key = &key{hash: hex.EncodeToString(sum[:]), body: hex.EncodeToString(body[:])}
	if !a.Returning {
		a.Claim.ID = keyedID(a.Event.ID, a.Key.hash, a.Key.body, h.keys.Fingerprint(), h.now())
	}
	return nil
}

func (h *Handler) apiRegistered(c *fiber.Ctx, e *events.Event, g *Registration) error {
	link, err := manageURL(h.keys, web.SiteOf(c).BaseURL, g.ID, g.Generation)
	if err != nil {
		return err
	}
	position := g.Position
	if g.Status == Waiting && position == 0 { // registered before, or at the head of the list
		ahead, err := h.store.Ahead(c.UserContext(), g)
		if err != nil {
			return err
		}
		position = int64(ahead) + 1
	}
	web.Private(c)
	place, _ := e.Place(g.PlaceID)
	c.Status(fiber.StatusCreated)
	return c.JSON(apiAnswer{ID: g.ID, Reference: g.Reference, Status: g.Status, Place: place.Name, Position: position, ManageURL: link})
}

// readJSON takes one object and nothing else, and names the field that is not known.
func readJSON(body []byte) (apiRequest, error) {
	var req apiRequest
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&req); err != nil {
		return req, fault.New(fault.Malformed, jsonProblem(err)).Because(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return req, fault.New(fault.Malformed, "The body must be one JSON object and nothing after it.")
	}
	return req, nil
}

// jsonKinds are the types of fields as JSON calls them.
var jsonKinds = map[reflect.Kind]string{reflect.String: "text", reflect.Bool: "true or false", reflect.Map: "an object", reflect.Struct: "an object"}

func jsonProblem(err error) string {
	if errors.Is(err, errAnswers) {
		return "The field answers has the wrong type: it must be an object, which has a text or a list of texts for each question's id."
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field == "" {
		return "The body must be a JSON object."
	}
	if errors.As(err, &kind) {
		return "The field " + kind.Field[strings.LastIndexByte(kind.Field, '.')+1:] + " has the wrong type: it must be " + jsonKinds[kind.Type.Kind()] + "."
	}
	// encoding/json has no type for this error; its text is the name in quotes after this prefix.
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return "The field " + name + " is not known."
	}
	return "The body is not JSON."
}
