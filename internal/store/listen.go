package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
)

// silence is how long a subscription may say nothing before it is asked whether it is still there.
const silence = 10 * time.Second

// Listen hears what is published on a channel, until the context ends or the connection breaks: then it gives the error, and listening
// anew is the caller's. begun is called once the subscription stands; heard gets each payload, and must not wait, since the embedded
// Redis waits for whoever listens.
func (r *Redis) Listen(ctx context.Context, channel string, begun func(), heard func(payload string)) error {
	sub := r.Subscribe(ctx) // to nothing yet, so that nothing is dialled before the context is watched
	defer func() { _ = sub.Close() }()
	defer context.AfterFunc(ctx, func() { _ = sub.Close() })() // the end of a context interrupts no read
	if err := sub.Subscribe(ctx, channel); err != nil {
		return fmt.Errorf("subscribe to %s: %w", channel, err)
	}
	for asked := false; ; {
		message, err := sub.ReceiveTimeout(ctx, silence)
		switch {
		case err != nil && (asked || !errors.Is(err, os.ErrDeadlineExceeded)):
			return fmt.Errorf("listen to %s: %w", channel, err)
		case err != nil:
			if err := sub.Ping(ctx); err != nil {
				return fmt.Errorf("ask whether %s is still heard: %w", channel, err)
			}
		}
		asked = err != nil
		switch m := message.(type) {
		case *redis.Subscription:
			begun()
		case *redis.Message:
			heard(m.Payload)
		}
	}
}
