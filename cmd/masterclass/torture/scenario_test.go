package torture

import (
	"context"
	"math/rand/v2"
	"time"

	"masterclass/internal/crash"
)

// scenario is one way in which things break while people register.
type scenario struct {
	name string
	stores
	instances int           // of the program; 1 unless it says more
	tag       string        // that the program is built with
	kills     mortal        // the server that the fault kills
	smtp      bool          // mail goes to a server, and all of it has to arrive
	hold      time.Duration // for which a check page promises a seat; half a minute unless it says more
	habits    habits
	size      func(long bool) size
	dies      crash.Point                                   // at which the first instance kills itself; none unless it says one
	fault     func(context.Context, *rig, *rand.Rand) error // breaks something until the context ends, and leaves it mended

	idle    time.Duration // how long PostgreSQL lets a transaction stand idle; 0: as the program has it
	touched bool          // the fault takes promised seats away: Redis loses holds, or organisers lower the capacity
	rewinds bool          // the record goes back in time
	fills   bool          // the fault fills the disk
	voids   bool          // the program must be caught overselling, or else the tests find nothing
}

// stores are SQLite and the embedded Redis, unless they say more.
type stores struct{ postgres, redis bool }

// mortal names a server of which the scenario needs one for itself.
type mortal int

const (
	killsNothing mortal = iota
	killsRedis
	killsPostgres
	killsPrimary // of a Redis with Sentinels
)

// size is how many come for how many seats of each place, and in what time.
type size struct {
	people int
	within time.Duration
	seats  []int64
}

// usual fills up half-way, so that people register, wait and cancel under the fault.
func usual(long bool) size {
	if long {
		return size{people: 700, within: 8 * time.Second, seats: []int64{240, 90}}
	}
	return size{people: 120, within: 1500 * time.Millisecond, seats: []int64{45, 15}}
}

// slower leaves time for a fault that takes some.
func slower(long bool) size {
	s := usual(long)
	s.within = 3 * time.Second
	if long {
		s.within = 20 * time.Second
	}
	return s
}

func herd(bool) size { return size{people: 600, seats: []int64{300}} }

var (
	small = stores{}
	mixed = stores{redis: true}
	large = stores{postgres: true, redis: true}
)

var people = habits{pages: 0.5, waits: 0.7, cancels: 0.3, moves: 0.1, think: 250 * time.Millisecond}

// leaving are people some of whom go away from the check page. Their holds stay for half a minute, so it takes a Redis that can be looked
// at to tell these from seats that were forgotten.
var leaving = habits{pages: 0.5, waits: 0.7, cancels: 0.3, moves: 0.1, leaves: 0.1, think: 250 * time.Millisecond}

// scenarios are all there are, the slow ones first.
var scenarios = []scenario{
	{name: "postgres-killed", stores: large, instances: 2, kills: killsPostgres, habits: people, size: slower, fault: postgresKilled},
	{name: "backup-restored", stores: mixed, habits: people, size: slower, fault: backupRestored, touched: true, rewinds: true},
	{name: "app-stopped", stores: large, instances: 2, tag: "torture", hold: time.Second, idle: grace - 500*time.Millisecond, habits: leaving, size: slower, fault: appStopped},
	{name: "neg-control", stores: mixed, tag: "unguarded", habits: habits{pages: 0.7, waits: 0.1, think: 250 * time.Millisecond}, size: usual, fault: redisFlushed, touched: true, voids: true},
	{name: "edge-herd-small", stores: small, habits: habits{pages: 0.5, waits: 0.7, cancels: 0.25, think: 100 * time.Millisecond}, size: herd},
	{name: "edge-herd-large", stores: large, instances: 2, habits: habits{pages: 0.5, waits: 0.7, cancels: 0.25, think: 100 * time.Millisecond}, size: herd},
	{name: "redis-flushed", stores: large, instances: 2, habits: leaving, size: usual, fault: redisFlushed, touched: true},
	{name: "redis-killed", stores: large, instances: 2, kills: killsRedis, habits: leaving, size: usual, fault: redisKilled, touched: true},
	{name: "redis-rolled-back", stores: large, instances: 2, habits: leaving, size: usual, fault: redisRolledBack, touched: true},
	{name: "redis-down", stores: mixed, kills: killsRedis, habits: leaving, size: slower, fault: redisDown, touched: true},
	{name: "redis-failover", stores: large, instances: 2, kills: killsPrimary, habits: leaving, size: slower, fault: redisFailover, touched: true},
	{name: "redis-slow", stores: large, instances: 2, habits: leaving, size: usual, fault: redisSlow, touched: true},
	{name: "redis-read-only", stores: mixed, habits: leaving, size: usual, fault: redisReadOnly, touched: true},
	{name: "redis-out-of-memory", stores: mixed, habits: leaving, size: usual, fault: redisOutOfMemory, touched: true},
	{name: "app-killed", stores: small, habits: people, size: usual, fault: appKilled, touched: true},
	{name: "killed-after-hold", stores: large, instances: 2, tag: "torture", habits: people, size: usual, fault: appDies, dies: crash.AfterHold},
	{name: "killed-after-commit-small", stores: small, tag: "torture", habits: people, size: usual, fault: appDies, dies: crash.AfterCommit, touched: true},
	{name: "killed-after-commit-large", stores: large, instances: 2, tag: "torture", habits: people, size: usual, fault: appDies, dies: crash.AfterCommit},
	{name: "killed-after-apply", stores: mixed, tag: "torture", habits: people, size: usual, fault: appDies, dies: crash.AfterApply},
	{name: "killed-after-smtp", stores: small, tag: "torture", habits: people, size: usual, fault: appDies, dies: crash.AfterSMTP, touched: true, smtp: true},
	{name: "capacity-lowered", stores: large, instances: 2, habits: people, size: usual, fault: capacityLowered, touched: true},
	{name: "disk-full", stores: small, habits: people, size: usual, fault: diskFull, fills: true},
}
