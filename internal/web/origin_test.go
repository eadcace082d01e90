package web

import (
	"strings"
	"testing"
)

func TestOnlyOurOwnPagesMayPost(t *testing.T) {
	t.Parallel()
	a := newApp()
	for _, c := range []struct {
		path    string
		headers []string
		want    int
	}{
		{"/form", nil, 403},
		{"/form", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"/form", []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://evil.example"}, 200},
		{"/form", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"/form", []string{"Sec-Fetch-Site", "cross-site", "Origin", base}, 403},
		{"/form", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"/form", []string{"Sec-Fetch-Site", "none"}, 403},
		{"/form", []string{"Sec-Fetch-Site", "Same-Origin"}, 403},
		{"/form", []string{"Origin", base}, 200},
		{"/form", []string{"Origin", "http://example.com"}, 200}, // the Host of these requests
		{"/form", []string{"Origin", "https://evil.example"}, 403},
		{"/form", []string{"Origin", "https://events.example.org.evil.example"}, 403},
		{"/form", []string{"Origin", "https://events.example.org:8443"}, 403},
		{"/form", []string{"Origin", "http://events.example.org"}, 403},
		{"/form", []string{"Origin", "null"}, 403},
		{"/form", []string{"Origin", ""}, 403},
		{"/form", []string{"Referer", base + "/form"}, 403},
		{"/unsubscribe/x", nil, 200},
		{"/unsubscribe/x", []string{"Sec-Fetch-Site", "cross-site"}, 200},
		{"/unsubscribe/../form", nil, 404}, // there is no way round
		{"/api/v1/things", nil, 415},
		{"/api/v1/things", []string{"Content-Type", "application/json"}, 200},
		{"/api/v1/things", []string{"Content-Type", "application/json; charset=utf-8"}, 200},
		{"/api/v1/things", []string{"Content-Type", "APPLICATION/JSON"}, 200},
		{"/api/v1/things", []string{"Content-Type", "text/plain"}, 415},
		{"/api/v1/things", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"/api/v1/things", []string{"Content-Type", "multipart/form-data; boundary=x"}, 415},
		{"/api/v1/things", []string{"Content-Type", "application/json-seq"}, 415},
		{"/api/v1/things", []string{"Content-Type", "text/plain; application/json"}, 415},
		{"/api/v1/things", []string{"Content-Type", "application/json", "Sec-Fetch-Site", "cross-site"}, 403},
		{"/api/v1/things", []string{"Content-Type", "application/json", "Sec-Fetch-Site", "same-origin"}, 200},
		{"/api/v1/things", []string{"Content-Type", "application/json", "Origin", "https://evil.example"}, 403},
		{"/api/v1/things", []string{"Content-Type", "application/json", "Origin", "null"}, 403},
		{"/api/v1/things", []string{"Content-Type", "application/json", "Origin", base}, 200},
	} {
		if res, _ := a.ask(t, "POST", c.path, "", c.headers...); res.StatusCode != c.want {
			t.Errorf("%s with %q answers %d, want %d", c.path, c.headers, res.StatusCode, c.want)
		}
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		if res, _ := a.ask(t, method, "/form", "", "Sec-Fetch-Site", "cross-site"); res.StatusCode != 403 {
			t.Errorf("%s across sites answers %d", method, res.StatusCode)
		}
	}
	if res, _ := a.ask(t, "PUT", "/form", "", "Sec-Fetch-Site", "same-origin"); res.StatusCode != 405 || !strings.Contains(res.Header.Get("Allow"), "POST") {
		t.Errorf("a method that is not taken answers %d, Allow %q", res.StatusCode, res.Header.Get("Allow"))
	}
}
