package qr

import (
	"encoding/binary"
	"fmt"
	"strings"

	"rsc.io/qr"
)

// Quiet is the empty border that scanners need, in modules.
const Quiet = 4

// Code is a square of modules, dark or light, without its quiet border.
type Code struct {
	Size int // modules a side
	made *qr.Code
}

// New makes the code of a text. A text of capital letters and digits alone makes a smaller code.
func New(text string) (Code, error) {
	made, err := qr.Encode(text, qr.M)
	if err != nil {
		return Code{}, fmt.Errorf("make a QR code: %w", err)
	}
	return Code{Size: made.Size, made: made}, nil
}

// Dark says whether the module at column x and row y is dark; what is outside is light.
func (c Code) Dark(x, y int) bool { return c.made.Black(x, y) }

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

// PNG is a picture with so many pixels a module, the quiet border included, as mail programs show and printers print it.
func (c Code) PNG(scale int) []byte {
	scaled := *c.made
	scaled.Scale = scale
	return untitled(scaled.PNG())
}

// untitled takes out of a PNG the remark of the library that made it, which holds the address of a site: the chunk tEXt right after the
// first one (PNG 5.3).
func untitled(png []byte) []byte {
	const first = 8 + 25 // the signature, and IHDR with its length, name and check
	if len(png) < first+8 || string(png[first+4:first+8]) != "tEXt" {
		return png
	}
	end := first + 12 + int(binary.BigEndian.Uint32(png[first:]))
	return append(png[:first:first], png[end:]...)
}
