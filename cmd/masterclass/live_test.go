package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"masterclass/internal/store/storetest"
)

// livePlaces is what an event of the stream says.
type livePlaces struct {
	Registration string
	Places       []struct {
		ID, Words, State string
		Left, Waiting    int
	}
	Action struct{ Href, Text, Note string }
}

// stream is somebody who watches an event's places.
type stream struct {
	t    testing.TB
	body *bufio.Reader
}

// watch opens the stream of an event's places until the test ends.
func (s *testSite) watch(t testing.TB, slug string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/events/"+slug+"/places", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); res.Body.Close() })
	if kind := res.Header.Get("Content-Type"); res.StatusCode != 200 || kind != "text/event-stream" {
		t.Fatalf("the stream answers %d, %s", res.StatusCode, kind)
	}
	return &stream{t, bufio.NewReader(res.Body)}
}

// await reads events until the first place's words are these.
func (s *stream) await(words string) livePlaces {
	s.t.Helper()
	var last string
	for {
		line, err := s.body.ReadString('\n')
		if err != nil {
			s.t.Fatalf("the stream ended with %v; want %q, the last was %s", err, words, last)
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var l livePlaces
		if err := json.Unmarshal([]byte(data), &l); err != nil {
			s.t.Fatal(err)
		}
		if len(l.Places) > 0 && l.Places[0].Words == words {
			return l
		}
		last = data
	}
}

func TestWhoeverWatchesAnEventSeesItsPlacesGo(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		place := v.event(masterclass).Places[0]
		watching := s.watch(t, masterclass)
		if first := watching.await("60 places left"); first.Registration != "open" || first.Places[0].ID != place.ID || first.Action.Text != "Register" {
			t.Errorf("the first event is %+v", first)
		}

		// A seat is held, its registration confirmed, and given back.
		form := formOf(person(1, place.ID))
		form.Set("claim", hiddenFields(v.get("/events/"+masterclass+"/register").text).Get("claim"))
		form.Set("step", "check")
		check := v.post("/events/"+masterclass+"/register", form).want(t, 200)
		watching.await("59 places left")
		form = hiddenFields(check.text)
		form.Set("step", "confirm")
		mine := v.post("/events/"+masterclass+"/register", form).want(t, 200).Request.URL.Path
		v.registered(2, masterclass, place.ID, false)
		watching.await("58 places left")
		v.get("/events/"+masterclass).want(t, 200, "58 places left")
		v.post(mine+"/cancel", nil).want(t, 200)
		watching.await("59 places left")
	})
}

// With the small set-up there is only one instance.
func TestWhoeverWatchesOneInstanceSeesWhatHappensOnAnother(t *testing.T) {
	t.Parallel()
	st := stores{database: storetest.MigratedPostgresURL(t), redis: storetest.RedisURL(t)}
	same := func(s *Settings) { s.Secret = strings.Repeat("secret", 8) }
	one, other := startSite(t, st, same), startSite(t, st, same)
	place := one.visitor(t).event(masterclass).Places[0]
	watching := one.watch(t, masterclass)
	watching.await("60 places left")
	other.visitor(t).registered(1, masterclass, place.ID, false)
	watching.await("59 places left")
	if err := one.redis.FlushAll(t.Context()).Err(); err != nil { // Redis may lose all it knows
		t.Fatal(err)
	}
	other.visitor(t).registered(2, masterclass, place.ID, false)
	watching.await("58 places left")
}

func TestOpenStreamsDoNotKeepTheProgramFromStopping(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		var streams []*stream
		var began time.Time
		t.Run("while 100 watch", func(inner *testing.T) {
			s := startSite(inner, st)
			for range 100 {
				streams = append(streams, s.watch(t, masterclass)) // which outlive the site
				streams[len(streams)-1].await("60 places left")
			}
			if n := s.live.Watching(); n != 100 {
				t.Errorf("%d streams are open", n)
			}
			began = time.Now()
		})
		if took := time.Since(began); took > stopTime {
			t.Errorf("stopping took %v", took)
		}
		for _, one := range streams {
			if _, err := io.ReadAll(one.body); err != nil {
				t.Fatalf("a stream ended with %v", err)
			}
		}
	})
}
