package main

import (
	"bufio"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterclass/internal/store/storetest"
)

// scrape gets /metrics with a token; "" sends none.
func (v *visitor) scrape(token string) answer {
	v.t.Helper()
	req := v.request(http.MethodGet, "/metrics", nil)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return v.do(req)
}

// samples reads the text format: name with labels, and value.
func samples(text string) map[string]string {
	found := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		if i := strings.LastIndexByte(lines.Text(), ' '); i > 0 && lines.Text()[0] != '#' {
			found[lines.Text()[:i]] = lines.Text()[i+1:]
		}
	}
	return found
}

func TestMetricsAreThereForWhoeverHasTheToken(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st, func(s *Settings) { s.MetricsToken = "open-sesame" })
		v := s.visitor(t)
		for _, token := range []string{"", "open", "Open-sesame"} {
			if text := v.scrape(token).want(t, http.StatusUnauthorized).text; strings.Contains(text, "masterclass_") {
				t.Errorf("the token %q opens them", token)
			}
		}
		place := v.event(masterclass).Places[0].ID
		v.call("/api/v1/events/"+masterclass+"/registrations", person(1, place)).want(t, 201)
		text := v.scrape("open-sesame").want(t, 200).text
		got := samples(text)
		for name, want := range map[string]string{
			"masterclass_registrations_total":              "1",
			"masterclass_registrations_failed_total":       "0",
			`masterclass_holds_total{outcome="held"}`:      "1",
			`masterclass_holds_total{outcome="full"}`:      "0",
			`masterclass_commit_batch_size_bucket{le="1"}`: "1",
			"masterclass_commit_batch_size_sum":            "1",
			"masterclass_redis_up":                         "1",
			"masterclass_database_up":                      "1",
			"masterclass_drift_total":                      "0",
			`masterclass_http_request_duration_seconds_count{method="POST",route="/api/v1/events/:slug/registrations",status="201"}`: "1",
		} {
			if got[name] != want {
				t.Errorf("%s is %q, not %s", name, got[name], want)
			}
		}
		for _, name := range []string{"masterclass_outbox_queued", "masterclass_outbox_oldest_seconds", `masterclass_messages_total{result="sent"}`, "process_resident_memory_bytes"} {
			if got[name] == "" {
				t.Errorf("%s is missing", name)
			}
		}
		if strings.Contains(text, "@") || strings.Contains(text, masterclass) {
			t.Error("the metrics hold what only a person should have")
		}
	})
}

func TestWithoutATokenThereAreNoMetrics(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	v.scrape("").want(t, http.StatusNotFound)
	v.scrape("anything").want(t, http.StatusNotFound)
}

func equals(want string) func(string) bool { return func(got string) bool { return got == want } }

// atLeast is for what only rises.
func atLeast(n float64) func(string) bool {
	return func(got string) bool {
		v, err := strconv.ParseFloat(got, 64)
		return err == nil && v >= n
	}
}

// awaitMetric scrapes until a metric is as it should be: some change with the next round of those who work beside the requests.
func (v *visitor) awaitMetric(name string, ok func(string) bool) {
	v.t.Helper()
	got := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if got = samples(v.scrape("open-sesame").want(v.t, 200).text)[name]; ok(got) {
			return
		}
	}
	v.t.Errorf("%s stays %q", name, got)
}

func TestMetricsTellOfRefusalsDriftAndARedisThatIsAway(t *testing.T) {
	t.Parallel()
	server := storetest.MortalRedis(t)
	s := startSite(t, stores{redis: server.URL}, func(s *Settings) { s.MetricsToken = "open-sesame" })
	v := s.visitor(t)
	place := v.event(masterclass).Places[0].ID
	api := "/api/v1/events/" + masterclass + "/registrations"
	v.call(api, person(1, place)).want(t, 201)
	v.awaitMetric("masterclass_redis_up", equals("1"))
	v.awaitMetric("masterclass_drift_total", equals("0"))

	e, err := s.events.BySlug(t.Context(), masterclass)
	if err != nil {
		t.Fatal(err)
	}
	s.resize(t, e.Places[0], 1)
	v.awaitMetric(`masterclass_holds_total{outcome="full"}`, equals("0"))
	v.call(api, person(2, place)).want(t, 409, `"full"`)
	v.awaitMetric(`masterclass_holds_total{outcome="full"}`, atLeast(1))

	if err := s.redis.HSet(t.Context(), "{"+e.ID+"}:place:"+place, "taken", 0).Err(); err != nil { // somebody's hand in Redis
		t.Fatal(err)
	}
	v.awaitMetric("masterclass_drift_total", atLeast(1))

	server.Down()
	v.awaitMetric("masterclass_redis_up", equals("0"))
	v.awaitMetric("masterclass_database_up", equals("1"))
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	v.awaitMetric("masterclass_redis_up", equals("1"))
}
