package torture

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"
)

// crowd is everyone who comes to an event, and what they have in common.
type crowd struct {
	habits
	client  *client
	diary   *diary
	places  []string
	hold    time.Duration // how long a check page promises a seat
	rewinds bool          // whether the record may go back in time
	seed    uint64
}

// random is a source of its own for each name, so that what one does moves nobody else's choices.
func random(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // it never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

func (c *crowd) count(what string, status any) {
	c.diary.note(func() { c.diary.answers[fmt.Sprint(what, " ", status)]++ })
}

// gather has so many people come within a time, and waits until all have been served or the context ends. offers names those who are
// offered a seat; they answer as they would after reading their mail.
func (c *crowd) gather(ctx context.Context, people int, within time.Duration, offers func(context.Context) []string) {
	var all sync.WaitGroup
	for n := range people {
		email := fmt.Sprintf("p%d@example.com", n)
		p := &person{crowd: c, email: email, rng: random(c.seed, email)}
		arrives := time.Duration(p.rng.Int64N(int64(within) + 1))
		all.Go(func() {
			rest(ctx, arrives)
			p.come(ctx)
		})
	}
	reading, stop := context.WithCancel(ctx)
	mail := make(chan struct{})
	go func() {
		defer close(mail)
		c.read(reading, ctx, offers)
	}()
	all.Wait()
	stop()
	<-mail
}

// read looks for offers until the first context ends; those who answer one may finish.
func (c *crowd) read(reading, ctx context.Context, offers func(context.Context) []string) {
	var all sync.WaitGroup
	defer all.Wait()
	seen := map[string]bool{}
	for reading.Err() == nil {
		for _, id := range offers(reading) {
			v := c.diary.visitOf(id)
			if v == nil || seen[id] { // nobody has been told of it yet
				continue
			}
			seen[id] = true
			p := &person{crowd: c, email: v.email, rng: random(c.seed, "offer to "+v.email)}
			all.Go(func() { p.decide(ctx, v) })
		}
		rest(reading, 50*time.Millisecond)
	}
}
