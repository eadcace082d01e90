package files

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
)

// What images are made into, in pixels.
const (
	wide       = 1600
	narrow     = 640
	maxPixels  = 40_000_000 // what is decoded at most: a small file can claim to be a gigantic image
	maxSide    = 20_000
	jpegDetail = 85
)

// decoding is had by one at a time: a large image takes some hundred megabytes while it is made smaller.
var decoding = make(chan struct{}, 1)

// picture makes the image anew.
func picture(name string, t Type, body []byte) (File, error) {
	size, _, err := image.DecodeConfig(bytes.NewReader(body))
	if err != nil || size.Width <= 0 || size.Height <= 0 {
		return File{}, ErrBroken.Because(err)
	}
	if size.Width > maxSide || size.Height > maxSide || size.Width*size.Height > maxPixels {
		return File{}, ErrHuge
	}
	decoding <- struct{}{}
	defer func() { <-decoding }()
	img, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		return File{}, ErrBroken.Because(err)
	}
	turn := 1
	if t == jpegType {
		turn = orientation(body)
	}
	f, err := encode(name, t, upright(img, turn, wide))
	if err == nil && f.Width > narrow {
		var small File
		small, err = encode(name, t, upright(img, turn, narrow))
		f.Small = &small
	}
	return f, err
}

func encode(name string, t Type, img *image.NRGBA) (File, error) {
	var b bytes.Buffer
	var err error
	if t == jpegType {
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: jpegDetail})
	} else {
		err = png.Encode(&b, img)
	}
	return File{Name: name, Type: t, Body: b.Bytes(), Width: img.Rect.Dx(), Height: img.Rect.Dy()}, err
}

// upright is the image at most so many pixels wide, turned as its camera was held.
func upright(img image.Image, turn, width int) *image.NRGBA {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	lying := turn >= 5
	if shown := map[bool]int{false: w, true: h}[lying]; shown > width {
		w, h = max(1, w*width/shown), max(1, h*width/shown)
	}
	scaled := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(scaled, scaled.Rect, img, img.Bounds(), draw.Src, nil)
	if turn == 1 {
		return scaled
	}
	return turned(scaled, turn)
}

// turned undoes an orientation of TIFF 6.0, section 8, 2 to 8.
func turned(src *image.NRGBA, turn int) *image.NRGBA {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	if turn >= 5 {
		dst = image.NewNRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch turn {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			dst.SetNRGBA(tx, ty, src.NRGBAAt(x, y))
		}
	}
	return dst
}
