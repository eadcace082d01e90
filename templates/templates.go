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
	"sync"
	"unicode"
	"unicode/utf8"
)

// New folders of pages are picked up by the first pattern.
//
//go:embed */*.html emails static
var files embed.FS

// Embedded returns the pages, emails and static files that the program carries.
func Embedded() fs.FS { return files }

// Pages renders pages by name, such as "events/show". It satisfies fiber.Views. Safe for concurrent use.
//
// A page is parsed when it is first rendered: each has a layout of its own, since html/template escapes that within the page, and all of them
// together would be a third of an idle program's memory.
type Pages struct {
	byName map[string]func() (*template.Template, error)
}

// Parse finds every page below fsys, with funcs, "initials" of a name, and
// "asset", which turns the name of a static file into its hashed path. It parses the layout alone; see Check.
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
	pages := &Pages{byName: make(map[string]func() (*template.Template, error), len(names))}
	for _, name := range names {
		pages.byName[name] = sync.OnceValues(func() (*template.Template, error) {
			page, err := parsePage(fsys, layout, assets, name)
			if err != nil {
				return nil, fmt.Errorf("parse page %s: %w", name, err)
			}
			return page, nil
		})
	}
	return pages, nil
}

// Check parses every page, and fails on those that could not be rendered. The tests call it: what is embedded does not change afterwards.
func (p *Pages) Check() error {
	var errs []error
	for _, parsed := range p.byName {
		_, err := parsed()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
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

// Load does nothing: each page is loaded when it is rendered. fiber.Views asks for it.
func (p *Pages) Load() error { return nil }

// Render writes the page called name, with data as the View. Nothing is written
// when it fails: half a page with status 200 would be worse than an error page.
func (p *Pages) Render(w io.Writer, name string, data any, _ ...string) error {
	parsed, ok := p.byName[name]
	if !ok {
		return fmt.Errorf("render page %q: there is no such page", name)
	}
	page, err := parsed()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, "base", data); err != nil {
		return fmt.Errorf("render page %q: %w", name, err)
	}
	_, err = b.WriteTo(w)
	return err
}
