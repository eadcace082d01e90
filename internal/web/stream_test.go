package web

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofiber/fiber/v2"
)

// streaming is an application with a stream, and what is known of its clients.
type streaming struct {
	*Streams
	address string

	mu   sync.Mutex
	here map[*Stream]bool
}

func stream(t *testing.T, limit int) *streaming {
	t.Helper()
	s := &streaming{Streams: NewStreams(limit), here: map[*Stream]bool{}}
	a := newApp()
	a.Get("/stream", func(c *fiber.Ctx) error { return s.Serve(c, &Frame{Bytes: []byte("data: first\n\n")}, s.begun) })
	s.address = a.listen(t)
	t.Cleanup(s.Close)
	return s
}

func (s *streaming) begun(st *Stream) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.here[st] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.here, st)
	}
}

func (s *streaming) sendAll(f *Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for st := range s.here {
		st.Send(f)
	}
}

// await waits until so many streams are known.
func (s *streaming) await(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		here := len(s.here)
		s.mu.Unlock()
		if here == n && s.Open() == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d streams are known and %d open, want %d", here, s.Open(), n)
		}
	}
}

// client asks for the stream and gives its connection, the answer and the lines of its body.
func (s *streaming) client(t *testing.T, protocol string) (net.Conn, *http.Response, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(c, "GET /stream %s\r\nHost: x\r\n\r\n", protocol); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, res, bufio.NewReader(res.Body)
}

func line(t *testing.T, r *bufio.Reader, want string) {
	t.Helper()
	if got, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(got, want) {
		t.Fatalf("the line is %q, %v; want %q", got, err, want)
	}
}

func TestAStreamSendsWhatItIsTold(t *testing.T) {
	t.Parallel()
	s := stream(t, 10)
	for n, protocol := range []string{"HTTP/1.1", "HTTP/1.0"} {
		_, res, body := s.client(t, protocol)
		for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
			"Content-Length": "", "Content-Security-Policy": contentPolicy} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if res.StatusCode != 200 || !res.Close || res.Header.Get("X-Request-Id") == "" || len(res.TransferEncoding) != 0 {
			t.Errorf("the answer is %+v", res)
		}
		line(t, body, "retry: ")
		line(t, body, "data: first")
		line(t, body, "\n")
		s.await(t, n+1)
		for range 3 {
			s.sendAll(&Frame{Bytes: []byte("data: more\n\n")})
			line(t, body, "data: more")
			line(t, body, "\n")
		}
	}
	_, _, body := s.client(t, "HTTP/1.1")
	s.await(t, 3)
	s.sendAll(&Frame{Bytes: []byte("data: last\n\n"), Last: true})
	if rest, err := io.ReadAll(body); err != nil || !strings.HasSuffix(string(rest), "data: last\n\n") {
		t.Errorf("it ends with %q, %v", rest, err)
	}
	s.await(t, 0)
}

func TestAStreamEndsWithItsClient(t *testing.T) {
	t.Parallel()
	s := stream(t, 10)
	gone, _, _ := s.client(t, "HTTP/1.1")
	talks, _, body := s.client(t, "HTTP/1.1")
	s.await(t, 2)
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	s.await(t, 1)
	if _, err := io.WriteString(talks, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	s.await(t, 0)
	_, _ = io.ReadAll(body) // it ends, by a reset or without
}

func TestThereAreNoMoreStreamsThanTheLimit(t *testing.T) {
	t.Parallel()
	s := stream(t, 2)
	first, _, _ := s.client(t, "HTTP/1.1")
	s.client(t, "HTTP/1.1")
	s.await(t, 2)
	_, res, _ := s.client(t, "HTTP/1.1")
	if res.StatusCode != 503 || res.Header.Get("Retry-After") != "60" || res.Header.Get("Content-Type") == EventStream {
		t.Errorf("past the limit it answers %d, %v", res.StatusCode, res.Header)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	s.await(t, 1)
	if _, res, _ = s.client(t, "HTTP/1.1"); res.StatusCode != 200 {
		t.Errorf("once one has gone it answers %d", res.StatusCode)
	}
}

func TestTheLimitHoldsForThoseWhoCameTogether(t *testing.T) {
	t.Parallel()
	s := NewStreams(1)
	defer s.Close()
	never := func(*Stream) func() { return func() {} }
	var ours []net.Conn
	for range 2 {
		server, client := net.Pipe()
		ours = append(ours, client)
		go s.take(server, []byte("data: first\n\n"), never)
	}
	read := 0
	for _, c := range ours {
		if n, err := c.Read(make([]byte, 100)); err == nil && n > 0 {
			read++
		} else if !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	}
	if read != 1 {
		t.Errorf("%d of two streams began", read)
	}
}

func TestHeadOfAStreamEnds(t *testing.T) {
	t.Parallel()
	s := stream(t, 10)
	res, err := http.Head("http://" + s.address + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != EventStream || s.Open() != 0 {
		t.Errorf("it answers %d, %v; %d streams are open", res.StatusCode, res.Header, s.Open())
	}
}

func TestClosingEndsEveryStreamAndRefusesMore(t *testing.T) {
	t.Parallel()
	s := stream(t, 10)
	_, _, body := s.client(t, "HTTP/1.1")
	s.await(t, 1)
	s.Close()
	if _, err := io.ReadAll(body); err != nil {
		t.Error(err)
	}
	s.await(t, 0)
	server, client := net.Pipe()
	s.take(server, []byte("data: first\n\n"), nil)
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after the end a stream gives %v", err)
	}
}

func TestASilentStreamSaysThatItIsThereAndASlowReaderIsDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewStreams(2)
		server, client := net.Pipe() // a write to it waits for a read
		var st *Stream
		began := time.Now()
		ended := make(chan time.Duration, 1)
		go s.take(server, []byte("data: first\n\n"), func(it *Stream) func() {
			st = it
			return func() { ended <- time.Since(began) }
		})
		r := bufio.NewReader(client)
		line(t, r, "data: first")
		line(t, r, "\n")
		for range 3 {
			line(t, r, ":")
			line(t, r, "\n")
		}
		if silent := time.Since(began); silent != 3*streamSilence {
			t.Errorf("three comments came in %v", silent)
		}
		synctest.Wait()
		st.Send(&Frame{Bytes: []byte("data: older\n\n")})
		synctest.Wait() // it is being written, to nobody
		st.Send(&Frame{Bytes: []byte("data: old\n\n")})
		st.Send(&Frame{Bytes: []byte("data: new\n\n")})
		line(t, r, "data: older")
		line(t, r, "\n")
		line(t, r, "data: new")
		line(t, r, "\n")
		st.Send(&Frame{Bytes: []byte("data: never read\n\n")})
		if after := <-ended; after != 3*streamSilence+streamPatience {
			t.Errorf("a reader that stopped was dropped after %v", after-3*streamSilence)
		}
		s.Close()
	})
}
