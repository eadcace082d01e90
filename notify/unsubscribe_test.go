package notify

import (
	"bytes"
	"net/mail"
	"strings"
	"testing"
	"time"

	gomessage "github.com/emersion/go-message"
)

// stoppable is a message with a link to unsubscribe, or the error that making it gave.
func stoppable(link string) ([]byte, error) {
	q := Queued{ID: "1", MessageID: "<1@ukcp.example>", To: mail.Address{Address: "ada@example.com"}}
	return Bytes(mail.Address{Address: "events@ukcp.example"}, q, Mail{Subject: "Reminder", Text: "Soon.", HTML: "<p>Soon.</p>", Unsubscribe: link}, time.Unix(0, 0))
}

func TestMailThatCanBeStoppedSaysHowWithOneClick(t *testing.T) {
	t.Parallel()
	link := "https://ukcp.example/unsubscribe/" + strings.Repeat("a", 43)
	raw, err := stoppable(link)
	if err != nil {
		t.Fatal(err)
	}
	m, err := gomessage.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"List-Unsubscribe": "<" + link + ">", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} {
		if got := m.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestMailThatCannotBeStoppedHasNoSuchHeader(t *testing.T) {
	t.Parallel()
	raw, err := stoppable("")
	if err != nil || bytes.Contains(raw, []byte("List-Unsubscribe")) {
		t.Errorf("the message is\n%s, %v", raw, err)
	}
}

func TestNoLinkToUnsubscribeBreaksTheHeaders(t *testing.T) {
	t.Parallel()
	for _, link := range []string{
		"https://x.example/a\r\nBcc: eve@example.com", "https://x.example/a\nX: y", "https://x.example/a>, <mailto:eve@example.com", "https://x.example/a,b",
		"https://x.example/a b", "https://x.example/\u00e9", "mailto:eve@example.com", "javascript:x", "/unsubscribe/a", "https:///a", "https://x.example/" + strings.Repeat("a", 1000),
	} {
		if raw, err := stoppable(link); err == nil {
			t.Errorf("%q was taken:\n%s", link, raw)
		}
	}
}
