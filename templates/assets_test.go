package templates

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/fstest"
)

func TestStaticFilesAreServedUnderAHashOfTheirContent(t *testing.T) {
	assets, err := assetsOf(fstest.MapFS{
		"static/a.css":       {Data: []byte("a{}")},
		"static/desk/cam.js": {Data: []byte(strings.Repeat("scan();", 100))},
	})
	if err != nil {
		t.Fatal(err)
	}
	changed, err := assetsOf(fstest.MapFS{"static/a.css": {Data: []byte("b{}")}})
	if err != nil {
		t.Fatal(err)
	}
	if one, other := assets.Path("a.css"), changed.Path("a.css"); one == other || !strings.HasPrefix(one, "/assets/a.") {
		t.Errorf("the paths are %s and %s", one, other)
	}
	script, ok := assets.Find(assets.Path("desk/cam.js"))
	if !ok || script.ContentType != "text/javascript; charset=utf-8" || !strings.HasPrefix(script.Path, "/assets/desk/cam.") {
		t.Errorf("found %v: %s as %s", ok, script.Path, script.ContentType)
	}
	if _, ok := assets.Find("/assets/a.css"); ok {
		t.Error("a file is found without its hash, and would be cached for ever")
	}
	if assets.Path("missing.css") != "" {
		t.Error("a missing file has a path")
	}
}

func TestStaticFilesAreCompressedWhereThatSaves(t *testing.T) {
	assets, err := Static()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"app.css", "site.js", "favicon.svg"} {
		asset, ok := assets.Find(assets.Path(name))
		if !ok || len(asset.Body) == 0 || asset.Packed("gzip") == nil {
			t.Fatalf("%s: found %v, %d bytes, %d compressed", name, ok, len(asset.Body), len(asset.Packed("gzip")))
		}
		r, err := gzip.NewReader(bytes.NewReader(asset.Packed("gzip")))
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(r); err != nil || !bytes.Equal(body, asset.Body) {
			t.Errorf("%s does not come back from gzip: %v", name, err)
		}
	}
	tiny, err := newAsset("x.txt", []byte("x"))
	if err != nil || tiny.Packed("gzip") != nil {
		t.Errorf("one byte was compressed to %d (%v)", len(tiny.Packed("gzip")), err)
	}
}

func TestAFileOfUnknownTypeIsRefused(t *testing.T) {
	if _, err := assetsOf(fstest.MapFS{"static/x.exe": {Data: []byte("x")}}); err == nil {
		t.Error("a file without a known content type was taken")
	}
}

func TestTheStyleSheetStaysSmall(t *testing.T) {
	const most = 20 << 10 // bytes, compressed: three round trips on a phone
	assets, err := Static()
	if err != nil {
		t.Fatal(err)
	}
	if css, _ := assets.Find(assets.Path("app.css")); len(css.Packed("gzip")) > most {
		t.Errorf("app.css is %d bytes compressed, more than %d", len(css.Packed("gzip")), most)
	}
}
