package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
)

// Stmt is a prepared statement that can also be a step.
type Stmt struct {
	*sql.Stmt
	text string
}

// PrepareStep prepares a query written with ? on the writing side.
func (db *DB) PrepareStep(ctx context.Context, query string) (*Stmt, error) {
	s, err := db.Prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return &Stmt{Stmt: s, text: db.Rebind(query)}, nil
}

// Close ends the prepared statement, if there is one.
func (s *Stmt) Close() error {
	if s == nil || s.Stmt == nil {
		return nil
	}
	return s.Stmt.Close()
}

// Step is a statement of a transaction, and what reads its answer. The zero Step does nothing.
type Step struct {
	stmt *Stmt
	args [][]any // a list for each time that it runs
	row  func(scan func(into ...any) error) error
	done func(affected int64, err error) error
}

// Query is the step of a select: row is called for each row, and said names what was done should it fail.
func (s *Stmt) Query(said string, row func(scan func(into ...any) error) error, args ...any) Step {
	return Step{stmt: s, args: [][]any{args}, row: row, done: func(_ int64, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", said, err)
		}
		return nil
	}}
}

// Exec is the step of a statement that gives no rows; done is told how many it changed, or why it failed, and gives the step's error.
func (s *Stmt) Exec(done func(affected int64, err error) error, args ...any) Step {
	return Step{stmt: s, args: [][]any{args}, done: done}
}

// Tx is a writing transaction that can run several statements at once.
type Tx struct {
	bun.Tx
	conn *sql.Conn // nil where statements run one by one
}

// InSteps is InTx with a transaction that can run steps.
func (db *DB) InSteps(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error {
	if !db.postgres {
		return db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return fn(ctx, Tx{Tx: tx}) })
	}
	return tried(ctx, func() error { return db.inConn(ctx, fn) })
}

// inConn runs fn in a transaction on a connection of its own, which the pool gets back.
func (db *DB) inConn(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return fn(ctx, Tx{tx, conn.Conn}) })
}

// Run runs the steps in their order, until one fails. PostgreSQL gets them together, since each would cost the way there and back, and sees
// each step as a statement of its own: what one waits for, the next finds done. So no step's arguments depend on another's answer.
func (tx Tx) Run(ctx context.Context, steps ...Step) error {
	if tx.conn != nil {
		return tx.conn.Raw(func(driver any) error { return together(ctx, driver.(*stdlib.Conn).Conn(), steps) })
	}
	// SQLite's driver would start a goroutine for each run of a statement, to watch for the end of its context: a tenth of the time that
	// an insert takes. The transaction watches its own, and ends between two of them.
	ctx = context.WithoutCancel(ctx)
	for _, s := range steps {
		if s.stmt == nil {
			continue
		}
		if err := s.run(ctx, tx.StmtContext(ctx, s.stmt.Stmt)); err != nil {
			return err
		}
	}
	return nil
}

// run runs a step by itself.
func (s Step) run(ctx context.Context, stmt *sql.Stmt) error {
	var total int64
	for _, args := range s.args {
		if s.row != nil {
			if err := s.done(0, s.read(stmt.QueryContext(ctx, args...))); err != nil {
				return err
			}
			continue
		}
		n, err := affected(stmt.ExecContext(ctx, args...))
		if err != nil {
			return s.done(total, err)
		}
		total += n
	}
	if s.row != nil {
		return nil
	}
	return s.done(total, nil)
}

func (s Step) read(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := s.row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// keyed keeps PostgreSQL from scanning tables. It would in a new installation's first rush: the plan that it made when the tables were empty
// stays until it has counted them again, which is up to a minute and many thousands of rows later. Steps find their rows by keys.
const keyed = "set local enable_seqscan = off"

// together sends all steps at once, then reads the answers.
func together(ctx context.Context, conn *pgx.Conn, steps []Step) (err error) {
	var all pgx.Batch
	all.Queue(keyed)
	for _, s := range steps {
		if s.stmt != nil {
			all.Queue(s.stmt.text, s.args[0]...)
		}
	}
	answers := conn.SendBatch(ctx, &all)
	defer func() {
		if cerr := answers.Close(); err == nil { // else it says the same
			err = cerr
		}
	}()
	if _, err := answers.Exec(); err != nil {
		return fmt.Errorf("look rows up by keys: %w", err)
	}
	for _, s := range steps {
		if s.stmt == nil {
			continue
		}
		if err := s.answer(answers); err != nil {
			return err
		}
	}
	return nil
}

func (s Step) answer(answers pgx.BatchResults) error {
	if s.row == nil {
		tag, err := answers.Exec()
		return s.done(tag.RowsAffected(), err)
	}
	rows, err := answers.Query()
	if err != nil {
		return s.done(0, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := s.row(rows.Scan); err != nil {
			return s.done(0, err)
		}
	}
	return s.done(0, rows.Err())
}
