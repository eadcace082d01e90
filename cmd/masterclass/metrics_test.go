package main

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
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
