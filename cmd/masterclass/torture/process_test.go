package torture

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// binaries builds the program once for each tag, when it is first asked for.
type binaries struct {
	dir  string
	mu   sync.Mutex
	made map[string]func() (string, error)
}

func newBinaries(t *testing.T) *binaries {
	t.Helper()
	return &binaries{dir: t.TempDir(), made: map[string]func() (string, error){}}
}

// with gives the path of the program with a build tag, "" for the program that people run.
func (b *binaries) with(tag string) (string, error) {
	b.mu.Lock()
	build := b.made[tag]
	if build == nil {
		build = sync.OnceValues(func() (string, error) {
			bin := filepath.Join(b.dir, "masterclass-"+tag)
			if out, err := exec.Command("go", "build", "-tags", tag, "-ldflags=-s -w", "-o", bin, "masterclass/cmd/masterclass").CombinedOutput(); err != nil {
				return "", fmt.Errorf("build the program with the tag %q: %w\n%s", tag, err, out)
			}
			return bin, nil
		})
		b.made[tag] = build
	}
	b.mu.Unlock()
	return build()
}

// settings are environment variables without their prefix.
type settings map[string]string

func (s settings) environ(home string) []string {
	env := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
	for name, value := range s {
		env = append(env, "MASTERCLASS_"+name+"="+value)
	}
	return env
}

// instance is one server of a rig, which may die and come back on another port. Safe for concurrent use.
type instance struct {
	bin string
	settings
	url  atomic.Value // string, where it can be reached; "" while it is down
	over sync.Map     // from where it could be reached once to when that process had ended

	mu    sync.Mutex
	cmd   *exec.Cmd
	log   *output
	ended chan struct{} // closed when it has
}

func newInstance(bin string, s settings) *instance {
	i := &instance{bin: bin, settings: s, log: &output{}}
	i.url.Store("")
	return i
}

func (i *instance) address() string { return i.url.Load().(string) }

// output is what a process has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps what a process writes.
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

// tail is the end of the output.
func (o *output) tail(lines int) string {
	all := strings.Split(strings.TrimSpace(o.String()), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

var serving = regexp.MustCompile(`msg=serving address=(127\.0\.0\.1:\d+)`)

// errEnded is for a process that ended by itself, maybe because it was told to by MASTERCLASS_CRASH.
var errEnded = errors.New("it ended before it served")

// start starts the server, with more variables, and waits until it serves.
func (i *instance) start(more ...string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cmd = exec.Command(i.bin, "serve")
	started := &output{}
	i.cmd.Dir, i.cmd.Stdout, i.cmd.Stderr = filepath.Dir(i.settings["DATA_DIR"]), both{started, i.log}, both{started, i.log}
	i.cmd.Env = append(i.environ(i.cmd.Dir), more...)
	var err error
	if i.ended, err = launch(i.cmd); err != nil {
		return err
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if m := serving.FindStringSubmatch(started.String()); m != nil {
			i.url.Store("http://" + m[1])
			return nil
		}
		select {
		case <-i.ended:
			return fmt.Errorf("%w: %s", errEnded, started)
		default:
		}
	}
	return fmt.Errorf("the server did not start: %s", started)
}

type both [2]*output

// Write writes to both; neither can fail.
func (b both) Write(p []byte) (int, error) {
	_, _ = b[0].Write(p)
	return b[1].Write(p)
}

// launch starts a process that the kernel kills with this one, however it dies (hence the locked thread).
func launch(cmd *exec.Cmd) (ended chan struct{}, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	ended = make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread() // else the thread ends here, and the kernel kills what else it had started, such as a browser
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // its end is what counts here
		}
	}()
	return ended, <-started
}

// end sends a signal by which the server ends, and waits until it has.
func (i *instance) end(by syscall.Signal) {
	i.mu.Lock()
	defer i.mu.Unlock()
	was := i.address()
	defer func() { i.over.Store(was, time.Now()) }()
	i.url.Store("")
	if i.cmd == nil || i.cmd.Process == nil {
		return
	}
	_ = i.cmd.Process.Signal(by) // it may have ended by itself
	select {
	case <-i.ended:
	case <-time.After(patience):
		_ = i.cmd.Process.Kill()
		<-i.ended
	}
}

// answered is when an answer that came from an address was given at the latest: no process answers after its end, however late it is read.
func (i *instance) answered(base string) time.Time {
	if ended, ok := i.over.Load(base); ok {
		return ended.(time.Time)
	}
	return time.Now()
}

// signal sends a signal that the server outlives.
func (i *instance) signal(s syscall.Signal) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.cmd.Process.Signal(s)
}

// done is closed when the server has ended.
func (i *instance) done() <-chan struct{} {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.ended
}

// pid is the server's process.
func (i *instance) pid() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.cmd.Process.Pid
}

// command runs another command of the program on the same stores, and gives what it wrote.
func (i *instance) command(args ...string) (said string, err error) {
	cmd := exec.Command(i.bin, args...)
	var out output
	cmd.Dir, cmd.Stdout, cmd.Stderr = filepath.Dir(i.settings["DATA_DIR"]), &out, &out
	cmd.Env = i.environ(cmd.Dir)
	ended, err := launch(cmd)
	if err != nil {
		return "", err
	}
	select {
	case <-ended:
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		<-ended
		return out.String(), fmt.Errorf("%v has not ended in %v", args, patience)
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		return out.String(), fmt.Errorf("%v ended with %d", args, code)
	}
	return out.String(), nil
}
