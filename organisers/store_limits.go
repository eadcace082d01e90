package organisers

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// failures are the tallies that are not over, by hash.
func (r records) failures(ctx context.Context, hashes []string, now time.Time) (map[string]tally, error) {
	var rows []struct {
		Tally    string
		Failures int
		OverAt   int64
	}
	err := r.db.Read.NewRaw("select tally, failures, over_at from sign_in_failures where tally in ? and over_at > ?", bun.Tuple(hashes), now.UnixMilli()).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("look up failures to sign in: %w", err)
	}
	found := make(map[string]tally, len(rows))
	for _, row := range rows {
		found[row.Tally] = tally{n: row.Failures, until: time.UnixMilli(row.OverAt)}
	}
	return found, nil
}

// addFailure counts one in every tally of the guesses. Those whose time is over begin anew.
func (r records) addFailure(ctx context.Context, guesses []guess, now time.Time) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, g := range guesses { // always in the same order, so that no two wait for each other
			_, err := tx.NewRaw(`insert into sign_in_failures (tally, failures, over_at) values (?, 1, ?) on conflict (tally) do update set
				failures = case when sign_in_failures.over_at <= ? then 1 else sign_in_failures.failures + 1 end,
				over_at = case when sign_in_failures.over_at <= ? then excluded.over_at else sign_in_failures.over_at end`,
				g.hash(), now.Add(g.counter.window).UnixMilli(), now.UnixMilli(), now.UnixMilli()).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return wrap("count a failure to sign in", err)
}

// purgeFailures deletes the tallies that are over.
func (r records) purgeFailures(ctx context.Context, now time.Time) error {
	_, err := r.db.NewRaw("delete from sign_in_failures where over_at <= ?", now.UnixMilli()).Exec(ctx)
	return wrap("delete old failures to sign in", err)
}
