package main

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"strings"

	"masterclass/registrations"
)

// check looks at the event and at people's own pages, and writes down a sentence for whatever is not as it was told.
func (r *rushReport) check(client *rushClient, before rushPlace, run *rush) {
	e, err := client.event()
	if err != nil {
		r.broken("Nothing could be checked: %v.", err)
		return
	}
	after, err := e.place(before.ID)
	if err != nil {
		r.broken("Nothing could be checked: %v.", err)
		return
	}
	now := after.counts()
	r.After = &now
	r.checkAnswers()
	if now.Capacity != before.Capacity {
		r.broken("The capacity was changed from %d to %d meanwhile, so the seats cannot be counted.", before.Capacity, now.Capacity)
	} else {
		r.checkSeats(run.unknown)
	}
	r.checkLinks(client, run.receipts)
}

func (r *rushReport) broken(format string, values ...any) {
	r.Broken = append(r.Broken, fmt.Sprintf(format, values...))
}

// checkAnswers wants a proper answer for everybody.
func (r *rushReport) checkAnswers() {
	if total, kinds := r.Outcomes.failed(); total > 0 {
		r.broken("%s no proper answer: %s.", people(total, "got"), kinds)
	}
	if n := r.Outcomes.Already; n > 0 {
		r.broken("%s that they are registered already, though nobody had their addresses before.", people(n, "were told", "was told"))
	}
}

// checkSeats holds what people were told against what the server tells. Each of the unknown may have taken a seat, a position on the
// waiting list, or nothing.
func (r *rushReport) checkSeats(unknown int) {
	o, was, is := r.Outcomes, r.Before, *r.After
	seated, sold := o.seated(), was.Left-is.Left
	doubt := ""
	if unknown > 0 {
		doubt = fmt.Sprintf(" (of %d registrations nobody knows how they ended)", unknown)
	}
	if seated > was.Left {
		r.broken("%s that they have a seat, but only %d were left: %d too many.", people(seated, "were told", "was told"), was.Left, seated-was.Left)
	} else if sold < seated || sold > seated+unknown {
		r.broken("%s that they have a seat, but the seats left went from %d to %d%s.", people(seated, "were told", "was told"), was.Left, is.Left, doubt)
	}
	if came := seated + o.Waiting + o.Full; came > was.Left && is.Left > 0 {
		r.broken("%s for %d seats, and yet %d are left.", people(came, "came"), was.Left, is.Left)
	}
	if joined := is.Waiting - was.Waiting; joined < o.Waiting || joined > o.Waiting+unknown {
		r.broken("%s that they wait, but the waiting list went from %d to %d%s.", people(o.Waiting, "were told", "was told"), was.Waiting, is.Waiting, doubt)
	}
}

// people puts a number before a verb: the first for several, the last for one.
func people(n int, verbs ...string) string {
	if n == 1 {
		return "1 person " + verbs[len(verbs)-1]
	}
	return fmt.Sprintf("%d people %s", n, verbs[0])
}

// checkLinks follows people's links, one after the other.
func (r *rushReport) checkLinks(client *rushClient, receipts []rushReceipt) {
	wrong := 0
	var first error
	for _, receipt := range receipts {
		if err := receipt.holds(client); err != nil {
			wrong++
			if first == nil {
				first = fmt.Errorf("%s, who was told %s, %w", receipt.reference, receipt.status, err)
			}
		}
	}
	r.Links = len(receipts)
	if wrong > 0 {
		r.broken("%d of %d links to registrations that were acknowledged do not lead to them: %v.", wrong, len(receipts), first)
	}
}

// holds says whether the page behind the link tells what the person was told.
func (r rushReceipt) holds(client *rushClient) error {
	status, page, err := client.manage(r.link)
	if err != nil {
		return errors.New("got no answer")
	}
	if status != http.StatusOK {
		return fmt.Errorf("got the answer %d", status)
	}
	for _, words := range []string{r.reference, registrations.Status(r.status).Words()} {
		if words == "" || !strings.Contains(page, html.EscapeString(words)) {
			return fmt.Errorf("got a page that does not say %q", words)
		}
	}
	return nil
}
