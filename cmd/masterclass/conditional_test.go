package main

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// conditionalCase is a request with headers, names and values in turn, and its answer.
type conditionalCase struct {
	headers []string
	want    int
}

// conditionalCases are RFC 9110 13 for what has this tag and date.
func conditionalCases(tag string, revised time.Time) []conditionalCase {
	at, older, newer := revised.Format(http.TimeFormat), revised.Add(-time.Second).Format(http.TimeFormat), revised.Add(time.Second).Format(http.TimeFormat)
	obsolete := revised.UTC().Format("Monday, 02-Jan-06 15:04:05 GMT") // RFC 850, which has to be understood (5.6.7)
	return []conditionalCase{
		{nil, 200},
		// 13.1.2
		{[]string{"If-None-Match", tag}, 304}, {[]string{"If-None-Match", "W/" + tag}, 304}, {[]string{"If-None-Match", "*"}, 304}, {[]string{"If-None-Match", " * "}, 304},
		{[]string{"If-None-Match", `"a", W/"b,c" ,` + tag + `, "d"`}, 304}, {[]string{"If-None-Match", `"a"`, "If-None-Match", tag}, 304},
		{[]string{"If-None-Match", `"a"`}, 200}, {[]string{"If-None-Match", `W/"a", "b"`}, 200}, {[]string{"If-None-Match", strings.Trim(tag, `"`)}, 200},
		{[]string{"If-None-Match", strings.ToUpper(tag)}, 200}, {[]string{"If-None-Match", `"a", *`}, 200}, {[]string{"If-None-Match", "w/" + tag}, 200},
		// 13.1.3
		{[]string{"If-Modified-Since", at}, 304}, {[]string{"If-Modified-Since", newer}, 304}, {[]string{"If-Modified-Since", obsolete}, 304}, {[]string{"If-Modified-Since", revised.UTC().Format(time.ANSIC)}, 304},
		{[]string{"If-Modified-Since", older}, 200}, {[]string{"If-Modified-Since", "yesterday"}, 200}, {[]string{"If-Modified-Since", at[5:]}, 200},
		{[]string{"If-Modified-Since", revised.Format(time.RFC3339)}, 200}, {[]string{"If-Modified-Since", at, "If-Modified-Since", at}, 200},
		// 13.2.2: a tag goes before a date
		{[]string{"If-None-Match", tag, "If-Modified-Since", older}, 304}, {[]string{"If-None-Match", `"a"`, "If-Modified-Since", newer}, 200},
		{[]string{"If-None-Match", tag, "If-Modified-Since", "yesterday"}, 304},
		// 13.1.1
		{[]string{"If-Match", tag}, 200}, {[]string{"If-Match", "*"}, 200}, {[]string{"If-Match", `"a", ` + tag}, 200},
		{[]string{"If-Match", `"a"`}, 412}, {[]string{"If-Match", "W/" + tag}, 412},
		// 13.1.4
		{[]string{"If-Unmodified-Since", at}, 200}, {[]string{"If-Unmodified-Since", newer}, 200}, {[]string{"If-Unmodified-Since", "yesterday"}, 200},
		{[]string{"If-Unmodified-Since", older}, 412},
		// 13.2.2: what is wanted alone goes first
		{[]string{"If-Match", tag, "If-Unmodified-Since", older}, 200}, {[]string{"If-Match", `"a"`, "If-None-Match", tag}, 412},
		{[]string{"If-Match", tag, "If-None-Match", tag}, 304}, {[]string{"If-Unmodified-Since", older, "If-Modified-Since", newer}, 412},
		// 14.2 and 13.1.5: a server may leave ranges alone
		{[]string{"Range", "bytes=0-9"}, 200}, {[]string{"Range", "bytes=0-9", "If-Range", tag}, 200}, {[]string{"Range", "bytes=0-9", "If-Range", older}, 200},
		{[]string{"Range", "bytes=900000-"}, 200}, {[]string{"Range", "bytes=0-9", "If-None-Match", tag}, 304},
	}
}

func TestEveryCalendarAnswersConditionalRequests(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		var one struct {
			ManageURL string `json:"manage_url"`
		}
		v.call("/api/v1/events/"+masterclass+"/registrations", person(1, v.event(masterclass).Places[0].ID)).want(t, 201).json(t, &one)
		manage := v.get(one.ManageURL).want(t, 200).text
		own := calendarAddress.FindString(manage)
		for name, path := range map[string]string{
			"all events": "/events.ics", "a topic": "/events.ics?topic=nursing", "one event": "/events/" + masterclass + ".ics", "its programme": "/events/" + masterclass + ".ics?programme=1",
			"a registration": own, "an invitation to download": one.ManageURL + "/invite.ics",
		} {
			t.Run(name, func(t *testing.T) {
				v.get(path).want(t, 200, "BEGIN:VCALENDAR")
				for _, coding := range []string{"identity", "gzip"} { // each has a tag of its own
					v.conditional(t, path, coding)
				}
			})
		}
		for _, path := range []string{"/events/nothing.ics", "/calendars/nonsense.ics"} {
			for _, name := range []string{"If-None-Match", "If-Match"} {
				if got := v.ask("GET", path, name, "*"); got.StatusCode != 404 {
					t.Errorf("%s with %s: * answers %d", path, name, got.StatusCode)
				}
			}
		}
	})
}

// conditional asks for an address in all those ways, by GET and HEAD, taking a coding.
func (v *visitor) conditional(t *testing.T, path, coding string) {
	whole := v.ask("GET", path, "Accept-Encoding", coding).want(t, 200)
	tag := whole.Header.Get("ETag")
	revised, err := http.ParseTime(whole.Header.Get("Last-Modified"))
	if err != nil || len(tag) < 10 || tag[0] != '"' {
		t.Fatalf("the validators are %v, %v", whole.Header, err)
	}
	for _, c := range conditionalCases(tag, revised) {
		for _, method := range []string{"GET", "HEAD"} {
			got := v.ask(method, path, append([]string{"Accept-Encoding", coding}, c.headers...)...)
			if got.StatusCode != c.want {
				t.Errorf("%s with %q answers %d, want %d", method, c.headers, got.StatusCode, c.want)
				continue
			}
			if has, want := got.text == whole.text, method == "GET" && c.want == 200; has != want || (c.want == 304 && got.text != "") {
				t.Errorf("%s with %q: the body is %q", method, c.headers, got.text)
			}
			same := []string{"ETag", "Last-Modified", "Cache-Control", "Vary", "Content-Location", "Expires"} // 15.4.5
			if c.want == 200 {
				same = append(same, "Content-Type", "Content-Length", "Content-Disposition", "Accept-Ranges")
			}
			for _, name := range same {
				if is, was := got.Header.Values(name), whole.Header.Values(name); strings.Join(is, ",") != strings.Join(was, ",") {
					t.Errorf("%s with %q: %s is %q, without it was %q", method, c.headers, name, is, was)
				}
			}
			if c.want == 304 && (got.Header.Get("Content-Type") != "" || got.Header.Get("Content-Length") != "") || got.Header.Get("Date") == "" || got.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s with %q: the headers are %v", method, c.headers, got.Header)
			}
		}
	}
}

// ask sends a request with headers, names and values in turn.
func (v *visitor) ask(method, path string, headers ...string) answer {
	v.t.Helper()
	req := v.request(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	return v.do(req)
}
