package templates

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// Asset is one static file. Its Path holds a hash of Body, so that it may be
// cached for ever.
type Asset struct {
	Name, Path, ContentType string
	Body                    []byte

	packed map[string]func() []byte // by the name of the coding
}

// Packed is Body in a content coding, "br" or "gzip"; nil where that saves
// nothing. Each is made once, when it is first asked for.
func (a Asset) Packed(coding string) []byte {
	if pack := a.packed[coding]; pack != nil {
		return pack()
	}
	return nil
}

// Assets are the static files, found by name or by path.
type Assets struct {
	byName, byPath map[string]Asset
}

// Static returns the embedded static files.
func Static() (*Assets, error) { return static() }

var static = sync.OnceValues(func() (*Assets, error) { return assetsOf(files) })

// Path returns where the file called name is served ("app.css" gives
// "/assets/app.3f9a….css"), or "" if there is no such file.
func (a *Assets) Path(name string) string { return a.byName[name].Path }

// Find returns the file that is served at path.
func (a *Assets) Find(path string) (Asset, bool) {
	asset, ok := a.byPath[path]
	return asset, ok
}

// path is the template function "asset".
func (a *Assets) path(name string) (string, error) {
	asset, ok := a.byName[name]
	if !ok {
		return "", fmt.Errorf("there is no static file %q", name)
	}
	return asset.Path, nil
}

// contentTypes is written out because mime.TypeByExtension asks the machine it
// runs on, and answers differently from one to the next.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".gif":         "image/gif",
	".ico":         "image/x-icon",
	".jpg":         "image/jpeg",
	".js":          "text/javascript; charset=utf-8",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json",
	".webp":        "image/webp",
	".woff2":       "font/woff2",
}

func assetsOf(fsys fs.FS) (*Assets, error) {
	a := &Assets{byName: map[string]Asset{}, byPath: map[string]Asset{}}
	err := fs.WalkDir(fsys, "static", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(fsys, file)
		if err != nil {
			return err
		}
		asset, err := newAsset(strings.TrimPrefix(file, "static/"), body)
		if err != nil {
			return err
		}
		a.byName[asset.Name], a.byPath[asset.Path] = asset, asset
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the static files: %w", err)
	}
	return a, nil
}

func newAsset(name string, body []byte) (Asset, error) {
	ext := path.Ext(name)
	contentType, ok := contentTypes[ext]
	if !ok {
		return Asset{}, fmt.Errorf("%s: the content type of %q files is not known", name, ext)
	}
	sum := sha256.Sum256(body)
	asset := Asset{
		Name:        name,
		Path:        "/assets/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext,
		ContentType: contentType,
		Body:        body,
	}
	asset.packed = map[string]func() []byte{
		"br": packer(body, func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, brotliQuality) }),
		"gzip": packer(body, func(w io.Writer) io.WriteCloser {
			z, _ := gzip.NewWriterLevel(w, gzip.BestCompression) // it knows that level
			return z
		}),
	}
	return asset, nil
}

// brotliQuality is the best that takes milliseconds: the two above it take ten
// times as long for a twentieth less.
const brotliQuality = 9

// packer compresses the body once; nil where that saves nothing. Writing to
// memory does not fail.
func packer(body []byte, coder func(io.Writer) io.WriteCloser) func() []byte {
	return sync.OnceValue(func() []byte {
		var b bytes.Buffer
		w := coder(&b)
		_, err1 := w.Write(body)
		if err := errors.Join(err1, w.Close()); err != nil || b.Len() >= len(body) {
			return nil
		}
		return b.Bytes()
	})
}
