// Package gather lets requests that come at the same moment share one piece of work: while one batch is on its way, the next one fills up.
package gather

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// ErrClosed is for items that come when the batches are closed, or that no batch has taken along by then.
var ErrClosed = errors.New("the batches are closed")

// Batches runs the items of each key in batches, one at a time a key: a key whose batch stalls holds up no other. Safe for concurrent use.
type Batches[K comparable, T any] struct {
	max    int
	least  time.Duration // how long a batch of a crowd waits for company, also when the one before took less
	again  time.Duration // how soon a crowd may come again
	run    func(ctx context.Context, key K, items []T)
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	queues  map[K]*queue[T] // of keys with a batch on its way
	waves   map[K]wave      // of keys that a crowd came to lately
	closed  bool
	runners sync.WaitGroup
}

type queue[T any] struct{ waiting []*item[T] }

// wave is a crowd that has been served: the size of its larger batch, how long its last took, and when that was over.
type wave struct {
	size int
	took time.Duration
	at   time.Time
}

// maxWaves bounds the memory; past it all crowds are forgotten.
const maxWaves = 200

type item[T any] struct {
	value T
	done  chan error
}

// New makes batches of at most max items, which run works on. run leaves its answers in the items, so T is a pointer; its context ends
// some time after Close.
func New[K comparable, T any](max int, run func(ctx context.Context, key K, items []T)) *Batches[K, T] {
	b := &Batches[K, T]{max: max, run: run, queues: map[K]*queue[T]{}}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b
}

// Waiting makes every batch of a crowd wait for company so long, where running one costs much and who waits for it would only wait
// elsewhere. Call it before Do.
func (b *Batches[K, T]) Waiting(least time.Duration) *Batches[K, T] {
	b.least = least
	return b
}

// Again makes the first batch of a crowd wait for as many as came the last time, if that was less than so long ago: for no longer than that batch
// took. It is for crowds that come together time and again, as doors do when a coach has arrived. Call it before Do.
func (b *Batches[K, T]) Again(within time.Duration) *Batches[K, T] {
	b.again, b.waves = within, map[K]wave{}
	return b
}

// Do waits for the batch that the item becomes part of. It does not give up with its caller: the work may be done already.
func (b *Batches[K, T]) Do(key K, value T) error {
	it := &item[T]{value: value, done: make(chan error, 1)}
	if !b.enqueue(key, it) {
		return ErrClosed
	}
	return <-it.done
}

func (b *Batches[K, T]) enqueue(key K, it *item[T]) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	q := b.queues[key]
	if q == nil {
		q = &queue[T]{}
		b.queues[key] = q
		b.runners.Go(func() { b.work(key, q) })
	}
	q.waiting = append(q.waiting, it)
	return true
}

// work runs batches of a key until nobody waits.
func (b *Batches[K, T]) work(key K, q *queue[T]) {
	last, before, took := 0, 0, time.Duration(0) // how many the last two batches had, and how long the last took
	if w := b.recall(key); w.size > 0 {
		b.linger(q, min(w.size, b.max), min(w.took, longest))
	}
	for {
		b.assemble(q)
		items := b.next(key, q, wave{max(last, before), took, time.Now()})
		if items == nil {
			return
		}
		values := make([]T, len(items))
		for i, it := range items {
			values[i] = it.value
		}
		began := time.Now()
		b.run(b.ctx, key, values)
		took = time.Since(began)
		for _, it := range items {
			it.done <- nil
		}
		if last, before = len(items), last; last > 1 || before > 1 {
			company, most := (last+before)*2/5, took
			if b.least > 0 && last+before >= crowd {
				company, most = last+before, max(most, b.least)
			}
			b.linger(q, min(company, b.max), min(most, longest))
		}
	}
}

// longest is how long a batch waits for company at most, pause how long it sleeps meanwhile, and crowd how many two batches of a crowd have.
const (
	crowd   = 8
	longest = 10 * time.Millisecond
	pause   = 50 * time.Microsecond
)

// linger waits, for no longer than a batch takes, for a little less than half of those who came lately: who is answered often comes again at
// once. So a crowd parts into two halves that take turns, one on its way to the disk and one on its way here; else the first to come again would
// have a batch, and a wait for the disk, to themselves.
func (b *Batches[K, T]) linger(q *queue[T], company int, most time.Duration) {
	for end := time.Now().Add(most); time.Now().Before(end) && b.length(q) < company; {
		time.Sleep(pause)
	}
}

// assemble lets those who are on their way here, and ready to run, come first: who came at the same moment shares the batch. With nobody
// there it takes no time.
func (b *Batches[K, T]) assemble(q *queue[T]) {
	for n := 0; n < b.max; {
		runtime.Gosched()
		now := b.length(q)
		if now == n {
			return
		}
		n = now
	}
}

func (b *Batches[K, T]) length(q *queue[T]) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(q.waiting)
}

// recall is the crowd that came to a key lately, if one did.
func (b *Batches[K, T]) recall(key K) wave {
	b.mu.Lock()
	defer b.mu.Unlock()
	w, ok := b.waves[key]
	if !ok {
		return wave{}
	}
	delete(b.waves, key)
	if time.Since(w.at) > b.again {
		return wave{}
	}
	return w
}

// remember keeps in mind that a crowd was served. It is called with the lock.
func (b *Batches[K, T]) remember(key K, w wave) {
	if b.again == 0 || w.size < crowd {
		return
	}
	if len(b.waves) >= maxWaves {
		clear(b.waves)
	}
	b.waves[key] = w
}

// next takes a batch from the queue, or ends the queue, which has served the crowd.
func (b *Batches[K, T]) next(key K, q *queue[T], served wave) []*item[T] {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(q.waiting), b.max)
	if n == 0 || b.closed {
		for _, it := range q.waiting {
			it.done <- ErrClosed
		}
		delete(b.queues, key)
		b.remember(key, served)
		return nil
	}
	items := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	return items
}

// Close takes nothing more and gives the batches on their way so long to end before their contexts do. What waits behind them is not run,
// and told so.
func (b *Batches[K, T]) Close(patience time.Duration) {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	enough := time.AfterFunc(patience, b.cancel)
	b.runners.Wait()
	enough.Stop()
	b.cancel()
}
