package web

import (
	"net"
	"sync/atomic"
	"time"
)

// How long a client may go on sending what is refused already: in all, and without a word.
const (
	lingerFor  = 5 * time.Second
	lingerIdle = time.Second
)

// Serve answers on the listener until the application is shut down.
func (a *Application) Serve(ln net.Listener) error { return a.Listener(lingering{ln}) }

// lingering accepts connections whose refusals can be read. To close a connection while the client still sends makes
// its system drop the answer (RFC 9112 9.6), so what it sends is read and thrown away for a while.
type lingering struct{ net.Listener }

// Accept waits for the next connection.
func (l lingering) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingeringConn{Conn: c}, nil
}

type lingeringConn struct {
	net.Conn
	more atomic.Bool // the client may still be sending
}

// Close ends our side first where the client may still be sending.
func (c *lingeringConn) Close() error {
	if tcp, ok := c.Conn.(*net.TCPConn); ok && c.more.Swap(false) && tcp.CloseWrite() == nil {
		c.drain()
	}
	return c.Conn.Close()
}

func (c *lingeringConn) drain() {
	waste := make([]byte, 4<<10)
	for end := time.Now().Add(lingerFor); time.Now().Before(end); {
		if c.SetReadDeadline(time.Now().Add(lingerIdle)) != nil {
			return
		}
		if _, err := c.Read(waste); err != nil {
			return
		}
	}
}
