package news

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"masterclass/internal/fault"
)

// Status says whether an article may be seen.
type Status string

// The statuses of an article.
const (
	Draft     Status = "draft"
	Published Status = "published"
	Archived  Status = "archived"
)

// Article is one piece of content. Its address is its kind's path and its slug.
type Article struct {
	ID          string // UUIDv7
	Kind        Kind
	Slug        string
	Title       string
	Summary     string // a sentence or two for lists and search engines
	Body        string // Markdown; lists are read without it
	Topics      []string
	Note        string // a few words such as "Coming soon"
	Source      string // who wrote what the article is about
	Link        string // an http(s) address, or a path of this site such as an uploaded file
	Position    int    // in kinds that are ordered; module 1 comes first
	Status      Status
	PublishedAt time.Time // not seen before; whole milliseconds
	Author      string    // who wrote it; empty for the partnership
	Pinned      bool      // first in its section of the home page
	Version     int64     // 1 when it is new, and one more each time that it is saved
	UpdatedAt   time.Time // when it was saved last
}

// State is what organisers call the article's status at a moment: what is published and whose time has not come is scheduled.
func (a Article) State(now time.Time) State {
	if a.Status == Published && a.PublishedAt.After(now) {
		return Scheduled
	}
	return State(a.Status)
}

// State is a status in the organisers' words.
type State string

// Scheduled is the state that is no status: an article is published, at a time to come.
const Scheduled State = "scheduled"

// Path is the article's address on the site, such as "/news/welcome"; the plain pages that every site has are at its root.
func (a Article) Path() string {
	switch {
	case a.Kind != Page:
		return a.Kind.Path() + "/" + a.Slug
	case slices.Contains(plainPages, a.Slug):
		return "/" + a.Slug
	}
	return pagesPath + "/" + a.Slug
}

// How long the parts of an article may be, in characters.
const (
	maxLine    = 300
	maxSummary = 1000
	maxBody    = 200_000
)

// MaxSlug is how long a slug may be, in bytes.
const MaxSlug = 120

var (
	slugShape = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	reserved  = []string{"new", "find", "series"} // other pages have, or may get, these addresses
)

func validSlug(slug string) bool {
	return len(slug) <= MaxSlug && slugShape.MatchString(slug) && !slices.Contains(reserved, slug)
}

// Check says what is wrong with the article, as a fault of kind Invalid that names every field.
func (a Article) Check() error {
	var wrong []fault.Field
	need := func(ok bool, name, message string) {
		if !ok {
			wrong = append(wrong, fault.Field{Name: name, Message: message})
		}
	}
	need(a.Kind.Valid(), "kind", "Choose what kind of article it is")
	need(strings.TrimSpace(a.Title) != "", "title", "Enter a title")
	need(validSlug(a.Slug), "slug", "Enter an address of small letters, digits and single hyphens, such as nurse-led-review, that is not new, find or series")
	need(validLink(a.Link), "link", "Enter a link that starts with https://, or with / for a page of this site")
	need(!slices.ContainsFunc(a.Topics, func(t string) bool { return strings.Contains(t, ",") }), "topics", "Separate topics with commas")
	need(utf8.RuneCountInString(a.Title) <= maxLine, "title", "Shorten the title to 300 characters or fewer")
	need(utf8.RuneCountInString(a.Summary) <= maxSummary, "summary", "Shorten the summary to 1,000 characters or fewer")
	need(utf8.RuneCountInString(a.Body) <= maxBody, "body", "Shorten the text to 200,000 characters or fewer")
	need(slices.Contains([]Status{Draft, Published, Archived}, a.Status), "status", "Choose draft, published or archived")
	if len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	return nil
}

// validLink takes no link, a path of this site, or an absolute http(s) address.
func validLink(link string) bool {
	if link == "" {
		return true
	}
	u, err := url.Parse(link)
	if err != nil || strings.ContainsAny(link, "\\ \t\r\n") {
		return false
	}
	if u.Scheme == "" {
		return u.Host == "" && strings.HasPrefix(u.Path, "/")
	}
	return (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// ParseTopics reads topics that are separated by commas; empty ones and repetitions go.
func ParseTopics(text string) []string {
	var topics []string
	for topic := range strings.SplitSeq(text, ",") {
		topic = strings.TrimSpace(topic)
		if topic != "" && !slices.Contains(topics, topic) {
			topics = append(topics, topic)
		}
	}
	return topics
}

// errMissing is the answer to a slug that cannot be seen, whether there is a draft behind it or nothing.
func errMissing(kind Kind) error {
	if message := sectionOf(kind).missing; message != "" {
		return fault.New(fault.NotFound, message)
	}
	return fault.New(fault.NotFound, "That page has not been published yet.")
}

// errTaken is the answer to a second article at an address.
func errTaken(a Article) error {
	return fault.Coded(fault.Conflict, "slug_taken", fmt.Sprintf("There is already an article at %s. Choose another address.", a.Path()))
}
