package main

import (
	"bytes"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeScreen is a terminal, or a file, that keeps what is drawn. Safe for concurrent use.
type fakeScreen struct {
	os.FileInfo
	mode  os.FileMode
	mu    sync.Mutex
	text  bytes.Buffer
	drawn chan struct{} // after each drawing, if somebody waits for it
}

func (f *fakeScreen) Stat() (os.FileInfo, error) { return f, nil }
func (f *fakeScreen) Mode() os.FileMode          { return f.mode }

func (f *fakeScreen) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case f.drawn <- struct{}{}:
	default:
	}
	return f.text.Write(p)
}

var percent = regexp.MustCompile(`\r\[(#*)(\.*)\] (\d+)% \d+s  (\d+) seated, (\d+) waiting`)

func TestRushShowsHowFarItIsOnATerminalOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode  os.FileMode
		json  bool
		shown bool
	}{
		"a terminal":             {os.ModeDevice | os.ModeCharDevice, false, true},
		"a terminal, and --json": {os.ModeDevice | os.ModeCharDevice, true, false},
		"a file":                 {0, false, false},
		"a pipe":                 {os.ModeNamedPipe, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fakeScreen{mode: c.mode, drawn: make(chan struct{})}
			fake := newRushFake(t, func(fake *rushFake) {
				if c.shown {
					fake.after = map[int]func(){20: func() { awaitDrawings(t, f, 2) }} // one of them began after nineteen had come
				}
			})
			r := rehearsal(fake.URL, 30)
			r.JSON, r.Concurrency = c.json, 1
			var out bytes.Buffer
			if err := r.rehearse(t.Context(), &out, r.bar(f)); err != nil || out.Len() == 0 {
				t.Fatalf("%v, and the report is %q", err, &out)
			}
			if drawn := f.text.String(); !c.shown && drawn != "" {
				t.Errorf("it draws %q", drawn)
			} else if c.shown {
				wantProgress(t, drawn)
			}
		})
	}
}

// awaitDrawings waits for the next drawings of the bar.
func awaitDrawings(t *testing.T, f *fakeScreen, n int) {
	for range n {
		select {
		case <-f.drawn:
		case <-time.After(20 * time.Second):
			t.Error("the bar stands still")
		}
	}
}

// wantProgress reads all drawings: they never go back, begin with none, show the way, and end with everybody.
func wantProgress(t *testing.T, drawn string) {
	t.Helper()
	var all []int
	for _, m := range percent.FindAllStringSubmatch(drawn, -1) {
		p, err := strconv.Atoi(m[3])
		if filled := 100 * len(m[1]) / barWidth; err != nil || len(m[1]+m[2]) != barWidth || filled > p || filled < p-100/barWidth {
			t.Errorf("%q is not %d%% of a bar, %v", m[0], p, err)
		}
		if len(all) > 0 && p < all[len(all)-1] {
			t.Errorf("it goes back from %d%% to %d%%", all[len(all)-1], p)
		}
		all = append(all, p)
	}
	if len(all) < 3 || all[0] >= 50 || all[len(all)-2] < 60 || all[len(all)-1] != 100 {
		t.Errorf("it goes %v", all)
	}
	if !strings.Contains(drawn, "100%") || !strings.Contains(drawn[strings.LastIndex(drawn, "100%"):], "10 seated, 20 waiting") {
		t.Errorf("it ends without everybody: %q", drawn)
	}
}
