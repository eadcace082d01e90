package storetest

import (
	"errors"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
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

// program is a server's process.
type program struct {
	cmd   *exec.Cmd
	ask   syscall.Signal // to end it in its own way
	ended chan struct{}  // closed when it has
}

// start runs a server that the kernel kills when this process dies, however it dies. The thread that started it
// has to live as long, hence the locked goroutine (prctl(2), PR_SET_PDEATHSIG).
func start(cmd *exec.Cmd, ask syscall.Signal) (*program, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	p := &program{cmd: cmd, ask: ask, ended: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer close(p.ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // ended by our own signal: its exit status says nothing
		}
	}()
	return p, <-started
}

// stop asks the server to end, and kills one that does not.
func (p *program) stop() {
	_ = p.cmd.Process.Signal(p.ask) // it may have ended by itself
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		p.kill()
	}
}

// kill ends the server at once, in the middle of whatever it does.
func (p *program) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.ended
}

var errEnded = errors.New("the server ended by itself")

// await asks until ready is nil, the server has ended, or so much time has passed.
func (p *program) await(atMost time.Duration, ready func() error) error {
	return await(atMost, func() error {
		err := ready()
		select {
		case <-p.ended:
			return errEnded
		default:
			return err
		}
	})
}

// startTime is how long a server may take to answer: the machine may be busy.
const startTime = 30 * time.Second

// await asks until ready is nil or so much time has passed. A server that ended by itself is not waited for.
func await(atMost time.Duration, ready func() error) error {
	var err error
	for deadline := time.Now().Add(atMost); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err = ready(); err == nil || errors.Is(err, errEnded) {
			return err
		}
	}
	return err
}
