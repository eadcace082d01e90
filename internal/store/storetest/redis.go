package storetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// inMemory are the arguments of every redis-server here: it keeps nothing on the disk.
var inMemory = []string{"--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--daemonize", "no"}

var redisFolders atomic.Int64

// RedisURL starts a redis-server for this test alone and gives its URL.
func RedisURL(t testing.TB) string {
	t.Helper()
	bin, dir := redisServer(t), tempDir(t)
	sock := filepath.Join(dir, fmt.Sprintf("r%d.sock", redisFolders.Add(1)))
	cmd := exec.Command(bin, append([]string{"--port", "0", "--unixsocket", sock, "--dir", dir}, inMemory...)...)
	server, err := start(cmd, syscall.SIGTERM)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.stop)
	c := redis.NewClient(&redis.Options{Network: "unix", Addr: sock})
	defer c.Close()
	if err := server.await(startTime, func() error { return c.Ping(context.Background()).Err() }); err != nil {
		t.Fatalf("redis-server did not start: %v", err)
	}
	return "unix://" + sock
}

// redisServer is the path of the program, or ends the test.
func redisServer(t testing.TB) string {
	t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		missing(t, "redis-server", "redis-server")
	}
	return bin
}

// tempDir is a folder that ends with the test, after the servers in it. A socket's path is short: hence not t.TempDir.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mc-redis-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// redisNode is one redis-server of several, on a port of the loopback address: Cluster and Sentinel know one another by addresses.
type redisNode struct {
	t      testing.TB
	port   int
	args   []string
	client *redis.Client
	*program
}

// ports is how often a free port is looked for: another program may take one before the server does.
const ports = 10

// startNode starts a server with what args gives for a free port. whole asks for a port whose Cluster bus, 10000 above, is free too.
func startNode(t testing.TB, whole bool, args func(port int) []string) *redisNode {
	t.Helper()
	var err error
	for range ports {
		n := &redisNode{t: t, port: freePort(t, whole)}
		n.args = args(n.port)
		if err = n.start(); err == nil {
			return n
		}
	}
	t.Fatalf("redis-server did not start: %v", err)
	return nil
}

// start starts the server, for the first time or again on its port.
func (n *redisNode) start() error {
	p, err := start(exec.Command(redisServer(n.t), n.args...), syscall.SIGTERM)
	if err != nil {
		n.t.Fatal(err)
	}
	n.program = p
	c := redis.NewClient(&redis.Options{Addr: n.addr(), MaxRetries: -1})
	if err := p.await(startTime, func() error { return c.Ping(context.Background()).Err() }); err != nil {
		p.kill()
		return errors.Join(err, c.Close())
	}
	n.client = c
	n.t.Cleanup(func() {
		p.kill() // it has nothing to keep
		if err := c.Close(); err != nil {
			n.t.Error(err)
		}
	})
	return nil
}

func (n *redisNode) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(n.port)) }

// serving are the arguments of a server with data on a port.
func serving(dir string, port int, more ...string) []string {
	return slices.Concat([]string{"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir}, inMemory, more)
}

// freePort finds a port that nobody listens on.
func freePort(t testing.TB, whole bool) int {
	t.Helper()
	for range 100 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := ln.Addr().(*net.TCPAddr).Port
		free := !whole || busFree(port)
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
		if free {
			return port
		}
	}
	t.Fatal("no free port was found")
	return 0
}

// busFree says whether the port that a Cluster node talks to the others on is free.
func busFree(port int) bool {
	ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port+10000)))
	return err == nil && ln.Close() == nil
}
