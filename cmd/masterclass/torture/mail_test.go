package torture

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/mail"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// mailServer takes every message and remembers it by its Message-ID. Safe for concurrent use.
type mailServer struct {
	address string

	mu       sync.Mutex
	took     map[string][]byte // by Message-ID, the bytes
	problems []string
	copies   int // taken again
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	m := &mailServer{took: map[string][]byte{}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return mailSession{m}, nil }))
	server.Domain, server.ErrorLog = "mx.torture.example", log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.address = l.Addr().String()
	ended := make(chan struct{})
	go func() { _ = server.Serve(l); close(ended) }()
	t.Cleanup(func() { _ = server.Close(); <-ended })
	return m
}

// take keeps a message. The same one may come again, with the same bytes: that is how a lost 250 is told from a second message.
func (m *mailServer) take(raw []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	head, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		m.problems = append(m.problems, fmt.Sprintf("a message cannot be read: %v", err))
		return
	}
	id := head.Header.Get("Message-Id")
	before, again := m.took[id]
	switch {
	case again && !bytes.Equal(before, raw):
		m.problems = append(m.problems, fmt.Sprintf("message %s came twice with different bytes", id))
	case again:
		m.copies++
	}
	m.took[id] = raw
}

// ids are the Message-IDs that were taken.
func (m *mailServer) ids() map[string]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	ids := make(map[string]bool, len(m.took))
	for id := range m.took {
		ids[id] = true
	}
	return ids
}

// trouble is what was wrong with what came.
func (m *mailServer) trouble() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.problems)
}

type mailSession struct{ m *mailServer }

func (mailSession) Reset()                               {}
func (mailSession) Logout() error                        { return nil }
func (mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err == nil {
		s.m.take(raw)
	}
	return err
}
