package main

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
)

// figureCommit, in a child's environment, is how long each commit to SQLite takes longer: a slow disk. figureWatch has it count them.
const (
	figureCommit = "FIGURES_COMMIT_DELAY"
	figureWatch  = "FIGURES_WATCH"
)

// hookedConn is a connection of the SQLite driver.
type hookedConn interface {
	RegisterPreUpdateHook(sqlite.PreUpdateHookFn)
	RegisterCommitHook(sqlite.CommitHookFn)
	RegisterRollbackHook(sqlite.RollbackHookFn)
}

// eachConn has every connection to SQLite that this process will open pass through fn.
func eachConn(fn func(hookedConn)) {
	sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, _ string) error {
		c, ok := conn.(hookedConn)
		if !ok {
			return errors.New("the SQLite driver has no hooks any more")
		}
		fn(c)
		return nil
	})
}

// slowCommits makes every writing transaction of SQLite wait before its commit, with its locks held, as for a slow disk. SQLite calls the
// hook for each transaction that holds the write lock, those that changed nothing included (sqlite3VdbeHalt).
func slowCommits(delay *atomic.Int64) {
	eachConn(func(c hookedConn) {
		c.RegisterCommitHook(func() int32 {
			time.Sleep(time.Duration(delay.Load()))
			return 0
		})
	})
}

// commits counts the writing transactions of SQLite by what they wrote: a registration; else something of the outbox, which is the mail
// worker's; else other things or nothing, such as somebody turned away.
type commits struct{ registering, mailing, other atomic.Int64 }

func (n *commits) watch() {
	eachConn(func(c hookedConn) {
		var registered, mailed bool // of the transaction under way: a connection has one at a time
		forget := func() { registered, mailed = false, false }
		c.RegisterPreUpdateHook(func(d sqlite.SQLitePreUpdateData) {
			registered = registered || d.TableName == "registrations"
			mailed = mailed || d.TableName == "outbox"
		})
		c.RegisterRollbackHook(forget)
		c.RegisterCommitHook(func() int32 {
			switch {
			case registered:
				n.registering.Add(1)
			case mailed:
				n.mailing.Add(1)
			default:
				n.other.Add(1)
			}
			forget()
			return 0
		})
	})
}

func (n *commits) String() string {
	return fmt.Sprint(n.registering.Load(), n.mailing.Load(), n.other.Load())
}

// watched are the commits of a child.
var watched commits

// hookChild does what the child's environment asks for.
func hookChild() error {
	if text := os.Getenv(figureCommit); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			return err
		}
		var delay atomic.Int64
		delay.Store(int64(d))
		slowCommits(&delay)
	}
	if os.Getenv(figureWatch) != "" {
		watched.watch()
	}
	return nil
}
