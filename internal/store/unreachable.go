package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// Unreachable says whether an error means that the database is away, stalled or out of room, so that trying again later may help: as
// opposed to a defect of ours.
func Unreachable(err error) bool {
	var network net.Error
	var connect *pgconn.ConnectError
	var pg *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case err == nil:
		return false
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), pgconn.SafeToRetry(err): // a cut connection
		return true
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &network), errors.As(err, &connect):
		return true
	case errors.As(err, &pg):
		return pgAway(pg.Code)
	case errors.As(err, &lite):
		return sqliteAway(lite.Code() & 0xff) // the low byte is the primary code
	}
	return false
}

// pgAway knows the classes of PostgreSQL's error codes (its manual, appendix A): 08 connection, 53 out of resources, 57P shutting down
// or starting, 58 the system itself, 25006 a replica that cannot write, 55P03 a lock that stalls, 25P03 a transaction left idle.
func pgAway(code string) bool {
	for _, class := range []string{"08", "53", "57P", "58", "25006", "55P03", "25P03"} {
		if strings.HasPrefix(code, class) {
			return true
		}
	}
	return false
}

func sqliteAway(code int) bool {
	switch code {
	case sqlitelib.SQLITE_BUSY, sqlitelib.SQLITE_LOCKED, sqlitelib.SQLITE_IOERR, sqlitelib.SQLITE_FULL, sqlitelib.SQLITE_CANTOPEN, sqlitelib.SQLITE_READONLY:
		return true
	}
	return false
}

// Sacrificed says that PostgreSQL ended a transaction for the sake of another: running it again is right, later if InTx did so in vain.
func Sacrificed(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// Duplicate says that a row was refused because its like was there: another transaction was quicker.
func Duplicate(err error) bool {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case errors.As(err, &pg):
		return pg.Code == "23505"
	case errors.As(err, &lite):
		return lite.Code() == sqlitelib.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}
