// Package markdown turns what organisers write into HTML that cannot harm: CommonMark with tables by goldmark,
// without raw HTML, and then through bluemonday's rules for user content. Links to other sites get rel="noopener".
// Headings begin at level 2, below the page's own.
package markdown

import (
	"html/template"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

var (
	converter = goldmark.New(
		goldmark.WithExtensions(extension.Table, extension.Strikethrough),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(headings{}, 100), util.Prioritized(ownFiles{}, 110))),
	)
	policy = newPolicy()
)

// newPolicy allows what Markdown is made into, and images of this site.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code",
		"em", "strong", "del", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoReferrerOnFullyQualifiedLinks(false)
	allowImages(p)
	return p
}

// scrollingTable is a table that can be scrolled sideways by keyboard, on a screen that is too narrow for it. In
// sanitised HTML "<table>" is always an element's tag: in text and in attributes its "<" would be escaped.
const scrollingTable = `<table tabindex="0">`

// HTML renders the Markdown; nothing in it can run or load.
func HTML(source string) (template.HTML, error) { return Page(source, nil) }

func clean(made []byte) template.HTML {
	safe := string(policy.SanitizeBytes(made))
	return template.HTML(strings.ReplaceAll(safe, "<table>", scrollingTable)) //nolint:gosec // sanitised just above
}

// headings moves a document that starts at level 1 below the page's own heading.
type headings struct{}

// Transform makes every first-level heading a second-level one.
func (headings) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && h.Level == 1 {
			h.Level = 2
		}
	}
}
