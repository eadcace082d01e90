package storetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

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
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=400", "-c", "shared_buffers=64MB")
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: who}
	server, err := start(cmd, syscall.SIGINT) // fast shutdown
	if err != nil {
		return nil, err
	}
	onStop(func() { server.stop(); _ = os.RemoveAll(dir) }) // only a temporary folder is left if this fails
	p := &postgres{dir: dir, admin: "postgres://test@/postgres?host=" + dir}
	return p, server.await(startTime, func() error { return p.exec("select 1") })
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
