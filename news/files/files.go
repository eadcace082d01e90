package files

import (
	"archive/zip"
	"bytes"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"masterclass/internal/fault"
)

// MaxSize is how many bytes a file has at most.
const MaxSize = 20 << 20

// File is what is kept of an upload.
type File struct {
	Name          string // small letters, digits and hyphens, with the ending of its type
	Type          Type
	Body          []byte
	Width, Height int   // of an image, in pixels
	Small         *File // the image for narrow screens, if it is a wide one
}

// Type is what sort of file it is.
type Type struct {
	MIME, Ending string
	Words        string // such as "PDF"
}

// Image says whether browsers show it within a page.
func (t Type) Image() bool { return strings.HasPrefix(t.MIME, "image/") }

// The types that are taken.
var (
	jpegType = Type{"image/jpeg", ".jpg", "JPEG"}
	pngType  = Type{"image/png", ".png", "PNG"}
	pdfType  = Type{"application/pdf", ".pdf", "PDF"}
	vttType  = Type{"text/vtt; charset=utf-8", ".vtt", "captions"}
	csvType  = Type{"text/csv; charset=utf-8", ".csv", "CSV"}
	mp4Type  = Type{"video/mp4", ".mp4", "MP4"}
	webmType = Type{"video/webm", ".webm", "WebM"}

	office = map[string]Type{ // by what the package holds
		"word/document.xml":    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx", "Word"},
		"xl/workbook.xml":      {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", "Excel"},
		"ppt/presentation.xml": {"application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx", "PowerPoint"},
	}
)

// ByMIME is the type that is kept under the name.
func ByMIME(mime string) Type {
	for _, t := range []Type{jpegType, pngType, pdfType, vttType, csvType, mp4Type, webmType} {
		if t.MIME == mime {
			return t
		}
	}
	for _, t := range office {
		if t.MIME == mime {
			return t
		}
	}
	return Type{MIME: "application/octet-stream", Ending: ".bin", Words: "file"}
}

// Errors for people.
var (
	ErrTooLarge = fault.New(fault.Invalid, "The file is larger than 20 MB. Make it smaller, or link to where it is")
	ErrEmpty    = fault.New(fault.Invalid, "Choose a file")
	ErrMacros   = fault.New(fault.Invalid, "The file has macros. Save it without them, as a .docx, .xlsx or .pptx file")
	ErrType     = fault.New(fault.Invalid, "Choose a JPEG or PNG image, an MP4 or WebM film, or a PDF, Word, Excel, PowerPoint, CSV or VTT file. This one is none of them, whatever its name says")
	ErrBroken   = fault.New(fault.Invalid, "The image is damaged and cannot be read. Save it again, and try once more")
	ErrHuge     = fault.New(fault.Invalid, "The image has more than 40 million pixels. Make it smaller, and try once more")
)

// Read makes a file of what was uploaded, or says why not. The name is what it was called there.
func Read(name string, body []byte) (File, error) {
	switch {
	case len(body) == 0:
		return File{}, ErrEmpty
	case len(body) > MaxSize:
		return File{}, ErrTooLarge
	}
	t, err := sniff(name, body)
	if err != nil {
		return File{}, err
	}
	if t.Image() {
		return picture(Name(name, t), t, body)
	}
	return File{Name: Name(name, t), Type: t, Body: body}, nil
}

func sniff(name string, body []byte) (Type, error) {
	switch {
	case bytes.HasPrefix(body, []byte("\x89PNG\r\n\x1a\n")):
		return pngType, nil
	case bytes.HasPrefix(body, []byte("\xff\xd8\xff")):
		return jpegType, nil
	case bytes.HasPrefix(body, []byte("%PDF-")):
		return pdfType, nil
	case bytes.HasPrefix(body, []byte("PK\x03\x04")):
		return sniffOffice(body)
	case mp4(body):
		return mp4Type, nil
	case webm(body):
		return webmType, nil
	case plain(body):
		head := bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
		rest, vtt := bytes.CutPrefix(head, []byte("WEBVTT"))
		if vtt && (len(rest) == 0 || strings.ContainsRune(" \t\r\n", rune(rest[0]))) {
			return vttType, nil
		}
		if strings.EqualFold(path.Ext(name), ".csv") && !bytes.HasPrefix(bytes.TrimSpace(head), []byte("<")) {
			return csvType, nil
		}
	}
	return Type{}, ErrType
}

// sniffOffice reads the list of what the package holds, and unpacks nothing.
func sniffOffice(body []byte) (Type, error) {
	r, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return Type{}, ErrType
	}
	var t Type
	var types bool
	for _, f := range r.File {
		if strings.EqualFold(path.Base(f.Name), "vbaProject.bin") {
			return Type{}, ErrMacros
		}
		if f.Name == "[Content_Types].xml" {
			types = true
		}
		if found, ok := office[f.Name]; ok {
			t = found
		}
	}
	if !types || t.MIME == "" {
		return Type{}, ErrType
	}
	return t, nil
}

// plain says whether it is text.
func plain(body []byte) bool {
	if !utf8.Valid(body) {
		return false
	}
	return !bytes.ContainsFunc(body, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) })
}

// Name is a file's name as it stands in its address.
func Name(name string, t Type) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.ToLower(strings.TrimSuffix(name, path.Ext(name)))
	words := strings.FieldsFunc(name, func(r rune) bool { return r > unicode.MaxASCII || (!unicode.IsLetter(r) && !unicode.IsDigit(r)) })
	short := strings.Join(words, "-")
	if short = strings.Trim(short[:min(len(short), 60)], "-"); short == "" {
		short = "file"
	}
	return short + t.Ending
}

// Size is a number of bytes in words, such as "1.2 MB".
func Size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 999_500:
		return fmt.Sprintf("%d KB", (n+500)/1000)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/1e6), ".0") + " MB"
}
