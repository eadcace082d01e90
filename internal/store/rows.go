package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Column is a column of rows to insert. Its Type is one that both databases know: text, bigint, boolean or bytea.
type Column struct {
	Name, Type string
	// Expr computes what is stored from the row, such as "new.floor + 1"; empty for the value itself, "-" for a value that other columns'
	// expressions use and that is not stored.
	Expr string
}

// Rows inserts many rows of a table at once: in one statement on PostgreSQL, where each costs a round trip, and by a prepared statement a
// row on SQLite, where that is the quickest.
type Rows struct {
	stmt     *Stmt
	columns  []Column
	postgres bool
}

// PrepareRows prepares the insert. rest ends the statement, such as "on conflict do nothing"; args for its placeholders go with each Insert.
func (db *DB) PrepareRows(ctx context.Context, table string, columns []Column, rest string) (*Rows, error) {
	var stored, values, source, names []string
	for _, c := range columns {
		names = append(names, c.Name)
		if db.postgres {
			source = append(source, "cast(? as "+c.Type+"[])")
		} else {
			source = append(source, "? as "+c.Name)
		}
		switch c.Expr {
		case "-":
			continue
		case "":
			values = append(values, "new."+c.Name)
		default:
			values = append(values, c.Expr)
		}
		stored = append(stored, c.Name)
	}
	into := "insert into " + table + " (" + strings.Join(stored, ", ") + ") "
	if !db.postgres && !slices.ContainsFunc(columns, func(c Column) bool { return c.Expr != "" }) {
		// SQLite keeps a journal of each statement that could fail half-way, as one with a select could and a single row cannot.
		stmt, err := db.PrepareStep(ctx, into+"values (?"+strings.Repeat(", ?", len(columns)-1)+") "+rest)
		return &Rows{stmt: stmt, columns: columns}, err
	}
	from := "(select " + strings.Join(source, ", ") + ") as new"
	if db.postgres {
		from = "unnest(" + strings.Join(source, ", ") + ") as new(" + strings.Join(names, ", ") + ")"
	}
	// "where true" tells SQLite that the "on" after it begins no join.
	stmt, err := db.PrepareStep(ctx, into+"select "+strings.Join(values, ", ")+" from "+from+" where true "+rest)
	return &Rows{stmt: stmt, columns: columns, postgres: db.postgres}, err
}

// Close ends the prepared statement.
func (r *Rows) Close() error {
	if r == nil {
		return nil
	}
	return r.stmt.Close()
}

// Insert inserts the rows, each with its values in the order of the columns, and says how many were not left out by the statement's
// rest. Values are of the types string, int64, bool and []byte.
func (r *Rows) Insert(ctx context.Context, tx *sql.Tx, rows [][]any, args ...any) (n int64, err error) {
	step, err := r.Step(func(affected int64, err error) error {
		n = affected
		return err
	}, rows, args...)
	if err != nil || step.stmt == nil {
		return 0, err
	}
	return n, step.run(ctx, tx.StmtContext(ctx, r.stmt.Stmt))
}

// Step is Insert as a step of a transaction; without rows it does nothing.
func (r *Rows) Step(done func(affected int64, err error) error, rows [][]any, args ...any) (Step, error) {
	if len(rows) == 0 {
		return Step{}, nil
	}
	s := Step{stmt: r.stmt, done: done}
	if r.postgres {
		all, err := r.arrays(rows)
		s.args = [][]any{append(all, args...)}
		return s, err
	}
	for _, row := range rows {
		s.args = append(s.args, append(row[:len(row):len(row)], args...))
	}
	return s, nil
}

// arrays gives the columns of the rows.
func (r *Rows) arrays(rows [][]any) ([]any, error) {
	arrays := make([]any, 0, len(r.columns)+2)
	for i, c := range r.columns {
		array, err := columnOf(rows, i, c.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		arrays = append(arrays, array)
	}
	return arrays, nil
}

// columnOf gives a column's values as the slice that its array type is made of.
func columnOf(rows [][]any, i int, kind string) (any, error) {
	switch kind {
	case "text":
		return slice[string](rows, i)
	case "bigint":
		return slice[int64](rows, i)
	case "boolean":
		return slice[bool](rows, i)
	case "bytea":
		return slice[[]byte](rows, i)
	}
	return nil, fmt.Errorf("no array is made of the type %q", kind)
}

func slice[T any](rows [][]any, i int) ([]T, error) {
	out := make([]T, len(rows))
	for n, row := range rows {
		v, ok := row[i].(T)
		if !ok {
			return nil, fmt.Errorf("%T is not %T", row[i], v)
		}
		out[n] = v
	}
	return out, nil
}

func affected(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Among is a condition that a column has one of the values that List gives as the argument.
func (db *DB) Among(column string) string {
	if db.postgres {
		return column + " = any(cast(? as text[]))"
	}
	return column + " in (select value from json_each(?))"
}

// List is the argument of Among.
func (db *DB) List(values []string) any {
	if db.postgres {
		return values
	}
	text, err := json.Marshal(values)
	if err != nil {
		panic(err) // strings can always be written
	}
	return string(text)
}
