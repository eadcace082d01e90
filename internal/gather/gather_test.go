package gather

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type number struct{ in, out int }

func TestWhatComesTogetherRunsTogether(t *testing.T) {
	t.Parallel()
	var batches atomic.Int64
	release := make(chan struct{})
	b := New(64, func(_ context.Context, _ string, items []*number) {
		batches.Add(1)
		if len(items) > 64 {
			t.Errorf("%d items share a batch", len(items))
		}
		<-release
		for _, it := range items {
			it.out = 2 * it.in
		}
	})
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			n := &number{in: i}
			if err := b.Do("key", n); err != nil || n.out != 2*i {
				t.Errorf("%d gave %d, %v", i, n.out, err)
			}
		})
	}
	for batches.Load() == 0 { // the first is on its way, and the others gather behind it
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
	close(release)
	wg.Wait()
	if n := batches.Load(); n < 4 || n > 20 {
		t.Errorf("two hundred items made %d batches", n)
	}
	b.Close(time.Second)
	if len(b.queues) != 0 {
		t.Errorf("%d queues are left behind", len(b.queues))
	}
}

func TestAStalledKeyHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	stalled := make(chan struct{})
	b := New(8, func(ctx context.Context, key string, _ []*number) {
		if key == "stalled" {
			close(stalled)
			<-ctx.Done()
		}
	})
	done := make(chan error)
	go func() { done <- b.Do("stalled", &number{}) }()
	<-stalled
	if err := b.Do("other", &number{}); err != nil {
		t.Error(err)
	}
	b.Close(10 * time.Millisecond)
	if err := <-done; err != nil {
		t.Errorf("what was run is answered by its run, not by %v", err)
	}
}

func TestWhoComesAfterTheEndIsTold(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	b := New(4, func(_ context.Context, _ int, items []*number) { ran.Add(int64(len(items))) })
	var wg sync.WaitGroup
	var told atomic.Int64
	for i := range 400 {
		wg.Go(func() {
			switch err := b.Do(i%3, &number{}); {
			case errors.Is(err, ErrClosed):
				told.Add(1)
			case err != nil:
				t.Error(err)
			}
		})
	}
	b.Close(time.Second)
	wg.Wait()
	if ran.Load()+told.Load() != 400 {
		t.Errorf("%d ran and %d were told", ran.Load(), told.Load())
	}
	if err := b.Do(1, &number{}); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestACrowdThatComesAgainSharesABatch(t *testing.T) {
	t.Parallel()
	const doors = 20
	var sizes []int // written by one batch at a time, read when none is on its way
	began := make(chan bool, 1+doors)
	b := New(64, func(_ context.Context, _ string, items []*number) {
		sizes = append(sizes, len(items))
		began <- true
		time.Sleep(20 * time.Millisecond) // longer than the first of a crowd waits for the others
	}).Again(time.Minute)
	defer b.Close(time.Second)
	// A wave is one who comes a moment before the others: in step, when that one's batch is on its way already.
	wave := func(others int, inStep bool) (batches []int) {
		sizes = nil
		for n := range 1 + others {
			b.enqueue("key", &item[*number]{value: &number{}, done: make(chan error, 1)})
			switch {
			case n > 0 || others == 0:
			case inStep:
				<-began
			default:
				time.Sleep(time.Millisecond)
			}
		}
		b.runners.Wait()
		for len(began) > 0 {
			<-began
		}
		return sizes
	}
	if first := wave(doors, true); len(first) < 2 {
		t.Errorf("a first crowd makes batches of %v: who comes first waits for nobody", first)
	}
	shared := false
	for try := 0; try < 5 && !shared; try++ { // this test may be kept from running for longer than anybody waits
		shared = len(wave(doors, false)) == 1
	}
	if !shared {
		t.Error("a crowd that comes again never shares one batch")
	}
	if wave(0, false); len(b.waves) != 0 {
		t.Errorf("after somebody alone, %d crowds are remembered", len(b.waves))
	}
}
