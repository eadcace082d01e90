package registrations

import (
	"sync"
	"time"

	"masterclass/internal/web"
)

// calendarsMax is how many bytes of private calendars are kept ready: some thousands of them.
const calendarsMax = 8 << 20

// keptCalendar is a private calendar with the stamp of what it was made of; it is right while that is the same, until it changes by itself.
type keptCalendar struct {
	*web.Answer
	stamp calendarStamp
	next  time.Time
}

// keptCalendars keeps private calendars by their address, in bounded memory. The zero value is ready. Safe for concurrent use.
type keptCalendars struct {
	mu    sync.Mutex
	kept  map[string]keptCalendar
	bytes int
}

// find gives what was made of the same at an address, and is still right then.
func (k *keptCalendars) find(address string, stamp calendarStamp, now time.Time) (keptCalendar, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.kept[address]
	return c, ok && c.stamp == stamp && now.Before(c.next)
}

func (k *keptCalendars) keep(address string, c keptCalendar) {
	size := sizeOfKept(address, c)
	if size > calendarsMax/4 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil {
		k.kept = map[string]keptCalendar{}
	}
	k.drop(address)
	for other := range k.kept { // any will do: one that is asked for often is back at once
		if k.bytes+size <= calendarsMax {
			break
		}
		k.drop(other)
	}
	k.kept[address] = c
	k.bytes += size
}

func (k *keptCalendars) drop(address string) {
	if c, ok := k.kept[address]; ok {
		k.bytes -= sizeOfKept(address, c)
		delete(k.kept, address)
	}
}

// sizeOfKept counts what an entry costs beside its body and address as if it were large.
func sizeOfKept(address string, c keptCalendar) int { return 512 + len(address) + len(c.Body) }
