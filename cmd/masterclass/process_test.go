package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"masterclass/internal/store/storetest"
)

// TestProcess runs the program as people do, as a process of its own; it is built once.
func TestProcess(t *testing.T) {
	t.Parallel()
	b := build(t)
	for name, fn := range map[string]func(*testing.T, binary){
		"a wrong setting is named in one sentence":                   wrongSettings,
		"an empty setting is the default":                            emptySettings,
		"a port in use is said plainly":                              portInUse,
		"one data folder serves one process":                         oneDataFolder,
		"a damaged secret file is named":                             damagedSecret,
		"another secret is refused":                                  anotherSecret,
		"stopping takes less than ten seconds":                       stopsInTime,
		"killed at any moment it keeps what it acknowledged":         survivesKills,
		"the demo can be entered, and is the same at the next start": demoTwice,
		"the demo starts where serve has been":                       demoAfterServe,
		"migrating twice does nothing twice":                         migrateTwice,
		"config hides what is secret":                                configMasks,
		"healthcheck tells by its exit code":                         healthchecks,
		"mail test writes a file":                                    mailTest,
		"mail test signs what it sends":                              signedMailTest,
		"organisers are added beside a running server":               organiserAdd,
		"a backup beside a running server is whole":                  backsUp,
		"a backup overwrites nothing":                                backupRefusals,
		"only a copy of this site is restored, and not beside it":    restoreRefusals,
		"a restore overrules Redis":                                  overruled,
		"reconcile names what is broken":                             reconciles,
		"version names the schema":                                   version,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, b)
		})
	}
}

// binary is the path of the program.
type binary string

func build(t *testing.T) binary {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "masterclass")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return binary(bin)
}

// settings are environment variables without their prefix.
type settings map[string]string

// inFolder are settings of an installation of its own, on a free port.
func inFolder(t *testing.T) settings {
	t.Helper()
	return settings{"DATA_DIR": filepath.Join(t.TempDir(), "data"), "LISTEN": "127.0.0.1:0", "RATE_LIMIT": "0"}
}

func (s settings) with(name, value string) settings {
	more := settings{name: value}
	for k, v := range s {
		if k != name {
			more[k] = v
		}
	}
	return more
}

// process is the program running.
type process struct {
	t        *testing.T
	cmd      *exec.Cmd
	out, err *output
	ended    chan struct{} // closed when it has
	code     int
}

// output is what a process has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start starts a command, which the kernel kills with this process, however it dies (hence the locked thread).
func (b binary) start(t *testing.T, s settings, input string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(string(b), args...), out: &output{}, err: &output{}, ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr, p.cmd.Stdin = t.TempDir(), p.out, p.err, strings.NewReader(input)
	p.cmd.Env = []string{"HOME=" + p.cmd.Dir, "PATH=" + os.Getenv("PATH")}
	for name, value := range s {
		p.cmd.Env = append(p.cmd.Env, "MASTERCLASS_"+name+"="+value)
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread() // else the thread ends here, and the kernel kills what else it had started, such as a browser
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // its exit code is what counts
			p.code = p.cmd.ProcessState.ExitCode()
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

// run runs a command to its end and gives what it wrote.
func (b binary) run(t *testing.T, s settings, args ...string) *process {
	t.Helper()
	p := b.start(t, s, "", args...)
	p.await(30 * time.Second)
	return p
}

func (p *process) await(atMost time.Duration) {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(atMost):
		p.t.Fatalf("%v has not ended after %v:\n%s%s", p.cmd.Args[1:], atMost, p.out, p.err)
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.ended
}

// want checks the exit code and what was written on standard output.
func (p *process) want(code int, words ...string) *process {
	p.t.Helper()
	if p.code != code {
		p.t.Errorf("%v ended with %d, want %d:\n%s%s", p.cmd.Args[1:], p.code, code, p.out, p.err)
	}
	for _, w := range words {
		if !strings.Contains(p.out.String(), w) {
			p.t.Errorf("%v does not say %q:\n%s%s", p.cmd.Args[1:], w, p.out, p.err)
		}
	}
	return p
}

// refused checks that the program ended with one sentence on standard error that holds the words.
func (p *process) refused(words ...string) {
	p.t.Helper()
	p.want(1)
	said := p.err.String()
	if strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "masterclass: ") || regexp.MustCompile(`goroutine|\.go:\d|panic`).MatchString(said) {
		p.t.Errorf("%v said:\n%s", p.cmd.Args[1:], said)
	}
	for _, w := range words {
		if !strings.Contains(said, w) {
			p.t.Errorf("%v does not name %q:\n%s", p.cmd.Args[1:], w, said)
		}
	}
}

var (
	serving  = regexp.MustCompile(`msg=serving address=127\.0\.0\.1:(\d+)`)
	demoSite = regexp.MustCompile(`(?m)^Site: http://localhost:(\d+)$`)
)

// serve starts the server and waits until it says where it is.
func (b binary) serve(t *testing.T, s settings) (*process, string) {
	t.Helper()
	p := b.start(t, s, "", "serve")
	return p, "http://127.0.0.1:" + p.said(p.err, serving)
}

// said waits until the output matches and gives the first group.
func (p *process) said(o *output, words *regexp.Regexp) string {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if m := words.FindStringSubmatch(o.String()); m != nil {
			return m[1]
		}
		select {
		case <-p.ended:
			p.t.Fatalf("%v ended with %d:\n%s%s", p.cmd.Args[1:], p.code, p.out, p.err)
		default:
		}
	}
	p.t.Fatalf("%v did not say %v:\n%s%s", p.cmd.Args[1:], words, p.out, p.err)
	return ""
}

// stop asks the process to end, as a service manager does, and gives how long it took.
func (p *process) stop() time.Duration {
	p.t.Helper()
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	p.await(20 * time.Second)
	p.want(0)
	return time.Since(began)
}

const password = "hunter2-swordfish"

func wrongSettings(t *testing.T, b binary) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	closed := closedPort(t)
	for _, c := range []struct{ name, value string }{
		{"LISTEN", "8080"}, {"LISTEN", ":99999"}, {"LISTEN", "127.0.0.1:http"}, {"LISTEN", "192.0.2.1:0"},
		{"BASE_URL", "events.example.org"}, {"BASE_URL", "https://events.example.org/sub"}, {"BASE_URL", "ftp://x"}, {"BASE_URL", "http://:80"},
		{"BASE_URL", "https://u:" + password + "@events.example.org"},
		{"DATA_DIR", file}, {"DATA_DIR", filepath.Join(file, "below")}, {"DATA_DIR", "/proc/masterclass"},
		{"DATABASE_URL", "mysql://u:" + password + "@h/x"}, {"DATABASE_URL", "host=127.0.0.1 password=" + password},
		{"DATABASE_URL", "postgres://u:" + password + "@127.0.0.1:" + closed + "/x"}, {"DATABASE_URL", "postgres://u:" + password + "@:bad:/x"},
		{"REDIS_URL", "http://h"}, {"REDIS_URL", "redis://:" + password + "@h1:1,h2:2"}, {"REDIS_URL", "redis://:" + password + "@h1:x"},
		{"REDIS_URL", "redis://:" + password + "@h1:1,h2:2?cluster=yes"}, {"REDIS_URL", "redis://:" + password + "@h1:1,h2:x?master=mymaster"},
		{"SECRET", "short-" + password}, {"SMTP_URL", "http://u:" + password + "@h"}, {"SMTP_URL", "smtp://u:" + password + "@h?tls=none"},
		{"MAIL_FROM", "nobody"}, {"MAIL_FROM", "a@[192.0.2.1]"}, {"CONTACT_EMAIL", "nobody"},
		{"TIME_ZONE", "Europe/Londinium"}, {"TIME_ZONE", "../../etc/passwd"}, {"TIME_ZONE", "Local"},
		{"TRUSTED_PROXIES", "10.0.0.1"}, {"TRUSTED_PROXIES", "10.0.0.0/8;::1/128"},
		{"HOLD", "15"}, {"HOLD", "-5m"}, {"HOLD", "0s"}, {"HOLD", "25h"}, {"RATE_LIMIT", "many"}, {"RATE_LIMIT", "-1"}, {"RATE_LIMIT", "1.5"}, {"LOG", "xml"},
	} {
		t.Run(c.name+"="+c.value, func(t *testing.T) {
			p := b.run(t, inFolder(t).with(c.name, c.value), "serve")
			p.refused("MASTERCLASS_" + c.name)
			if said := p.err.String() + p.out.String(); strings.Contains(said, password) {
				t.Errorf("the password is shown: %s", said)
			}
		})
	}
}

// closedPort is a port that nobody listens on.
func closedPort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err = errors.Join(err, ln.Close()); err != nil {
		t.Fatal(err)
	}
	return port
}

func emptySettings(t *testing.T, b binary) {
	s := settings{}
	for _, name := range []string{"LISTEN", "BASE_URL", "DATABASE_URL", "REDIS_URL", "SECRET", "SMTP_URL", "MAIL_FROM", "SITE_NAME", "TIME_ZONE", "HOLD", "RATE_LIMIT", "LOG"} {
		s[name] = ""
	}
	b.run(t, s, "config").want(0, "MASTERCLASS_LISTEN=:8080\n", "MASTERCLASS_RATE_LIMIT=600\n", "MASTERCLASS_TIME_ZONE=Europe/London\n")
}

func portInUse(t *testing.T, b binary) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	s := inFolder(t).with("LISTEN", ln.Addr().String())
	b.run(t, s, "serve").refused("MASTERCLASS_LISTEN", ln.Addr().String(), "in use")
	if _, err := os.Stat(s["DATA_DIR"]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a start that was refused made the data folder: %v", err)
	}
}

func oneDataFolder(t *testing.T, b binary) {
	s := inFolder(t)
	first, _ := b.serve(t, s)
	b.run(t, s, "serve").refused("MASTERCLASS_DATA_DIR", "another masterclass")
	b.run(t, s, "demo").refused("MASTERCLASS_DATA_DIR", "another masterclass")
	first.kill() // the lock dies with its process
	second, _ := b.serve(t, s)
	if took := second.stop(); took > 3*time.Second {
		t.Errorf("an idle server took %v to stop", took)
	}
}

func damagedSecret(t *testing.T, b binary) {
	s := inFolder(t)
	if err := os.MkdirAll(s["DATA_DIR"], 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s["DATA_DIR"], "secret")
	for _, content := range []string{"", password} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		p := b.run(t, s, "serve")
		p.refused(file, "MASTERCLASS_SECRET")
		if strings.Contains(p.err.String(), password) {
			t.Error("what is left of the secret is shown")
		}
	}
}

func anotherSecret(t *testing.T, b binary) {
	one, two := strings.Repeat("one-", 10), strings.Repeat("two-", 10)
	for name, database := range map[string]func(testing.TB) string{"SQLite": func(testing.TB) string { return "" }, "PostgreSQL": storetest.PostgresURL} {
		t.Run(name, func(t *testing.T) {
			s := inFolder(t).with("DATABASE_URL", database(t)).with("SECRET", one)
			first, _ := b.serve(t, s)
			first.stop()
			if name == "PostgreSQL" {
				s["DATA_DIR"] = filepath.Join(t.TempDir(), "another") // a second instance
			}
			p := b.run(t, s.with("SECRET", two), "serve")
			p.refused("MASTERCLASS_SECRET")
			if strings.Contains(p.err.String(), two) {
				t.Error("the secret is shown")
			}
			again, _ := b.serve(t, s)
			again.stop()
		})
	}
}

// stopsInTime has everything under way that could keep a server: half a request, a silent, a half-open and an idle
// connection, and a mail server that takes a message and says nothing.
func stopsInTime(t *testing.T, b binary) {
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	called := make(chan net.Conn, 4)
	go func() {
		for c, err := mute.Accept(); err == nil; c, err = mute.Accept() {
			called <- c
		}
	}()
	s := inFolder(t).with("SMTP_URL", "smtp://"+mute.Addr().String())
	insertEvent(t, s, 10)
	p, url := b.serve(t, s)
	v := newVisitor(t, url) // its connection stays open
	v.call("/api/v1/events/"+killed+"/registrations", person(1, v.event(killed).Places[0].ID)).want(t, 201)
	select {
	case c := <-called:
		defer c.Close()
	case <-time.After(10 * time.Second):
		t.Fatal("the mail server is not called")
	}
	for _, text := range []string{
		"",
		"POST /organise/sign-in HTTP/1.1\r\nHost: x\r\n",
		"POST /organise/sign-in HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nemail=half",
	} {
		c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
	}
	if took := p.stop(); took > 10*time.Second {
		t.Errorf("stopping took %v", took)
	}
	if strings.Contains(p.err.String(), "panic") {
		t.Error(p.err)
	}
}
