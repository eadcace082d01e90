package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/store/storetest"
	"masterclass/registrations"
	"masterclass/registrations/seats"
)

// longEnough is what a busy machine may take for what takes a moment or a failover.
const longEnough = time.Minute

// eventually waits until ok says so.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(longEnough); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("after %v it is not so that %s", longEnough, what)
}

// add publishes an event at the running site.
func (s *testSite) add(t *testing.T, e *events.Event) {
	t.Helper()
	if err := s.db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error { return s.events.Insert(ctx, tx, e) }); err != nil {
		t.Fatal(err)
	}
}

// number is the answer to a query for one.
func (s *testSite) number(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := s.db.NewRaw(query, args...).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// whole checks every invariant, those of Redis as soon as it is in step.
func (s *testSite) whole(t *testing.T) {
	t.Helper()
	found, err := registrations.Check(t.Context(), s.db, time.Now())
	if err != nil || len(found.Problems) > 0 {
		t.Errorf("the record is not whole: %v %v", found.Problems, err)
	}
	eventually(t, "Redis has what the database has", func() bool {
		problems, err := s.seats.Check(t.Context(), settle)
		return err == nil && len(problems) == 0
	})
}

// keeps checks the answers of person n, and says whether a seat is kept for them; the form is what confirms.
func (v *visitor) keeps(slug string, n int, place string) (form url.Values, kept bool) {
	v.t.Helper()
	page := v.get("/events/"+slug+"/register").want(v.t, 200)
	form = formOf(person(n, place))
	form.Set("claim", hiddenFields(page.text).Get("claim"))
	return v.checks(slug, form)
}

// checks sends a form to be checked.
func (v *visitor) checks(slug string, form url.Values) (checked url.Values, kept bool) {
	v.t.Helper()
	form.Set("step", "check")
	page := v.post("/events/"+slug+"/register", form).want(v.t, 200, "Check your answers")
	return hiddenFields(page.text), strings.Contains(page.text, "keeping a place for you until")
}

// confirms sends a checked form and gives the path of the page that manages the registration.
func (v *visitor) confirms(slug string, form url.Values) string {
	v.t.Helper()
	form.Set("step", "confirm")
	return v.post("/events/"+slug+"/register", form).want(v.t, 200, "Your place is confirmed").Request.URL.Path
}

// left is what the JSON tells of an event's place.
func (v *visitor) left(slug string, place int) int {
	v.t.Helper()
	return v.event(slug).Places[place].Left
}

// receipt is the answer to a registration by JSON.
type receipt struct {
	ID, Status string
	ManageURL  string `json:"manage_url"`
	Error      struct{ Code string }
}

// registers person n by JSON, who waits if wait says so.
func (v *visitor) registers(slug string, n int, place string, wait bool) receipt {
	v.t.Helper()
	ask := person(n, place)
	ask["wait"] = wait
	a := v.call("/api/v1/events/"+slug+"/registrations", ask)
	var r receipt
	a.json(v.t, &r)
	if a.StatusCode != http.StatusCreated && a.StatusCode != http.StatusConflict {
		v.t.Errorf("person %d is answered %d %s", n, a.StatusCode, a.text)
	}
	return r
}

// receipts are those of many people at once.
type receipts struct {
	mu  sync.Mutex
	all []receipt
}

func (r *receipts) add(one receipt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
}

// rush lets the people register at the same moment.
func (r *receipts) rush(v *visitor, slug, place string, from, n int) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { r.add(v.registers(slug, from+i, place, false)) })
	}
	wg.Wait()
}

// outcomes counts the answers: a status or the code of a refusal.
func (r *receipts) outcomes() map[string]int {
	count := map[string]int{}
	for _, one := range r.all {
		count[one.Status+one.Error.Code]++
	}
	return count
}

// durable checks that each acknowledged registration is in the record with its message.
func (r *receipts) durable(t *testing.T, s *testSite) {
	t.Helper()
	var ids []string
	for _, one := range r.all {
		if one.Status == "confirmed" {
			ids = append(ids, one.ID)
		}
	}
	n := s.number(t, `select count(*) from registrations r where r.id in (?) and r.status = 'confirmed'
		and (select count(*) from outbox o where o.registration_id = r.id and o.kind = 'confirmation') = 1`, bun.List(ids))
	if n != len(ids) {
		t.Errorf("of %d acknowledged registrations %d are in the database with their message", len(ids), n)
	}
}

// TestARedisClusterServesEachEventFromOneNode has an event on each of the three nodes, and loses one node.
func TestARedisClusterServesEachEventFromOneNode(t *testing.T) {
	t.Parallel()
	cluster := storetest.RedisCluster(t)
	s := startSite(t, stores{database: storetest.MigratedPostgresURL(t), redis: cluster.URL()})
	v := s.visitor(t)
	onNode := map[int]*events.Event{}
	for len(onNode) < cluster.Nodes() {
		id := newID()
		node := cluster.Node("{" + id + "}")
		if onNode[node] == nil {
			onNode[node] = openEvent(id, fmt.Sprintf("node-%d", node), 4, 2)
			s.add(t, onNode[node])
		}
	}
	for node, e := range onNode {
		holdsMove(t, v, e)
		sellsOut(t, v, e)
		if keys := cluster.Keys(node); !slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, "{"+e.ID+"}:place:") }) {
			t.Errorf("node %d does not have its event: %v", node, keys)
		}
	}
	s.whole(t)
	losesANode(t, s, v, cluster, slices.Collect(maps.Values(onNode)))
}

// holdsMove keeps a seat at one place, changes to another, and confirms there.
func holdsMove(t *testing.T, v *visitor, e *events.Event) {
	t.Helper()
	form, kept := v.keeps(e.Slug, 1, e.Places[0].ID)
	if left := v.left(e.Slug, 0); !kept || left != 3 {
		t.Errorf("%s: kept %v, %d left", e.Slug, kept, left)
	}
	form.Set("place", e.Places[1].ID)
	form, kept = v.checks(e.Slug, form)
	if first, second := v.left(e.Slug, 0), v.left(e.Slug, 1); !kept || first != 4 || second != 1 {
		t.Errorf("%s, at the other place: kept %v, %d and %d left", e.Slug, kept, first, second)
	}
	v.confirms(e.Slug, form)
	if left := v.left(e.Slug, 1); left != 1 {
		t.Errorf("%s: %d left once it is confirmed", e.Slug, left)
	}
}

// sellsOut fills the second place of an event, and passes a seat on to somebody who waits.
func sellsOut(t *testing.T, v *visitor, e *events.Event) {
	t.Helper()
	place := e.Places[1].ID
	last := v.registers(e.Slug, 2, place, false)
	refused, waits := v.registers(e.Slug, 3, place, false), v.registers(e.Slug, 4, place, true)
	if last.Status != "confirmed" || refused.Error.Code != "full" || waits.Status != "waiting" {
		t.Fatalf("%s: the last is %+v, then %+v and %+v", e.Slug, last, refused, waits)
	}
	v.post(last.ManageURL+"/cancel", nil).want(t, 200, "This registration is cancelled")
	v.get(waits.ManageURL).want(t, 200, "A place has come free for you")
	v.post(waits.ManageURL+"/accept", nil).want(t, 200, "Your place is confirmed")
	if p := v.event(e.Slug).Places[1]; p.Left != 0 || p.Waiting != 0 {
		t.Errorf("%s: in the end the place is %+v", e.Slug, p)
	}
}

// losesANode kills a node: its event goes on by the database alone, and the others as before; and it is used again when it is back.
func losesANode(t *testing.T, s *testSite, v *visitor, cluster *storetest.Cluster, all []*events.Event) {
	t.Helper()
	dead := cluster.Node("{" + all[0].ID + "}")
	cluster.Kill(dead)
	known, kept := &receipts{}, 0
	for n := range 3 {
		one := v.registers(all[0].Slug, 10+n, all[0].Places[0].ID, false)
		if one.Status != "confirmed" {
			t.Fatalf("without its node %+v", one)
		}
		known.add(one)
		if left := v.left(all[0].Slug, 0); left != 3-n {
			t.Errorf("without its node %d are left after %d of 4", left, n+1)
		}
		for _, e := range all[1:] { // beside the dead node, all the time
			if _, ok := v.keeps(e.Slug, 10+n, e.Places[0].ID); ok {
				kept++
			}
		}
	}
	if want := 3 * len(all[1:]); kept < want-1 { // a busy machine may make a node miss one
		t.Errorf("the nodes beside the dead one kept %d of %d seats", kept, want)
	}
	known.durable(t, s)
	cluster.Restart(dead)
	var form url.Values
	eventually(t, "the node that is back keeps a seat", func() (kept bool) {
		form, kept = v.keeps(all[0].Slug, 20, all[0].Places[0].ID)
		return kept
	})
	if left := v.left(all[0].Slug, 0); left != 0 {
		t.Errorf("%d are left while the last is kept", left)
	}
	v.confirms(all[0].Slug, form)
	s.whole(t)
}

// TestASentinelFailoverThatLosesWritesLosesNobody kills the primary after its replica has fallen behind.
func TestASentinelFailoverThatLosesWritesLosesNobody(t *testing.T) {
	t.Parallel()
	const capacity, slug = 120, "failover"
	sentinel := storetest.RedisSentinel(t)
	s := startSite(t, stores{database: storetest.MigratedPostgresURL(t), redis: sentinel.URL()})
	v := s.visitor(t)
	e := openEvent(newID(), slug, capacity)
	s.add(t, e)
	place := e.Places[0].ID
	known := &receipts{}
	known.rush(v, slug, place, 1000, 20)
	sentinel.Part()
	known.rush(v, slug, place, 2000, 20) // of these the replica never hears
	form, kept := v.keeps(slug, 1, place)
	if left := v.left(slug, 0); !kept || left != capacity-41 {
		t.Fatalf("before the failover: kept %v, %d left", kept, left)
	}
	sentinel.Kill()
	for n := range 10 {
		if one := v.registers(slug, 3000+n, place, false); one.Status != "confirmed" {
			t.Fatalf("without Redis %+v", one)
		} else {
			known.add(one)
		}
	}
	eventually(t, "the replica is the primary", sentinel.Promoted)
	eventually(t, "holds are kept again", func() bool { _, kept := v.keeps(slug, 2, place); return kept })
	holds := "{" + e.ID + "}:holds:" + place
	if claim, ok := seats.ReadClaim(s.keys, form.Get("claim"), e.ID); !ok || slices.Contains(sentinel.Members(holds), claim.ID) {
		t.Errorf("the failover has not lost the hold of %+v", claim)
	}
	s.whole(t)
	v.confirms(slug, form) // the seat it had lost is still promised
	known.rush(v, slug, place, 4000, 100)
	checkFailover(t, s, known, capacity, e)
}

// checkFailover counts: everybody has a proper answer, no seat is sold twice, and what Redis keeps was only kept.
func checkFailover(t *testing.T, s *testSite, known *receipts, capacity int, e *events.Event) {
	t.Helper()
	place, held := e.Places[0].ID, 0
	eventually(t, "the holds are counted", func() bool {
		live, ok := s.seats.Live(t.Context(), seats.Ref{EventID: e.ID, PlaceID: place})
		held = int(live)
		return ok
	})
	confirmed := s.number(t, "select count(*) from registrations where place_id = ? and status = 'confirmed'", place)
	if taken := s.number(t, "select taken from places where id = ?", place); confirmed != taken || confirmed+held != capacity {
		t.Errorf("%d are confirmed, %d taken and %d held of %d", confirmed, taken, held, capacity)
	}
	if got := known.outcomes(); got["confirmed"] != confirmed-1 || got["confirmed"]+got["full"] != len(known.all) {
		t.Errorf("%d are confirmed, one of them by the form; the answers were %v", confirmed, got)
	}
	known.durable(t, s)
	s.whole(t)
}
