package templates

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
)

// Each rule is a promise made elsewhere: by the Content-Security-Policy, by the NHS's terms for
// its identity, and by the privacy page, which says that no other site is asked for anything.
var (
	neverAnywhere = regexp.MustCompile(`(?i)frutiger|assets\.nhs\.uk|nhsuk-header__logo|nhs-?logo|lozenge`)
	neverInline   = regexp.MustCompile(`(?i)\sstyle\s*=|<style|\son[a-z]+\s*=\s*"|javascript:|<script(?:>|\s[^>]*[^>]*>[^<])`)
	neverOffSite  = regexp.MustCompile(`(?i)(?:\b(?:src|srcset|poster)="|<link[^>]+href="|url\(["']?|@import\s+["']?|fetch\(["']?)(?:https?:)?//`)
)

// dataBlock is what search engines read: no browser runs it, whatever it holds (HTML Standard 4.12.1), and html/template writes it as JSON.
var dataBlock = regexp.MustCompile(`<script type="application/ld\+json">\{\{\.[A-Za-z]+\}\}</script>`)

func TestNoFileBreaksThePromises(t *testing.T) {
	err := fs.WalkDir(Embedded(), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(Embedded(), file)
		if err != nil {
			return err
		}
		never := []*regexp.Regexp{neverAnywhere, neverOffSite}
		if path.Ext(file) == ".html" && !strings.HasPrefix(file, "emails/") {
			never = append(never, neverInline)
		}
		body = dataBlock.ReplaceAll(body, nil)
		for _, rule := range never {
			if found := rule.Find(body); found != nil {
				t.Errorf("%s has %q", file, found)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheRulesSeeWhatTheyForbid(t *testing.T) {
	for text, rule := range map[string]*regexp.Regexp{
		`<p style="color:red">`:                          neverInline,
		`<script>alert(1)</script>`:                      neverInline,
		`<script type="module">alert(1)</script>`:        neverInline,
		`<button onclick="go()">`:                        neverInline,
		`font-family:Frutiger W01`:                       neverAnywhere,
		`<img src="https://example.org/x.png" alt="">`:   neverOffSite,
		`<link rel="stylesheet" href="//example.org/x">`: neverOffSite,
		`background:url(https://example.org/x.png)`:      neverOffSite,
	} {
		if !rule.MatchString(text) {
			t.Errorf("%s is allowed", text)
		}
	}
	for _, text := range []string{`<script src="{{asset "site.js"}}" defer></script>`, `<a href="https://example.org/">`} {
		if neverInline.MatchString(text) || neverOffSite.MatchString(text) {
			t.Errorf("%s is forbidden", text)
		}
	}
}

func TestTheFontIsOurs(t *testing.T) {
	css, err := fs.ReadFile(Embedded(), "static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`html[^{}]*\{font-family:arial,\s*"Liberation Sans",\s*sans-serif\}`).Match(css) {
		t.Error("app.css sets no font on html: browsers would fall back to Times")
	}
}

func TestEveryClassOfOursIsInTheStyleSheet(t *testing.T) {
	css, err := fs.ReadFile(Embedded(), "static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := fs.Glob(Embedded(), "*/*.html")
	if err != nil {
		t.Fatal(err)
	}
	attribute, ours := regexp.MustCompile(`class="[^"]*"`), regexp.MustCompile(`\bapp-[a-z0-9_-]*[a-z0-9]\b`)
	for _, file := range pages {
		body, err := fs.ReadFile(Embedded(), file)
		if err != nil {
			t.Fatal(err)
		}
		for _, classes := range attribute.FindAllString(string(body), -1) {
			for _, class := range ours.FindAllString(classes, -1) {
				if !strings.Contains(string(css), "."+class) {
					t.Errorf("%s: nothing styles the class %s", file, class)
				}
			}
		}
	}
}
