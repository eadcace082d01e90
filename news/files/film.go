package files

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// mp4Brands are the major brands of files that browsers take for films (ISO/IEC 14496-12, and mp4ra.org): of the same family, which begins
// alike, QuickTime's, HEIC photographs and sound alone are none.
var mp4Brands = []string{"isom", "iso2", "iso3", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "dash", "MSNV", "M4V ", "M4VH", "M4VP"}

// mp4 says whether it begins with the box that says so.
func mp4(body []byte) bool {
	if len(body) < 16 || string(body[4:8]) != "ftyp" {
		return false
	}
	size := int64(binary.BigEndian.Uint32(body))
	return size >= 16 && size <= int64(len(body)) && slices.Contains(mp4Brands, string(body[8:12]))
}

var (
	ebml    = []byte("\x1a\x45\xdf\xa3")
	docType = []byte("\x42\x82\x84webm") // the element DocType, of four letters (RFC 8794 11.2.5)
)

// webmHead is how far into the file its kind is looked for.
const webmHead = 128

// webm says whether it is a Matroska file that calls itself WebM.
func webm(body []byte) bool {
	return bytes.HasPrefix(body, ebml) && bytes.Contains(body[:min(len(body), webmHead)], docType)
}
