package web

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
)

// How long a stream is silent before it sends a comment, so that no proxy takes it for dead, and how long one write waits for a reader.
const (
	streamSilence  = 20 * time.Second
	streamPatience = 10 * time.Second
)

// A browser whose stream broke comes back after a time between these two, so that a restart is not met by everybody at once.
const (
	returnSoonest = 2 * time.Second
	returnLatest  = 7 * time.Second
)

// EventStream is the content type of a stream of events (HTML Standard 9.2.5).
const EventStream = "text/event-stream"

// Frame is what a stream sends: one event, whole. After the Last it ends.
type Frame struct {
	Bytes []byte
	Last  bool
}

// comment says nothing; clients skip it (HTML Standard 9.2.6).
var comment = &Frame{Bytes: []byte(":\n\n")}

// Streams are the open event streams of an instance, no more than a limit. Each costs a connection and one goroutine that waits to be told
// of a frame: the request's buffers go back to the server. Safe for concurrent use.
type Streams struct {
	limit int

	mu     sync.Mutex
	open   map[*Stream]struct{}
	closed bool
	ended  sync.WaitGroup
}

// NewStreams has room for so many streams.
func NewStreams(limit int) *Streams { return &Streams{limit: limit, open: map[*Stream]struct{}{}} }

// Open is how many streams there are.
func (s *Streams) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// Close ends every stream at once, and refuses those that come after.
func (s *Streams) Close() {
	s.mu.Lock()
	s.closed = true
	for st := range s.open {
		st.hangUp()
	}
	s.mu.Unlock()
	s.ended.Wait()
}

// Serve answers with a stream that begins with the first frame and goes on until either side ends it, also after the handler has returned.
// begun is told of the stream and gives what to do at its end. Where there is no room it gives a fault, a 503.
func (s *Streams) Serve(c *fiber.Ctx, first *Frame, begun func(*Stream) (ended func())) error {
	if s.Open() >= s.limit {
		return fault.New(fault.Unavailable, "Too many people are watching just now. The page itself is always up to date when you load it.").After(time.Minute)
	}
	c.Set(fiber.HeaderContentType, EventStream)
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Accel-Buffering", "no") // else nginx keeps events back until it has a buffer full
	if c.Method() == fiber.MethodHead {
		return nil
	}
	c.Response().Header.SetConnectionClose() // the end of the connection is the end of the body (RFC 9112 6.3)
	opening := append([]byte(nil), c.Response().Header.Header()...)
	opening = fmt.Appendf(opening, "retry: %d\n", (returnSoonest + rand.N(returnLatest-returnSoonest)).Milliseconds())
	opening = append(opening, first.Bytes...)
	conn := c.Context().Conn()
	c.Context().HijackSetNoResponse(true) // the server would say that the body is empty
	c.Context().Hijack(func(net.Conn) { s.take(conn, opening, begun) })
	return nil
}

// take makes a stream of the connection.
func (s *Streams) take(conn net.Conn, opening []byte, begun func(*Stream) func()) {
	st := &Stream{conn: conn}
	if !s.add(st) {
		st.hangUp()
		return
	}
	if !st.write(opening) {
		s.remove(st)
		return
	}
	ended := begun(st)
	go func() { // it keeps nothing of the request
		defer s.remove(st)
		defer ended()
		st.talk()
	}()
}

func (s *Streams) add(st *Stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.open) >= s.limit {
		return false
	}
	s.open[st] = struct{}{}
	s.ended.Add(1)
	return true
}

func (s *Streams) remove(st *Stream) {
	st.hangUp()
	s.mu.Lock()
	delete(s.open, st)
	s.mu.Unlock()
	s.ended.Done()
}

// Stream is one client's.
type Stream struct {
	conn net.Conn
	next atomic.Pointer[Frame]
	said [1]byte
}

// longAgo as a deadline ends the read that waits.
var longAgo = time.Unix(1, 0)

// Send has the frame sent, instead of one that has not been sent yet: each says all there is to say. It never waits for the client.
func (st *Stream) Send(f *Frame) {
	st.next.Store(f)
	_ = st.conn.SetReadDeadline(longAgo) // fails once the stream has ended, and then nothing is to be sent
}

// talk sends frames until the client goes, reads too slowly, or the last is sent.
func (st *Stream) talk() {
	for {
		f := st.wait()
		if f == nil || !st.write(f.Bytes) || f.Last {
			return
		}
	}
}

// wait gives the next frame, a comment after the silence, or nil once the client has gone. It reads to know of that: a client has nothing
// more to say, so one that does is let go. The deadline goes before the look for a frame, so that none is slept through.
func (st *Stream) wait() *Frame {
	_ = st.conn.SetReadDeadline(time.Now().Add(streamSilence)) // where it fails, so does the read
	if f := st.next.Swap(nil); f != nil {
		return f
	}
	if _, err := st.conn.Read(st.said[:]); !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	if f := st.next.Swap(nil); f != nil {
		return f
	}
	return comment
}

// write sends the bytes, unless the client takes none for too long.
func (st *Stream) write(bytes []byte) bool {
	_ = st.conn.SetWriteDeadline(time.Now().Add(streamPatience)) // where it fails, so does the write
	_, err := st.conn.Write(bytes)
	return err == nil
}

func (st *Stream) hangUp() { _ = st.conn.Close() } // it may be closed already
