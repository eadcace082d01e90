package search

// wordLength is how many letters nearly every word has at most.
const wordLength = 24

// distance is how many letters have to be put in, taken out, replaced, or swapped with the next, to make b of a (optimal string
// alignment); past most it is most + 1. Of the table only the cells are filled that are no further than most from its diagonal: the others are
// past it.
func distance(a, b string, most int) int {
	var letters [2][wordLength]rune // most words fit: nothing is allocated for them
	x, y := lettersIn(letters[0][:0], a), lettersIn(letters[1][:0], b)
	if len(x)-len(y) > most || len(y)-len(x) > most {
		return most + 1
	}
	var rows [3][wordLength + 1]int
	before, last, row := rows[0][:], rows[1][:], rows[2][:]
	if len(y) > wordLength {
		before, last, row = make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	}
	for j := range min(len(y), most+1) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		from, to := max(1, i-most), min(len(y), i+most)
		row[from-1] = most + 1
		if from == 1 {
			row[0] = i
		}
		least := row[from-1]
		for j := from; j <= to; j++ {
			changed := last[j-1]
			if x[i-1] != y[j-1] {
				changed++
			}
			d := min(changed, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j], least = d, min(least, d)
		}
		if least > most {
			return most + 1
		}
		if to < len(y) {
			row[to+1] = most + 1 // which the next row looks at
		}
		before, last, row = last, row, before
	}
	return min(last[len(y)], most+1)
}

// lettersIn adds the letters of a word.
func lettersIn(list []rune, text string) []rune {
	for _, r := range text {
		list = append(list, r)
	}
	return list
}
