package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkFiveThousandStreams measures what 5,000 open streams of one event cost the instance, and (ns/op) how long it takes until a
// change has reached them all, of which up to a second is that an event is sent no more than once a second. Its clients are bare sockets,
// so that the memory of this process is the server's.
func BenchmarkFiveThousandStreams(b *testing.B) {
	const n = 5000
	needFiles(b, 2*n+500)
	s := startSite(b, stores{})
	e, err := s.events.Outline(b.Context(), masterclass)
	if err != nil {
		b.Fatal(err)
	}
	debug.FreeOSMemory()
	idle, idleRSS := inUse(), rss(b)
	clients := make([]int, n)
	for i := range clients {
		clients[i] = dial(b, s.URL, masterclass)
		awaitBytes(b, clients[i], `"words":"60 places left"`)
	}
	capacity := e.Places[0].Capacity
	for b.Loop() {
		capacity++
		s.resize(b, e.Places[0], capacity)
		for _, c := range clients {
			awaitBytes(b, c, fmt.Sprintf(`"words":"%d places left"`, capacity))
		}
	}
	atMost := rss(b)
	b.ReportMetric(float64(atMost-idleRSS)/n, "rss-B/stream")
	b.ReportMetric(float64(inUse()-idle)/n, "B/stream")
	b.ReportMetric(float64(atMost)/(1<<20), "rss-MB")
	if open := s.live.Watching(); open != n {
		b.Errorf("%d streams are open", open)
	}
}

// needFiles allows this process so many open files, or skips.
func needFiles(b *testing.B, n uint64) {
	b.Helper()
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		b.Fatal(err)
	}
	if files.Max < n {
		b.Skipf("this needs %d open files and %d are allowed: raise the limit with ulimit -Hn", n, files.Max)
	}
	files.Cur = max(files.Cur, n)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		b.Fatal(err)
	}
}

// inUse is the memory of the heap and of the stacks, without garbage.
func inUse() int64 {
	runtime.GC()
	runtime.GC() // what pools kept over the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// rss is the memory that this process has, garbage and all.
func rss(b *testing.B) int64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("only Linux says how much memory a process has: ", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kilobytes int64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		b.Fatal(err)
	}
	return kilobytes << 10
}

// dial opens the stream of an event's places on a bare socket.
func dial(b *testing.B, url, slug string) int {
	b.Helper()
	at, err := net.ResolveTCPAddr("tcp4", strings.TrimPrefix(url, "http://"))
	if err != nil {
		b.Fatal(err)
	}
	c, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = unix.Close(c) })
	patience := unix.NsecToTimeval(time.Minute.Nanoseconds())
	if err := unix.SetsockoptTimeval(c, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &patience); err != nil {
		b.Fatal(err)
	}
	if err := unix.Connect(c, &unix.SockaddrInet4{Port: at.Port, Addr: [4]byte(at.IP.To4())}); err != nil {
		b.Fatal(err)
	}
	if _, err := unix.Write(c, fmt.Appendf(nil, "GET /events/%s/places HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0 (a browser says who it is)\r\n\r\n", slug)); err != nil {
		b.Fatal(err)
	}
	return c
}

// awaitBytes reads until the words come.
func awaitBytes(b *testing.B, c int, words string) {
	b.Helper()
	var text []byte
	buffer := make([]byte, 4<<10)
	for !bytes.Contains(text, []byte(words)) {
		n, err := unix.Read(c, buffer)
		if err != nil || n <= 0 {
			b.Fatalf("read %q: %d, %v; so far %s", words, n, err, text)
		}
		text = append(text, buffer[:n]...)
	}
}
