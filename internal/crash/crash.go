//go:build torture

package crash

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

const variable = "MASTERCLASS_CRASH"

// chosen is the point to die at, and left how many passes of it there still are; no point without the variable.
var (
	chosen Point
	left   atomic.Int64
)

func init() {
	value := os.Getenv(variable)
	if value == "" {
		return
	}
	name, count, _ := strings.Cut(value, ":")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil || n < 1 {
		panic(fmt.Sprintf("%s is %q; it looks like \"%s:17\"", variable, value, AfterCommit))
	}
	chosen = Point(name)
	left.Store(n)
}

// At ends the program if this is the chosen pass of the chosen point.
func At(p Point) {
	if p != chosen || left.Add(-1) != 0 {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // it cannot fail for one's own process
	select {}                                      // nothing is done between the signal and the end
}
