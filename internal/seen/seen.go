package seen

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Field is the name of the field in which a form says what it was made from.
const Field = "seen"

// size is the length of a mark: enough that no two values of a field ever share one by chance.
const size = 12

// Mark marks each value, so that a form can say what it was made from without holding everything twice.
func Mark(values []string) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteString(mark(v))
	}
	return b.String()
}

func mark(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])[:size]
}

// Clash is a value that is not what the form was made from. Taken says that the form should have it as it is now: the person had left it
// alone, or typed the very same.
type Clash struct {
	At    int // among the values
	Taken bool
}

// Clashes compares what a form holds with what is now, by the mark that the form carried; both are in the order of the mark. A form whose mark
// is of another version of it clashes wherever it differs.
func Clashes(marks string, mine, now []string) (list []Clash) {
	known := len(marks) == len(now)*size
	for i := range now {
		was := ""
		if known {
			was = marks[i*size:][:size]
		}
		if was == mark(now[i]) || (!known && mine[i] == now[i]) {
			continue
		}
		list = append(list, Clash{At: i, Taken: was == mark(mine[i]) || mine[i] == now[i]})
	}
	return list
}
