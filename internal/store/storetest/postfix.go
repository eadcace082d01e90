package storetest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Postfix is a mail server of one test alone, on a free loopback port. It keeps all that it takes over in one Maildir.
type Postfix struct {
	Addr string
	t    testing.TB
	dir  string
}

// postfixServices are what taking messages over and delivering them into a folder needs, none of it in a chroot.
const postfixServices = `127.0.0.1:%d inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`

// StartPostfix starts Debian's Postfix with those settings besides (postconf(5)). It needs root, and gives its rights up by itself.
func StartPostfix(t testing.TB, settings map[string]string) *Postfix {
	t.Helper()
	bin := "/usr/lib/postfix/sbin/master"
	if _, err := os.Stat(bin); err != nil {
		missing(t, "Postfix", "postfix")
	}
	if os.Getuid() != 0 {
		t.Skip("Postfix can be started by root alone: run this test as root")
	}
	dir, err := os.MkdirTemp("", "mc-mail-") // a socket's path is short: not under t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	p := &Postfix{t: t, dir: dir, Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(freePort(t, false)))}
	if err := p.layOut(settings); err != nil {
		t.Fatal(err)
	}
	stop, err := start(exec.Command(bin, "-c", filepath.Join(dir, "etc"), "-d"), syscall.SIGTERM)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := await(func() error { return os.RemoveAll(dir) }); err != nil { // its children may be writing still
			t.Error(err)
		}
	})
	if err := await(p.greets); err != nil {
		t.Fatalf("Postfix did not start: %v\n%s", err, p.Log())
	}
	return p
}

// layOut makes the folders and the configuration.
func (p *Postfix) layOut(settings map[string]string) error {
	owner, nobody, err := postfixUsers()
	if err != nil {
		return err
	}
	_, port, _ := strings.Cut(p.Addr, ":")
	number, _ := strconv.Atoi(port) // our own
	if err := os.Chmod(p.dir, 0o755); err != nil {
		return err
	}
	folders := map[string]int{"etc": 0, "queue": 0, "queue/pid": 0, "mail": nobody}
	for _, name := range strings.Fields("data queue/active queue/bounce queue/corrupt queue/defer queue/deferred queue/flush queue/hold queue/incoming queue/maildrop queue/private queue/public queue/saved queue/trace") {
		folders[name] = owner
	}
	for _, name := range []string{"etc", "queue"} { // the others' parents
		if err := os.Mkdir(filepath.Join(p.dir, name), 0o755); err != nil {
			return err
		}
	}
	for name, who := range folders {
		path := filepath.Join(p.dir, name)
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		if err := os.Chown(path, who, -1); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(p.dir, "etc/main.cf"), p.settings(nobody, settings), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(p.dir, "etc/master.cf"), fmt.Appendf(nil, postfixServices, number), 0o644)
}

// settings are those of a server that takes every domain for its own, asks nobody in the DNS, and logs into its folder.
func (p *Postfix) settings(nobody int, more map[string]string) []byte {
	all := map[string]string{
		"compatibility_level": "3.6", "queue_directory": p.dir + "/queue", "data_directory": p.dir + "/data", "maillog_file": p.dir + "/data/log",
		"maillog_file_prefixes": p.dir, "myhostname": "mx.example.org", "mydestination": "", "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4",
		"smtpd_peername_lookup": "no", "alias_maps": "", "local_recipient_maps": "", "virtual_mailbox_domains": "static:all", "virtual_mailbox_maps": "static:box/",
		"virtual_mailbox_base": p.dir + "/mail", "virtual_uid_maps": fmt.Sprint("static:", nobody), "virtual_gid_maps": fmt.Sprint("static:", nobody),
		"virtual_transport": "virtual", "smtpd_relay_restrictions": "permit_sasl_authenticated, reject_unauth_destination",
	}
	for name, value := range more {
		all[name] = value
	}
	var b bytes.Buffer
	for name, value := range all {
		fmt.Fprintf(&b, "%s = %s\n", name, value)
	}
	return b.Bytes()
}

// postfixUsers are whom the server runs as, and whom the messages belong to.
func postfixUsers() (owner, nobody int, err error) {
	var ids [2]int
	for i, name := range []string{"postfix", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			return 0, 0, err
		}
		if ids[i], err = strconv.Atoi(u.Uid); err != nil {
			return 0, 0, err
		}
	}
	return ids[0], ids[1], nil
}

// greets is nil once the server does.
func (p *Postfix) greets() error {
	conn, err := net.DialTimeout("tcp", p.Addr, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	words := make([]byte, 3)
	if _, err := conn.Read(words); err != nil || string(words) != "220" {
		return fmt.Errorf("it says %q, %v", words, err)
	}
	return nil
}

// Log is what the server has written down so far.
func (p *Postfix) Log() string {
	text, _ := os.ReadFile(filepath.Join(p.dir, "data/log")) // none, if there is none
	return string(text)
}

// Messages waits until so many have been delivered and gives them as they were, with the line ends that a Maildir does not keep.
func (p *Postfix) Messages(n int) (all [][]byte) {
	p.t.Helper()
	err := awaitFor(formTime, func() error {
		files, err := filepath.Glob(filepath.Join(p.dir, "mail/box/new/*"))
		if err == nil && len(files) < n {
			err = fmt.Errorf("%d messages were delivered, want %d", len(files), n)
		}
		all = nil
		for _, f := range files {
			raw, rerr := os.ReadFile(f)
			if rerr != nil {
				return rerr
			}
			all = append(all, bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n")))
		}
		return err
	})
	if err != nil {
		p.t.Fatalf("%v\n%s", err, p.Log())
	}
	return all
}
