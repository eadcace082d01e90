package events

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"slices"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// The size that Facebook, LinkedIn and others ask for, in pixels.
const (
	pictureWidth  = 1200
	pictureHeight = 630
	pictureEdge   = 80
)

// pictureLook changes whenever the drawing does, so that old pictures are not taken for new ones.
const pictureLook = "1"

// Our colours, as in the style sheet.
var (
	brandColour  = color.RGBA{0x2c, 0x2a, 0x6b, 0xff}
	levelColour  = color.RGBA{0x0f, 0x9d, 0x94, 0xff}
	accentColour = color.RGBA{0x3f, 0xd0, 0xc4, 0xff}
	paleColour   = color.RGBA{0xe6, 0xe6, 0xf4, 0xff}
)

// picturePath is where the event's picture is, which changes with what is on it.
func (e *Event) picturePath(siteName string) string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{pictureLook, siteName}, e.pictureWords()...), "\x00")))
	return "/events/" + e.Slug + "/picture/" + hex.EncodeToString(sum[:6]) + ".png"
}

// pictureWords are what is on the picture, a line or more each.
func (e *Event) pictureWords() []string {
	state := ""
	switch e.Status {
	case Cancelled:
		state = "Cancelled"
	case Postponed:
		state = "Postponed"
	}
	return []string{e.Title, e.Date(), e.Where(), state}
}

// picture draws the event as a PNG: title, date and place, with our mark.
func (e *Event) picture(siteName string) ([]byte, error) {
	f, err := fonts()
	if err != nil {
		return nil, err
	}
	p := &painter{to: image.NewRGBA(image.Rect(0, 0, pictureWidth, pictureHeight))}
	p.fill(p.to.Bounds(), brandColour)
	p.fill(image.Rect(0, pictureHeight-16, pictureWidth, pictureHeight), accentColour)
	p.mark(pictureEdge, 64, 2.2)
	p.write(f.bold, 34, color.White, pictureEdge+76, 116, 1, siteName)
	words := e.pictureWords()
	if state := words[3]; state != "" {
		words[0] = state + ": " + words[0]
	}
	bottom := p.write(f.bold, titleSize(words[0]), color.White, pictureEdge, 250, 3, words[0])
	bottom = p.write(f.bold, 38, accentColour, pictureEdge, max(bottom+62, 460), 1, words[1])
	p.write(f.regular, 34, paleColour, pictureEdge, bottom+54, 1, words[2])
	var b bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, fewColours(p.to))
	return b.Bytes(), err
}

// palette is our colours and the steps between them at the edges of letters: 16, so that a pixel takes half a byte.
var palette = slices.Concat(steps(brandColour, color.RGBA{0xff, 0xff, 0xff, 0xff}, 8), steps(brandColour, accentColour, 5)[1:],
	steps(brandColour, levelColour, 2)[1:], steps(levelColour, color.RGBA{0xff, 0xff, 0xff, 0xff}, 3)[1:2], color.Palette{paleColour})

func steps(from, to color.RGBA, n int) (list color.Palette) {
	for i := range n {
		mix := func(a, b uint8) uint8 { return uint8((int(a)*(n-1-i) + int(b)*i) / (n - 1)) }
		list = append(list, color.RGBA{mix(from.R, to.R), mix(from.G, to.G), mix(from.B, to.B), 0xff})
	}
	return list
}

// fewColours is the picture in the palette's colours: half the size to send, and nobody sees it.
func fewColours(p *image.RGBA) *image.Paletted {
	few := image.NewPaletted(p.Bounds(), palette)
	nearest := map[color.RGBA]uint8{}
	for y := range pictureHeight {
		for x := range pictureWidth {
			c := p.RGBAAt(x, y)
			i, known := nearest[c]
			if !known {
				i = uint8(palette.Index(c))
				nearest[c] = i
			}
			few.Pix[few.PixOffset(x, y)] = i
		}
	}
	return few
}

// titleSize is smaller for long titles.
func titleSize(title string) float64 {
	if len(title) > 70 {
		return 54
	}
	return 66
}

type fontPair struct{ regular, bold *opentype.Font }

var fonts = sync.OnceValues(func() (fontPair, error) {
	regular, err1 := opentype.Parse(goregular.TTF)
	bold, err2 := opentype.Parse(gobold.TTF)
	if err1 != nil || err2 != nil {
		return fontPair{}, fmt.Errorf("read the fonts of pictures: %w, %w", err1, err2)
	}
	return fontPair{regular, bold}, nil
})

// painter draws on a picture. It is used by one goroutine.
type painter struct{ to *image.RGBA }

func (p *painter) fill(where image.Rectangle, with color.Color) {
	draw.Draw(p.to, where, image.NewUniform(with), image.Point{}, draw.Src)
}

// write sets a text in lines of the picture's width, at most so many, the first on the given baseline, and gives the last baseline. A text that
// does not fit ends in an ellipsis.
func (p *painter) write(f *opentype.Font, size float64, with color.Color, x, y, lines int, text string) (baseline int) {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil || text == "" {
		return y // no size of ours is refused
	}
	defer face.Close()
	d := font.Drawer{Dst: p.to, Src: image.NewUniform(with), Face: face}
	for n, line := range wrap(face, text, fixed.I(pictureWidth-pictureEdge-x), lines) {
		baseline = y + int(float64(n)*size*1.2)
		d.Dot = fixed.P(x, baseline)
		d.DrawString(line)
	}
	return baseline
}

// wrap breaks a text between words into at most so many lines.
func wrap(face font.Face, text string, width fixed.Int26_6, most int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && font.MeasureString(face, longer) > width {
			lines, longer = append(lines, line), word
		}
		line = longer
	}
	lines = append(lines, line)
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] += "…"
	}
	for n := range lines {
		lines[n] = cut(face, lines[n], width)
	}
	return lines
}

// cut shortens a line that is too wide, at an ellipsis.
func cut(face font.Face, line string, width fixed.Int26_6) string {
	letters := []rune(strings.TrimSuffix(line, "…"))
	for font.MeasureString(face, line) > width && len(letters) > 1 {
		letters = letters[:len(letters)-1]
		line = strings.TrimRight(string(letters), " ,") + "…"
	}
	return line
}

// quarter is how far a cubic curve's handles are from its ends, for a quarter of a circle of radius 1.
const quarter = 0.5523

// mark draws our mark, a drop half filled, as in the page's head: the same outline, scaled.
func (p *painter) mark(x, y int, scale float32) {
	const r = 11
	at := func(px, py float32) (float32, float32) { return float32(x) + (px-9)*scale, float32(y) + (py-3)*scale }
	path := func(with color.Color, outline func(z *vector.Rasterizer)) {
		z := vector.NewRasterizer(pictureWidth, pictureHeight)
		outline(z)
		z.ClosePath()
		z.Draw(p.to, p.to.Bounds(), image.NewUniform(with), image.Point{})
	}
	curve := func(z *vector.Rasterizer, ax, ay, bx, by, cx, cy float32) {
		ax, ay = at(ax, ay)
		bx, by = at(bx, by)
		cx, cy = at(cx, cy)
		z.CubeTo(ax, ay, bx, by, cx, cy)
	}
	path(color.White, func(z *vector.Rasterizer) {
		z.MoveTo(at(20, 3))
		curve(z, 26.5, 11.3, 31, 17.4, 31, 23.5)
		curve(z, 31, 23.5+quarter*r, 20+quarter*r, 34.5, 20, 34.5)
		curve(z, 20-quarter*r, 34.5, 9, 23.5+quarter*r, 9, 23.5)
		curve(z, 9, 17.4, 13.5, 11.3, 20, 3)
	})
	path(levelColour, func(z *vector.Rasterizer) {
		z.MoveTo(at(9.3, 26))
		curve(z, 12.9, 23.4, 16.4, 23.4, 20, 25.8)
		curve(z, 23.6, 28.2, 27.1, 28.2, 30.7, 25.6)
		curve(z, 29.5, 31, 25, 34.5, 20, 34.5)
		curve(z, 14.8, 34.5, 10.4, 31, 9.3, 26)
	})
}
