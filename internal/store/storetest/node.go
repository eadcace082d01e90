package storetest

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

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
	kill   func() // at once, in the middle of whatever it does
}

const (
	// ports is how often a free port is looked for: another program may take one before the server does.
	ports = 10
	// formTime is how long servers may take to find one another: the machine may be busy.
	formTime = time.Minute
)

// startNode starts a server with what args gives for a free port. withBus asks for a port whose Cluster bus, 10000 above, is free too.
func startNode(t testing.TB, withBus bool, args func(port int) []string) *redisNode {
	t.Helper()
	var err error
	for range ports {
		n := &redisNode{t: t, port: freePort(t, withBus)}
		n.args = args(n.port)
		if err = n.start(); err == nil {
			return n
		}
	}
	t.Fatalf("redis-server did not start: %v", err)
	return nil
}

var errEnded = errors.New("the server ended by itself")

// start starts the server, for the first time or again on its port.
func (n *redisNode) start() (err error) {
	n.t.Helper()
	cmd := exec.Command(redisServer(n.t), n.args...)
	if n.kill, err = start(cmd, syscall.SIGKILL); err != nil {
		n.t.Fatal(err)
	}
	kill, c := n.kill, redis.NewClient(&redis.Options{Addr: n.addr(), MaxRetries: -1})
	n.t.Cleanup(func() {
		kill()
		if err := c.Close(); err != nil {
			n.t.Error(err)
		}
	})
	n.client = c
	ended := false
	if err := awaitFor(formTime, func() error {
		if ended = cmd.Process.Signal(syscall.Signal(0)) != nil; ended {
			return nil
		}
		err := c.Ping(context.Background()).Err()
		if redis.HasErrorPrefix(err, "NOAUTH") { // it answers, to whom it does not know
			return nil
		}
		return err
	}); err != nil {
		return err
	}
	if ended {
		return errEnded
	}
	return nil
}

func (n *redisNode) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(n.port)) }

// serving are the arguments of a server on a port that keeps its data in memory alone.
func serving(dir string, port int, more ...string) []string {
	return append([]string{"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir, "--save", "", "--appendonly", "no",
		"--maxmemory-policy", "noeviction", "--daemonize", "no"}, more...)
}

// freePort finds a port that nobody listens on.
func freePort(t testing.TB, withBus bool) int {
	t.Helper()
	for range 100 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := ln.Addr().(*net.TCPAddr).Port
		free := !withBus || busFree(port)
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
