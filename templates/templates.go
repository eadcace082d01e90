package templates

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// New folders of pages are picked up by the first pattern.
//
//go:embed */*.html emails static
var files embed.FS

// Embedded returns the pages, emails and static files that the program carries.
func Embedded() fs.FS { return files }

// Pages renders pages by name, such as "events/show". It satisfies fiber.Views.
// It is read-only once parsed, so that requests may share it.
type Pages struct {
	byName map[string]*template.Template
}

// Parse reads every page below fsys, with funcs, "initials" of a name, and
// "asset", which turns the name of a static file into its hashed path. It fails on the first page that
// could not be rendered, and names it.
func Parse(fsys fs.FS, funcs template.FuncMap) (*Pages, error) {
	assets, err := assetsOf(fsys)
	if err != nil {
		return nil, err
	}
	layout, err := template.New("layout").
		Funcs(template.FuncMap{"asset": assets.path, "initials": initials}).Funcs(funcs).
		ParseFS(fsys, "layout/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the layout: %w", err)
	}
	names, err := pageNames(fsys)
	if err != nil {
		return nil, err
	}
	pages := &Pages{byName: make(map[string]*template.Template, len(names))}
	for _, name := range names {
		if pages.byName[name], err = parsePage(fsys, layout, assets, name); err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
	}
	return pages, nil
}

func pageNames(fsys fs.FS) ([]string, error) {
	found, err := fs.Glob(fsys, "*/*.html")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, file := range found {
		switch path.Dir(file) {
		case "layout", "emails", "static":
		default:
			names = append(names, strings.TrimSuffix(file, ".html"))
		}
	}
	return names, nil
}

func parsePage(fsys fs.FS, layout *template.Template, assets *Assets, name string) (*template.Template, error) {
	page, err := layout.Clone()
	if err != nil {
		return nil, err
	}
	if page, err = page.ParseFS(fsys, name+".html"); err != nil {
		return nil, err
	}
	if page.Lookup("main") == nil {
		return nil, errors.New(`it does not define "main"`)
	}
	if err := checkAssets(page, assets); err != nil {
		return nil, err
	}
	return page, checkEscaping(page, "base")
}

// initials are the first letters of the first two words of a name, for the round mark beside it.
func initials(name string) string {
	var letters []rune
	for word := range strings.FieldsSeq(name) {
		first, _ := utf8.DecodeRuneInString(word)
		if letters = append(letters, unicode.ToUpper(first)); len(letters) == 2 {
			break
		}
	}
	return string(letters)
}

// Names returns the names of all pages, in no order.
func (p *Pages) Names() []string {
	names := make([]string, 0, len(p.byName))
	for name := range p.byName {
		names = append(names, name)
	}
	return names
}

// Load does nothing: Parse has loaded everything. fiber.Views asks for it.
func (p *Pages) Load() error { return nil }

// Render writes the page called name, with data as the View. Nothing is written
// when it fails: half a page with status 200 would be worse than an error page.
func (p *Pages) Render(w io.Writer, name string, data any, _ ...string) error {
	page, ok := p.byName[name]
	if !ok {
		return fmt.Errorf("render page %q: there is no such page", name)
	}
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, "base", data); err != nil {
		return fmt.Errorf("render page %q: %w", name, err)
	}
	_, err := b.WriteTo(w)
	return err
}
