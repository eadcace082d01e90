package storetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var (
	stopMu sync.Mutex
	stops  []func()
)

// OnStop has f called when the tests of the program are over; what it opened last is closed first.
func OnStop(f func()) {
	stopMu.Lock()
	defer stopMu.Unlock()
	stops = append(stops, f)
}

func stopServers() {
	stopMu.Lock()
	defer stopMu.Unlock()
	for _, f := range slices.Backward(stops) {
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
		defer runtime.UnlockOSThread() // else the thread ends here, and the kernel kills what else it had started, such as a browser
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
func await(ready func() error) error { return awaitFor(10*time.Second, ready) }

func awaitFor(atMost time.Duration, ready func() error) error {
	var err error
	for deadline := time.Now().Add(atMost); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err = ready(); err == nil {
			return nil
		}
	}
	return err
}

// RedisURL starts a redis-server for this test alone and gives its URL.
func RedisURL(t testing.TB) string {
	t.Helper()
	return MortalRedis(t).URL
}

// redisCommand is a server on a socket alone, which keeps nothing.
func redisCommand(bin, dir, sock string) *exec.Cmd {
	return exec.Command(bin, "--port", "0", "--unixsocket", sock, "--dir", dir, "--save", "", "--appendonly", "no",
		"--maxmemory-policy", "noeviction", "--daemonize", "no")
}

// cluster is a PostgreSQL server's data, and what is needed to run it.
type cluster struct {
	bin, dir string
	who      *syscall.Credential
	admin    string // its URL
}

type postgres struct {
	*cluster
	next atomic.Int64
	mu   sync.Mutex
}

var (
	pgOnce sync.Once
	pg     *postgres
	pgErr  error
)

// PostgresURL gives the URL of a fresh, empty database in this test program's own PostgreSQL.
func PostgresURL(t testing.TB) string {
	t.Helper()
	startedPostgres(t)
	return freshPostgres(t, "")
}

func freshPostgres(t testing.TB, from string) string {
	t.Helper()
	url, err := pg.database(from)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// startedPostgres starts this test program's PostgreSQL if none has.
func startedPostgres(t testing.TB) {
	t.Helper()
	bin := postgresBin()
	if bin == "" {
		missing(t, "PostgreSQL", "postgresql")
	}
	pgOnce.Do(func() { pg, pgErr = startPostgres(bin) })
	if pgErr != nil {
		t.Fatalf("start PostgreSQL: %v", pgErr)
	}
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
	c, err := newCluster(bin)
	if err != nil {
		return nil, err
	}
	stop, err := c.launch()
	if err != nil {
		return nil, err
	}
	OnStop(func() { stop(); _ = os.RemoveAll(c.dir) }) // only a temporary folder is left if this fails
	return &postgres{cluster: c}, nil
}

func newCluster(bin string) (*cluster, error) {
	dir, err := os.MkdirTemp("", "mc-pg-")
	if err != nil {
		return nil, err
	}
	who, err := postgresUser(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "test", "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: who}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return &cluster{bin: bin, dir: dir, who: who, admin: "postgres://test@/postgres?host=" + dir}, nil
}

// command serves the cluster on a socket in its folder.
func (c *cluster) command() *exec.Cmd {
	server := exec.Command(filepath.Join(c.bin, "postgres"), "-D", filepath.Join(c.dir, "data"), "-k", c.dir, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=400", "-c", "shared_buffers=64MB")
	server.Dir, server.SysProcAttr = c.dir, &syscall.SysProcAttr{Credential: c.who}
	return server
}

// launch starts the server and waits until it answers.
func (c *cluster) launch() (stop func(), err error) {
	if stop, err = start(c.command(), syscall.SIGINT); err != nil { // which is a fast shutdown
		return nil, err
	}
	if err := await(func() error { return c.exec("select 1") }); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
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

// database makes one; from says of what, if not of the empty one.
func (p *postgres) database(from string) (string, error) {
	name := fmt.Sprintf("t%d", p.next.Add(1))
	p.mu.Lock() // two databases made from one template at once disturb one another
	defer p.mu.Unlock()
	if err := p.exec("create database " + name + from); err != nil {
		return "", fmt.Errorf("create a test database: %w", err)
	}
	return p.url(name), nil
}

func (c *cluster) url(database string) string {
	return "postgres://test@/" + database + "?host=" + c.dir
}

func (c *cluster) exec(query string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, query)
	if cerr := conn.Close(ctx); err == nil {
		err = cerr
	}
	return err
}
