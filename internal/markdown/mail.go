package markdown

import (
	"bytes"
	"fmt"
	"html/template"
	"net/url"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// letters converts what goes into mail, where an address that is simply written out is a link as well.
var letters = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
	goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(headings{}, 100))),
)

// inMail gives elements the looks that mail programs would not take from a style sheet. In sanitised HTML each is always an element's tag.
var inMail = strings.NewReplacer(
	"<table>", `<table cellpadding="0" cellspacing="0" style="border-collapse:collapse;margin:0 0 16px">`,
	"<th>", `<th valign="top" style="padding:4px 16px 4px 0;text-align:left">`, "<td>", `<td valign="top" style="padding:4px 16px 4px 0">`,
	"<blockquote>", `<blockquote style="margin:0 0 16px;padding:4px 0 4px 16px;border-left:4px solid #8a93a6">`,
	"<ul>", `<ul style="margin:0 0 16px;padding:0 0 0 24px">`, "<ol>", `<ol style="margin:0 0 16px;padding:0 0 0 24px">`,
	"<pre>", `<pre style="margin:0 0 16px;white-space:pre-wrap">`,
)

// Mail renders Markdown for a message, once as HTML and once as text that reads as well: lists, headings, quotations and tables keep
// their form, and each link is followed by its address. Links to pages of our own get the base URL.
func Mail(source, base string) (html template.HTML, plain string, err error) {
	safe, plain, err := letter(source, base)
	return template.HTML(inMail.Replace(safe)), plain, err //nolint:gosec // sanitised
}

// Letter renders Markdown as Mail does, with the looks of a page: for who writes it, to see it before it is sent.
func Letter(source, base string) (template.HTML, error) {
	safe, _, err := letter(source, base)
	return template.HTML(strings.ReplaceAll(safe, "<table>", scrollingTable)), err //nolint:gosec // sanitised
}

func letter(source, base string) (safe, plain string, err error) {
	src := []byte(source)
	doc := letters.Parser().Parse(text.NewReader(src))
	home, err := url.Parse(base)
	if err != nil {
		return "", "", fmt.Errorf("render Markdown for mail: %w", err)
	}
	absolute(doc, home)
	ownFiles{}.Transform(doc.(*ast.Document), nil, parser.NewContext()) // none are known: mail has an image's words, and loads nothing
	var b bytes.Buffer
	if err := letters.Renderer().Render(&b, src, doc); err != nil {
		return "", "", fmt.Errorf("render Markdown for mail: %w", err)
	}
	w := &writer{src: src}
	w.blocks(doc, "")
	return string(policy.SanitizeBytes(b.Bytes())), strings.TrimRight(w.out.String(), "\n"), nil
}

// absolute gives each link without a host the site's.
func absolute(doc ast.Node, home *url.URL) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function gives no error
		if link, ok := n.(*ast.Link); ok && entering {
			if u, err := url.Parse(string(link.Destination)); err == nil && u.Scheme == "" {
				link.Destination = []byte(home.ResolveReference(u).String())
			}
		}
		return ast.WalkContinue, nil
	})
}

// writer writes a document as plain text. Every block begins with the prefix of what it is in.
type writer struct {
	src []byte
	out strings.Builder
}

// blocks writes the children of a node with an empty line between them.
func (w *writer) blocks(parent ast.Node, prefix string) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if n != parent.FirstChild() && !tight(parent) {
			w.line(strings.TrimRight(prefix, " "))
		}
		w.block(n, prefix)
	}
}

// tight says that a node's children follow one another without empty lines, as the points of most lists do.
func tight(n ast.Node) bool {
	if item, ok := n.(*ast.ListItem); ok {
		n = item.Parent()
	}
	list, ok := n.(*ast.List)
	return ok && list.IsTight
}

func (w *writer) block(n ast.Node, prefix string) {
	switch n := n.(type) {
	case *ast.Heading:
		w.lines(w.inline(n), prefix)
		w.line(prefix + strings.Repeat("-", min(len([]rune(w.inline(n))), 72)))
	case *ast.Blockquote:
		w.blocks(n, prefix+"> ")
	case *ast.List:
		w.list(n, prefix)
	case *ast.ThematicBreak:
		w.line(prefix + strings.Repeat("-", 40))
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		for i := range n.Lines().Len() {
			segment := n.Lines().At(i)
			w.line(prefix + "    " + strings.TrimRight(string(segment.Value(w.src)), "\r\n"))
		}
	case *ast.HTMLBlock: // shown nowhere
	case *east.Table:
		for row := n.FirstChild(); row != nil; row = row.NextSibling() {
			w.row(row, prefix)
		}
	default:
		w.lines(w.inline(n), prefix)
	}
}

// list writes each point behind its mark, with what belongs to it below.
func (w *writer) list(l *ast.List, prefix string) {
	number := l.Start
	for item := l.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "- "
		if l.IsOrdered() {
			mark = fmt.Sprintf("%d. ", number)
			number++
		}
		if item != l.FirstChild() && !l.IsTight {
			w.line(strings.TrimRight(prefix, " "))
		}
		inner := &writer{src: w.src}
		inner.blocks(item, "")
		for i, line := range strings.Split(strings.TrimRight(inner.out.String(), "\n"), "\n") {
			if i > 0 {
				mark = strings.Repeat(" ", len(mark))
			}
			w.line(strings.TrimRight(prefix+mark+line, " "))
		}
	}
}

func (w *writer) row(row ast.Node, prefix string) {
	var cells []string
	for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
		cells = append(cells, w.inline(cell))
	}
	w.line(prefix + strings.Join(cells, " | "))
}

func (w *writer) line(s string) { w.out.WriteString(s + "\n") }

func (w *writer) lines(s, prefix string) {
	for line := range strings.SplitSeq(s, "\n") {
		w.line(prefix + line)
	}
}

// inline is the text of a node's children in one string.
func (w *writer) inline(parent ast.Node) string {
	var b strings.Builder
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		b.WriteString(w.span(n))
	}
	return b.String()
}

func (w *writer) span(n ast.Node) string {
	switch n := n.(type) {
	case *ast.Text:
		s := string(util.UnescapePunctuations(util.ResolveEntityNames(util.ResolveNumericReferences(n.Segment.Value(w.src)))))
		if n.HardLineBreak() || n.SoftLineBreak() {
			s += "\n"
		}
		return s
	case *ast.String:
		return string(n.Value)
	case *ast.CodeSpan:
		return w.code(n)
	case *ast.AutoLink:
		return string(n.Label(w.src))
	case *ast.Link:
		return link(w.inline(n), string(n.Destination))
	case *ast.RawHTML:
		return ""
	}
	return w.inline(n)
}

// code is what stands in a code span, as it was typed.
func (w *writer) code(span ast.Node) string {
	var b strings.Builder
	for n := span.FirstChild(); n != nil; n = n.NextSibling() {
		if t, ok := n.(*ast.Text); ok {
			b.Write(t.Segment.Value(w.src))
		}
	}
	return b.String()
}

// link is the words and the address, or the address alone where the words say it already. An address that the HTML may not have is not
// shown here either.
func link(words, address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto" && u.Scheme != "tel") {
		return words
	}
	bare := strings.TrimPrefix(address, "mailto:")
	if words == "" || words == bare || words == address {
		return bare
	}
	return words + " (" + bare + ")"
}
