package main

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"masterclass/registrations"
)

// How a person's visit can end. Whatever else there is, is the kind of an error.
const (
	rushConfirmed = string(registrations.Confirmed)
	rushPending   = string(registrations.Pending)
	rushWaiting   = string(registrations.Waiting)
	rushFull      = "full"
	rushAlready   = "already_registered"
	rushLimited   = "http_429"
)

// The steps of a visit.
const (
	stepPage = iota
	stepRegistration
	stepWaitingList
	rushSteps
)

// rushReceipt is what a person was told, to be held against the page that their link leads to.
type rushReceipt struct{ status, reference, link string }

const (
	maxAllLinks   = 200 // up to so many people every link is followed
	maxSomeLinks  = 50  // else so many, taken at random
	maxErrorKinds = 100
)

// rushTally counts what happens to people. Safe for concurrent use.
type rushTally struct {
	mu       sync.Mutex
	took     [rushSteps][]time.Duration // of each request, answered or not
	outcomes map[string]int
	came     int
	unknown  int // registrations that may have been made or not
	told     int // receipts that there were
	receipts []rushReceipt
	sample   int
}

func newRush(client *rushClient, place rushPlace, people int) *rush {
	t := &rushTally{outcomes: map[string]int{}, sample: maxSomeLinks}
	if people <= maxAllLinks {
		t.sample = people
	}
	return &rush{rushTally: t, client: client, place: place, people: people, id: fmt.Sprintf("%012x", rand.Uint64()>>16)}
}

// person comes, registers and joins the waiting list if need be. It gives how that ended.
func (r *rush) person(n int) string {
	began := time.Now()
	status, err := r.client.page()
	r.timed(stepPage, began)
	outcome := rushErrorKind(status, "", err)
	if err == nil && status == http.StatusOK {
		outcome = r.register(n, stepRegistration)
	}
	if outcome == rushFull {
		outcome = r.register(n, stepWaitingList)
	}
	r.ended(outcome)
	return outcome
}

// register posts the person's form, and on the second step the wish to wait.
func (r *rush) register(n, step int) string {
	form := map[string]any{
		"first_name": "Rehearsal", "last_name": fmt.Sprintf("Person %d", n), "email": fmt.Sprintf("rush-%s-%d@rush.invalid", r.id, n),
		"profession": "Nurse", "employer": "Rehearsal", "place": r.place.ID,
	}
	if len(r.answers) > 0 {
		form["answers"] = r.answers
	}
	if step == stepWaitingList {
		form["wait"] = true
	}
	began := time.Now()
	status, a, err := r.client.register(form)
	r.timed(step, began)
	told := a.Status == rushConfirmed || a.Status == rushPending || a.Status == rushWaiting
	switch {
	case err == nil && status == http.StatusCreated && told:
		r.acknowledged(rushReceipt{a.Status, a.Reference, a.ManageURL})
		return a.Status
	case err == nil && status == http.StatusConflict && (a.Error.Code == rushFull || a.Error.Code == rushAlready):
		return a.Error.Code
	}
	if err != nil || status < 400 || status >= 500 {
		r.mu.Lock()
		r.unknown++
		r.mu.Unlock()
	}
	return rushErrorKind(status, a.Error.Code, err)
}

var rushErrorCode = regexp.MustCompile(`^[a-z_]{1,40}$`)

// rushErrorKind names what went wrong, in words that do not differ from one request to the next.
func rushErrorKind(status int, code string, err error) string {
	var slow net.Error
	switch {
	case errors.As(err, &slow) && slow.Timeout():
		return "timeout"
	case err != nil:
		return "connection"
	case status != http.StatusTooManyRequests && rushErrorCode.MatchString(code):
		return fmt.Sprintf("http_%d_%s", status, code)
	}
	return fmt.Sprintf("http_%d", status)
}

func (t *rushTally) timed(step int, began time.Time) {
	took := time.Since(began)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.took[step] = append(t.took[step], took)
}

func (t *rushTally) ended(outcome string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.outcomes[outcome]; !known && len(t.outcomes) >= maxErrorKinds {
		outcome = "other"
	}
	t.outcomes[outcome]++
	t.came++
}

// acknowledged keeps a sample of the receipts in which each is as likely as any other.
func (t *rushTally) acknowledged(receipt rushReceipt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.told++
	if len(t.receipts) < t.sample {
		t.receipts = append(t.receipts, receipt)
	} else if i := rand.IntN(t.told); i < t.sample {
		t.receipts[i] = receipt
	}
}

// soFar says how many have come and how it ended for them.
func (t *rushTally) soFar() (came, seated, waiting, failed int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	seated, waiting = t.outcomes[rushConfirmed]+t.outcomes[rushPending], t.outcomes[rushWaiting]
	return t.came, seated, waiting, t.came - seated - waiting
}

// limited says whether the server's rate limit was met.
func (t *rushTally) limited() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.outcomes[rushLimited] > 0
}

// report sums up. Nobody may be under way any more.
func (t *rushTally) report(took time.Duration) *rushReport {
	r := &rushReport{Came: t.came, Seconds: math.Round(took.Seconds()*1000) / 1000, Broken: []string{}}
	for step, into := range []*rushLatency{&r.Steps.Page, &r.Steps.Registration, &r.Steps.WaitingList} {
		slices.Sort(t.took[step])
		*into = newRushLatency(t.took[step])
		r.Requests += into.Count
	}
	r.PerSecond = math.Round(float64(r.Requests) / max(took.Seconds(), 1e-9))
	r.Outcomes = newRushOutcomes(t.outcomes)
	return r
}
