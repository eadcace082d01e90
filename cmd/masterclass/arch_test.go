package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the folder of go.mod, seen from here.
const root = "../.."

// walls name the files in which an import may stand; a pattern ending in / is a whole folder.
var walls = []struct {
	imports string // and what is below it
	files   []string
}{
	{"github.com/gofiber/fiber", []string{"handler*.go", "api*.go", "internal/web/", "cmd/masterclass/app.go"}},
	{"database/sql", storeFiles},
	{"github.com/uptrace/bun", storeFiles},
	{"github.com/jackc/pgx", storeFiles},
	{"modernc.org/sqlite", []string{"internal/store/"}},
	{"github.com/redis/go-redis", []string{"registrations/seats/redis.go", "internal/store/"}},
	{"github.com/alicebob/miniredis", []string{"internal/store/"}},
	{"github.com/arran4/golang-ical", []string{"notify/calendar/"}},
	{"github.com/jordan-wright/email", []string{"notify/"}},
	{"github.com/yuin/goldmark", []string{"internal/markdown/"}},
	{"github.com/microcosm-cc/bluemonday", []string{"internal/markdown/"}},
	{"github.com/xuri/excelize", []string{"registrations/export_xlsx.go"}},
	{"github.com/alecthomas/kong", []string{"cmd/"}},
	{"github.com/valyala/fasthttp", []string{"internal/web/"}},
	{"github.com/prometheus", []string{"cmd/masterclass/metrics.go"}},
	{"rsc.io/qr", []string{"internal/qr/"}},
	{"golang.org/x/image/font/opentype", []string{"events/picture.go"}},
	{"github.com/andybalholm/brotli", []string{"templates/assets.go"}},
	{"codeberg.org/go-pdf/fpdf", []string{"registrations/door/pdf.go"}},
	{"github.com/mmcdole/gofeed", []string{"news/intake/"}},
	{"golang.org/x/image/draw", []string{"news/files/"}},
	{"github.com/blevesearch", []string{"internal/search/"}},
	{"text/template", []string{"templates/"}}, // it escapes nothing
	{"github.com/gofiber/template", nil},
}

var storeFiles = []string{"store*.go", "notify/outbox*.go", "internal/store/"}

// rooms say which of our own packages each room may import. What is below a room counts as the room itself, unless it has
// a line of its own.
var rooms = map[string][]string{
	"cmd/masterclass":     {"*"},
	"registrations":       {"registrations/seats", "events", "notify", "notify/calendar", "templates", "internal/*"},
	"registrations/seats": {"events", "internal/*"},
	"registrations/door":  {"registrations", "registrations/seats", "events", "templates", "internal/*"},
	"events":              {"notify/calendar", "templates", "internal/*"},
	"news":                {"templates", "internal/*"},
	"organisers":          {"templates", "internal/*"},
	"notify":              {"notify/calendar", "internal/*"},
	"notify/calendar":     {},
	"templates":           {},
	"internal/site":       {"events", "news", "news/learning", "templates", "internal/web", "internal/fault", "internal/search", "internal/markdown", "internal/typed"},
	"internal/web":        {"internal/access", "internal/fault"},
	"internal/access":     {"internal/fault", "internal/store"},
	"internal/store":      {"internal/store"},
	"internal/crash":      {},
	"internal/csv":        {},
	"internal/fault":      {},
	"internal/gather":     {},
	"internal/search":     {"internal/fault"},
	"internal/secret":     {},
	"internal/seen":       {},
	"internal/typed":      {"internal/fault"},
	"internal/markdown":   {},
	"internal/qr":         {},
}

// source is a Go file of the program itself.
type source struct {
	path    string // from the root, with slashes
	imports []string
	text    string
}

func sources(t *testing.T) []source {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	var list []source
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go"):
			return nil
		}
		s, err := read(p)
		list = append(list, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 50 {
		t.Fatalf("only %d files were found: the walk does not see the program", len(list))
	}
	return list
}

func read(p string) (source, error) {
	text, err := os.ReadFile(filepath.Join(root, p))
	if err != nil {
		return source{}, err
	}
	f, err := parser.ParseFile(token.NewFileSet(), p, text, parser.ImportsOnly)
	if err != nil {
		return source{}, err
	}
	s := source{path: p, text: string(text)}
	for _, i := range f.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return source{}, err
		}
		s.imports = append(s.imports, name)
	}
	return s, nil
}

func within(name, above string) bool { return name == above || strings.HasPrefix(name, above+"/") }

// in says whether the file is one of those that the patterns name.
func (s source) in(patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if strings.HasSuffix(pattern, "/") {
			return strings.HasPrefix(s.path, pattern)
		}
		name := s.path
		if !strings.Contains(pattern, "/") {
			name = path.Base(s.path)
		}
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}

func TestEveryLibraryHasItsRoom(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, s := range sources(t) {
		for _, name := range s.imports {
			for _, w := range walls {
				if !within(name, w.imports) {
					continue
				}
				used[w.imports] = true
				if !s.in(w.files) {
					t.Errorf("%s imports %s, which belongs in %v", s.path, name, w.files)
				}
			}
		}
	}
	for _, w := range walls {
		if w.files != nil && !used[w.imports] {
			t.Errorf("nothing imports %s: the wall around it guards nothing", w.imports)
		}
	}
}

// roomOf is the room that a package belongs to: the longest that it is in.
func roomOf(dir string) (string, bool) {
	for ; dir != "."; dir = path.Dir(dir) {
		if _, ok := rooms[dir]; ok {
			return dir, true
		}
	}
	return "", false
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range sources(t) {
		room, ok := roomOf(path.Dir(s.path))
		if !ok {
			t.Errorf("%s is in no room", s.path)
			continue
		}
		seen[room] = true
		for _, name := range s.imports {
			ours, ok := strings.CutPrefix(name, "masterclass/")
			if ok && !may(room, ours) {
				t.Errorf("%s imports %s, but %s may import only %v of ours", s.path, ours, room, rooms[room])
			}
		}
	}
	for room := range rooms {
		if !seen[room] {
			t.Errorf("the room %s has no files", room)
		}
	}
}

func may(room, other string) bool {
	if r, _ := roomOf(other); r == room {
		return true
	}
	return slices.ContainsFunc(rooms[room], func(allowed string) bool {
		if above, all := strings.CutSuffix(allowed, "*"); all {
			return above == "" || (strings.HasPrefix(other, above) && other != "internal/site") // the site is above the domains
		}
		return other == allowed
	})
}

// Values such as template.HTML may be made anywhere; templates are read in one place, where each is checked.
var readsTemplates = regexp.MustCompile(`\btemplate\.(New|Must|Parse[A-Za-z]*)\(`)

func TestTemplatesAreReadInOnePlace(t *testing.T) {
	t.Parallel()
	found := false
	for _, s := range sources(t) {
		if !readsTemplates.MatchString(s.text) {
			continue
		}
		if !strings.HasPrefix(s.path, "templates/") {
			t.Errorf("%s reads templates, which belongs in templates", s.path)
		}
		found = true
	}
	if !found {
		t.Error("nothing reads templates")
	}
}

// changesAudit is a statement that takes from the audit trail or changes what it says, or takes away what guards it in the database (SQLite
// replaces a row without asking its triggers).
var changesAudit = regexp.MustCompile(`(?i)\b((update|delete\s+from|truncate(\s+table)?|drop\s+table|replace\s+into)\s+"?audit\b|drop\s+trigger\s+(if\s+exists\s+)?"?audit_)`)

func TestNothingChangesTheAuditTrail(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if found := changesAudit.FindString(s.text); found != "" {
			t.Errorf("%s has %q: the audit trail is only ever added to", s.path, found)
		}
	}
	migrations, err := filepath.Glob(filepath.Join(root, "internal/store/migrations/*.sql"))
	if err != nil || len(migrations) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, file := range migrations {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := changesAudit.Find(text); found != nil {
			t.Errorf("%s has %q", file, found)
		}
	}
	for _, statement := range []string{"update audit set", "DELETE FROM audit where", "delete\n\tfrom audit", "insert or replace into audit", "drop trigger audit_keeps_its_words"} {
		if !changesAudit.MatchString(statement) {
			t.Errorf("%q is allowed", statement)
		}
	}
}
