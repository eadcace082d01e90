package markdown

import (
	"bytes"
	"fmt"
	"html/template"
	"regexp"
	"strconv"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// File is an uploaded file that a text may show or link to.
type File struct {
	Width, Height int    // of an image, in pixels; 0 for other files
	Small         string // the path of the image for narrow screens; empty if it is narrow itself
	SmallWidth    int
	Alt           string // what the image shows, where the text does not say it
	Note          string // said in a link to it, such as "PDF, 1.2 MB"
}

// Page is HTML with the images among the files, and says what the files are that it links to. The files are found by their paths; other
// images are words.
func Page(source string, files map[string]File) (template.HTML, error) {
	ctx := parser.NewContext()
	ctx.Set(filesKey, files)
	var b bytes.Buffer
	if err := converter.Convert([]byte(source), &b, parser.WithContext(ctx)); err != nil {
		return "", fmt.Errorf("render Markdown: %w", err)
	}
	return clean(b.Bytes()), nil
}

var filesKey = parser.NewContextKey()

// ownFiles lets a document show images that were uploaded here, and no others: those would tell another site who reads the page.
type ownFiles struct{}

// Transform gives each image its size, so that the page does not jump when it is loaded, and each link to a file its note.
func (ownFiles) Transform(doc *ast.Document, _ text.Reader, ctx parser.Context) {
	files, _ := ctx.Get(filesKey).(map[string]File)
	var images []*ast.Image
	var links []*ast.Link
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Image:
			if entering {
				images = append(images, n)
			}
		case *ast.Link:
			if entering {
				links = append(links, n)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, img := range images {
		if f, ok := files[string(img.Destination)]; ok && f.Width > 0 {
			show(img, f)
		} else {
			inWords(img)
		}
	}
	for _, l := range links {
		if f, ok := files[string(l.Destination)]; ok && f.Note != "" {
			l.AppendChild(l, ast.NewString([]byte(" ("+f.Note+")")))
		}
	}
}

func show(img *ast.Image, f File) {
	img.Title = nil
	if img.FirstChild() == nil {
		img.AppendChild(img, ast.NewString([]byte(f.Alt)))
	}
	set := func(name, value string) { img.SetAttributeString(name, []byte(value)) }
	set("width", strconv.Itoa(f.Width))
	set("height", strconv.Itoa(f.Height))
	set("loading", "lazy")
	if f.Small != "" {
		set("srcset", fmt.Sprintf("%s %dw, %s %dw", f.Small, f.SmallWidth, img.Destination, f.Width))
		set("sizes", "(max-width: 44rem) 100vw, 44rem")
	}
}

// inWords leaves what the image is said to show.
func inWords(img *ast.Image) {
	parent := img.Parent()
	for child := img.FirstChild(); child != nil; {
		next := child.NextSibling()
		parent.InsertBefore(parent, img, child)
		child = next
	}
	parent.RemoveChild(parent, img)
}

const ownPath = `/files/[0-9a-f]{64}/[a-z0-9-]+\.[a-z]+`

// allowImages is for those of this site alone.
func allowImages(p *bluemonday.Policy) {
	for name, shape := range map[string]string{"src": ownPath, "srcset": ownPath + ` \d+w, ` + ownPath + ` \d+w`, "loading": "lazy",
		"sizes": `\(max-width: 44rem\) 100vw, 44rem`, "width": `\d+`, "height": `\d+`} {
		p.AllowAttrs(name).Matching(regexp.MustCompile("^" + shape + "$")).OnElements("img")
	}
	p.AllowAttrs("alt").OnElements("img")
}
