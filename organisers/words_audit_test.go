package organisers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"masterclass/internal/access"
)

var (
	actionShape = regexp.MustCompile(`^([a-z]+)\.[a-z][a-z_-]*$`)
	partShape   = regexp.MustCompile(`^([a-z]+\.|\.[a-z_-]*[a-z])$`) // of an action that is put together
)

// noActions are the first parts of what looks like an action in the program's text: domains, columns, files.
var noActions = strings.Fields("example gmail googlemail hotmail icloud outlook yahoo btinternet nhs sample vcs masterclass g r v s ss replica nodes sentinel")

// noParts look like parts of actions.
var noParts = strings.Fields("www. new. .atom .csv .eml .html .ics .pdf .png .rss .txt .xlsx")

// composed are the actions that are put together, by the part that stands in the program: what they can be, and in how many places that is done.
var composed = map[string]struct {
	places  int
	actions string
}{
	"registration.": {3, "registration.pending registration.confirmed registration.waiting registration.offered registration.cancelled"},
	"article.":      {1, "article.withdrawn article.scheduled article.published article.archived"},
	"learning.":     {2, "learning.page-moved learning.page-deleted learning.question-moved learning.question-deleted"},
	".ordered":      {1, "places.ordered sessions.ordered speakers.ordered resources.ordered"},
}

// literals calls see with each text of the program, and whether it is put together with others there.
func literals(t *testing.T, see func(text string, joined bool, at token.Position)) {
	t.Helper()
	files := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != ".." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata", "node_modules"}, d.Name())):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_audit.go"):
			return nil
		}
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		see := func(e ast.Expr, joined bool) {
			if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if text, err := strconv.Unquote(l.Value); err == nil {
					see(text, joined, files.Position(l.Pos()))
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				see(n, false)
			case *ast.BinaryExpr:
				see(n.X, true)
				see(n.Y, true)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// writtenActions are all that the program may write into the audit trail, with where.
func writtenActions(t *testing.T) map[string]string {
	t.Helper()
	written, places := map[string]string{}, map[string]int{}
	literals(t, func(text string, joined bool, at token.Position) {
		switch m := actionShape.FindStringSubmatch(text); {
		case joined && partShape.MatchString(text) && !slices.Contains(noParts, text):
			places[text]++
			if composed[text].actions == "" {
				t.Errorf("%s: %q may be part of an action: say in this test which it makes, or that it is none", at, text)
			}
		case m != nil && !joined && !slices.Contains(noActions, m[1]):
			written[text] = at.String()
		}
	})
	for part, c := range composed {
		if places[part] != c.places {
			t.Errorf("%q is put together with something in %d places, and not in %d: see which actions that makes", part, places[part], c.places)
		}
		for _, action := range strings.Fields(c.actions) {
			written[action] = part
		}
	}
	return written
}

func TestEveryActionOfTheAuditTrailHasWordsAndAGroup(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("../go.mod"); err != nil {
		t.Fatal(err)
	}
	written := writtenActions(t)
	if len(written) < 80 {
		t.Fatalf("only %d actions were found: the walk does not see the program", len(written))
	}
	for action, at := range written {
		if access.ActionWords[action] == "" {
			t.Errorf("%s writes %q, which has no words on the page of the audit trail; if it is no action, say so in this test", at, action)
		}
		var in []string
		for _, g := range groups {
			if slices.ContainsFunc(g.actions, func(begins string) bool { return strings.HasPrefix(action, begins) }) {
				in = append(in, g.name)
			}
		}
		if len(in) != 1 {
			t.Errorf("%s writes %q, which is in the groups %v of the page of the audit trail, and not in one", at, action, in)
		}
	}
	used := map[string]bool{}
	for action, words := range access.ActionWords {
		if written[action] == "" {
			t.Errorf("%q has words, and nothing writes it", action)
		}
		if used[words] || words != strings.TrimSpace(words) || words[:1] != strings.ToUpper(words[:1]) {
			t.Errorf("%q is called %q, as another is, or not as a line begins", action, words)
		}
		used[words] = true
	}
}
