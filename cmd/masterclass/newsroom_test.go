package main

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"masterclass/internal/access"
)

// uploads sends a file, and words for it, as a form of the site does.
func (v *visitor) uploads(path, name string, body []byte, alt string) answer {
	v.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(body)
	}
	if err == nil {
		err = w.WriteField("alt", alt)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		v.t.Fatal(err)
	}
	req := v.request(http.MethodPost, path, &b)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(req)
}

func square(t *testing.T, side int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// written is the page of a new article in the organisers' area.
func (v *visitor) written(fields url.Values) string {
	v.t.Helper()
	a := v.post(newsDesk+"/new", fields)
	to, _, _ := strings.Cut(a.Header.Get("Location"), "?")
	if a.StatusCode != 303 || !strings.HasPrefix(to, newsDesk+"/") {
		v.t.Fatalf("writing an article answers %d to %q:\n%s", a.StatusCode, to, a.text)
	}
	return to
}

var filePaths = regexp.MustCompile(`/files/[0-9a-f]{64}/[a-z0-9.-]+`)

func TestAnImageGoesFromTheNewsroomToThePublic(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v, public := s.signedIn(t, access.Editor), s.visitor(t)
		page := v.written(url.Values{"kind": {"news"}, "title": {"The ward"}, "state": {"draft"}})
		v.uploads(page+"/files", "Ward.PNG", square(t, 2000), "").want(t, 422, "Say what the image shows")
		v.uploads(page+"/files", "Ward.PNG", square(t, 2000), "The ward at night").want(t, 303)
		picture := filePaths.FindString(regexp.MustCompile(`!\[The ward at night\]\([^)]*`).FindString(v.get(page + "/files").text))
		if !strings.HasSuffix(picture, "/ward.png") {
			t.Fatalf("the page names the file %q", picture)
		}
		public.get(picture).want(t, 404)
		if a := v.get(picture).want(t, 200); a.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("a draft's file may be kept: %s", a.Header.Get("Cache-Control"))
		}
		v.post(page, url.Values{"kind": {"news"}, "title": {"The ward"}, "state": {"published"}, "version": {"1"}, "body": {"![](" + picture + ")"}}).want(t, 303)
		shown := public.get("/news/the-ward").want(t, 200, `width="1600" height="1600"`, `alt="The ward at night"`, " 640w, ").text
		for _, path := range filePaths.FindAllString(shown, -1) {
			a := public.get(path).want(t, 200)
			for name, want := range map[string]string{"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Content-Disposition": "",
				"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "public, max-age=31536000, immutable"} {
				if got := a.Header.Get(name); got != want {
					t.Errorf("%s has the %s %q", path, name, got)
				}
			}
		}
	})
}

func TestADocumentIsDownloadedAndItsSizeIsSaid(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v, public := s.signedIn(t, access.Editor), s.visitor(t)
	page := v.written(url.Values{"kind": {"document"}, "title": {"Leaflet"}, "state": {"draft"}})
	v.uploads(page+"/files", "../Leaflet 1.pdf", []byte("%PDF-1.4\n<script>alert(1)</script>"), "").want(t, 303)
	path := filePaths.FindString(v.get(page + "/files").text)
	v.post(page, url.Values{"kind": {"document"}, "title": {"Leaflet"}, "state": {"published"}, "version": {"1"}, "link": {path}, "body": {"[This](" + path + ")"}}).want(t, 303)
	public.get("/documents/leaflet").want(t, 200, `href="`+path+`">Open the document (PDF, 34 bytes)</a>`, `<a href="`+path+`">This (PDF, 34 bytes)</a>`)
	a := public.get(path).want(t, 200)
	if got := a.Header.Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="leaflet-1.pdf"`) || a.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("it is served as %q, %q", a.Header.Get("Content-Type"), got)
	}
	public.get(strings.Replace(path, "leaflet-1.pdf", "x.html", 1)).want(t, 404)
	v.post(page+"/files/remove", url.Values{"hash": {path[len("/files/"):][:64]}}).want(t, 303)
	public.get(path).want(t, 404)
}

func TestAnEditorMakesAPlainPage(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v, public := s.signedIn(t, access.Editor), s.visitor(t)
	fields := url.Values{"kind": {"page"}, "title": {"Getting here"}, "state": {"published"}, "body": {"Take the funicular."}}
	page := v.written(fields)
	public.get("/pages/getting-here").want(t, 200, "<h1>Getting here</h1>", "Take the funicular")
	public.get("/sitemap.xml").want(t, 200, "<loc>"+s.cfg.BaseURL+"/pages/getting-here</loc>", "<loc>"+s.cfg.BaseURL+"/about</loc>")
	public.finds("funicular", "/pages/getting-here", true)
	v.post(page, with(fields, "version", "1", "slug", "travel")).want(t, 303)
	if a := public.get("/pages/getting-here").want(t, 200); a.Request.URL.Path != "/pages/travel" {
		t.Errorf("the old address leads to %s", a.Request.URL)
	}
	if a := public.get("/pages/about").want(t, 200); a.Request.URL.Path != "/about" {
		t.Errorf("a page of every site is at %s", a.Request.URL)
	}
	about := newsDesk + "/" + s.articleID(t, "about")
	v.post(about, url.Values{"kind": {"page"}, "title": {"Who we are"}, "slug": {"who-we-are"}, "state": {"published"}, "version": {"1"}}).want(t, 303)
	if a := public.get("/about").want(t, 200, "Who we are"); a.Request.URL.Path != "/pages/who-we-are" {
		t.Errorf("the page that every site has leads to %s", a.Request.URL)
	}
	public.get("/pages/none").want(t, 404)
	v.post(newsDesk+"/new", url.Values{"kind": {"page"}, "title": {"x"}, "slug": {"find"}, "state": {"draft"}}).want(t, 422)
}

func TestAFilmIsUploadedAndPlayedInParts(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v, public := s.signedIn(t, access.Editor), s.visitor(t)
		film := append([]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42"), bytes.Repeat([]byte{0, 0xff, 0x5c}, 1<<19)...)
		page := v.written(url.Values{"kind": {"video"}, "title": {"The ward"}, "state": {"draft"}})
		v.uploads(page+"/files", "The Ward.MP4", film, "").want(t, 303)
		path := filePaths.FindString(v.get(page + "/files").text)
		v.post(page, url.Values{"kind": {"video"}, "title": {"The ward"}, "state": {"published"}, "version": {"1"}, "link": {path}}).want(t, 303)
		public.get("/videos/the-ward").want(t, 200, `<source src="`+path+`" type="video/mp4">`)
		whole := public.get(path).want(t, 200)
		if whole.text != string(film) || whole.Header.Get("Content-Type") != "video/mp4" || whole.Header.Get("X-Content-Type-Options") != "nosniff" || whole.Header.Get("Accept-Ranges") != "bytes" {
			t.Errorf("%d bytes are served with %v", len(whole.text), whole.Header)
		}
		for asked, want := range map[string]string{"bytes=0-1": string(film[:2]), "bytes=-5": string(film[len(film)-5:]), "bytes=100000-": string(film[100000:])} {
			req := public.request("GET", path, nil)
			req.Header.Set("Range", asked)
			req.Header.Set("If-Range", whole.Header.Get("ETag"))
			if a := public.do(req).want(t, 206); a.text != want {
				t.Errorf("%s gives %d bytes", asked, len(a.text))
			}
		}
		req := public.request("GET", path, nil)
		req.Header.Set("Range", "bytes="+itoa(len(film))+"-")
		if a := public.do(req).want(t, 416); a.Header.Get("Content-Range") != "bytes */"+itoa(len(film)) {
			t.Errorf("past the end it answers %v", a.Header)
		}
	})
}

func TestWhatMayNotBeUploadedIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Editor)
	page := v.written(url.Values{"kind": {"news"}, "title": {"Files"}, "state": {"draft"}})
	for name, body := range map[string]string{"x.pdf": "<html><script>1</script>", "x.svg": "<svg onload=1>", "x.png": "\x89PNG\r\n\x1a\n cut", "x.exe": "MZ", "x.jpg": ""} {
		v.uploads(page+"/files", name, []byte(body), "x").want(t, 422, "There is a problem")
	}
	v.post(page+"/files", url.Values{"alt": {"no file at all"}}).want(t, 422, "Choose a file", "no file at all")
	v.uploads(page+"/files", "large.pdf", append([]byte("%PDF-"), make([]byte, 20<<20)...), "").want(t, 422, "larger than 20 MB")
	v.uploads(newsDesk+"/none/files", "a.pdf", []byte("%PDF-"), "").want(t, 404)
	var n int
	if err := s.db.QueryRow("select count(*) from files").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d files are kept (%v)", n, err)
	}
}

func TestABodyThatIsTooLargeIsRefusedBeforeItIsRead(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	for path, length := range map[string]string{"/organise/articles/x/files": "1073741824", "/organise/articles/x": "4000000", "/organise/articles/x/versions/1": "100000", "/organise/articles/x/files/remove": "100000",
		"/organise/articles/x/files?y=/files": "100000000000"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: "+length+"\r\n\r\n")
		if err == nil {
			err = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		}
		if err != nil {
			t.Fatal(err)
		}
		head := make([]byte, 12)
		if _, err := io.ReadFull(conn, head); err != nil || string(head) != "HTTP/1.1 413" {
			t.Errorf("%s with %s bytes answers %q (%v)", path, length, head, err)
		}
		_ = conn.Close() // the rest does not matter
	}
}

func TestALongArticleIsSavedAndATooLongOneIsKeptInTheForm(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Editor)
	page := v.written(url.Values{"kind": {"news"}, "title": {"Long"}, "state": {"draft"}})
	long := strings.Repeat("é", 200_000)
	v.post(page, url.Values{"kind": {"news"}, "title": {"Long"}, "slug": {"long"}, "state": {"draft"}, "version": {"1"}, "body": {long}}).want(t, 303)
	v.post(page, url.Values{"kind": {"news"}, "title": {"Long"}, "slug": {"long"}, "state": {"draft"}, "version": {"2"}, "body": {strings.Repeat("a", 200_001)}}).
		want(t, 422, "Shorten the text", strings.Repeat("a", 200_001))
}

func TestAChangedAddressRedirectsAndAConflictKeepsBothTexts(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Editor)
	form := url.Values{"kind": {"news"}, "title": {"Here"}, "state": {"published"}, "body": {"First"}}
	page := v.written(form)
	form.Set("slug", "there")
	form.Set("version", "1")
	v.post(page, form).want(t, 303)
	public := s.visitor(t)
	if a := public.get("/news/here").want(t, 200, "First"); a.Request.URL.Path != "/news/there" {
		t.Errorf("the old address leads to %s", a.Request.URL.Path)
	}
	form.Set("body", "<b>Mine</b>")
	v.post(page, form).want(t, 409, "&lt;b&gt;Mine&lt;/b&gt;</textarea>", "Somebody else has saved this article", "First", `name="version" value="2"`, "<title>Error: ")
	form.Set("version", "2")
	v.post(page, form).want(t, 303)
	v.get(page+"/versions").want(t, 200, "Version 3", "Version 1", "Kim editor")
	v.post(page+"/versions/1", url.Values{"version": {"3"}}).want(t, 303)
	if a := public.get("/news/there").want(t, 200, "First"); a.Request.URL.Path != "/news/here" {
		t.Errorf("after restoring, the address leads to %s", a.Request.URL.Path)
	}
}

func TestAnArticleIsScheduledInTheTimeOfTheSite(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Editor)
	form := url.Values{"kind": {"news"}, "title": {"Later"}, "state": {"scheduled"}, "publish_date": {"2099-07-01"}, "publish_time": {"09:30"}}
	page := v.written(form)
	var at int64
	if err := s.db.NewRaw("select published_at from articles where slug = 'later'").Scan(t.Context(), &at); err != nil {
		t.Fatal(err)
	}
	if got := time.UnixMilli(at).UTC().Format(time.RFC3339); got != "2099-07-01T08:30:00Z" {
		t.Errorf("it is published at %s", got)
	}
	v.get(page).want(t, 200, `value="2099-07-01"`, `value="09:30"`, "Scheduled")
	public := s.visitor(t)
	public.get("/news/later").want(t, 404)
	for _, wrong := range []url.Values{{"publish_date": {"2001-01-01"}}, {"publish_date": {"31/12/2099"}}, {"publish_time": {"25:00"}}, {"publish_time": {""}}, {"publish_date": {"2099-03-29"}, "publish_time": {"01:30"}}} {
		bad := url.Values{"version": {"1"}}
		for name, value := range form {
			bad[name] = value
		}
		for name, value := range wrong {
			bad[name] = value
		}
		v.post(page, bad).want(t, 422, "There is a problem")
	}
	if a := public.get("/news.atom").want(t, 200); strings.Contains(a.text, "Later") {
		t.Error("the feed tells of it before its time")
	}
}
