// Package csv writes CSV files (RFC 4180) in UTF-8 that Excel opens as they are and that no spreadsheet takes for formulas.
package csv

import (
	"bufio"
	"io"
	"strings"
)

// BOM tells Excel that a file is UTF-8.
const BOM = "\ufeff"

// Writer writes rows cell by cell. Errors are those of the first write that fails, and Flush gives them.
type Writer struct {
	w    *bufio.Writer
	next bool // the row has a cell already
}

// NewWriter begins a file on w with the byte order mark.
func NewWriter(w io.Writer) *Writer {
	f := &Writer{w: bufio.NewWriterSize(w, 64<<10)}
	_, _ = f.w.WriteString(BOM) // a bufio.Writer keeps its first error for Flush
	return f
}

// Cell adds a cell that anybody may have typed.
func (f *Writer) Cell(text string) {
	f.separate()
	text = Harmless(text)
	if !strings.ContainsAny(text, "\",;\t\r\n") {
		_, _ = f.w.WriteString(text)
		return
	}
	_ = f.w.WriteByte('"')
	_, _ = f.w.WriteString(strings.ReplaceAll(text, `"`, `""`))
	_ = f.w.WriteByte('"')
}

// Plain adds a cell of the program's own making, such as a date, as it is.
func (f *Writer) Plain(text []byte) {
	f.separate()
	_, _ = f.w.Write(text)
}

func (f *Writer) separate() {
	if f.next {
		_ = f.w.WriteByte(',')
	}
	f.next = true
}

// End ends the row.
func (f *Writer) End() error {
	f.next = false
	_, err := f.w.WriteString("\r\n")
	return err
}

// Row writes a whole row.
func (f *Writer) Row(cells ...string) error {
	for _, text := range cells {
		f.Cell(text)
	}
	return f.End()
}

// Flush sends what is still kept, or gives the first error.
func (f *Writer) Flush() error { return f.w.Flush() }

// starts are the characters with which a spreadsheet's formula begins.
const starts = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"

// Harmless puts ' before what a spreadsheet would run as a formula (OWASP, CSV injection): at the beginning of the text, and after what a
// spreadsheet of another country takes for the end of a cell, whatever stands around it.
func Harmless(text string) string {
	if !strings.ContainsAny(text, starts) {
		return text
	}
	var b strings.Builder
	begins := true // of what may be a cell
	for _, r := range text {
		if begins && strings.ContainsRune(starts, r) {
			b.WriteByte('\'')
		}
		begins = r == ';' || r == '\t' || r == '\n' || (begins && r == '"')
		b.WriteRune(r)
	}
	return b.String()
}
