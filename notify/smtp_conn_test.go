package notify

import (
	"strings"
	"testing"
)

func TestOnlyWhatDataWouldNotChangeGoesOutAsItIs(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		"Subject: x\r\n\r\nwords. more\r\n": true, "\r\n": true, strings.Repeat("a\r\n", 5000): true,
		"": false, ".\r\n": false, "a\r\n.\r\nb\r\n": false, "a\r\n..\r\n": false, "a": false, "a\r\nb": false, "a\nb\r\n": false, "a\rb\r\n": false,
		"a\r\n\n\r\n": false, "a\r\r\n": false, "a\n.\r\n": false, "a\r\n.": false, "a\r": false, "a\n\rb\r\n": false,
	} {
		if got := clean([]byte(raw)); got != want {
			t.Errorf("%.40q: %v", raw, got)
		}
	}
}

func TestEveryMessageArrivesAsItIsWhateverItsLines(t *testing.T) {
	t.Parallel()
	s, got := mailServer(t, session{}, "smtp", "", nil)
	for _, raw := range []string{"Subject: x\r\n\r\nwords\r\n", "Subject: x\r\n\r\n.\r\n..\r\n.end\r\n", "Subject: x\r\n\r\n" + strings.Repeat("long line of a body\r\n", 1000)} {
		if err := s.Deliver(t.Context(), "events@example.org", "ann@example.org", []byte(raw), "id"); err != nil {
			t.Fatal(err)
		}
		if d := <-got; string(d.raw) != raw {
			t.Errorf("%.60q arrived as %.60q", raw, d.raw)
		}
	}
}
