package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-message"

	"masterclass/internal/store/storetest"
)

// instances are several programs on the same stores, behind a balancer that gives each request to the next of them.
type instances struct {
	each []*testSite
	URL  string // the balancer's
}

// startInstances serves the sample site from n instances.
func startInstances(t *testing.T, n int) *instances {
	t.Helper()
	st := stores{database: storetest.MigratedPostgresURL(t), redis: storetest.RedisURL(t)}
	in := &instances{}
	var turn atomic.Int64
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	balancer := httptest.NewUnstartedServer(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		to, err := url.Parse(in.each[int(turn.Add(1))%n].URL)
		if err != nil {
			panic(err) // httptest gave it
		}
		r.SetURL(to)
		r.SetXForwarded()
	}})
	in.URL = "http://" + balancer.Listener.Addr().String()
	for range n {
		in.each = append(in.each, startSite(t, st, func(s *Settings) {
			s.Secret, s.BaseURL, s.TrustedProxies = strings.Repeat("shared", 8), in.URL, "127.0.0.1/32"
		}))
	}
	balancer.Start()
	t.Cleanup(func() { balancer.Close(); transport.CloseIdleConnections() })
	return in
}

// visitor comes through the balancer.
func (in *instances) visitor(t *testing.T) *visitor { return newVisitor(t, in.URL) }

// mails waits until no message is queued, and counts the mails of a kind that every instance has written, by recipient.
func (in *instances) mails(t *testing.T) map[string]int {
	t.Helper()
	eventually(t, "all mail is sent", func() bool {
		return in.each[0].number(t, "select count(*) from outbox where state <> 'sent'") == 0
	})
	to := map[string]int{}
	for _, s := range in.each {
		for _, text := range mailFiles(t, settings{"DATA_DIR": filepath.Dir(s.mailDir())}) {
			m, err := message.Read(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			to[m.Header.Get("To")+" "+m.Header.Get("Subject")]++
		}
	}
	return to
}

func TestThreeHundredPeopleForSixtyPlacesThroughSeveralInstances(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3} {
		t.Run(fmt.Sprintf("%d instances", n), func(t *testing.T) {
			t.Parallel()
			in := startInstances(t, n)
			v, s := in.visitor(t), in.each[0]
			place := v.event(masterclass).Places[0].ID
			known := &receipts{}
			known.rush(v, masterclass, place, 0, 300)
			if got := known.outcomes(); got["confirmed"] != 60 || got["full"] != 240 {
				t.Errorf("the outcomes are %v", got)
			}
			if taken := s.number(t, "select taken from places where id = ?", place); taken != 60 {
				t.Errorf("%d of 60 are taken", taken)
			}
			known.durable(t, s)
			for _, one := range in.each {
				if left := one.visitor(t).left(masterclass, 0); left != 0 {
					t.Errorf("an instance says that %d are left", left)
				}
			}
			mails := in.mails(t)
			for to, n := range mails {
				if n != 1 {
					t.Errorf("%d mails to %s", n, to)
				}
			}
			if len(mails) != 60 {
				t.Errorf("%d mails went out", len(mails))
			}
			s.whole(t)
		})
	}
}

// TestInstancesShareClaimsAndTheWaitingList has nobody come back to the instance that they were at.
func TestInstancesShareClaimsAndTheWaitingList(t *testing.T) {
	t.Parallel()
	in := startInstances(t, 3)
	a, b, c := in.each[0].visitor(t), in.each[1].visitor(t), in.each[2].visitor(t)
	const slug = "shared"
	e := openEvent(newID(), slug, 1)
	in.each[0].add(t, e)
	place := e.Places[0].ID

	form, kept := a.keeps(slug, 1, place)
	again, keptAgain := b.checks(slug, form)
	if !kept || !keptAgain || again.Get("claim") != form.Get("claim") || c.left(slug, 0) != 0 {
		t.Errorf("the seat is kept %v, then %v; the third says that %d are left", kept, keptAgain, c.left(slug, 0))
	}
	manage := c.confirms(slug, again)
	a.get(manage).want(t, 200, "Your place is confirmed", "ada1@example.com")
	if path := b.confirms(slug, again); path != manage {
		t.Errorf("confirming again at another instance leads to %s, not %s", path, manage)
	}

	var waiting []receipt
	for n, v := range []*visitor{a, b, c, a, b} {
		waiting = append(waiting, v.registers(slug, 10+n, place, true))
	}
	b.post(manage+"/cancel", nil).want(t, 200, "This registration is cancelled")
	c.get(pathOf(t, waiting[0].ManageURL)).want(t, 200, "A place has come free for you")
	offeredOnce(t, in, place, 1)

	// Two more seats, which no transaction passes on: that is for the one of the instances that tends.
	if _, err := in.each[0].db.Exec("update places set capacity = 3, version = version + 1 where id = ?", place); err != nil {
		t.Fatal(err)
	}
	offeredOnce(t, in, place, 3)
	a.post(pathOf(t, waiting[2].ManageURL)+"/accept", nil).want(t, 200, "Your place is confirmed")
	if p := b.event(slug).Places[0]; p.Left != 0 || p.Waiting != 2 {
		t.Errorf("in the end the place is %+v", p)
	}
	for to, n := range in.mails(t) {
		if n != 1 {
			t.Errorf("%d mails to %s", n, to)
		}
	}
	in.each[0].whole(t)
}

// offeredOnce waits for so many seats given, and then for rounds of every instance in which nothing more is given.
func offeredOnce(t *testing.T, in *instances, place string, n int) {
	t.Helper()
	given := func() int {
		return in.each[0].number(t, "select count(*) from registrations where place_id = ? and status in ('confirmed', 'offered')", place)
	}
	eventually(t, itoa(n)+" seats are given", func() bool { return given() == n })
	for _, s := range in.each { // those whose turn it is not, too
		if err := s.registrar.TendOnce(t.Context()); err != nil {
			t.Error(err)
		}
	}
	offers := in.each[0].number(t, "select count(*) from outbox o join registrations r on r.id = o.registration_id where r.place_id = ? and o.kind = 'offer'", place)
	if got := given(); got != n || offers != n {
		t.Errorf("%d seats are given and %d offers sent, not %d", got, offers, n)
	}
}

func pathOf(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path
}

// TestOnePersonAtTwoPlacesThroughTwoInstances has everybody ask for both places of an event at once, one place at one instance and one at
// the other. No lock is common to both transactions, yet they write the same mailboxes: one of each pair has to give way, and nobody may be
// answered with its error.
func TestOnePersonAtTwoPlacesThroughTwoInstances(t *testing.T) {
	t.Parallel()
	const people, slug = 40, "two-places"
	in := startInstances(t, 2)
	e := openEvent(newID(), slug, 2*people, 2*people)
	in.each[0].add(t, e)
	var known receipts
	var wg sync.WaitGroup
	for n := range people {
		for i, s := range in.each {
			who := n
			if i == 1 {
				who = people - 1 - n // in the other order
			}
			v := s.visitor(t)
			wg.Go(func() { known.add(v.registers(slug, who, e.Places[i].ID, false)) })
		}
	}
	wg.Wait()
	if got := known.outcomes(); got["confirmed"] != people || got["already_registered"] != people {
		t.Errorf("the outcomes are %v", got)
	}
	known.durable(t, in.each[0])
	in.each[0].whole(t)
}

// TestOfTwoInstancesBothForgetACalendarThatIsRevoked polls the one, so that it keeps the answer, and revokes at the other.
func TestOfTwoInstancesBothForgetACalendarThatIsRevoked(t *testing.T) {
	t.Parallel()
	in := startInstances(t, 2)
	here, there := in.each[0].visitor(t), in.each[1].visitor(t)
	manage := strings.TrimPrefix(here.registered(1, masterclass, here.event(masterclass).Places[0].ID, false), in.URL)
	address := strings.TrimPrefix(calendarAddress.FindString(here.get(manage).want(t, 200).text), in.URL)
	time.Sleep(2 * time.Second) // until both have heard of the registration: the answer of then is kept
	polled := there.get(address).want(t, 200)
	if tag := polled.Header.Get("ETag"); address == "" || tag == "" {
		t.Fatalf("the calendar at %q has the tag %q", address, tag)
	}
	here.post(manage+"/calendars", nil).want(t, 200)
	eventually(t, "the other instance forgets it too", func() bool { return there.get(address).StatusCode == http.StatusNotFound })
}
