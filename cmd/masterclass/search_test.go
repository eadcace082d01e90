package main

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"masterclass/internal/access"
)

// finds waits until a search leads to an address, or no longer does.
func (v *visitor) finds(words, address string, want bool) answer {
	v.t.Helper()
	var a answer
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if a = v.get("/search?q=" + url.QueryEscape(words)); strings.Contains(a.text, `href="`+address+`"`) == want {
			return a
		}
	}
	v.t.Fatalf("after 20 s, that a search for %q leads to %s is %v:\n%s", words, address, !want, a.text)
	return a
}

func TestTheSearchFindsWhatIsPublished(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, where stores) {
		s := startSite(t, where)
		v := s.visitor(t)
		for words, address := range map[string]string{
			"masterclass": "/events/" + masterclass, "nurse led": "/service-developments/nurse-led-review", "checklist": "/documents/pre-treatment-checklist",
			"pharmacy": "/experts/cancer-pharmacy", "first day": "/videos/your-first-day-of-treatment", "crizotinib": "/news/nice-recommends-crizotinib-untreated-alk-positive-lung-cancer",
			"five-year": "/whats-new/five-year-cancer-strategy-for-england", "cookies": "/cookies", "sarcoma lymphoma": "/e-learning/what-cancer-is/2",
			"chemotheraphy": "/about", "mastercl": "/events/" + masterclass,
		} {
			v.finds(words, address, true).want(t, 200, "<mark>", `<meta name="robots" content="noindex">`)
		}
		e, err := s.events.Outline(t.Context(), masterclass)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range []string{"update events set listed = false, version = version + 1", "update events set listed = true, version = version + 1",
			"update events set status = 'draft', version = version + 1"} {
			if _, err := s.db.NewRaw(change+" where id = ?", e.ID).Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			v.finds("masterclass", "/events/"+masterclass, strings.Contains(change, "true"))
		}
	})
}

func TestAnArticleThatIsWithdrawnOrScheduledIsNotFound(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, where stores) {
		s := startSite(t, where)
		v := s.visitor(t)
		const address = "/news/nanofibre-scaffolds-steer-stem-and-cancer-cells"
		v.finds("nanofibre", address, true)
		change := func(set string, args ...any) {
			args = append(args, strings.TrimPrefix(address, "/news/"))
			if _, err := s.db.NewRaw("update articles set "+set+", updated_at = updated_at + 1 where slug = ?", args...).Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, status := range []string{"archived", "published", "draft", "published"} {
			change("status = ?", status)
			v.finds("nanofibre", address, status == "published")
		}
		change("published_at = ?", time.Now().Add(time.Hour).UnixMilli())
		v.finds("nanofibre", address, false)
		change("published_at = ?", time.Now().Add(-time.Hour).UnixMilli())
		change("title = ?", "Scaffolds of quokka")
		v.finds("quokka", address, true)
	})
}

func TestASearchIsAskedForInAllWays(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	v.finds("oncology", "/experts/acute-oncology", true)
	for _, c := range []struct {
		query string
		code  int
		words []string
	}{
		{"", 200, []string{"<h1>Search</h1>", "Or look around"}},
		{"?q=", 200, []string{"<h1>Search</h1>"}},
		{"?q=%20%00%0a", 200, []string{"<h1>Search</h1>"}},
		{"?q=zzyzx", 200, []string{"0 results", "Nothing was found", "Or look around"}},
		{"?q=zzyzx+oncology", 200, []string{"no page has all of these words"}},
		{"?q=onkolojy", 200, []string{"Did you mean", "oncology"}},
		{"?q=oncology&in=news&page=1", 200, []string{"Search results in News"}},
		{"?q=oncology&in=video&page=9", 404, nil},
		{"?q=oncology&in=nowhere", 404, nil},
		{"?q=oncology&page=2", 404, nil},
		{"?q=oncology&in=news&page=x", 404, nil},
		{"?q=" + strings.Repeat("a", 101), 422, []string{"Error: ", "Search for 100 characters or fewer", strings.Repeat("a", 101)}},
		{"?q=" + strings.Repeat("%C3%A9", 100), 200, []string{"0 results"}},
		{"?q=%3Cscript%3Ealert(1)%3C/script%3E%22", 200, []string{"‘&lt;script&gt;alert(1)&lt;/script&gt;&#34;’"}},
	} {
		a := v.get("/search"+c.query).want(t, c.code, c.words...)
		if strings.Contains(a.text, "<script>alert") {
			t.Errorf("%s is run", c.query)
		}
	}
}

func TestAModulesPagesAreFoundOnlyWhileItIsOpen(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v, desk := s.visitor(t), s.signedIn(t, access.Editor)
	v.finds("sarcoma", "/e-learning/what-cancer-is/2", true)
	desk.post("/organise/learning/what-cancer-is/unpublish", nil).want(t, 303)
	v.finds("sarcoma", "/e-learning/what-cancer-is/2", false)
}
