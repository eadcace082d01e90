package torture

import (
	"context"
	"encoding/json"
	"html"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"masterclass/internal/secret"
)

// habits say what a crowd is like: odds from 0 to 1, and the time that a person takes over a step at most.
type habits struct {
	pages   float64 // use the pages, not the JSON call
	waits   float64 // join the waiting list when told that a place is full
	cancels float64 // give up what they have got
	leaves  float64 // go away from the check page
	moves   float64 // change the place on the check page
	think   time.Duration
}

// person comes once, in their own goroutine.
type person struct {
	*crowd
	email string
	rng   *rand.Rand
}

func (p *person) chance(odds float64) bool { return p.rng.Float64() < odds }

// ponder takes a moment, unless the time is over.
func (p *person) ponder(ctx context.Context, most time.Duration) {
	if most > 0 {
		rest(ctx, time.Duration(p.rng.Int64N(int64(most))))
	}
}

func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// persist asks until there is an answer that is not an outage: whoever loses an answer asks again, the very same. It is false when the
// time is over first.
func (p *person) persist(ctx context.Context, what string, r request) (reply, bool) {
	for ctx.Err() == nil {
		got, err := p.client.send(ctx, p.rng, r)
		switch {
		case err != nil:
			p.count(what, "lost")
		case got.status >= 500 || got.status == http.StatusTooManyRequests:
			p.count(what, got.status)
			if got.status != http.StatusServiceUnavailable {
				p.diary.surprise("%s was answered %d", what, got.status)
			}
		default:
			p.count(what, got.status)
			return got, true
		}
		p.ponder(ctx, 80*time.Millisecond)
	}
	return reply{}, false
}

// come registers, and lives with what came of it.
func (p *person) come(ctx context.Context) {
	v := p.diary.begin(p.email, p.places[p.rng.IntN(len(p.places))])
	if p.chance(p.pages) {
		v = p.byPages(ctx, v)
	} else {
		v = p.byCall(ctx, v)
	}
	if v == nil {
		return
	}
	if p.chance(p.cancels) {
		p.ponder(ctx, 3*p.think)
		p.cancel(ctx, v)
	}
}

func (p *person) fields(place string) map[string]any {
	return map[string]any{"first_name": "Ada", "last_name": "Example", "email": p.email, "profession": "Nurse", "employer": "Example trust", "place": place}
}

// byCall registers by JSON; nil when that did not end in a registration. Whoever wants to wait after all uses a new key for it.
func (p *person) byCall(ctx context.Context, v *visit) *visit {
	wait := p.chance(p.waits / 2)
	for {
		fields := p.fields(v.place)
		fields["wait"] = wait
		ask := call(uuid.NewString(), fields)
		code := p.call(ctx, v, ask)
		if code == "" {
			if p.chance(0.1) {
				p.call(ctx, v, ask) // the same answer again
			}
			return v
		}
		p.diary.note(func() { v.refused = code })
		if code != "full" || wait || !p.chance(p.waits) {
			return nil
		}
		wait = true
		v = p.diary.begin(p.email, v.place)
	}
}

// call makes one JSON call; the code is that of a refusal, "" for a registration.
func (p *person) call(ctx context.Context, v *visit, ask request) (code string) {
	got, ok := p.persist(ctx, "call", ask)
	if !ok {
		return "silence"
	}
	var a struct {
		ID, Status string
		ManageURL  string `json:"manage_url"`
		Error      struct{ Code string }
	}
	if err := json.Unmarshal([]byte(got.body), &a); err != nil {
		p.diary.surprise("a call was answered %d and %q", got.status, got.body)
		return "silence"
	}
	u, err := url.Parse(a.ManageURL)
	switch {
	case got.status == http.StatusCreated && err == nil && a.ID != "":
		p.diary.registered(v, a.ID, u.Path, a.Status, got.answered)
		return ""
	case got.status == http.StatusConflict && (a.Error.Code == "full" || a.Error.Code == "already_registered"):
		return strings.TrimSuffix(a.Error.Code, "_registered")
	}
	p.diary.surprise("a call was answered %d and %q", got.status, got.body)
	return "silence"
}

var (
	claimed = regexp.MustCompile(`name="claim" value="([^"]*)"`)
	kept    = regexp.MustCompile(`We are keeping a place for you until`)
	wanted  = regexp.MustCompile(`name="step" value="wait"`)
	known   = regexp.MustCompile(`You are already registered`)
)

// byPages registers by the form, the check page and the confirmation; nil when that did not end in a registration.
func (p *person) byPages(ctx context.Context, v *visit) *visit {
	got, ok := p.persist(ctx, "form", page("/events/"+slug+"/register"))
	if !ok {
		return nil
	}
	claim := p.claimIn(got)
	p.ponder(ctx, p.think)
	if claim, ok = p.check(ctx, v, claim); !ok {
		return p.orWait(ctx, v, claim)
	}
	if other := p.places[p.rng.IntN(len(p.places))]; other != v.place && p.chance(p.moves) {
		p.diary.note(func() { v.place, v.promised = other, time.Time{} })
		if claim, ok = p.check(ctx, v, claim); !ok {
			return p.orWait(ctx, v, claim)
		}
	}
	if p.chance(p.leaves) {
		return nil
	}
	p.ponder(ctx, p.think)
	return p.submit(ctx, v, "confirm", claim)
}

func (p *person) step(v *visit, step, claim string) request {
	fields := url.Values{"step": {step}, "claim": {claim}}
	for name, value := range p.fields(v.place) {
		fields.Set(name, value.(string))
	}
	return form("/events/"+slug+"/register", fields)
}

// check asks for the check page and gives the claim to go on with; false when there is no seat.
func (p *person) check(ctx context.Context, v *visit, claim string) (string, bool) {
	asked := time.Now()
	p.diary.note(func() { v.first = asked }) // their turn begins here, and anew when they change the place
	got, ok := p.persist(ctx, "check", p.step(v, "check", claim))
	if !ok {
		p.refused(v, "silence")
		return "", false
	}
	switch {
	case got.status == http.StatusOK:
		if kept.MatchString(got.body) {
			p.diary.note(func() { v.promised = asked.Add(p.hold) }) // no earlier than this, since a hold begins after it is asked for
		}
		return p.claimIn(got), true
	case got.status == http.StatusConflict && wanted.MatchString(got.body):
		p.refused(v, "full")
		return p.claimIn(got), false
	}
	p.unexpected(v, "check", got)
	return "", false
}

// submit sends the last step and gives the visit if that registered it.
func (p *person) submit(ctx context.Context, v *visit, step, claim string) *visit {
	got, ok := p.persist(ctx, step, p.step(v, step, claim))
	if !ok {
		p.refused(v, "silence")
		return nil
	}
	if step == "confirm" {
		p.diary.note(func() { v.confirmed = got.answered })
	}
	token, found := strings.CutPrefix(got.location, "/registrations/")
	id, known := secret.TokenID(token)
	switch {
	case got.status == http.StatusSeeOther && found && known:
		p.diary.registered(v, id, got.location, "", got.answered)
		return v
	case got.status == http.StatusConflict && wanted.MatchString(got.body):
		p.refused(v, "full")
		return p.orWait(ctx, v, p.claimIn(got))
	}
	p.unexpected(v, step, got)
	return nil
}

// orWait joins the waiting list if the person was told that the place is full, and likes to.
func (p *person) orWait(ctx context.Context, v *visit, claim string) *visit {
	if v.refused != "full" || !p.chance(p.waits) {
		return nil
	}
	return p.submit(ctx, v, "wait", claim)
}

// refused ends a visit. Only its own person writes this field, so that they may read it.
func (p *person) refused(v *visit, why string) { p.diary.note(func() { v.refused = why }) }

// unexpected ends a visit that was answered in another way than told of a seat or of none. That the address is registered already is
// expected where an earlier answer was lost.
func (p *person) unexpected(v *visit, what string, got reply) {
	if got.status == http.StatusConflict && known.MatchString(got.body) {
		p.refused(v, "already")
		return
	}
	p.refused(v, "silence")
	p.diary.surprise("%s was answered %d and %.300q", what, got.status, got.body)
}

func (p *person) claimIn(got reply) string {
	m := claimed.FindStringSubmatch(got.body)
	if m == nil {
		p.diary.surprise("there is no claim in an answer %d: %.300q", got.status, got.body)
		return ""
	}
	return html.UnescapeString(m[1])
}

// cancel gives up what the person has, whatever that is by now.
func (p *person) cancel(ctx context.Context, v *visit) {
	p.diary.note(func() { v.cancelling = time.Now() })
	got, ok := p.persist(ctx, "cancel", form(v.manage+"/cancel", nil))
	switch {
	case ok && got.status == http.StatusSeeOther:
		p.diary.note(func() { v.cancelled = got.answered })
	case ok && !p.mayVanish(got):
		p.diary.surprise("a cancellation of %s was answered %d", v.id, got.status)
	}
}

// decide answers an offer: most accept it, some decline, some do nothing.
func (p *person) decide(ctx context.Context, v *visit) {
	answer := "accept"
	switch luck := p.rng.Float64(); {
	case luck < 0.15:
		return
	case luck < 0.4:
		answer = "decline"
	}
	p.diary.note(func() { v.deciding = true })
	got, ok := p.persist(ctx, answer, form(v.manage+"/"+answer, nil))
	switch {
	case ok && got.status == http.StatusSeeOther && answer == "accept":
		p.diary.note(func() { v.accepted = got.answered })
	case ok && got.status == http.StatusSeeOther:
		p.diary.note(func() { v.declined = got.answered })
	case ok && got.status != http.StatusConflict && !p.mayVanish(got): // cancelled in that very moment
		p.diary.surprise("to %s the offer to %s was answered %d", answer, v.id, got.status)
	}
}

// mayVanish says whether the answer may be that nobody knows of a registration: where an old backup was restored.
func (p *person) mayVanish(got reply) bool { return p.rewinds && got.status == http.StatusNotFound }
