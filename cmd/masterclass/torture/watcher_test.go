package torture

import (
	"context"
	"fmt"
	"time"
)

const watchEvery = 25 * time.Millisecond

// counts are a place's, in its row and by its registrations, at one moment.
type counts struct {
	ID                       string
	Capacity, Taken, Waiting int64
	Seats, Waits             int64
}

const countQuery = `select p.id, p.capacity, p.taken, p.waiting,
	count(case when r.status in ('pending', 'confirmed', 'offered') then 1 end) as seats,
	count(case when r.status = 'waiting' then 1 end) as waits
	from places p left join registrations r on r.place_id = p.id group by p.id, p.capacity, p.taken, p.waiting`

// watcher reads the record again and again while everything else goes on.
type watcher struct {
	looks int
	found findings
}

// watch looks until the context ends. That it cannot look is no finding: the database may be what is broken.
func (r *rig) watch(ctx context.Context) watcher {
	w := watcher{found: findings{}}
	for tick := time.NewTicker(watchEvery); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return w
		case <-tick.C:
		}
		var places []counts
		if err := r.look(ctx, countQuery, &places); err != nil {
			continue
		}
		w.looks++
		for _, p := range places {
			w.found.count(p)
		}
	}
}

// count finds what is wrong with a place at one moment.
func (f findings) count(p counts) {
	if p.Seats > p.Capacity || p.Taken > p.Capacity {
		f.add(oversold, fmt.Sprintf("place %s has %d registrations with a seat and %d taken, of %d", p.ID, p.Seats, p.Taken, p.Capacity))
	}
	if p.Seats != p.Taken || p.Waits != p.Waiting {
		f.add(miscounted, fmt.Sprintf("place %s has %d taken and %d waiting in its row, and %d and %d registrations", p.ID, p.Taken, p.Waiting, p.Seats, p.Waits))
	}
}
