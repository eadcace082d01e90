package qr

import (
	"bytes"
	"image/png"
	"strings"
	"testing"
)

// ticket is as long as tickets are.
const ticket = "AGNAAPFJYZ27RRVL2Q7H4XKQWBOEJ3MTY5CDUNS"

func BenchmarkTicket(b *testing.B) {
	for b.Loop() {
		c, err := New(ticket)
		if err != nil {
			b.Fatal(err)
		}
		c.PNG(5)
	}
}

func TestThePictureAndThePathShowTheSameModules(t *testing.T) {
	c, err := New(ticket)
	if err != nil {
		t.Fatal(err)
	}
	raw := c.PNG(3)
	if bytes.Contains(raw, []byte("http")) {
		t.Error("the picture names a site")
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	dark := 0
	for y := range c.Size + 2*Quiet {
		for x := range c.Size + 2*Quiet {
			r, _, _, _ := img.At(3*x+1, 3*y+1).RGBA()
			if (r == 0) != c.Dark(x-Quiet, y-Quiet) {
				t.Fatalf("the module at %d, %d differs", x, y)
			}
			if r == 0 {
				dark++
			}
		}
	}
	area := 0
	for _, run := range strings.Split(c.Path(), "M")[1:] {
		_, h, _ := strings.Cut(run, "h")
		n, _, _ := strings.Cut(h, "v")
		width := 0
		for _, d := range n {
			width = width*10 + int(d-'0')
		}
		area += width
	}
	if area != dark || c.Size < 21 {
		t.Errorf("the path has %d dark modules, the picture %d, of a side of %d", area, dark, c.Size)
	}
}
