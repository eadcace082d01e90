package main

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"

	"masterclass/internal/access"
	"masterclass/news"
	"masterclass/news/files"
)

func TestBrowserSearchLearningAndFilmsCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	v.finds("oncology", "/experts/acute-oncology", true)
	if _, err := s.db.NewRaw("update articles set link = 'https://www.films.example/watch' where slug = 'when-to-call-for-help'").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	captions := s.captioned(t, "nurse-led-review-in-practice")
	scenes := []scene{
		at("search", "/search"), at("search-results", "/search?q=acute+oncology"), at("search-group", "/search?q=chemotherapy&in=news"),
		at("search-typo", "/search?q=onkolojy"), at("search-some", "/search?q=zzyzx+oncology"), at("search-none", "/search?q=zzyzx"),
		{"search-long", 422, func(b *browser) int { return b.open("/search?q=" + strings.Repeat("a", 101)) }},
		at("video-elsewhere", "/videos/when-to-call-for-help"), {"video-ours", 200, func(b *browser) int {
			status := b.open("/videos/nurse-led-review-in-practice")
			b.checkCaptions(captions)
			return status
		}},
	}
	lookAtAll(t, s, append(scenes, s.learningScenes(t, v)...))
}

// captioned gives the video of that slug a film of the site's own with captions, which were uploaded, and returns where they are.
func (s *testSite) captioned(t *testing.T, slug string) string {
	t.Helper()
	a, err := s.news.BySlug(t.Context(), news.Video, slug, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	f, err := files.Read("Film.vtt", []byte("WEBVTT\n\n00:00.000 --> 00:02.000\nGood morning.\n\n00:02.000 --> 00:04.000\nHow have you been?\n"))
	if err != nil {
		t.Fatal(err)
	}
	by := news.Editor{Entry: access.Entry{Actor: "organiser:kim"}, Name: "Kim"}
	u, err := s.newsroom.AddFile(t.Context(), a.ID, f, "", by)
	if err != nil {
		t.Fatal(err)
	}
	a.Link, a.Body = "/files/aa/film.mp4", a.Body+" [Captions]("+u.Path()+")"
	if _, err := s.newsroom.Save(t.Context(), a, by); err != nil {
		t.Fatal(err)
	}
	got := s.visitor(t).get(u.Path()).want(t, 200, "WEBVTT")
	for name, want := range map[string]string{"Content-Type": "text/vtt; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"} {
		if is := got.Header.Get(name); is != want {
			t.Errorf("captions are served with %s: %s", name, is)
		}
	}
	return u.Path()
}

// checkCaptions makes sure that the browser takes the captions of the page's film, which its policy could forbid.
func (b *browser) checkCaptions(path string) {
	b.t.Helper()
	said := eval[string](b, `new Promise(done => {
		const track = document.querySelector('video track')
		const tell = () => done(new URL(track.src).pathname + ': ' + [...track.track.cues].map(cue => cue.text).join(' '))
		track.addEventListener('load', tell)
		track.addEventListener('error', () => done('refused'))
		track.track.mode = 'showing'
		if (track.readyState === 2) tell()
	})`)
	if want := path + ": Good morning. How have you been?"; said != want {
		b.t.Errorf("the captions are %q, want %q", said, want)
	}
}

func (s *testSite) learningScenes(t *testing.T, v *visitor) []scene {
	t.Helper()
	place := v.post(openModule+"/keep", url.Values{"page": {"2"}}).want(t, 200).Request.URL.Path
	link := s.waits(t, v, "ada@example.com", 1)
	press := "main button.nhsuk-button[type=submit]"
	return []scene{
		at("learning", "/e-learning"), at("learning-module", openModule), at("learning-page", openModule+"/2"),
		at("learning-soon", closedModule), sent("learning-soon-errors", 422, closedModule, nil), at("learning-soon-asked", closedModule+"?told=asked"),
		at("learning-test", openModule+"/test"), sent("learning-test-errors", 422, openModule+"/test", url.Values{"q1": {"1"}}),
		sent("learning-result", 200, openModule+"/test", url.Values{"q1": {"0"}, "q2": {"1"}, "q3": {"0"}}),
		at("learning-result-all", openModule+"/result?a=1.1.02"),
		at("learning-place", place+"?done=kept"), at("learning-kept-page", place+"/2"), sent("learning-place-errors", 422, place, nil),
		at("learning-opening", link), pressed("learning-opening-confirmed", 200, press, nil),
		at("learning-opening-stop", link+"/stop"), pressed("learning-opening-stopped", 200, press, nil),
	}
}

func TestBrowserAnEditorWritesAModuleThatCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	if _, err := s.organisers.Add(t.Context(), "kim@example.com", "Kim Example", access.Editor, ownPassword); err != nil {
		t.Fatal(err)
	}
	const module = "/organise/learning/what-cancer-is"
	save := "main button[value=save]"
	lookAtAll(t, s, []scene{
		{"desk-learning", 200, func(b *browser) int {
			b.open("/organise/learning")
			b.fill(url.Values{"email": {"kim@example.com"}, "password": {ownPassword}})
			return b.press("main button.nhsuk-button")
		}},
		at("desk-module", module), at("desk-module-empty", moduleDesk),
		at("desk-page-new", moduleDesk+"/pages/new"), pressed("desk-page-errors", 422, save, nil),
		{"desk-page-preview", 200, func(b *browser) int {
			b.open(module + "/pages/new")
			b.fill(url.Values{"title": {"A page"}, "body": {"## A heading\n\nSome **words**."}})
			return b.press("main button[value=preview]")
		}},
		at("desk-question-new", moduleDesk+"/questions/new"), pressed("desk-question-errors", 422, save, nil),
		{"desk-question", 200, func(b *browser) int {
			b.open(module)
			return b.press(`main a[href*="/questions/"][href*="-"]:not([href$=new])`)
		}},
		{"desk-question-delete", 200, func(b *browser) int { return b.press(`main a[href$="/delete"]`) }},
		{"desk-publish", 200, func(b *browser) int {
			b.open(module)
			b.press(`main form[action$=unpublish] button`)
			return b.press(`main a[href$=publish]`)
		}},
		{"desk-published", 200, func(b *browser) int { return b.press("main button.nhsuk-button[type=submit]") }},
	})
}

func TestBrowserWithoutJavaScriptPeopleSearchAndLearn(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	s.visitor(t).finds("sarcoma", openModule+"/2", true)
	b := s.startBrowser(t)
	b.run(emulation.SetScriptExecutionDisabled(true))
	b.open("/search")
	b.fill(url.Values{"q": {"sarcoma"}})
	b.press("main button[type=submit]")
	b.press(`main a[href="` + openModule + `/2"]`)
	if status := b.press(`main form[action$=keep] button`); status != 200 || !strings.HasPrefix(b.path(), "/learning/") {
		t.Fatalf("keeping a place leads to %s with %d", b.path(), status)
	}
	place := b.path()
	b.press("main a.nhsuk-button")
	b.press("main form button")
	if b.path() != place+"/3" {
		t.Fatalf("Next leads to %s", b.path())
	}
	b.press("main form button")
	b.fill(url.Values{"q1": {"1"}, "q2": {"1"}, "q3": {"0"}})
	b.press("main form button")
	if h := b.heading(); !strings.Contains(h, "You answered 2 of 3 questions correctly") {
		t.Errorf("the result is %q", h)
	}
	b.checkProblems("without JavaScript")
}
