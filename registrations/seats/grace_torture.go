//go:build torture

package seats

import "time"

// grace is short under torture, which stops an instance until its holds are over.
const grace = 3 * time.Second
