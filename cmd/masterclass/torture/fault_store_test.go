package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// postgresKilled kills PostgreSQL, or has it drop everything and recover, and starts it again.
func postgresKilled(ctx context.Context, r *rig, rng *rand.Rand) error {
	return every(ctx, rng, 300*time.Millisecond, 1200*time.Millisecond, r.times(4), func() error {
		r.strikes()
		r.mortal.End([]syscall.Signal{syscall.SIGKILL, syscall.SIGQUIT}[rng.IntN(2)])
		rest(ctx, time.Duration(rng.IntN(500))*time.Millisecond)
		return r.mortal.Start()
	})
}

// backupRestored copies the database, lets people go on, and puts the copy back beside a Redis that knows better.
func backupRestored(ctx context.Context, r *rig, rng *rand.Rand) error {
	i := r.instances[0]
	rest(ctx, time.Duration(500+rng.IntN(500))*time.Millisecond)
	copied := filepath.Join(r.dir, "copy.db")
	from := time.Now() // what is acknowledged before is in the copy
	if said, err := i.command("backup", copied); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	rest(ctx, time.Duration(300+rng.IntN(700))*time.Millisecond)
	if err := r.watchClosed(); err != nil {
		return err
	}
	i.end([]syscall.Signal{syscall.SIGTERM, syscall.SIGKILL}[rng.IntN(2)])
	if said, err := i.command("restore", copied); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	r.strikes()
	r.lost = window{from, time.Now()}
	return errors.Join(i.start(), r.watchOpened(context.WithoutCancel(ctx)))
}

// capacityLowered has an organiser change the capacities on the page of each place, more often down than up. A number below what is taken
// must be refused.
func capacityLowered(ctx context.Context, r *rig, rng *rand.Rand) error {
	o, err := newOrganiser(context.WithoutCancel(ctx), r)
	if err != nil {
		return err
	}
	defer o.close()
	return every(ctx, rng, 20*time.Millisecond, 80*time.Millisecond, always, func() error {
		place := r.event.Places[rng.IntN(len(r.event.Places))]
		now, err := r.countsOf(ctx, place.ID)
		if err != nil {
			return nil // the context has ended
		}
		refused, err := o.resize(context.WithoutCancel(ctx), rng, place.ID, max(0, now.Taken-5+rng.Int64N(40)))
		if err == nil && !refused {
			r.strikes()
		}
		return err
	})
}

// countsOf is what the record says of a place.
func (r *rig) countsOf(ctx context.Context, place string) (counts, error) {
	var all []counts
	if err := r.look(ctx, countQuery, &all); err != nil {
		return counts{}, err
	}
	for _, c := range all {
		if c.ID == place {
			return c, nil
		}
	}
	return counts{}, fmt.Errorf("there is no place %s", place)
}

// diskFull keeps the database's files from growing, for moments: on a small disk of its own, which fills up (ENOSPC), or else by a limit on
// the size of files, which makes a write beyond it fail too (EFBIG).
func diskFull(ctx context.Context, r *rig, rng *rand.Rand) error {
	if r.disk != "" {
		ballast := filepath.Join(r.disk, "ballast")
		return spells(ctx, r, rng, func(context.Context) error { return fillDisk(ballast, rng.Int64N(20_000)) },
			func(context.Context) error { return os.Remove(ballast) })
	}
	file := r.options().File + "-wal"
	return spells(ctx, r, rng, func(context.Context) error {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		return r.limitFiles(uint64(info.Size()) + rng.Uint64N(20_000))
	}, func(context.Context) error { return r.limitFiles(unix.RLIM_INFINITY) })
}

// diskSize has room for everything that a trial writes.
const diskSize = "size=256m"

// mountDisk puts the first instance's folder on a disk of its own, where that is allowed: root may, in most containers nobody.
func (r *rig) mountDisk(t *testing.T) error {
	if err := os.MkdirAll(r.folder(0), 0o700); err != nil {
		return err
	}
	err := unix.Mount("masterclass-torture", r.folder(0), "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, diskSize)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return nil
	}
	if err != nil {
		return err
	}
	r.disk = r.folder(0)
	t.Cleanup(func() {
		if err := unix.Unmount(r.disk, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", r.disk, err)
		}
	})
	return nil
}

// fillDisk takes all that is left of a disk, piece by piece since the program writes meanwhile, and gives some bytes back.
func fillDisk(ballast string, leave int64) (err error) {
	f, err := os.Create(ballast)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	taken := int64(0)
	for piece := int64(16 << 20); piece >= 4<<10; {
		switch err := unix.Fallocate(int(f.Fd()), 0, taken, piece); {
		case err == nil:
			taken += piece
		case errors.Is(err, unix.ENOSPC):
			piece /= 2
		case !errors.Is(err, unix.EINTR):
			return err
		}
	}
	return f.Truncate(max(0, taken-leave))
}

func (r *rig) limitFiles(size uint64) error {
	var hard unix.Rlimit
	if err := unix.Prlimit(r.instances[0].pid(), unix.RLIMIT_FSIZE, nil, &hard); err != nil {
		return err
	}
	return unix.Prlimit(r.instances[0].pid(), unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: min(size, hard.Max), Max: hard.Max}, nil)
}
