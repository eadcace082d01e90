package search

// wordLength is how many letters nearly every word has at most.
const wordLength = 24

// distance is how many letters have to be put in, taken out, replaced, or swapped with the next, to make b of a (optimal string
// alignment); past most it is most + 1.
func distance(a, b string, most int) int {
	var letters [2][wordLength]rune // most words fit: nothing is allocated for them
	x, y := append(letters[0][:0], []rune(a)...), append(letters[1][:0], []rune(b)...)
	if len(x)-len(y) > most || len(y)-len(x) > most {
		return most + 1
	}
	var rows [3][wordLength + 1]int
	before, last, row := rows[0][:], rows[1][:], rows[2][:]
	if len(y) > wordLength {
		before, last, row = make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	}
	last = last[:len(y)+1]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(y); j++ {
			changed := last[j-1]
			if x[i-1] != y[j-1] {
				changed++
			}
			row[j] = min(changed, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(y)], most+1)
}
