package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"masterclass/internal/access"
)

// rehearsal is a command for few people whose report is JSON.
func rehearsal(url string, people int) rushCmd {
	return rushCmd{URL: url, Event: masterclass, People: people, Concurrency: 16, JSON: true}
}

// rehearsed runs a rehearsal and gives what it reports and how it ends.
func rehearsed(t *testing.T, r rushCmd) (rushReport, error) {
	t.Helper()
	var out bytes.Buffer
	err := r.rehearse(t.Context(), &out, nil)
	return reportIn(t, &out), err
}

func reportIn(t *testing.T, out *bytes.Buffer) rushReport {
	t.Helper()
	d := json.NewDecoder(out)
	d.DisallowUnknownFields()
	var report rushReport
	if err := d.Decode(&report); err != nil {
		t.Fatalf("the report is not what it was: %v", err)
	}
	return report
}

func TestRushIsACommand(t *testing.T) {
	t.Parallel()
	var c cli
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"rush", "--url", "http://localhost:8080", "--event", "day", "--people", "10"}); err != nil {
		t.Fatal(err)
	}
	if want := (rushCmd{URL: "http://localhost:8080", Event: "day", People: 10, Concurrency: 64}); c.Rush != want {
		t.Errorf("the command is %+v, want %+v", c.Rush, want)
	}
}

func TestRushOfAHundredAndFiftyPeopleForSixtySeats(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		report, err := rehearsed(t, rehearsal(s.URL, 150))
		if err != nil {
			t.Fatal(err)
		}
		if o := report.Outcomes; o.Confirmed != 60 || o.Waiting != 90 || o.Pending+o.Full+o.Already+len(o.Errors) != 0 {
			t.Errorf("the outcomes are %+v", o)
		}
		if report.Before != (rushCounts{60, 60, 0}) || report.After == nil || *report.After != (rushCounts{60, 0, 90}) {
			t.Errorf("the place went from %+v to %+v", report.Before, report.After)
		}
		if report.Came != 150 || report.Links != 150 || len(report.Broken) != 0 || report.Stopped != "" {
			t.Errorf("the report is %+v", report)
		}
		steps := report.Steps
		if steps.Page.Count != 150 || steps.Registration.Count != 150 || report.Requests != 300+steps.WaitingList.Count || steps.WaitingList.Count > 90 {
			t.Errorf("the steps are %+v, in all %d requests", steps, report.Requests)
		}
		if p := steps.Page; p.P50 <= 0 || p.P50 > p.P95 || p.P95 > p.P99 || p.P99 > p.Max || report.Seconds <= 0 || report.PerSecond <= 0 {
			t.Errorf("the latencies of the page are %+v, in %v s at %v a second", p, report.Seconds, report.PerSecond)
		}

		// Another rehearsal finds the place full; people are new, and all wait.
		report, err = rehearsed(t, rehearsal(s.URL, 10))
		if o := report.Outcomes; err != nil || o.Waiting != 10 || report.After.Waiting != 100 {
			t.Errorf("the second rehearsal: %+v, %v", report, err)
		}
	})
}

func TestRushAnswersWhatTheEventRequires(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{}, func(s *Settings) { s.RateLimit = "0" })
	staff := s.signedIn(t, access.Organiser)
	_, page := s.makeEvent(staff, "asks")
	q := s.allQuestions(staff, page, "asks")
	staff.post(page+"/questions/new", url.Values{"label": {"Why?"}, "kind": {"short_text"}, "required": {"yes"}, "shown": {q[1] + ":Meat"}}).want(t, 303)
	r := rehearsal(s.URL, 3)
	r.Event = "asks"
	report, err := rehearsed(t, r)
	if o := report.Outcomes; err != nil || o.Confirmed != 2 || o.Waiting != 1 {
		t.Errorf("%v, %+v", err, o)
	}
	staff.get(page+"/questions/answers").want(t, 200, "Of 3 people", "Rehearsal", "Meat")
}

func TestRushAnswersQuestionsThatAreShown(t *testing.T) {
	t.Parallel()
	required := func(id, on, answer string, options ...string) map[string]any {
		q := map[string]any{"id": id, "required": true, "options": options}
		if on != "" {
			q["shown_if"] = map[string]string{"question": on, "answer": answer}
		}
		return q
	}
	report, err := rehearsed(t, rehearsal(newRushFake(t, func(f *rushFake) {
		f.questions = []any{required("a", "", "", "Yes", "No"), required("b", "a", "Yes"), required("c", "a", "No", "x"), map[string]any{"id": "d", "options": []string{"x"}}, required("e", "d", "x")}
		f.answers = `{"a":"Yes","b":"Rehearsal"}`
	}).URL, 4))
	if err != nil || report.Outcomes.Confirmed != 4 {
		t.Errorf("%v, %+v", err, report.Outcomes)
	}
}

func TestRushEndsAtTheRateLimit(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{}, func(s *Settings) { s.RateLimit = "5" })
	report, err := rehearsed(t, rehearsal(s.URL, 200))
	if err == nil || !strings.Contains(err.Error(), "MASTERCLASS_RATE_LIMIT=0") {
		t.Errorf("it ends with %v", err)
	}
	if report.Came >= 100 || report.Outcomes.Errors["http_429"] == 0 || report.After != nil || !strings.Contains(report.Stopped, "429") {
		t.Errorf("the report is %+v", report)
	}
}

func TestRushFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*rushFake)
		says  []string // nothing: every check holds
	}{
		"an honest site":                    {func(*rushFake) {}, nil},
		"a site without a waiting list":     {func(f *rushFake) { f.noList = true }, nil},
		"a site that oversells":             {func(f *rushFake) { f.oversell = 2 }, []string{"12 people were told that they have a seat, but only 10 were left: 2 too many."}},
		"a site that loses a registration":  {func(f *rushFake) { f.lose = 1 }, []string{"11 people were told that they have a seat, but only 10 were left: 1 too many."}},
		"a site that sells too few":         {func(f *rushFake) { f.keep = 3 }, []string{"30 people came for 10 seats, and yet 3 are left."}},
		"a site that loses a waiting one":   {func(f *rushFake) { f.loseWaiting = 1 }, []string{"20 people were told that they wait, but the waiting list went from 0 to 19."}},
		"a link that leads nowhere":         {func(f *rushFake) { f.dead = 1 }, []string{"1 of 30 links", "got the answer 404"}},
		"a page that says something else":   {func(f *rushFake) { f.mute = true }, []string{"30 of 30 links", "does not say"}},
		"a site that fails for some":        {func(f *rushFake) { f.fail = 3 }, []string{"3 people got no proper answer: 3 http_500_internal."}},
		"a site that knows somebody before": {func(f *rushFake) { f.know = 1 }, []string{"1 person was told that they are registered already"}},
		"a capacity that changes":           {func(f *rushFake) { f.grow = 5 }, []string{"The capacity was changed from 10 to 15"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := rehearsed(t, rehearsal(newRushFake(t, c.spoil).URL, 30))
			if (err == nil) != (c.says == nil) || len(report.Broken) != min(len(c.says), 1) {
				t.Fatalf("it ends with %v, and is broken by %q", err, report.Broken)
			}
			for _, words := range c.says {
				if !strings.Contains(err.Error(), words) || !strings.Contains(report.Broken[0], words) {
					t.Errorf("it ends with %q, without %q", err, words)
				}
			}
		})
	}
}

func TestRushCountsALostSeatBelowTheCapacity(t *testing.T) {
	t.Parallel()
	report, err := rehearsed(t, rehearsal(newRushFake(t, func(f *rushFake) { f.lose = 1 }).URL, 5))
	if err == nil || len(report.Broken) != 1 || report.Broken[0] != "5 people were told that they have a seat, but the seats left went from 10 to 6." {
		t.Errorf("it ends with %v, and is broken by %q", err, report.Broken)
	}
}

func TestRushStopsWhenAskedAndReportsWhatWasDone(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	f := newRushFake(t, func(f *rushFake) { f.after = map[int]func(){25: stop} })
	var out, bar bytes.Buffer
	err := rehearsal(f.URL, 10_000).rehearse(ctx, &out, &bar)
	report := reportIn(t, &out)
	if report.Came < 25 || report.Came > 25+16 || report.Outcomes.Confirmed != 10 || report.Outcomes.Waiting != report.Came-10 {
		t.Errorf("the report is %+v", report)
	}
	if err == nil || err.Error() != report.Stopped || !strings.Contains(report.Stopped, "was stopped when") || len(report.Broken) != 0 {
		t.Errorf("it ends with %v, and is broken by %q", err, report.Broken)
	}
	if drawn := bar.String(); !strings.Contains(drawn, "\r[..") || !strings.HasSuffix(drawn, " \r") || strings.Contains(drawn, "\n") {
		t.Errorf("the progress is %q", drawn)
	}
}

func TestRushRefusesWhatItCannotRehearse(t *testing.T) {
	t.Parallel()
	f := newRushFake(t, func(*rushFake) {})
	closed := newRushFake(t, func(f *rushFake) { f.registration = "not_yet_open" })
	for words, change := range map[string]func(*rushCmd){
		"another machine (192.0.2.1)":      func(r *rushCmd) { r.URL = "http://192.0.2.1:8080" },
		"--yes":                            func(r *rushCmd) { r.URL = "http://[2001:db8::1]" },
		"cannot be found":                  func(r *rushCmd) { r.URL = "http://nobody.invalid" },
		"right value":                      func(r *rushCmd) { r.URL = "localhost:8080" },
		`"http://localhost/sub"`:           func(r *rushCmd) { r.URL = "http://localhost/sub" },
		"--people is 0":                    func(r *rushCmd) { r.People = 0 },
		"--people is 1000001":              func(r *rushCmd) { r.People = 1_000_001 },
		"--concurrency is 0":               func(r *rushCmd) { r.Concurrency = 0 },
		"no event with the slug elsewhere": func(r *rushCmd) { r.Event = "elsewhere" },
		`"Mars"; it has In person, Online`: func(r *rushCmd) { r.Place = "Mars" },
		"its registration is not_yet_open": func(r *rushCmd) { r.URL = closed.URL },
		"does not answer":                  func(r *rushCmd) { r.URL = "http://127.0.0.1:" + closedPort(t) },
	} {
		r := rehearsal(f.URL, 5)
		change(&r)
		var out bytes.Buffer
		if err := r.rehearse(t.Context(), &out, nil); err == nil || !strings.Contains(err.Error(), words) || out.Len() > 0 {
			t.Errorf("%+v: %v, without %q; it writes %q", r, err, words, &out)
		}
	}
	if f.came > 0 || closed.came > 0 {
		t.Error("people came to what was refused")
	}
	far := rushCmd{URL: "http://192.0.2.1:8080/", Event: "day", People: 1, Concurrency: 1, Yes: true}
	if base, err := far.check(t.Context()); base != "http://192.0.2.1:8080" || err != nil {
		t.Errorf("with --yes another machine is %q, %v", base, err)
	}
}
