package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// Quiet is the empty border that scanners need, in modules.
const Quiet = 4

// Code is a square of modules, dark or light, without its quiet border.
type Code struct {
	Size int // modules a side
	dark []bool
}

// New makes the code of a text. A text of capital letters and digits alone makes a smaller code.
func New(text string) (Code, error) {
	b, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return Code{}, fmt.Errorf("make a QR code: %w", err)
	}
	c := Code{Size: b.Bounds().Dx()}
	c.dark = make([]bool, 0, c.Size*c.Size)
	for y := range c.Size {
		for x := range c.Size {
			r, _, _, _ := b.At(x, y).RGBA()
			c.dark = append(c.dark, r == 0)
		}
	}
	return c, nil
}

// Dark says whether the module at column x and row y is dark; what is outside is light.
func (c Code) Dark(x, y int) bool {
	return x >= 0 && y >= 0 && x < c.Size && y < c.Size && c.dark[y*c.Size+x]
}

// Box is the viewBox of the drawing whose path Path is: one unit a module, the quiet border included.
func (c Code) Box() string { return fmt.Sprintf("0 0 %d %[1]d", c.Size+2*Quiet) }

// Path is the d of an SVG path: a rectangle for each run of dark modules in a row.
func (c Code) Path() string {
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			n := 0
			for c.Dark(x+n, y) {
				n++
			}
			if n > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+Quiet, y+Quiet, n, n)
				x += n
			}
		}
	}
	return b.String()
}

// PNG is a picture with so many pixels a module, of two colours, in which mail programs show it and printers print it.
func (c Code) PNG(scale int) ([]byte, error) {
	side := (c.Size + 2*Quiet) * scale
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if c.Dark(x/scale-Quiet, y/scale-Quiet) {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("draw a QR code: %w", err)
	}
	return b.Bytes(), nil
}
