package news_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"masterclass/news"
)

func TestParseArticleReadsEveryKey(t *testing.T) {
	text := "\uFEFFTitle: One: two\r\nSummary: A sentence.\r\nDays-Ago: 20\r\nTopics: Policy, , Nursing,Policy\r\nOrder: 3\r\n" +
		"Status-Note: Coming soon\r\nSource: NICE\r\nLink: https://www.nice.org.uk\r\n\r\nFirst.\r\n\r\nSecond\x00.\r\n"
	got, err := news.ParseArticle(news.ELearning, "one", []byte(text), now)
	if err != nil {
		t.Fatal(err)
	}
	want := news.Article{Kind: news.ELearning, Slug: "one", Title: "One: two", Summary: "A sentence.", Body: "First.\n\nSecond.",
		Topics: []string{"Policy", "Nursing"}, Note: "Coming soon", Source: "NICE", Link: "https://www.nice.org.uk", Position: 3,
		Status: news.Published, PublishedAt: time.Date(2027, time.February, 19, 9, 30, 0, 0, time.UTC)}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestADateIsTheSameDayInLondon(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, date := range []string{"2016-01-01", "2016-07-01"} {
		a, err := news.ParseArticle(news.News, "one", []byte("Title: T\nDate: "+date), now)
		if err != nil || a.PublishedAt.In(london).Format(time.DateOnly) != date {
			t.Errorf("%s became %v, %v", date, a.PublishedAt, err)
		}
	}
}

func TestParseArticleIsStrict(t *testing.T) {
	for text, want := range map[string]string{
		"Title: T\nDate: 2016-01-01\nColour: red":   "Colour: there is no such key",
		"Title: T\nDate: 2016-01-01\nTitle: U":      "Title is there twice",
		"Title: T\nDate: 2016-01-01\nno key":        `"no key" has no key`,
		"Title: T":                                  "either Date or Days-Ago",
		"Title: T\nDate: 2016-01-01\nDays-Ago: 1":   "either Date or Days-Ago",
		"Title: T\nDate: 1 January 2016":            "Date: ",
		"Title: T\nDays-Ago: -1":                    "Days-Ago: ",
		"Title: T\nDays-Ago: 1\nOrder: first":       "Order: ",
		"Days-Ago: 1":                               "another look",
		"Title: T\nDays-Ago: 1\nLink: javascript:x": "another look",
		"": "no key",
		"Title: T\nDays-Ago: 1\ntitle: in small letters": "no such key",
	} {
		if _, err := news.ParseArticle(news.News, "one", []byte(text), now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, without %q", text, err, want)
		}
	}
	if _, err := news.ParseArticle(news.News, "One Two", []byte("Title: T\nDays-Ago: 1"), now); err == nil {
		t.Error("a slug with a blank is taken")
	}
}

const sampleFolder = "../cmd/masterclass/sample/articles"

// sampleArticles are the sample site's, or none where the folder is missing.
func sampleArticles(t *testing.T) []news.Article {
	t.Helper()
	files, err := filepath.Glob(sampleFolder + "/*/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []news.Article
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kind, slug := news.Kind(filepath.Base(filepath.Dir(file))), strings.TrimSuffix(filepath.Base(file), ".md")
		a, err := news.ParseArticle(kind, slug, text, now)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		all = append(all, a)
	}
	return all
}

func TestEverySampleArticleCanBeRead(t *testing.T) {
	if _, err := os.Stat(sampleFolder); err != nil {
		t.Skip("there are no sample articles beside this package")
	}
	all := sampleArticles(t)
	if len(all) == 0 {
		t.Error("the folder of sample articles is empty")
	}
	for _, a := range all {
		if a.Summary == "" || a.Body == "" || a.PublishedAt.After(now) {
			t.Errorf("%s has no summary or body, or cannot be seen yet", a.Path())
		}
	}
}
