package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"masterclass/registrations"
)

// rushFake is a site with one event of ten seats that can be told to go wrong in one way each.
type rushFake struct {
	*httptest.Server
	registration string

	oversell    int            // seats that it gives beyond the capacity
	lose        int            // registrations that it acknowledges and forgets
	loseWaiting int            // the same, of those who wait
	keep        int            // seats that it does not give
	noList      bool           // nobody can wait
	dead        int            // links that lead nowhere
	mute        bool           // pages that say nothing
	fail        int            // registrations that end in an error, with nothing done
	know        int            // people whom it says it knows
	grow        int            // seats that are added meanwhile
	questions   []any          // of the event's own
	answers     string         // that people must give, as JSON
	after       map[int]func() // what is done when so many people have come

	mu                             sync.Mutex
	came, capacity, taken, waiting int
	pages                          map[string]string // by path
}

func newRushFake(t *testing.T, spoil func(*rushFake)) *rushFake {
	f := &rushFake{registration: "open", capacity: 10, pages: map[string]string{}}
	spoil(f)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /events/"+masterclass, func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /api/v1/events/"+masterclass, f.event)
	mux.HandleFunc("POST /api/v1/events/"+masterclass+"/registrations", f.register)
	mux.HandleFunc("GET /registrations/{token}", f.manage)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

func (f *rushFake) event(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	left := max(0, f.capacity-f.taken)
	if f.waiting > 0 && f.keep == 0 {
		left = 0
	}
	reply(w, 200, map[string]any{"status": "published", "registration": f.registration, "questions": f.questions, "places": []rushPlace{
		{ID: "p1", Name: "In person", Capacity: f.capacity, Left: left, Waiting: f.waiting}, {ID: "p2", Name: "Online", Capacity: 10, Left: 10},
	}})
}

func (f *rushFake) register(w http.ResponseWriter, req *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var form struct {
		Email string
		Place string
		Wait  bool

		Answers json.RawMessage
	}
	if err := json.NewDecoder(req.Body).Decode(&form); err != nil || form.Place != "p1" || form.Email == "" || string(form.Answers) != f.answers {
		refuse(w, 422, "invalid")
		return
	}
	switch {
	case f.fail > 0:
		f.fail--
		refuse(w, 500, "internal")
	case f.know > 0:
		f.know--
		refuse(w, 409, rushAlready)
	case f.taken < f.capacity+f.oversell-f.keep:
		f.taken++
		f.tell(w, registrations.Confirmed, &f.lose, &f.taken)
	case form.Wait && !f.noList:
		f.waiting++
		f.tell(w, registrations.Waiting, &f.loseWaiting, &f.waiting)
	default:
		refuse(w, 409, rushFull)
	}
}

// tell acknowledges, and forgets if it is to.
func (f *rushFake) tell(w http.ResponseWriter, s registrations.Status, lose, count *int) {
	f.came++
	if f.came == 1 {
		f.capacity += f.grow
	}
	if done := f.after[f.came]; done != nil {
		done()
	}
	if *lose > 0 {
		*lose--
		*count--
	}
	reference := fmt.Sprintf("REF-%d", f.came)
	path := fmt.Sprintf("/registrations/t%d", f.came)
	if f.came > f.dead {
		f.pages[path] = reference
		if !f.mute {
			f.pages[path] += " " + s.Words()
		}
	}
	reply(w, 201, map[string]any{"id": "x", "reference": reference, "status": s, "place": "In person", "manage_url": "https://public.example" + path})
}

func (f *rushFake) manage(w http.ResponseWriter, req *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	page, ok := f.pages[req.URL.Path]
	if !ok {
		http.NotFound(w, req)
		return
	}
	fmt.Fprintln(w, page)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that is gone is none of ours
}

func refuse(w http.ResponseWriter, status int, code string) {
	reply(w, status, map[string]any{"error": map[string]string{"code": code, "message": "No."}})
}
