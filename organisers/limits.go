package organisers

import (
	"net"
	"sync"
	"time"

	"masterclass/internal/fault"
)

// limits counts failures to sign in, in this process's memory. An account is blocked only for the address that
// guesses at it: a limit of the account alone would let anyone lock out its owner, so there it only slows. Codes of the
// second step have such a limit, since only who knows the password gets to guess at them.
type limits struct {
	now func() time.Time

	mu                     sync.Mutex
	pair, address, account counter
	codes, asked           counter
}

const slowBy = 2 * time.Second

func newLimits(now func() time.Time) *limits {
	return &limits{
		now:     now,
		pair:    counter{most: 10, window: 15 * time.Minute, keys: map[string]tally{}},
		address: counter{most: 100, window: 15 * time.Minute, keys: map[string]tally{}},
		account: counter{most: 50, window: time.Hour, keys: map[string]tally{}},
		codes:   counter{most: 20, window: time.Hour, keys: map[string]tally{}},
		asked:   counter{most: 20, window: time.Hour, keys: map[string]tally{}},
	}
}

// attempt is one try at an account from an address.
type attempt struct {
	limits                 *limits
	pair, address, account string
	codes                  string        // the account whose codes are guessed, if it is a code
	delay                  time.Duration // how long to make it wait
}

// begin counts the attempt as failed until it is undone, so that attempts at the same moment count as well. The
// error is a fault of kind TooMany.
func (l *limits) begin(mailbox, address string) (*attempt, error) {
	network := networkOf(address)
	a := &attempt{limits: l, pair: mailbox + " " + network, address: network, account: mailbox}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if wait := max(l.pair.blocked(a.pair, now), l.address.blocked(a.address, now)); wait > 0 {
		return nil, fault.New(fault.TooMany, "There have been too many attempts to sign in from your network. Please wait 15 minutes, then try again.").After(wait)
	}
	if l.account.blocked(a.account, now) > 0 {
		a.delay = slowBy
	}
	l.pair.add(a.pair, now)
	l.address.add(a.address, now)
	l.account.add(a.account, now)
	return a, nil
}

var errManyCodes = fault.New(fault.TooMany, "There have been too many wrong codes for this account. Please wait an hour, then sign in again.")

// beginCode is begin for a code: it counts the wrong ones of the account too.
func (l *limits) beginCode(mailbox, address string) (*attempt, error) {
	l.mu.Lock()
	wait := l.codes.blocked(mailbox, l.now())
	l.mu.Unlock()
	if wait > 0 {
		return nil, errManyCodes.After(wait)
	}
	a, err := l.begin(mailbox, address)
	if err == nil {
		a.codes = mailbox
		l.mu.Lock()
		l.codes.add(mailbox, l.now())
		l.mu.Unlock()
	}
	return a, err
}

// ask counts a request for a mail, of which an address may make 20 an hour.
func (l *limits) ask(address string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	network := networkOf(address)
	if wait := l.asked.blocked(network, l.now()); wait > 0 {
		return fault.New(fault.TooMany, "Too many new passwords have been asked for from your network. Please wait an hour, then try again.").After(wait)
	}
	l.asked.add(network, l.now())
	return nil
}

// undo takes the attempt back: it was no failure.
func (a *attempt) undo() {
	a.limits.mu.Lock()
	defer a.limits.mu.Unlock()
	a.limits.pair.undo(a.pair)
	a.limits.address.undo(a.address)
	a.limits.account.undo(a.account)
	if a.codes != "" {
		a.limits.codes.undo(a.codes)
	}
}

// networkOf is the address, or the /64 around it for IPv6, where one subscriber has all of those.
func networkOf(address string) string {
	ip := net.ParseIP(address)
	if ip == nil || ip.To4() != nil {
		return address
	}
	return ip.Mask(net.CIDRMask(64, 128)).String()
}

// maxTallies bounds a counter's memory.
const maxTallies = 20_000

// counter counts events a key, in windows that begin with the first one.
type counter struct {
	most   int
	window time.Duration
	keys   map[string]tally
}

type tally struct {
	n     int
	until time.Time
}

// blocked is how long the key has to wait; 0 if it need not.
func (c *counter) blocked(key string, now time.Time) time.Duration {
	if t := c.keys[key]; t.n >= c.most && t.until.After(now) {
		return t.until.Sub(now)
	}
	return 0
}

func (c *counter) add(key string, now time.Time) {
	t, known := c.keys[key]
	if !known && len(c.keys) >= maxTallies {
		c.forget(now)
	}
	if !t.until.After(now) {
		t = tally{until: now.Add(c.window)}
	}
	t.n++
	c.keys[key] = t
}

func (c *counter) undo(key string) {
	t, known := c.keys[key]
	if t.n--; !known || t.n <= 0 {
		delete(c.keys, key)
		return
	}
	c.keys[key] = t
}

// forget makes room: first what is over, then what has the fewest events, so that a flood of new keys does not wash
// out those that are blocked.
func (c *counter) forget(now time.Time) {
	for few := 0; len(c.keys) >= maxTallies; few++ {
		for key, t := range c.keys {
			if t.n <= few || !t.until.After(now) {
				delete(c.keys, key)
			}
		}
	}
}
