package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	figureClients = 64               // at a time
	figureTime    = 30 * time.Second // for one answer
	figureDigits  = 12               // in an address
)

// loadClient sends registrations over connections that stay open and reads no more of the answers than it must: it shares the processors
// with the server. Each registration is of another person.
type loadClient struct {
	addrs  []string // servers that share the load
	text   []byte   // a whole request
	digits int      // where the person's number is in it
}

// comers numbers everybody who ever comes.
var comers atomic.Int64

func newLoadClient(place string, addrs ...string) *loadClient {
	zeros := string(bytes.Repeat([]byte("0"), figureDigits))
	body, err := json.Marshal(map[string]any{
		"title": "Ms", "first_name": "Ada", "last_name": "Example", "email": "figures-" + zeros + "@burst.invalid", "profession": "Nurse",
		"job_role": "Clinical nurse specialist", "employer": "Example trust", "place": place,
	})
	if err != nil {
		panic(err) // strings always marshal
	}
	text := fmt.Appendf(nil, "POST /api/v1/events/%s/registrations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		masterclass, len(body), body)
	return &loadClient{addrs: addrs, text: text, digits: bytes.Index(text, []byte(zeros))}
}

// load is what came of sending: how many answers there were of each status, and how long each was waited for.
type load struct {
	took    time.Duration
	answers map[int]int
	waits   []time.Duration
}

// rate is how many answers of the status came a second; any other answer ends the benchmark.
func (l load) rate(b *testing.B, status int) float64 {
	b.Helper()
	if len(l.answers) != 1 || l.answers[status] == 0 {
		b.Fatalf("the answers are %v, want %d alone", l.answers, status)
	}
	return perSecond(l.answers[status], l.took)
}

// p99 is the time in milliseconds within which 99 in 100 answers came.
func (l load) p99() float64 { return percentile(slices.Sorted(slices.Values(l.waits)), 99) }

// add counts what another client met.
func (l *load) add(other load) {
	for status, n := range other.answers {
		l.answers[status] += n
	}
	l.waits = append(l.waits, other.waits...)
}

// send keeps so many clients busy for a time, and waits for the answers that are still to come then.
func (c *loadClient) send(b *testing.B, clients int, lasting time.Duration) load {
	b.Helper()
	until := time.Now().Add(lasting)
	return c.sendWhile(b, clients, func() bool { return time.Now().Before(until) })
}

// sendPeople lets so many people come, so many clients at a time.
func (c *loadClient) sendPeople(b *testing.B, clients, people int) load {
	b.Helper()
	var come atomic.Int64
	return c.sendWhile(b, clients, func() bool { return come.Add(1) <= int64(people) })
}

func (c *loadClient) sendWhile(b *testing.B, clients int, more func() bool) load {
	b.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	sum := load{answers: map[int]int{}}
	var errs []error
	began := time.Now()
	for i := range clients {
		wg.Go(func() {
			l, err := c.one(c.addrs[i%len(c.addrs)], more)
			mu.Lock()
			defer mu.Unlock()
			sum.add(l)
			errs = append(errs, err)
		})
	}
	wg.Wait()
	sum.took = time.Since(began)
	if err := errors.Join(errs...); err != nil {
		b.Fatal(err)
	}
	return sum
}

// one is a client: it sends the next request when it has the answer to the last.
func (c *loadClient) one(addr string, more func() bool) (load, error) {
	l := load{answers: map[int]int{}}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return l, err
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	text := bytes.Clone(c.text)
	for more() {
		copy(text[c.digits:], fmt.Sprintf("%0*d", figureDigits, comers.Add(1)))
		began := time.Now()
		if err := conn.SetDeadline(began.Add(figureTime)); err != nil {
			return l, err
		}
		if _, err := conn.Write(text); err != nil {
			return l, err
		}
		status, err := readAnswer(r)
		if err != nil {
			return l, fmt.Errorf("after %v: %w", l.answers, err)
		}
		l.answers[status]++
		l.waits = append(l.waits, time.Since(began))
	}
	return l, nil
}

var contentLength = []byte("content-length:")

// readAnswer reads past one answer and gives its status. The server is known: it always sends a Content-Length.
func readAnswer(r *bufio.Reader) (status int, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, fmt.Errorf("%q is no status line", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length := -1
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			break
		}
		if n := len(contentLength); len(line) > n && bytes.EqualFold(line[:n], contentLength) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[n:]))); err != nil {
				return 0, err
			}
		}
	}
	if status == http.StatusNotModified { // which has no body
		return status, nil
	}
	if length < 0 {
		return 0, fmt.Errorf("an answer %d without a length", status)
	}
	_, err = r.Discard(length)
	return status, err
}

// awaitReady asks until the server is ready, and gives how long that took from its start.
func awaitReady(b *testing.B, c *figureChild) time.Duration {
	b.Helper()
	client := http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	for time.Since(c.began) < figureTime {
		if res, err := client.Get("http://" + c.addr + "/readyz"); err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			if err = errors.Join(err, res.Body.Close()); err == nil && res.StatusCode == http.StatusOK {
				return time.Since(c.began)
			}
		}
		select {
		case <-c.ended:
			b.Fatalf("the server has ended:\n%s", c.log())
		case <-time.After(2 * time.Millisecond):
		}
	}
	b.Fatalf("the server is not ready after %v:\n%s", figureTime, c.log())
	return 0
}
