package registrations

import (
	"slices"
	"strings"
)

// knownDomains are where most of our people have their mail.
var knownDomains = []string{"nhs.net", "nhs.scot", "wales.nhs.uk", "gmail.com", "googlemail.com", "hotmail.com", "hotmail.co.uk", "outlook.com",
	"live.co.uk", "yahoo.com", "yahoo.co.uk", "icloud.com", "btinternet.com", "doctors.org.uk"}

// meant is the address that a mailbox may have been meant to be: one whose domain is a slip of the finger from one that many have. It is
// empty where there is no doubt; it never blocks anybody.
func meant(mailbox string) string {
	local, domain, _ := strings.Cut(mailbox, "@")
	if slices.Contains(knownDomains, domain) {
		return ""
	}
	for _, known := range knownDomains {
		if slips(domain, known) <= 1 || (len(known) > len("nhs.net") && slips(domain, known) == 2) {
			return local + "@" + known
		}
	}
	return ""
}

// slips counts the letters to insert, leave out, change, or swap with their neighbour to make one word of another (Damerau's distance).
func slips(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
