package news

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseArticle reads a published article from a text file: lines of a key and a value, an empty line, Markdown.
//
//	Title: A single front door     (needed)
//	Summary: One or two sentences
//	Date: 2015-07-19               (or Days-Ago: 20, counted back from now; one of the two is needed)
//	Topics: Policy, Nursing
//	Order: 3                       (the position in kinds that are ordered)
//	Status-Note: Coming soon
//	Source: Who wrote it
//	Link: https://www.example.org
//
// An unknown or repeated key, or an article that breaks a rule, is an error.
func ParseArticle(kind Kind, slug string, text []byte, now time.Time) (Article, error) {
	a := Article{Kind: kind, Slug: slug, Status: Published}
	header, body, _ := strings.Cut(plainText(text), "\n\n")
	a.Body = strings.TrimSpace(body)
	seen := map[string]bool{}
	for line := range strings.SplitSeq(header, "\n") {
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			return Article{}, fmt.Errorf("article %s: the line %q has no key", slug, line)
		}
		if seen[key] {
			return Article{}, fmt.Errorf("article %s: the key %s is there twice", slug, key)
		}
		seen[key] = true
		if err := a.set(key, strings.TrimSpace(value), now); err != nil {
			return Article{}, fmt.Errorf("article %s: %s: %w", slug, key, err)
		}
	}
	if seen["Date"] == seen["Days-Ago"] {
		return Article{}, fmt.Errorf("article %s: give either Date or Days-Ago", slug)
	}
	if err := a.Check(); err != nil {
		return Article{}, fmt.Errorf("article %s: %w", slug, err)
	}
	return a, nil
}

// set takes one line of the header.
func (a *Article) set(key, value string, now time.Time) error {
	var err error
	switch key {
	case "Title":
		a.Title = value
	case "Summary":
		a.Summary = value
	case "Date":
		a.PublishedAt, err = time.Parse(time.DateOnly, value)
		a.PublishedAt = a.PublishedAt.Add(12 * time.Hour) // noon is the same day in nearly every zone
	case "Days-Ago":
		var days int
		days, err = whole(value)
		a.PublishedAt = now.AddDate(0, 0, -days).Truncate(time.Millisecond)
	case "Topics":
		a.Topics = ParseTopics(value)
	case "Order":
		a.Position, err = whole(value)
	case "Status-Note":
		a.Note = value
	case "Source":
		a.Source = value
	case "Link":
		a.Link = value
	default:
		err = errors.New("there is no such key")
	}
	return err
}

// whole reads a whole number that is not negative.
func whole(value string) (int, error) {
	n, err := strconv.ParseUint(value, 10, 31)
	return int(n), err
}

// plainText makes lines end in LF and drops what a database cannot keep: PostgreSQL takes neither U+0000 nor
// broken UTF-8.
func plainText(text []byte) string {
	s := strings.ToValidUTF8(string(text), "\uFFFD")
	return strings.NewReplacer("\uFEFF", "", "\x00", "", "\r\n", "\n", "\r", "\n").Replace(s)
}
