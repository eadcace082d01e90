package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"syscall"
	"testing"
	"time"
)

// figureRole, in the environment, makes this test program a server to be measured: the program itself or a yardstick.
const figureRole = "FIGURES_ROLE"

// figureRoles are what a child can be; each serves until the process ends.
var figureRoles = map[string]func() error{
	"site": func() error {
		if code := run([]string{"serve"}); code != 0 {
			return fmt.Errorf("serve ended with %d", code)
		}
		return nil
	},
	"refuser": refuser, "calendar": bareCalendar, "pages": barePages, "restless": restlessPages,
}

// playRole is what a child does instead of testing; it gives the exit code.
func playRole(role string) int {
	play, ok := figureRoles[role]
	if !ok {
		fmt.Fprintf(os.Stderr, "there is no role %q\n", role)
		return 1
	}
	go obey(os.Stdin, os.Stdout)
	err := hookChild()
	if err == nil {
		err = play()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// obey does what the parent asks for, a line each with a line for an answer, and ends the process when the parent is gone.
func obey(in io.Reader, out io.Writer) {
	for s := bufio.NewScanner(in); s.Scan(); {
		word, rest, _ := strings.Cut(s.Text(), " ")
		answer := "ok"
		switch word {
		case "profile":
			if err := startProfile(rest); err != nil {
				answer = err.Error()
			}
		case "profiled":
			pprof.StopCPUProfile()
		case "commits":
			answer = watched.String()
		}
		fmt.Fprintln(out, answer) // a parent that is gone is seen above
	}
	os.Exit(0)
}

func startProfile(file string) error {
	f, err := os.Create(file) // open until the process ends
	if err != nil {
		return err
	}
	return pprof.StartCPUProfile(f)
}

// figureChild is a server process under measurement.
type figureChild struct {
	b       *testing.B
	addr    string
	logFile string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	began   time.Time
	ended   chan struct{}
}

// startRole starts this test program in a role, on a free loopback address, and waits until it is ready.
func startRole(b *testing.B, role string, s settings, env ...string) *figureChild {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	c := startChild(b, exec.Command(self), s, append(env, figureRole+"="+role)...)
	awaitReady(b, c)
	return c
}

// startChild starts a server, which the kernel kills with this process, however it dies (hence the locked thread).
func startChild(b *testing.B, cmd *exec.Cmd, s settings, env ...string) *figureChild {
	b.Helper()
	dir := b.TempDir()
	c := &figureChild{b: b, addr: freeAddr(b), cmd: cmd, ended: make(chan struct{}), logFile: filepath.Join(dir, "log")}
	log, err := os.Create(c.logFile)
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close() // the child has its own
	cmd.Dir, cmd.Stderr, cmd.SysProcAttr = dir, log, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Env = append(env, "HOME="+dir, "PATH="+os.Getenv("PATH"), "MASTERCLASS_LISTEN="+c.addr)
	for name, value := range s {
		cmd.Env = append(cmd.Env, "MASTERCLASS_"+name+"="+value)
	}
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		b.Fatal(err)
	}
	c.in, c.out = in, bufio.NewReader(out)
	started := make(chan error, 1)
	c.began = time.Now()
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread() // else the thread ends here, and the kernel kills what else it had started, such as a browser
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // it is killed: its exit status says nothing
			close(c.ended)
		}
	}()
	if err := <-started; err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.kill)
	return c
}

// kill ends the process at once. Calling it again does nothing.
func (c *figureChild) kill() {
	_ = c.cmd.Process.Kill() // it may have ended by itself
	<-c.ended
}

// ask has the child do something and gives its answer.
func (c *figureChild) ask(words string) string {
	c.b.Helper()
	if _, err := fmt.Fprintln(c.in, words); err != nil {
		c.b.Fatalf("%v:\n%s", err, c.log())
	}
	answer, err := c.out.ReadString('\n')
	if err != nil {
		c.b.Fatalf("%v:\n%s", err, c.log())
	}
	return strings.TrimSpace(answer)
}

// profiled runs do and, where profiles are wanted, keeps the child's CPU profile of it under the name.
func (c *figureChild) profiled(name string, do func()) {
	c.b.Helper()
	dir := os.Getenv("FIGURES_PROFILE")
	if dir == "" {
		do()
		return
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		c.b.Fatal(err)
	}
	if answer := c.ask("profile " + filepath.Join(dir, name+".pprof")); answer != "ok" {
		c.b.Fatal(answer)
	}
	do()
	c.ask("profiled")
}

// log is the end of what the child has written on standard error.
func (c *figureChild) log() string {
	text, err := os.ReadFile(c.logFile)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4096):])
}

func freeAddr(b *testing.B) string {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	if err := ln.Close(); err != nil {
		b.Fatal(err)
	}
	return ln.Addr().String()
}

// settled gives what was begun before a measurement a moment to be over.
func settled() { time.Sleep(100 * time.Millisecond) }
