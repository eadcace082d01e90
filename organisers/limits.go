package organisers

import (
	"net"
	"sync"
	"time"

	"masterclass/internal/fault"
)

// limits counts failures to sign in. An account is blocked only for the address that guesses at it: a limit of the account alone would
// let anyone lock out its owner, so there it only slows. Codes of the second step have such a limit, since only who knows the password
// gets to guess at them. A browser that has signed in to the account before, and shows the cookie that it got for it, is counted by itself
// and not with the strangers on its network, who could otherwise lock out a colleague (OWASP, Slow Down Online Guessing Attacks with Device
// Cookies). What is under way is counted in this process's memory, so that attempts at the same moment count as well; what
// failed is in the database too, where every instance, and the next start, finds it.
type limits struct {
	now func() time.Time

	mu                     sync.Mutex
	pair, address, account counter
	device                 counter
	codes, asked           counter
}

const slowBy = 2 * time.Second

var (
	errManyTries = fault.New(fault.TooMany, "There have been too many attempts to sign in from your network. Please wait 15 minutes, then try again.")
	errManyHere  = fault.New(fault.TooMany, "There have been too many attempts to sign in from this browser. Please wait 15 minutes, then try again.")
	errManyCodes = fault.New(fault.TooMany, "There have been too many wrong codes for this account. Please wait an hour, then sign in again.")
	errManyAsked = fault.New(fault.TooMany, "Too many new passwords have been asked for from your network. Please wait an hour, then try again.")
)

func newLimits(now func() time.Time) *limits {
	return &limits{
		now:     now,
		pair:    counter{name: "pair", refusal: errManyTries, most: 10, window: 15 * time.Minute, keys: map[string]tally{}},
		address: counter{name: "network", refusal: errManyTries, most: 100, window: 15 * time.Minute, keys: map[string]tally{}},
		account: counter{name: "account", most: 50, window: time.Hour, keys: map[string]tally{}},
		device:  counter{name: "device", refusal: errManyHere, most: 10, window: 15 * time.Minute, keys: map[string]tally{}},
		codes:   counter{name: "codes", refusal: errManyCodes, most: 20, window: time.Hour, keys: map[string]tally{}},
		asked:   counter{name: "asked", refusal: errManyAsked, most: 20, window: time.Hour, keys: map[string]tally{}},
	}
}

// guess is what an attempt counts as: one more of the counter's key.
type guess struct {
	counter *counter
	key     string
}

// hash is the guess's name in the database, which keeps no address that somebody typed.
func (g guess) hash() string { return hashOf(g.counter.name + " " + g.key) }

// attempt is one try at an account from an address.
type attempt struct {
	limits  *limits
	guesses []guess
	delay   time.Duration // how long to make it wait
}

// source is whom an attempt comes from, and at which mailbox. The device is what names a browser that has signed in to that mailbox's account
// before; it is empty for any other.
type source struct{ mailbox, address, device string }

// begin counts the attempt as failed until it is undone. The error is a fault of kind TooMany.
func (l *limits) begin(from source) (*attempt, error) {
	if from.device != "" {
		return l.start(guess{&l.device, from.device})
	}
	network := networkOf(from.address)
	return l.start(guess{&l.account, from.mailbox}, guess{&l.address, network}, guess{&l.pair, from.mailbox + " " + network})
}

// beginCode is begin for a code: it counts the wrong ones of the account too, or those of the browser.
func (l *limits) beginCode(from source) (*attempt, error) {
	if from.device != "" {
		return l.start(guess{&l.device, from.device}, guess{&l.codes, "device " + from.device})
	}
	network := networkOf(from.address)
	return l.start(guess{&l.account, from.mailbox}, guess{&l.codes, from.mailbox}, guess{&l.address, network}, guess{&l.pair, from.mailbox + " " + network})
}

// ask counts a request for a mail, of which an address may make 20 an hour.
func (l *limits) ask(address string) error {
	_, err := l.start(guess{&l.asked, networkOf(address)})
	return err
}

func (l *limits) start(guesses ...guess) (*attempt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, a := l.now(), &attempt{limits: l, guesses: guesses}
	if err := a.weigh(func(g guess) tally { return g.counter.keys[g.key] }, now); err != nil {
		return nil, err
	}
	for _, g := range guesses {
		g.counter.add(g.key, now)
	}
	return a, nil
}

// weigh refuses the attempt, or slows it, for what its guesses have come to.
func (a *attempt) weigh(come func(guess) tally, now time.Time) error {
	var longest time.Duration
	var refusal *fault.Error
	for _, g := range a.guesses {
		wait := g.counter.wait(come(g), now)
		switch {
		case wait > 0 && g.counter.refusal == nil:
			a.delay = slowBy
		case wait > longest:
			longest, refusal = wait, g.counter.refusal
		}
	}
	if refusal != nil {
		return refusal.After(longest)
	}
	return nil
}

// weighKept is weigh with what is kept of every instance's failures.
func (a *attempt) weighKept(kept map[string]tally) error {
	return a.weigh(func(g guess) tally { return kept[g.hash()] }, a.limits.now())
}

func (a *attempt) hashes() []string {
	hashes := make([]string, len(a.guesses))
	for i, g := range a.guesses {
		hashes[i] = g.hash()
	}
	return hashes
}

// undo takes the attempt back: it was no failure.
func (a *attempt) undo() {
	a.limits.mu.Lock()
	defer a.limits.mu.Unlock()
	for _, g := range a.guesses {
		g.counter.undo(g.key)
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
	name    string
	refusal *fault.Error // nil for a counter that only slows
	most    int
	window  time.Duration
	keys    map[string]tally
}

type tally struct {
	n     int
	until time.Time
}

// wait is how long a key has to wait that has come to the tally; 0 if it need not.
func (c *counter) wait(t tally, now time.Time) time.Duration {
	if t.n >= c.most && t.until.After(now) {
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
