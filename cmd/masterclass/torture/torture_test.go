package torture

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"masterclass/internal/store/storetest"
)

var (
	trials = flag.Int("trials", 0, "long trials of each scenario; 0 for one short one")
	seed   = flag.Uint64("seed", 0, "what all choices come from; 0 for another one each time")
	only   = flag.String("only", "", "regular expression of the scenarios to run")
	beside = flag.Int("beside", 6, "trials that run at once; most of their time is waiting")
)

func TestMain(m *testing.M) {
	redis.SetLogger(silent{}) // a client that cannot reach a killed server has nothing to tell
	storetest.Main(m)
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// TestNothingIsOversoldAndNothingLost runs every scenario. It does not use the test program's own parallelism, which is for tests that keep
// a processor busy.
func TestNothingIsOversoldAndNothingLost(t *testing.T) {
	chosen := regexp.MustCompile(*only)
	first, long := *seed, *trials > 0
	if first == 0 {
		first = rand.Uint64()>>1 + 1
	}
	built := newBinaries(t)
	var mu sync.Mutex
	var reports []report
	free := make(chan struct{}, *beside)
	var all sync.WaitGroup
	for n := range max(1, *trials) {
		for _, s := range scenarios {
			if !chosen.MatchString(s.name) {
				continue
			}
			free <- struct{}{}
			all.Go(func() {
				defer func() { <-free }()
				t.Run(s.name, func(t *testing.T) {
					r := trial(t, s, built, first+uint64(n), long)
					mu.Lock()
					defer mu.Unlock()
					if reports = append(reports, r); long {
						fmt.Print(r) // it takes hours: what was found is said at once
					}
				})
			})
		}
	}
	all.Wait()
	if long || testing.Verbose() {
		if err := table(os.Stdout, reports); err != nil {
			t.Error(err)
		}
	}
}

// trial runs a scenario once and fails if a promise was broken.
func trial(t *testing.T, s scenario, built *binaries, seed uint64, long bool) report {
	began := time.Now()
	rep := report{scenario: s.name, seed: seed, long: long, trials: 1, found: findings{}}
	bin, err := built.with(s.tag)
	if err == nil {
		err = play(t, s, bin, seed, long, &rep)
	}
	rep.took = time.Since(began)
	if err != nil {
		rep.failed = 1
		t.Errorf("%v\n%s", err, rep)
		return rep
	}
	if why := rep.wrong(s); why != "" {
		rep.failed = 1
		t.Errorf("%s\n%s", why, rep)
		return rep
	}
	t.Log(rep)
	return rep
}

// wrong says why a trial does not count as passed, "" when it does.
func (r report) wrong(s scenario) string {
	switch {
	case r.looks == 0:
		return "the watcher never saw the record"
	case r.acknowledged == 0:
		return "nobody was registered"
	case s.fault != nil && r.struck == 0:
		return "the fault never struck"
	case s.voids && len(r.found[oversold]) == 0:
		return "the guard is switched off, and nobody noticed: these tests find nothing"
	case !s.voids && len(r.found) > 0:
		return "a promise was broken"
	}
	return ""
}

// play sets a scenario up, lets the crowd and the fault loose together, waits for what must come in the end, and judges.
func play(t *testing.T, s scenario, bin string, seed uint64, long bool, rep *report) error {
	r, err := newRig(t, s, bin, seed, long)
	if err != nil {
		return err
	}
	defer func() {
		if t.Failed() || os.Getenv("TORTURE_LOG") != "" {
			for n, i := range r.instances {
				t.Logf("the end of the log of instance %d:\n%s", n, i.log.tail(30))
			}
		}
	}()
	if err := r.watchOpened(t.Context()); err != nil {
		return err
	}
	defer func() { _ = r.watchClosed() }()
	watching, stop := context.WithCancel(t.Context())
	seen := make(chan watcher, 1)
	go func() { seen <- r.watch(watching) }()

	err = r.breakAndServe(t.Context())
	if err == nil {
		err = r.settled(t.Context(), rep)
	}
	stop()
	w := <-seen
	rep.looks, rep.struck, rep.acknowledged = w.looks, r.struck.Load(), r.crowd.diary.acknowledged()
	rep.found.merge(w.found)
	rep.notes = append(rep.notes, fmt.Sprint("answers: ", r.crowd.diary.answers))
	if s.fills {
		rep.notes = append(rep.notes, fmt.Sprintf("a disk of its own (else its files are limited): %v", r.disk != ""))
	}
	return err
}

// breakAndServe has everyone come while the fault does its work, and ends with the last of them.
func (r *rig) breakAndServe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*patience)
	defer cancel()
	breaking, enough := context.WithCancel(ctx)
	mended := make(chan error, 1)
	go func() {
		if r.fault == nil {
			mended <- nil
			return
		}
		mended <- r.fault(breaking, r, random(r.seed, "fault"))
	}()
	size := r.size(r.long)
	r.crowd.gather(ctx, size.people, size.within, r.offers)
	enough()
	if err := <-mended; err != nil {
		return fmt.Errorf("the fault itself: %w", err)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("not everybody was served within %v", 3*patience)
	}
	return nil
}

// settled waits until what must come in the end has come, and judges what there is then.
func (r *rig) settled(ctx context.Context, rep *report) (err error) {
	for deadline := time.Now().Add(patience / 2); ; rest(ctx, 250*time.Millisecond) {
		var found findings
		found, err = r.judged(ctx)
		if err == nil && len(found) == 0 {
			return nil
		}
		if time.Now().After(deadline) || r.voids {
			rep.found.merge(found)
			return err
		}
	}
}

// judged says what is wrong now.
func (r *rig) judged(ctx context.Context) (findings, error) {
	rec, err := r.record(ctx)
	if err != nil {
		return nil, err
	}
	found := judge(r.crowd.diary, rec, r.touched, r.lost)
	if r.smtp {
		found.delivered(rec, r.mail)
	}
	if len(found) > 0 {
		return found, nil
	}
	said, err := r.instances[len(r.instances)-1].command("reconcile")
	if err != nil {
		found.add(drifted, strings.ReplaceAll(strings.TrimSpace(said), "\n", "; "))
	}
	return found, nil
}
