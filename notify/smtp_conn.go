package notify

import (
	"bytes"
	"errors"
	"net"
	"net/smtp"
	"strings"
	"time"

	"masterclass/internal/crash"
)

// checkLimit is how long a kept connection may take to say that it still works.
const checkLimit = 5 * time.Second

// envelopeOf is a message with the bare addresses that it goes from and to.
type envelopeOf struct {
	sender, rcpt string
	raw          []byte
}

// client is a connection that has greeted the server, and what the pool has to know of it.
type client struct {
	*smtp.Client
	conn      *impatient
	pipelined bool // the server takes several commands at once (RFC 2920)
	messages  int  // that it was used for
	idleSince time.Time
	expiry    *time.Timer
}

func newClient(c *smtp.Client, conn *impatient) *client {
	pipelined, _ := c.Extension("PIPELINING")
	return &client{Client: c, conn: conn, pipelined: pipelined}
}

// send sends one message; given says whether the server may have it, whatever the error.
func (c *client) send(m envelopeOf) (given bool, err error) {
	if !c.idleSince.IsZero() && time.Since(c.idleSince) > keptUnasked {
		if err := c.reset(); err != nil {
			return false, err
		}
	}
	c.messages++
	if err := c.address(m); err != nil {
		return false, err
	}
	if err := c.data(m.raw); err != nil {
		return true, err
	}
	if _, _, err = c.Text.ReadResponse(250); err == nil {
		crash.At(crash.AfterSMTP)
	}
	return true, err
}

// data sends the message and its end. What has nothing that DATA has to change, as almost all of ours, goes out as it is and in one piece:
// looking at each octet costs more than all else that a message costs here.
func (c *client) data(raw []byte) error {
	if clean(raw) {
		_, err := c.Text.W.Write(append(raw[:len(raw):len(raw)], ".\r\n"...))
		return errors.Join(err, c.Text.W.Flush())
	}
	w := c.Text.DotWriter()
	_, err := w.Write(raw)
	return errors.Join(err, w.Close()) // the end is flushed even if some of it could not be written
}

// clean says whether every line ends in CRLF and none begins with a dot (RFC 5321 4.5.2).
func clean(raw []byte) bool {
	if len(raw) == 0 || raw[0] == '.' || !bytes.HasSuffix(raw, []byte("\r\n")) || bytes.Contains(raw, []byte("\n.")) {
		return false
	}
	ends := bytes.Count(raw, []byte("\r\n"))
	return ends == bytes.Count(raw, []byte("\n")) && ends == bytes.Count(raw, []byte("\r"))
}

// address says from whom and to whom the message is, up to the server's word to go on. A server that takes several
// commands at once is told all three: each answer that is waited for costs the way there and back.
func (c *client) address(m envelopeOf) error {
	steps := []step{{"MAIL FROM:<" + m.sender + ">", 250}, {"RCPT TO:<" + m.rcpt + ">", 25}, {"DATA", 354}}
	if c.pipelined {
		return c.atOnce(steps)
	}
	for _, s := range steps {
		if err := c.Text.PrintfLine("%s", s.command); err != nil {
			return err
		}
		if _, _, err := c.Text.ReadResponse(s.want); err != nil {
			return err
		}
	}
	return nil
}

// step is a command and the code, or how it begins, that lets the next follow.
type step struct {
	command string
	want    int
}

func (c *client) atOnce(steps []step) error {
	var commands []string
	for _, s := range steps {
		commands = append(commands, s.command)
	}
	if err := c.Text.PrintfLine("%s", strings.Join(commands, "\r\n")); err != nil {
		return err
	}
	var refused, err error
	for _, s := range steps {
		if _, _, err = c.Text.ReadResponse(s.want); err != nil && !isReply(err) {
			return err
		}
		if refused == nil {
			refused = err
		}
	}
	if refused != nil && err == nil {
		return c.takeBack(refused)
	}
	return refused
}

// takeBack ends a DATA that the server lets begin though it refused the recipient, with an empty message that it has
// to refuse (RFC 2920 3.1). A connection on which it does not is not used again.
func (c *client) takeBack(refused error) error {
	if err := c.Text.PrintfLine("."); err != nil {
		return refused
	}
	if _, _, err := c.Text.ReadResponse(250); !isReply(err) {
		_ = c.Close()
	}
	return refused
}

// reset makes the connection ready for another message, and finds out whether it works.
func (c *client) reset() error {
	defer c.within(checkLimit)()
	return c.Reset()
}

// quit takes leave.
func (c *client) quit() {
	defer c.within(checkLimit)()
	_ = c.Quit() // nothing depends on the answer
	_ = c.Close()
}

// within sets a shorter limit until what it gives is called.
func (c *client) within(limit time.Duration) (restore func()) {
	before := c.conn.limit
	c.conn.limit = min(limit, before)
	return func() { c.conn.limit = before }
}

// impatient gives each wait for the other side a limit.
type impatient struct {
	net.Conn
	limit time.Duration
}

// Read reads what comes within the limit.
func (c *impatient) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.limit)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write writes what is taken within the limit.
func (c *impatient) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.limit)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
