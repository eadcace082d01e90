package storetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

var (
	stopMu sync.Mutex
	stops  []func()
)

func onStop(f func()) {
	stopMu.Lock()
	defer stopMu.Unlock()
	stops = append(stops, f)
}

func stopServers() {
	stopMu.Lock()
	defer stopMu.Unlock()
	for _, f := range stops {
		f()
	}
	stops = nil
}

// start runs a server that the kernel kills when this process dies, however it dies. The thread that started it
// has to live as long, hence the locked goroutine (prctl(2), PR_SET_PDEATHSIG).
func start(cmd *exec.Cmd, ask syscall.Signal) (stop func(), err error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // ended by our own signal: its exit status says nothing
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return func() {
		_ = cmd.Process.Signal(ask) // it may have ended by itself
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
	}, nil
}

// await asks until ready is nil or ten seconds have passed.
func await(ready func() error) error {
	var err error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err = ready(); err == nil {
			return nil
		}
	}
	return err
}

var redisFolders atomic.Int64

// RedisURL starts a redis-server for this test alone and gives its URL.
func RedisURL(t testing.TB) string {
	t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		missing(t, "redis-server", "redis-server")
	}
	dir, err := os.MkdirTemp("", "mc-redis-") // a socket's path is short: not under t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	sock := filepath.Join(dir, fmt.Sprintf("r%d.sock", redisFolders.Add(1)))
	cmd := redisCommand(bin, dir, sock)
	stop, err := start(cmd, syscall.SIGTERM)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	c := redis.NewClient(&redis.Options{Network: "unix", Addr: sock})
	defer c.Close()
	if err := await(func() error { return c.Ping(context.Background()).Err() }); err != nil {
		t.Fatalf("redis-server did not start: %v", err)
	}
	return "unix://" + sock
}

// redisCommand is a server on a socket alone, which keeps nothing.
func redisCommand(bin, dir, sock string) *exec.Cmd {
	return exec.Command(bin, "--port", "0", "--unixsocket", sock, "--dir", dir, "--save", "", "--appendonly", "no",
		"--maxmemory-policy", "noeviction", "--daemonize", "no")
}

type postgres struct {
	dir   string
	admin string
	next  atomic.Int64
	mu    sync.Mutex
}

var (
	pgOnce sync.Once
	pg     *postgres
	pgErr  error
)

// PostgresURL gives the URL of a fresh, empty database in this test program's own PostgreSQL.
func PostgresURL(t testing.TB) string {
	t.Helper()
	bin := postgresBin()
	if bin == "" {
		missing(t, "PostgreSQL", "postgresql")
	}
	pgOnce.Do(func() { pg, pgErr = startPostgres(bin) })
	if pgErr != nil {
		t.Fatalf("start PostgreSQL: %v", pgErr)
	}
	url, err := pg.database()
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// postgresBin is the newest of Debian's folders of server programs, or "".
func postgresBin() string {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is right
	if len(dirs) > 0 {
		return filepath.Dir(dirs[len(dirs)-1])
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(p)
	}
	return ""
}

func startPostgres(bin string) (*postgres, error) {
	dir, command, err := newCluster(bin)
	if err != nil {
		return nil, err
	}
	stop, err := start(command(), syscall.SIGINT) // fast shutdown
	if err != nil {
		return nil, err
	}
	onStop(func() { stop(); _ = os.RemoveAll(dir) }) // only a temporary folder is left if this fails
	p := &postgres{dir: dir, admin: "postgres://test@/postgres?host=" + dir}
	return p, await(func() error { return p.exec("select 1") })
}

// newCluster makes an empty cluster in a folder of its own, and gives the command that serves it on a socket there.
func newCluster(bin string) (dir string, command func() *exec.Cmd, err error) {
	if dir, err = os.MkdirTemp("", "mc-pg-"); err != nil {
		return "", nil, err
	}
	who, err := postgresUser(dir)
	if err != nil {
		return dir, nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "test", "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: who}
	if out, err := initdb.CombinedOutput(); err != nil {
		return dir, nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return dir, func() *exec.Cmd {
		server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=",
			"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=400", "-c", "shared_buffers=64MB")
		server.Dir, server.SysProcAttr = dir, &syscall.SysProcAttr{Credential: who}
		return server
	}, nil
}

// postgresUser is whom to run the server as: it refuses to run as root.
func postgresUser(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}

func (p *postgres) database() (string, error) {
	name := fmt.Sprintf("t%d", p.next.Add(1))
	p.mu.Lock() // two databases made from one template at once disturb one another
	defer p.mu.Unlock()
	if err := p.exec("create database " + name); err != nil {
		return "", fmt.Errorf("create a test database: %w", err)
	}
	return "postgres://test@/" + name + "?host=" + p.dir, nil
}

func (p *postgres) exec(query string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, p.admin)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, query)
	if cerr := c.Close(ctx); err == nil {
		err = cerr
	}
	return err
}
