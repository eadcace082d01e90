package organisers

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What is wrong with a password that is long enough (NIST SP 800-63B 3.1.1.2: compare with what is common, expected or compromised).
const (
	weakCommon = "Choose a password that is harder to guess: this one is among the first that others would try"
	weakOwn    = "Choose a password that is harder to guess: this one is little more than your name, your address or the name of the site"
)

// leastOwn is how many letters a password must have besides what is common.
const leastOwn = 4

// commonWords begin most lists of passwords that were found out.
var commonWords = []string{"password", "passwort", "passw", "pass", "welcome", "letmein", "changeme", "iloveyou", "trustno", "sunshine", "princess", "football",
	"baseball", "superman", "batman", "monkey", "dragon", "master", "shadow", "michael", "liverpool", "arsenal", "chelsea", "charlie", "summer", "winter", "spring",
	"autumn", "january", "february", "monday", "friday", "hello", "admin", "administrator", "login", "signin", "secret", "default", "temporary", "temp", "test",
	"user", "guest", "root", "owner", "organiser", "organizer", "editor", "steward", "hospital", "doctor", "nurse", "pharmacy", "cancer", "chemo", "england"}

// rows are what fingers and the alphabet run along, forwards and backwards.
var rows = bothWays("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p")

// leet are letters as they are often dressed up.
var leet = strings.NewReplacer("0", "o", "1", "i", "!", "i", "3", "e", "4", "a", "@", "a", "5", "s", "$", "s", "7", "t")

// weakness says what is wrong with the password of an account that has something to do with the words, or is empty.
func weakness(password string, about ...string) string {
	password = strings.ToLower(password)
	own := wordsOf(about)
	switch {
	case repeats(password), guessable(password, commonWords):
		return weakCommon
	case guessable(password, append(own, commonWords...)):
		return weakOwn
	}
	return ""
}

// guessable says that too little is left of a password without the words and runs in it, dressed up or not.
func guessable(password string, words []string) bool {
	for _, p := range []string{password, leet.Replace(password)} {
		left := p
		for _, w := range words {
			left = strings.ReplaceAll(left, w, " ")
		}
		if left = withoutRuns(left); left != p && lettersIn(left) < leastOwn {
			return true
		}
	}
	return false
}

func lettersIn(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// leastRun is how long a run must be to be one.
const leastRun = 4

// withoutRuns takes out the longest parts of the rows, and a character that stands four times.
func withoutRuns(s string) string {
	var left strings.Builder
	for s != "" {
		first, size := utf8.DecodeRuneInString(s)
		n := 0
		for strings.HasPrefix(s[n:], string(first)) {
			n += size
		}
		if n < leastRun*size {
			n = 0
		}
		for _, row := range rows {
			n = max(n, common(s, row))
		}
		if n == 0 {
			left.WriteRune(first)
			n = size
		}
		s = s[n:]
	}
	return left.String()
}

// common is how much of the beginning of s stands in the row, if it is a run.
func common(s, row string) int {
	n := 0
	for n < len(s) && strings.Contains(row, s[:n+1]) {
		n++
	}
	if n < leastRun {
		return 0
	}
	return n
}

// repeats says that it is a few characters again and again.
func repeats(s string) bool {
	all := []rune(s)
	for unit := 1; unit <= 6 && 2*unit <= len(all); unit++ {
		same := true
		for i := unit; i < len(all); i++ {
			same = same && all[i] == all[i-unit]
		}
		if same {
			return true
		}
	}
	return false
}

func bothWays(rows ...string) []string {
	for _, row := range slices.Clone(rows) {
		back := []byte(row)
		slices.Reverse(back)
		rows = append(rows, string(back))
	}
	return rows
}

var notInWords = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// wordsOf are the words of three letters or more, the longest first, so that no part of one hides it.
func wordsOf(texts []string) (words []string) {
	for _, text := range texts {
		for _, word := range notInWords.Split(strings.ToLower(text), -1) {
			if utf8.RuneCountInString(word) >= 3 {
				words = append(words, word)
			}
		}
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	return words
}
