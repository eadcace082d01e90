package organisers

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
)

// secondStep is what is stored of one that was confirmed.
type secondStep struct {
	organiser string
	sealed    []byte
	last      int64 // the step of the code that confirmed it: the code is used up
	recovery  []string
}

// turnOnSecondStep stores it and ends the account's other sign-ins, which were begun without; ErrTwoStepOn if there is one.
func (r records) turnOnSecondStep(ctx context.Context, s secondStep, tokenHash string, by access.Entry, now time.Time) error {
	err := r.telling(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := r.lock(ctx, tx, s.organiser); err != nil {
			return err
		}
		n, err := affected(tx.NewRaw("insert into second_steps (organiser_id, sealed, last_step, created_at) values (?, ?, ?, ?) on conflict do nothing",
			s.organiser, s.sealed, s.last, now.UnixMilli()).Exec(ctx))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrTwoStepOn
		}
		if err := endSignIns(ctx, tx, s.organiser, tokenHash); err != nil {
			return err
		}
		if err := replaceRecoveryCodes(ctx, tx, s.organiser, s.recovery); err != nil {
			return err
		}
		if err := r.note(ctx, tx, by, "organiser.two-step-on", s.organiser, "", now); err != nil {
			return err
		}
		return r.tell(ctx, tx, s.organiser, secondStepOn, by, now)
	})
	return wrap("turn on a second step", err)
}

// dropSecondStep takes the second step away with its recovery codes, if there is one, and ends the account's sign-ins but the one with the hash.
func (r records) dropSecondStep(ctx context.Context, id string, by access.Entry, tokenHash string, now time.Time) error {
	err := r.telling(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := r.lock(ctx, tx, id); err != nil {
			return err
		}
		had, err := forgetSecondStep(ctx, tx, id)
		if err != nil || !had {
			return err
		}
		if err := endSignIns(ctx, tx, id, tokenHash); err != nil {
			return err
		}
		if err := r.note(ctx, tx, by, "organiser.two-step-off", id, "", now); err != nil {
			return err
		}
		return r.tell(ctx, tx, id, secondStepOff, by, now)
	})
	return wrap("turn off a second step", err)
}

func forgetSecondStep(ctx context.Context, tx bun.Tx, id string) (had bool, err error) {
	n, err := affected(tx.NewRaw("delete from second_steps where organiser_id = ?", id).Exec(ctx))
	if err != nil {
		return false, err
	}
	_, err = tx.NewRaw("delete from recovery_codes where organiser_id = ?", id).Exec(ctx)
	return n > 0, err
}

func replaceRecoveryCodes(ctx context.Context, tx bun.Tx, id string, hashes []string) error {
	if _, err := tx.NewRaw("delete from recovery_codes where organiser_id = ?", id).Exec(ctx); err != nil {
		return err
	}
	for _, hash := range hashes {
		if _, err := tx.NewRaw("insert into recovery_codes (organiser_id, code_hash) values (?, ?)", id, hash).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// renewRecoveryCodes is for an account with a second step; without one it is ErrTwoStepOff.
func (r records) renewRecoveryCodes(ctx context.Context, id string, hashes []string, by access.Entry, now time.Time) error {
	err := r.telling(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := r.lock(ctx, tx, id); err != nil {
			return err
		}
		var steps int
		if err := tx.NewRaw("select count(*) from second_steps where organiser_id = ?", id).Scan(ctx, &steps); err != nil {
			return err
		}
		if steps == 0 {
			return ErrTwoStepOff
		}
		if err := replaceRecoveryCodes(ctx, tx, id, hashes); err != nil {
			return err
		}
		if err := r.note(ctx, tx, by, "organiser.recovery-codes-renewed", id, "", now); err != nil {
			return err
		}
		return r.tell(ctx, tx, id, recoveryCodesRenewed, by, now)
	})
	return wrap("renew recovery codes", err)
}

func (r records) recoveryCodesLeft(ctx context.Context, id string) (n int, err error) {
	err = r.db.Read.NewRaw("select count(*) from recovery_codes where organiser_id = ?", id).Scan(ctx, &n)
	return n, wrap("count recovery codes", err)
}

// useCode says whether the code is right, and sees to it that it is not right again. The account's row is locked.
func (r records) useCode(ctx context.Context, tx bun.Tx, id string, check codeCheck, from Client, now time.Time) (right bool, err error) {
	var sealed []byte
	var last int64
	err = tx.NewRaw("select sealed, last_step from second_steps where organiser_id = ?", id).Scan(ctx, &sealed, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return false, ErrPendingOver // it was turned off in the meantime
	}
	if err != nil {
		return false, err
	}
	step, right, err := check.match(sealed, last)
	if err != nil {
		return false, err
	}
	if right {
		_, err = tx.NewRaw("update second_steps set last_step = ? where organiser_id = ?", step, id).Exec(ctx)
		return true, err
	}
	n, err := affected(tx.NewRaw("delete from recovery_codes where organiser_id = ? and code_hash = ?", id, check.recovery).Exec(ctx))
	if err != nil || n == 0 {
		return false, err
	}
	by := from.by("organiser:" + id)
	if err := r.note(ctx, tx, by, "organiser.recovery-code-used", id, "", now); err != nil {
		return false, err
	}
	return true, r.tell(ctx, tx, id, recoveryCodeUsed, by, now)
}

func (r records) passwordOfID(ctx context.Context, id string) (password string, err error) {
	err = r.db.Read.NewRaw("select password from organisers where id = ? and closed_at = 0", id).Scan(ctx, &password)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrSignedOut
	}
	return password, wrap("look up a password", err)
}

// changePassword sets it and ends the account's other sign-ins and its links, unless the password has been changed meanwhile.
func (r records) changePassword(ctx context.Context, id, old, password, tokenHash string, by access.Entry, now time.Time) error {
	err := r.telling(ctx, func(ctx context.Context, tx bun.Tx) error {
		n, err := affected(tx.NewRaw("update organisers set password = ?, updated_at = ? where id = ? and password = ? and closed_at = 0", password, now.UnixMilli(), id, old).Exec(ctx))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrSignedOut
		}
		if err := endSignIns(ctx, tx, id, tokenHash); err != nil {
			return err
		}
		if _, err := tx.NewRaw("delete from sign_in_links where organiser_id = ?", id).Exec(ctx); err != nil {
			return err
		}
		if err := r.note(ctx, tx, by, "organiser.password-set", id, "by its owner", now); err != nil {
			return err
		}
		return r.tell(ctx, tx, id, passwordChanged, by, now)
	})
	return wrap("change a password", err)
}
