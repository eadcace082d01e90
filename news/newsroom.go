package news

import (
	"strings"
	"time"
	"unicode"

	"masterclass/internal/access"
	"masterclass/internal/fault"
)

// Newsroom is where articles are written: each save is a version that can be looked at and brought back.
type Newsroom struct {
	store *Store
	trail *access.Trail
	now   func() time.Time
}

// NewNewsroom writes to the store, and to the audit trail in the same transactions.
func NewNewsroom(s *Store, trail *access.Trail, now func() time.Time) *Newsroom {
	return &Newsroom{store: s, trail: trail, now: now}
}

// Editor is who makes a change: the beginning of its entry in the audit trail, and the name that the article's history shows.
type Editor struct {
	access.Entry
	Name string
}

// Version is an article as it was saved once.
type Version struct {
	Article
	Number  int64
	SavedAt time.Time
	SavedBy string
	Change  string // such as "created" or "restored from version 3"
}

// Errors for people.
var (
	ErrChanged    = fault.Coded(fault.Conflict, "changed", "Somebody else has saved this article meanwhile. Nothing you wrote is lost: it is below, beside what they wrote.")
	ErrNoArticle  = fault.New(fault.NotFound, "We could not find that article. It may have been written on another site.")
	ErrNoVersion  = fault.New(fault.NotFound, "The article has no such version.")
	errFixedKind  = fault.InvalidFields([]fault.Field{{Name: "kind", Message: "A plain page stays a plain page, and no other article becomes one"}})
	errPastTime   = fault.InvalidFields([]fault.Field{{Name: "publish_date", Message: "Enter a date and time in the future, or choose Published"}})
	errTakenField = "There is already an article at this address. Choose another"
)

// Slug proposes the end of an article's address: the title in small letters, digits and hyphens.
func Slug(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case plainLetters[r] != 0:
			b.WriteRune(plainLetters[r])
		case r == '\'' || r == '’':
		default:
			b.WriteByte(' ')
		}
	}
	slug := strings.Join(strings.Fields(b.String()), "-")
	if len(slug) > slugProposed {
		slug, _, _ = cutLast(slug[:slugProposed+1], "-")
	}
	if !validSlug(slug) {
		return strings.Trim("article-"+slug, "-")
	}
	return slug
}

// slugProposed is how long a proposed address is at most; whoever wants a longer one may type it.
const slugProposed = 70

var plainLetters = map[rune]rune{'à': 'a', 'á': 'a', 'â': 'a', 'ä': 'a', 'ç': 'c', 'è': 'e', 'é': 'e', 'ê': 'e', 'ë': 'e', 'ì': 'i', 'í': 'i', 'î': 'i',
	'ï': 'i', 'ñ': 'n', 'ò': 'o', 'ó': 'o', 'ô': 'o', 'ö': 'o', 'ù': 'u', 'ú': 'u', 'û': 'u', 'ü': 'u'}

// cutLast cuts at the last separator; without one the text stays whole.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// publishing settles when the article is seen: scheduled articles at their time, published ones from the moment that they first were.
func publishing(a, before Article, now time.Time) Article {
	switch {
	case a.Status != Published:
		if a.PublishedAt.IsZero() || a.Status == Draft {
			a.PublishedAt = before.PublishedAt
		}
		if a.PublishedAt.IsZero() {
			a.PublishedAt = now
		}
	case !a.PublishedAt.IsZero(): // scheduled
	case before.Status != Draft && before.Status != "" && !before.PublishedAt.After(now):
		a.PublishedAt = before.PublishedAt
	default:
		a.PublishedAt = now
	}
	a.PublishedAt = a.PublishedAt.Truncate(time.Millisecond)
	return a
}

// deed names what happened to the article for the audit trail.
func deed(before, after Article, now time.Time) string {
	is, was := after.State(now), before.State(now)
	if is == was {
		return "article.saved"
	}
	return "article." + map[State]string{State(Draft): "withdrawn", Scheduled: "scheduled", State(Published): "published", State(Archived): "archived"}[is]
}

// Taken says whether an article could not be saved because another one has its address.
func Taken(err error) bool {
	fields := fieldsOf(err)
	return len(fields) == 1 && fields[0].Message == errTakenField
}
