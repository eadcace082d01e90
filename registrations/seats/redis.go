package seats

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed hold.lua
var holdSource string

//go:embed apply.lua
var applySource string

//go:embed look.lua
var lookSource string

//go:embed live.lua
var liveSource string

//go:embed release.lua
var releaseSource string

var (
	holdScript    = redis.NewScript(holdSource)
	applyScript   = redis.NewScript(applySource)
	lookScript    = redis.NewScript(lookSource)
	releaseScript = redis.NewScript(releaseSource)
	liveScript    = redis.NewScript(liveSource)
)

// The codes of hold.lua.
const (
	codeUnloaded = -1
	codeFull     = 0
	codeHeld     = 1
	codeWait     = 2
	codeTooMany  = 3
)

// call makes a call to whoever serves the key, unless they rest.
func (s *Seats) call(ctx context.Context, key string, call func() error) error {
	b, err := s.breakerFor(ctx, key)
	if err != nil {
		return err
	}
	return b.do(ctx, call, func(ctx context.Context) error {
		err := s.redis.Exists(ctx, key).Err()
		if redis.IsPermissionError(err) { // a user who may run scripts alone: it has answered
			return nil
		}
		return err
	})
}

// breakerFor finds the breaker of the server that a key is on.
func (s *Seats) breakerFor(ctx context.Context, key string) (*breaker, error) {
	var node string
	err := s.breakers.nodes.do(ctx, func() (err error) {
		node, err = s.redis.Node(ctx, key)
		return err
	}, func(ctx context.Context) error {
		_, err := s.redis.Node(ctx, key)
		return err
	})
	return s.breakers.of(node), err
}

// run runs a script that answers numbers. Its keys are on one server.
func (s *Seats) run(ctx context.Context, script *redis.Script, keys []string, args ...any) (v []int64, err error) {
	err = s.call(ctx, keys[0], func() (err error) {
		v, err = script.Run(ctx, s.redis, keys, args...).Int64Slice()
		return err
	})
	return v, err
}

// Ref names a place; both ids are in its keys, since keys of one script must be in one hash slot.
type Ref struct{ EventID, PlaceID string }

func (r Ref) counts() string { return "{" + r.EventID + "}:place:" + r.PlaceID }
func (r Ref) holds() string  { return "{" + r.EventID + "}:holds:" + r.PlaceID }
func (r Ref) gone() string   { return "{" + r.EventID + "}:gone:" + r.PlaceID }

// heldBy hashes the address: Redis holds no personal data.
func (r Ref) heldBy(address string) string {
	sum := sha256.Sum256([]byte(r.PlaceID + "|" + address))
	return "{" + r.EventID + "}:by:" + base64.RawURLEncoding.EncodeToString(sum[:9])
}

// asking is a wish for a hold, and the answer to it.
type asking struct {
	id      string
	address string // limits the holds of a client address; empty for no limit
	promise bool   // to somebody who checks a form, as opposed to the moment of a commit
	pass    bool   // those who wait, who are offered nothing any more
	fresh   bool   // the id was never held

	Hold
	unloaded bool
}

// runHold asks for the holds of a place together.
func (s *Seats) runHold(ctx context.Context, ref Ref, asks []*asking) error {
	keys := []string{ref.counts(), ref.holds(), ref.gone()}
	args := []any{s.hold.Milliseconds(), grace.Milliseconds()}
	for _, a := range asks {
		by, how := 0, 0
		if a.address != "" {
			keys = append(keys, ref.heldBy(a.address))
			by = len(keys) - 3
		}
		switch {
		case a.promise:
			how = 1
		case a.pass:
			how = 2
		}
		args = append(args, a.id, by, how)
	}
	v, err := s.run(ctx, holdScript, keys, args...)
	if err != nil {
		return fmt.Errorf("hold seats: %w", err)
	}
	if len(v) != 3*len(asks) {
		return fmt.Errorf("hold seats: the script answered %d numbers to %d", len(v), len(asks))
	}
	for i, a := range asks {
		code := v[3*i]
		a.unloaded = code == codeUnloaded
		a.Hold = Hold{Outcome: outcomes[code], Deadline: time.UnixMilli(v[3*i+1]), GivenUp: v[3*i+2] == 1}
	}
	return nil
}

// runApply writes a snapshot; ok is false when Redis needs the changes since an older version.
func (s *Seats) runApply(ctx context.Context, ref Ref, snap snapshot, since int64) (older int64, ok bool, err error) {
	args := make([]any, 0, 6+len(snap.changed))
	args = append(args, snap.epoch, snap.version, snap.capacity, snap.taken, snap.waiting, since)
	for _, id := range snap.changed {
		args = append(args, id)
	}
	v, err := s.run(ctx, applyScript, []string{ref.counts(), ref.holds()}, args...)
	if err != nil {
		return 0, false, fmt.Errorf("apply the counts: %w", err)
	}
	if len(v) != 2 {
		return 0, false, fmt.Errorf("apply the counts: the script answered %v", v)
	}
	return v[1], v[0] == 1, nil
}

// seen is what Redis knows of a place.
type seen struct{ epoch, version, capacity, taken, waiting, live int64 }

var errUnloaded = errors.New("the place is not loaded in Redis")

func (s *Seats) runLook(ctx context.Context, ref Ref) (seen, error) {
	v, err := s.run(ctx, lookScript, []string{ref.counts(), ref.holds()})
	if err != nil {
		return seen{}, fmt.Errorf("look at a place: %w", err)
	}
	if len(v) != 6 {
		return seen{}, errUnloaded
	}
	return seen{v[0], v[1], v[2], v[3], v[4], v[5]}, nil
}

// Release gives up a hold whose registration will not come; a claim to it promises nothing any more.
func (s *Seats) Release(ctx context.Context, ref Ref, id string) error {
	if _, err := s.run(ctx, releaseScript, []string{ref.holds(), ref.gone()}, id, (s.hold + grace).Milliseconds()); err != nil {
		return fmt.Errorf("release a hold: %w", err)
	}
	s.full.forget(ref)
	s.Tell(ref.EventID)
	return nil
}

// runLive lists the live holds of a place.
func (s *Seats) runLive(ctx context.Context, ref Ref) (ids []string, err error) {
	err = s.call(ctx, ref.holds(), func() (err error) {
		ids, err = liveScript.Run(ctx, s.redis, []string{ref.holds()}).StringSlice()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the holds of a place: %w", err)
	}
	return ids, nil
}

// forget makes Redis unload a place, so that it takes whatever it is told next. Holds stay.
func (s *Seats) forget(ctx context.Context, ref Ref) error {
	if err := s.call(ctx, ref.counts(), func() error { return s.redis.Del(ctx, ref.counts()).Err() }); err != nil {
		return fmt.Errorf("unload a place: %w", err)
	}
	return nil
}

// seatsChannel is where it is published which event's seats changed.
const seatsChannel = "masterclass:seats"

// publish tells every instance that seats of an event changed. A Redis that does not let its user do so answers all the same: that must not
// open the breaker, which would end the holds too.
func (s *Seats) publish(ctx context.Context, eventID string) error {
	return s.call(ctx, seatsChannel, func() error {
		err := s.redis.Publish(ctx, seatsChannel, eventID).Err()
		if s.forbidden(err) {
			return nil
		}
		return err
	})
}

func (s *Seats) listen(ctx context.Context, begun func(), heard func(eventID string)) error {
	err := s.redis.Listen(ctx, seatsChannel, begun, heard)
	s.forbidden(err)
	return err
}

// forbidden says once that Redis refuses the channel.
func (s *Seats) forbidden(err error) bool {
	if !redis.IsPermissionError(err) {
		return false
	}
	s.toldOff.Do(func() {
		s.log.Warn("Redis' user may not use the channel, so that other instances see a changed number of places up to a second later", "channel", seatsChannel, "error", err)
	})
	return true
}
