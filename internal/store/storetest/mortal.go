package storetest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// Mortal is a server of one test alone, which the test may end and start again at the same address. Safe for concurrent use.
type Mortal struct {
	URL string

	command func() *exec.Cmd
	ready   func() error

	mu  sync.Mutex
	cmd *exec.Cmd // nil while it is down
	end func()
}

// MortalRedis starts a redis-server that has forgotten everything when it comes back.
func MortalRedis(t testing.TB) *Mortal {
	t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		missing(t, "redis-server", "redis-server")
	}
	dir, err := os.MkdirTemp("", "mc-redis-") // a socket's path is short: not under t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	sock := filepath.Join(dir, "r.sock")
	return newMortal(t, dir, &Mortal{
		URL:     "unix://" + sock,
		command: func() *exec.Cmd { return redisCommand(bin, dir, sock) },
		ready: func() error {
			c := redis.NewClient(&redis.Options{Network: "unix", Addr: sock, MaxRetries: -1})
			defer c.Close()
			return c.Ping(context.Background()).Err()
		},
	})
}

// MortalPostgres starts a PostgreSQL, with one empty database, that comes back with all that it had committed.
func MortalPostgres(t testing.TB) *Mortal {
	t.Helper()
	bin := postgresBin()
	if bin == "" {
		missing(t, "PostgreSQL", "postgresql")
	}
	c, err := newCluster(bin)
	if err != nil {
		t.Fatal(err)
	}
	return newMortal(t, c.dir, &Mortal{URL: c.admin, command: c.command, ready: func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		conn, err := pgx.Connect(ctx, c.admin)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	}})
}

func newMortal(t testing.TB, dir string, m *Mortal) *Mortal {
	t.Helper()
	t.Cleanup(func() {
		m.End(syscall.SIGINT) // with the children that a killed PostgreSQL would leave for a moment
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	return m
}

// Start brings the server up and waits until it answers. One that is up stays as it is.
func (m *Mortal) Start() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cmd != nil {
		return nil
	}
	return await(func() error {
		if m.cmd == nil || m.cmd.Process.Signal(syscall.Signal(0)) != nil { // PostgreSQL ends again while the children of the killed one live
			cmd := m.command()
			end, err := start(cmd, syscall.SIGKILL)
			if err != nil {
				return err
			}
			m.cmd, m.end = cmd, end
		}
		return m.ready()
	})
}

// Up is Start for a test.
func (m *Mortal) Up(t testing.TB) {
	t.Helper()
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
}

// Down asks the server to end, and waits until it has.
func (m *Mortal) Down() { m.End(syscall.SIGINT) }

// End sends the server a signal by which it ends, such as SIGKILL, and waits until it has.
func (m *Mortal) End(by syscall.Signal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cmd == nil {
		return
	}
	if by != syscall.SIGKILL {
		_ = m.cmd.Process.Signal(by) // it may have ended by itself
		_ = await(func() error {     // else it is killed below
			if m.cmd.Process.Signal(syscall.Signal(0)) == nil {
				return context.DeadlineExceeded
			}
			return nil
		})
	}
	m.end()
	m.cmd = nil
}
