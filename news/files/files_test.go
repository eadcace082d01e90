package files_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"masterclass/news/files"
)

// corner is an image that is white but for its upper left corner.
func corner(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	for y := range h / 4 {
		for x := range w / 4 {
			img.SetNRGBA(x, y, color.NRGBA{R: 200, A: 255})
		}
	}
	return img
}

func jpegOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif says after the JPEG's first marker how the camera was held and where it was.
func withExif(body []byte, turn uint16) []byte {
	tiff := append([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"), byte(turn>>8), byte(turn), 0, 0, 0, 0, 0, 0)
	segment := append([]byte("Exif\x00\x00"), append(tiff, "GPS 51.5074 N"...)...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(segment)+2))
	return append(append(append([]byte{}, body[:2]...), append(head, segment...)...), body[2:]...)
}

func office(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAFileIsWhatItHoldsAndNotWhatItIsCalled(t *testing.T) {
	for _, c := range []struct {
		name string
		body []byte
		want string // its new name, or the error
	}{
		{"Ward Plan (2).JPG", jpegOf(t, corner(8, 8)), "ward-plan-2.jpg"}, {"x.jpg", pngOf(t, corner(8, 8)), "x.png"}, {"x.exe", []byte("%PDF-1.7\n"), "x.pdf"},
		{"../../etc/Leaflet.pdf", []byte("%PDF-1.4"), "leaflet.pdf"}, {`C:\a\b.pdf`, []byte("%PDF-1.4"), "b.pdf"}, {"日本.pdf", []byte("%PDF-1.4"), "file.pdf"},
		{"a.docx", office(t, "[Content_Types].xml", "word/document.xml"), "a.docx"}, {"a.zip", office(t, "[Content_Types].xml", "xl/workbook.xml"), "a.xlsx"},
		{"a", office(t, "[Content_Types].xml", "ppt/presentation.xml"), "a.pptx"}, {"a.vtt", []byte("WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"), "a.vtt"},
		{"First day.mov", []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42 the rest"), "first-day.mp4"},
		{"x", []byte("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x42\x87\x81\x04"), "x.webm"},
		{"a.mp4", []byte("\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  "), "none of them"}, {"a.mp4", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), "none of them"},
		{"a.mp4", []byte("\x00\x00\xff\xffftypisom cut"), "none of them"}, {"a.mp4", []byte("ftypisom"), "none of them"},
		{"a.webm", []byte("\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska"), "none of them"},
		{"list.csv", []byte("\xef\xbb\xbfname,places\nA,=1+1\n"), "list.csv"},
		{"a.docx", office(t, "[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "macros"}, {"a.docx", office(t, "x.exe"), "none of them"},
		{"a.docx", []byte("PK\x03\x04 no package"), "none of them"}, {"a.html", []byte("<html>"), "none of them"}, {"a.csv", []byte(" <script>1</script>"), "none of them"},
		{"a.svg", []byte("<svg xmlns='http://www.w3.org/2000/svg' onload='1'/>"), "none of them"}, {"a.gif", []byte("GIF89a"), "none of them"}, {"a.txt", []byte("words"), "none of them"},
		{"a.csv", []byte("a\x00b"), "none of them"}, {"a.csv", []byte("a\xff\xfe"), "none of them"}, {"a.pdf", []byte("MZ\x90\x00"), "none of them"}, {"a.jpg", nil, "Choose a file"},
		{"a.pdf", []byte(" %PDF-1.4"), "none of them"}, {"a.vtt", []byte("WEBVTTX"), "none of them"}, {"a.jpg", []byte("\xff\xd8\xff\xe0 cut off"), "damaged"},
		{"a.pdf", bytes.Repeat([]byte("x"), files.MaxSize+1), "larger than 20 MB"},
	} {
		got, err := files.Read(c.name, c.body)
		if err != nil {
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s is refused: %v", c.name, err)
			}
			continue
		}
		if got.Name != c.want || len(got.Body) == 0 {
			t.Errorf("%s is kept as %s, want %s", c.name, got.Name, c.want)
		}
	}
}

func TestAnImageIsMadeAnewInTwoSizes(t *testing.T) {
	for _, body := range [][]byte{append(withExif(jpegOf(t, corner(3200, 800)), 1), "<script>alert(1)</script>PK\x03\x04"...),
		append(pngOf(t, corner(3200, 800)), "<?php GPS 51.5074 N"...)} {
		f, err := files.Read("wide.jpg", body)
		if err != nil {
			t.Fatal(err)
		}
		if f.Width != 1600 || f.Height != 400 || f.Small == nil || f.Small.Width != 640 || f.Small.Height != 160 {
			t.Errorf("%dx%d and %+v", f.Width, f.Height, f.Small)
		}
		for _, left := range []string{"GPS", "Exif", "<script", "<?php"} {
			if bytes.Contains(f.Body, []byte(left)) || bytes.Contains(f.Small.Body, []byte(left)) {
				t.Errorf("%s is left of what was in the file", left)
			}
		}
	}
	small, err := files.Read("small.png", pngOf(t, corner(40, 20)))
	if err != nil || small.Width != 40 || small.Small != nil {
		t.Errorf("a small image becomes %+v (%v)", small, err)
	}
}

func TestAPhotographStandsUpright(t *testing.T) {
	// Where the upper left corner of what was stored belongs, by the orientation: its column and row of two by two.
	for turn, want := range map[uint16][2]int{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}} {
		f, err := files.Read("a.jpg", withExif(jpegOf(t, corner(64, 32)), turn))
		if err != nil {
			t.Fatal(err)
		}
		if lying := turn >= 5; (f.Width == 32) != lying {
			t.Errorf("orientation %d is %dx%d", turn, f.Width, f.Height)
		}
		img, err := jpeg.Decode(bytes.NewReader(f.Body))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range [][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
			_, g, _, _ := img.At(2+c[0]*(f.Width-5), 2+c[1]*(f.Height-5)).RGBA()
			if dark := g < 0x8000; dark != (c == want) {
				t.Errorf("orientation %d: the corner %v is dark: %t", turn, c, dark)
			}
		}
	}
}

func TestABombIsNotUnpacked(t *testing.T) {
	header := func(w, h uint32) []byte {
		chunk := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)...)
		chunk = append(chunk, 8, 6, 0, 0, 0)
		body := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
		return binary.BigEndian.AppendUint32(body, crc32.ChecksumIEEE(chunk))
	}
	for _, size := range [][2]uint32{{100_000, 100_000}, {1 << 30, 1 << 30}, {40_000, 10}, {10, 40_000}, {8000, 8000}} {
		if _, err := files.Read("bomb.png", header(size[0], size[1])); !errors.Is(err, files.ErrHuge) && (size[0] < 1<<30 || err == nil) {
			t.Errorf("%v: %v", size, err)
		}
	}
}

func TestSizesAreSaidInWords(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1000: "1 KB", 999_499: "999 KB", 999_500: "1 MB", 1_240_000: "1.2 MB", 20 << 20: "21 MB"} {
		if got := files.Size(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func FuzzReadTakesAnything(f *testing.F) {
	f.Add("a.jpg", []byte("\xff\xd8\xff\xe1\x00\x08Exif\x00\x00"))
	f.Add("a.docx", []byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		got, err := files.Read(name, body)
		if err == nil && (strings.ContainsAny(got.Name, "/\\\"\r\n ") || got.Type.MIME == "") {
			t.Errorf("%q becomes %q of %q", name, got.Name, got.Type.MIME)
		}
	})
}
