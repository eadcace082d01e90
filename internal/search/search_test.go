package search

import (
	"context"
	"errors"
	"html/template"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// shelfOf is a source whose documents a test changes.
type shelfOf struct {
	mu   sync.Mutex
	docs map[string]Document
	n    int
	err  error
}

func (s *shelfOf) put(docs ...Document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range docs {
		s.n++
		d.Version = strconv.Itoa(s.n)
		s.docs[d.ID] = d
	}
}

func (s *shelfOf) drop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	delete(s.docs, id)
}

func (s *shelfOf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *shelfOf) Stamp(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strconv.Itoa(s.n), s.err
}

func (s *shelfOf) Versions(context.Context) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	versions := map[string]string{}
	for id, d := range s.docs {
		versions[id] = d.Version
	}
	return versions, s.err
}

func (s *shelfOf) Documents(_ context.Context, ids []string) (list []Document, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		list = append(list, s.docs[id])
	}
	return list, s.err
}

// newIndex is an index of documents, each a group, a title, a summary and a text; their addresses are /1, /2 and so on.
func newIndex(t testing.TB, texts ...[4]string) (*Index, *shelfOf) {
	t.Helper()
	x, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &shelfOf{docs: map[string]Document{}}
	for i, text := range texts {
		s.put(Document{ID: itoa(i + 1), Path: "/" + itoa(i+1), Group: text[0], Title: text[1], Summary: text[2], Body: text[3]})
	}
	if err := x.Refresh(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return x, s
}

func itoa(n int) string { return strconv.Itoa(n) }

var cases = [][4]string{
	{"news", "Registration is open", "The masterclass takes registrations.", "Sixty places in person."},
	{"news", "A day for pharmacists", "Prescribing systems compared.", "Electronic prescribing in oncology, and chemotherapy at home."},
	{"events", "Acute oncology study day", "For nurses.", "Chemotherapy is discussed at length: chemotherapy here, chemotherapy there."},
	{"documents", "Chemotherapy checklist", "Before treatment.", "A list."},
	{"videos", "Your first day", "What to bring to chemotherapy.", "A nurse explains."},
}

// paths are where the results lead, group by group, the best first.
func paths(t *testing.T, x *Index, text string) string {
	t.Helper()
	r, err := x.Search(t.Context(), Query{Text: text, Most: 10})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, g := range r.Groups {
		for _, h := range g.Hits {
			list = append(list, h.Path)
		}
	}
	slices.Sort(list)
	if r.Some {
		list = append(list, "(some)")
	}
	return strings.Join(list, " ")
}

func TestWordsAreFoundHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	x, _ := newIndex(t, cases...)
	for _, c := range []struct{ why, text, want string }{
		{"a word", "pharmacists", "/2"},
		{"another form of it", "pharmacist", "/2"},
		{"another form, by its stem", "prescribed", "/2"},
		{"small and capital letters", "ACUTE", "/3"},
		{"the beginning of the last word", "chemothe", "/2 /3 /4 /5"},
		{"the beginning of a word whose stem is shorter", "registratio", "/1"},
		{"the beginning of an earlier word is not looked for", "chemothe nurses home", "/2 /3 /5 (some)"},
		{"one letter wrong", "chemotherepy", "/2 /3 /4 /5"},
		{"two letters wrong in a long word", "chematherepy", "/2 /3 /4 /5"},
		{"two letters swapped", "oncoolgy", "/2 /3"},
		{"one letter wrong in a short word", "nurce", "/3 /5"},
		{"three letters leave no room", "dax", ""},
		{"every word counts", "acute nurses", "/3"},
		{"with words that every text has", "the acute of oncology", "/3"},
		{"a possessive", "nurse’s", "/3 /5"},
		{"nothing", "zebra", ""},
		{"only what every text has", "of and", ""},
		{"some of the words", "zebra pharmacists", "/2 (some)"},
		{"marks of a search language are no more than marks", `+acute -nurses "oncology" title:x* AND (`, "/2 /3 /5 (some)"},
		{"a mark that is no word", "*", ""},
		{"an empty text", "", ""},
		{"broken letters", "acute \xff\xfe", "/3"},
	} {
		if got := paths(t, x, c.text); got != c.want {
			t.Errorf("%s: %q finds %q, want %q", c.why, c.text, got, c.want)
		}
	}
}

func TestATitleCountsForMoreThanASummaryAndThatForMoreThanAText(t *testing.T) {
	t.Parallel()
	x, _ := newIndex(t, [4]string{"news", "One", "A word.", "About vomiting, and more about vomiting."}, [4]string{"news", "Two", "All on vomiting.", "And so on."},
		[4]string{"news", "Vomiting", "Three.", "And so on."})
	r, err := x.Search(t.Context(), Query{Text: "vomiting", Most: 3})
	if err != nil || len(r.Groups) != 1 {
		t.Fatal(r, err)
	}
	var order []string
	for _, h := range r.Groups[0].Hits {
		order = append(order, h.Path)
	}
	if got := strings.Join(order, " "); got != "/3 /2 /1" {
		t.Errorf("the order is %s", got)
	}
}

func TestAGroupIsGivenInPages(t *testing.T) {
	t.Parallel()
	var texts [][4]string
	for n := range 25 {
		texts = append(texts, [4]string{"news", "Trial " + itoa(n), "A summary.", ""})
	}
	x, _ := newIndex(t, append(texts, [4]string{"events", "Trial day", "", ""})...)
	seen := map[string]bool{}
	for _, first := range []int{0, 10, 20, 30} {
		r, err := x.Search(t.Context(), Query{Text: "trial", Group: "news", First: first, Most: 10})
		if err != nil || r.Total != 26 || len(r.Groups) != 2 {
			t.Fatal(r.Total, len(r.Groups), err)
		}
		for _, g := range r.Groups {
			if g.Name == "events" && (g.Total != 1 || len(g.Hits) != 0) {
				t.Errorf("the other group has %d of %d", len(g.Hits), g.Total)
			}
			for _, h := range g.Hits {
				if seen[h.Path] {
					t.Errorf("%s is on two pages", h.Path)
				}
				seen[h.Path] = true
			}
		}
	}
	if len(seen) != 25 {
		t.Errorf("the pages show %d", len(seen))
	}
}

func TestAMisspeltWordIsPutRight(t *testing.T) {
	t.Parallel()
	x, _ := newIndex(t, cases...)
	for text, want := range map[string]string{"chemotherepy": "chemotherapy", "electromnik": "electronic", "acute onkologee": "acute oncology", "zebra": "", "acute": "", "pharmasisst": "pharmacists"} {
		r, err := x.Search(t.Context(), Query{Text: text, Most: 3})
		if err != nil || r.Suggestion != want {
			t.Errorf("%q is put right as %q, want %q (%v)", text, r.Suggestion, want, err)
		}
	}
}

// marked shows pieces as a template does.
var marked = template.Must(template.New("").Parse(`{{range .}}{{if .Mark}}<mark>{{.Text}}</mark>{{else}}{{.Text}}{{end}}{{end}}`))

func TestWhatMatchesIsMarkedAndNothingElseBecomesHTML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ title, text, want string }{
		{"Nurse-led review", "nurse", "<mark>Nurse</mark>-led review"},
		{"Nurses’ reviews", "nurse review", "<mark>Nurses</mark>’ <mark>reviews</mark>"},
		{"<b>Nurse</b> & co", "nurse", "&lt;b&gt;<mark>Nurse</mark>&lt;/b&gt; &amp; co"},
		{"<script>alert(1)</script>", "script", "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt;"},
		{"<mark>x</mark>", "mark", "&lt;<mark>mark</mark>&gt;x&lt;/<mark>mark</mark>&gt;"},
		{"&lt;b&gt; nurse", "nurse", "&amp;lt;b&amp;gt; <mark>nurse</mark>"},
		{"amp & lt < quot \" apos ' nurse", "amp lt quot", "<mark>amp</mark> &amp; <mark>lt</mark> &lt; <mark>quot</mark> &#34; apos &#39; nurse"},
		{"Nurse\u202egnirotinom", "nurse", "<mark>Nurse</mark>\u202egnirotinom"},
		{"Café oncology", "café", "<mark>Café</mark> oncology"},
		{"onmouseover=alert(1) nurse", "nurse", "onmouseover=alert(1) <mark>nurse</mark>"},
	} {
		x, _ := newIndex(t, [4]string{"news", c.title, "", ""})
		r, err := x.Search(t.Context(), Query{Text: c.text, Most: 1})
		if err != nil || r.Total != 1 {
			t.Errorf("%q finds %d in %q (%v)", c.text, r.Total, c.title, err)
			continue
		}
		var b strings.Builder
		if err := marked.Execute(&b, r.Groups[0].Hits[0].Title); err != nil || b.String() != c.want {
			t.Errorf("%q in %q is shown as\n%s, want\n%s (%v)", c.text, c.title, b.String(), c.want, err)
		}
		var whole strings.Builder
		for _, p := range r.Groups[0].Hits[0].Title {
			whole.WriteString(p.Text)
		}
		if whole.String() != c.title {
			t.Errorf("the pieces are %q, the title is %q", whole.String(), c.title)
		}
	}
}

func TestAnExcerptIsTheTextAroundTheFirstWordFound(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Many words go before. ", 50) + "Then neutropenia is named. " + strings.Repeat("Many words follow. ", 50)
	x, _ := newIndex(t, [4]string{"news", "One", "Nothing of it.", long})
	r, err := x.Search(t.Context(), Query{Text: "neutropenia", Most: 1})
	if err != nil || r.Total != 1 {
		t.Fatal(r, err)
	}
	var text strings.Builder
	for _, p := range r.Groups[0].Hits[0].Excerpt {
		text.WriteString(p.Text)
	}
	got := text.String()
	if !strings.Contains(got, "Then neutropenia is named.") || !strings.HasPrefix(got, "… ") || !strings.HasSuffix(got, " …") || len(got) > 2*excerptLength {
		t.Errorf("the excerpt is %q", got)
	}
}

func TestTheIndexFollowsItsSources(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x, err := New()
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		source := &shelfOf{docs: map[string]Document{}}
		source.fail(errors.New("away"))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- x.Follow(ctx, slog.New(slog.NewTextHandler(io.Discard, nil)), source) }()
		impatient, enough := context.WithTimeout(ctx, time.Second)
		defer enough()
		if _, err := x.Search(impatient, Query{Text: "oncology", Most: 1}); !errors.Is(err, ErrNotReady) && err.Error() != ErrNotReady.Because(context.DeadlineExceeded).Error() {
			t.Errorf("before anything is read a search answers %v", err)
		}
		source.fail(nil)
		for n := range 2*maxChanges + 3 { // past the number of changes at which a new shelf is made
			source.put(Document{ID: "a", Path: "/a", Group: "news", Title: "Oncology " + itoa(n)})
			source.put(Document{ID: itoa(n), Path: "/" + itoa(n), Group: "news", Title: "Trial"})
			time.Sleep(followEvery + time.Millisecond)
			if got := paths(t, x, "oncology "+itoa(n)); got != "/a" {
				t.Fatalf("change %d: a search finds %q", n, got)
			}
		}
		source.drop("a")
		time.Sleep(followEvery + time.Millisecond)
		if got := paths(t, x, "oncology"); got != "" {
			t.Errorf("what has gone is found at %q", got)
		}
		if x.Len() != 2*maxChanges+3 {
			t.Errorf("the index has %d documents", x.Len())
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestManySearchWhileTheIndexChanges(t *testing.T) {
	t.Parallel()
	x, source := newIndex(t, cases...)
	var searchers sync.WaitGroup
	for range 4 {
		searchers.Go(func() {
			for range 50 {
				if _, err := x.Search(t.Context(), Query{Text: "chemotherapi", Most: 3}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for n := range 2 * maxChanges {
		source.put(Document{ID: "a", Path: "/a", Group: "news", Title: "Chemotherapy " + itoa(n)})
		if err := x.Refresh(t.Context(), source); err != nil {
			t.Error(err)
		}
	}
	searchers.Wait()
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abcd", "bacd", 1}, {"kitten", "sitting", 3}, {"abc", "xyz", 3}, {"çà", "ca", 2}, {"ab", "abcdefgh", 4}} {
		if got := distance(c.a, c.b, 3); got != c.want {
			t.Errorf("%q and %q are %d apart, want %d", c.a, c.b, got, c.want)
		}
		if back := distance(c.b, c.a, 3); back != c.want {
			t.Errorf("%q and %q are %d apart the other way", c.b, c.a, back)
		}
	}
}

// TestDistanceIsThatOfTheWholeTable compares it with the same without its bounds, for words of few letters, which are near one another.
func TestDistanceIsThatOfTheWholeTable(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	random := func() string {
		letters := make([]rune, r.IntN(30))
		for i := range letters {
			letters[i] = []rune("abç")[r.IntN(3)]
		}
		return string(letters)
	}
	for range 20_000 {
		a, b, most := random(), random(), 1+r.IntN(3)
		if r.IntN(2) == 0 {
			at := r.IntN(len(a) + 1)
			b = strings.ToValidUTF8(a[:at]+a[min(len(a), at+r.IntN(3)):], "")
		}
		want := min(wholeDistance([]rune(a), []rune(b)), most+1)
		if got := distance(a, b, most); got != want {
			t.Fatalf("%q and %q are %d apart (at most %d), want %d", a, b, got, most, want)
		}
	}
}

func wholeDistance(x, y []rune) int {
	table := make([][]int, len(x)+1)
	for i := range table {
		table[i] = make([]int, len(y)+1)
		for j := range table[i] {
			if i == 0 || j == 0 {
				table[i][j] = i + j
				continue
			}
			changed := table[i-1][j-1]
			if x[i-1] != y[j-1] {
				changed++
			}
			table[i][j] = min(changed, table[i-1][j]+1, table[i][j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				table[i][j] = min(table[i][j], table[i-2][j-2]+1)
			}
		}
	}
	return table[len(x)][len(y)]
}
