//go:build !torture

package seats

import "time"

// grace is how much longer than promised Redis keeps a hold: whoever confirms at the last second finds it. It is longer than PostgreSQL lets a
// transaction stand idle, so that no instance that was stopped in its midst commits on a hold that is over.
const grace = 30 * time.Second
