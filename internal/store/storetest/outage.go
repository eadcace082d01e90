package storetest

import (
	"bytes"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Wire leads to a PostgreSQL server and can be cut.
type Wire struct {
	URL string

	t      testing.TB
	socket string // the server's
	mu     sync.Mutex
	ends   map[net.Conn]struct{}
	marker []byte
	down   bool
	wg     sync.WaitGroup
}

// NewWire leads to the database of a URL that PostgresURL gave.
func NewWire(t testing.TB, database string) *Wire {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "mc-wire-") // a socket's path is short: not under t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	const name = ".s.PGSQL.5432"
	ln, err := net.Listen("unix", filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{t: t, socket: filepath.Join(u.Query().Get("host"), name), ends: map[net.Conn]struct{}{}}
	u.RawQuery = url.Values{"host": {dir}}.Encode()
	w.URL = u.String()
	w.wg.Go(func() { w.accept(ln) })
	t.Cleanup(func() {
		_ = ln.Close() // its only failure is to be closed already
		w.cut()
		w.wg.Wait()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return w
}

// CutAfterCommit cuts the wire once a transaction in which the marker was sent has been committed: its answer, and everything after
// it, is lost until Mend.
func (w *Wire) CutAfterCommit(marker string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marker = []byte(marker)
}

// Mend lets new connections through again.
func (w *Wire) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down, w.marker = false, nil
}

func (w *Wire) accept(ln net.Listener) {
	for {
		client, err := ln.Accept()
		if err != nil {
			return // closed at the test's end
		}
		server, err := net.Dial("unix", w.socket)
		if err != nil || !w.take(client, server) {
			_ = client.Close()
			if server != nil {
				_ = server.Close()
			}
			continue
		}
		c := &carrier{Wire: w, client: client, server: server}
		w.wg.Go(c.up)
		w.wg.Go(c.back)
	}
}

func (w *Wire) take(ends ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range ends {
		if !w.down {
			w.ends[c] = struct{}{}
		}
	}
	return !w.down
}

func (w *Wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	for c := range w.ends {
		_ = c.Close() // cutting is all that is wanted
	}
	clear(w.ends)
}

func (w *Wire) seeks(sent []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.marker) > 0 && bytes.Contains(sent, w.marker)
}

// carrier carries one connection.
type carrier struct {
	*Wire
	client, server net.Conn

	state             sync.Mutex
	marked, committed bool
}

func (c *carrier) up() {
	buf := make([]byte, 64<<10)
	for {
		n, err := c.client.Read(buf)
		if err != nil {
			_ = c.server.Close()
			return
		}
		c.state.Lock()
		c.marked = c.marked || c.seeks(buf[:n])
		c.committed = c.marked && bytes.Contains(buf[:n], []byte("commit\x00"))
		c.state.Unlock()
		if _, err := c.server.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (c *carrier) back() {
	buf := make([]byte, 64<<10)
	for {
		n, err := c.server.Read(buf)
		if err != nil {
			_ = c.client.Close()
			return
		}
		c.state.Lock()
		committed := c.committed
		c.state.Unlock()
		if committed { // the server says that it is
			c.cut()
			return
		}
		if _, err := c.client.Write(buf[:n]); err != nil {
			return
		}
	}
}
