package door

import (
	"fmt"
	"io"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"masterclass/events"
	"masterclass/internal/qr"
)

// Measures of A4 and of what is on it, in millimetres.
const (
	pageWidth, pageHeight = 210.0, 297.0
	badgeWidth            = 90.0
	badgeHeight           = 55.0
	badgeColumns          = 2
	badgeRows             = 5
	badgeLeft             = (pageWidth - badgeColumns*badgeWidth) / 2
	badgeTop              = (pageHeight - badgeRows*badgeHeight) / 2
	padding               = 5.0
	codeSide              = 26.0
	textWidth             = badgeWidth - 2*padding - codeSide - 3
	pointHeight           = 25.4 / 72 // of one point
	placeHeight           = 4.0       // of the line at the foot of a badge
)

// newPDF is an empty file in a typeface with Latin, Greek and Cyrillic letters (the Go fonts, which come under a BSD licence).
func newPDF(title string) *fpdf.Fpdf {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.AddUTF8FontFromBytes("go", "", goregular.TTF)
	pdf.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	pdf.SetTitle(drawable(title), true)
	pdf.SetAutoPageBreak(false, 0)
	return pdf
}

// writeBadges writes badges of 90 by 55 mm, ten a sheet, with lines to cut along.
func writeBadges(w io.Writer, e *events.Event, badges []Badge) error {
	pdf := newPDF("Badges: " + e.Title)
	for i, b := range badges {
		n := i % (badgeColumns * badgeRows)
		if n == 0 {
			pdf.AddPage()
		}
		drawBadge(pdf, b, badgeLeft+badgeWidth*float64(n%badgeColumns), badgeTop+badgeHeight*float64(n/badgeColumns))
	}
	if len(badges) == 0 {
		sayNothing(pdf, "Nobody has such a place yet, so there are no badges.")
	}
	return output(pdf, w)
}

// drawBadge gives where what stands above the place ends.
func drawBadge(pdf *fpdf.Fpdf, b Badge, x, y float64) (bottom float64) {
	pdf.SetDrawColor(190, 190, 190)
	pdf.SetLineWidth(0.1)
	pdf.Rect(x, y, badgeWidth, badgeHeight, "D")
	drawCode(pdf, b.Code, x+badgeWidth-padding-codeSide, y+badgeHeight-padding-codeSide)
	top := y + padding
	end := y + badgeHeight - padding - placeHeight // where the place begins at the latest
	top = drawText(pdf, b.Event, "B", box{x + padding, top, badgeWidth - 2*padding, end - top}, 9, 2) + 2
	top = drawText(pdf, b.Name, "B", box{x + padding, top, textWidth, end - top}, 15, 3) + 1.5
	top = drawText(pdf, b.From, "", box{x + padding, top, textWidth, end - 1.5 - top}, 9.5, 4) + 1.5
	drawText(pdf, b.Place, "", box{x + padding, min(top, end), textWidth, placeHeight}, 9, 1)
	return top - 1.5
}

// box is where a text may be, in millimetres from the sheet's upper left corner.
type box struct{ x, y, width, height float64 }

// drawText writes a text into a box in at most so many lines, in the given size or the largest that fits, and gives where it ends. What does
// not fit in the smallest ends in an ellipsis.
func drawText(pdf *fpdf.Fpdf, text, style string, in box, points float64, most int) (bottom float64) {
	if text = drawable(text); text == "" {
		return in.y
	}
	var lines []string
	height := 0.0
	for {
		pdf.SetFont("go", style, points)
		lines, height = split(pdf, text, in.width), points*pointHeight*1.2
		if (len(lines) <= most && float64(len(lines))*height <= in.height) || points <= smallest {
			break
		}
		points -= 0.5
	}
	if fit := max(1, min(most, int(in.height/height+0.001))); len(lines) > fit {
		lines = lines[:fit]
		lines[fit-1] = shortened(pdf, lines[fit-1], in.width)
	}
	y := in.y
	for _, l := range lines {
		pdf.SetXY(in.x, y)
		pdf.CellFormat(in.width, height, l, "", 0, "L", false, 0, "")
		y += height
	}
	return y
}

// shortened is a line with an ellipsis after as much of it as fits.
func shortened(pdf *fpdf.Fpdf, line string, width float64) string {
	letters := []rune(strings.TrimSpace(line))
	for len(letters) > 0 && pdf.GetStringWidth(string(letters)+"\u2026") > width-2*pdf.GetCellMargin() {
		letters = letters[:len(letters)-1]
	}
	return strings.TrimSpace(string(letters)) + "\u2026"
}

// smallest is the smallest size of a text, in points.
const smallest = 4

// split breaks a text into lines that fit, between words or, where a word is too long, within it.
func split(pdf *fpdf.Fpdf, text string, width float64) []string {
	return pdf.SplitText(text, width-2*pdf.GetCellMargin())
}

func drawCode(pdf *fpdf.Fpdf, c qr.Code, x, y float64) {
	side := codeSide / float64(c.Size+2*qr.Quiet)
	pdf.SetFillColor(0, 0, 0)
	for row := range c.Size {
		for col := 0; col < c.Size; col++ {
			n := 0
			for c.Dark(col+n, row) {
				n++
			}
			if n > 0 { // a run is one rectangle: hair lines between squares confuse scanners
				pdf.Rect(x+side*float64(col+qr.Quiet), y+side*float64(row+qr.Quiet), side*float64(n), side, "F")
				col += n
			}
		}
	}
}

// Columns of the signing-in sheet: where each begins, and how wide it is.
var sheetColumns = []struct {
	head     string
	x, width float64
}{{"Name", 12, 54}, {"From", 66, 54}, {"Place", 120, 24}, {"Signature", 144, 36}, {"Time", 180, 18}}

const (
	lineHeight   = 11.0
	sheetTop     = 36.0
	linesOnSheet = 22
)

// writeSigningIn writes the list that people sign, 22 a sheet, with the event and the number of the sheet on each.
func writeSigningIn(w io.Writer, e *events.Event, lines []sheetLine) error {
	pdf := newPDF("Signing-in sheet: " + e.Title)
	sheets := (len(lines) + linesOnSheet - 1) / linesOnSheet
	for i, l := range lines {
		if i%linesOnSheet == 0 {
			pdf.AddPage()
			drawSheetHead(pdf, e, i/linesOnSheet+1, sheets)
		}
		drawLine(pdf, l, sheetTop+lineHeight*float64(1+i%linesOnSheet))
	}
	if len(lines) == 0 {
		sayNothing(pdf, "Nobody has such a place yet, so the list is empty.")
	}
	return output(pdf, w)
}

func drawSheetHead(pdf *fpdf.Fpdf, e *events.Event, n, of int) {
	y := drawText(pdf, e.Title, "B", box{12, 12, pageWidth - 24, 14}, 15, 2)
	drawText(pdf, fmt.Sprintf("Signing-in sheet %d of %d. %s", n, of, e.When()), "", box{12, y + 1, pageWidth - 24, 6}, 10, 1)
	for _, c := range sheetColumns {
		drawText(pdf, c.head, "B", box{c.x, sheetTop + 3, c.width, lineHeight - 3}, 10, 1)
	}
	rule(pdf, sheetTop+lineHeight)
}

func drawLine(pdf *fpdf.Fpdf, l sheetLine, y float64) {
	for i, text := range []string{l.Name, l.From, l.Place} {
		style, most := "", 2
		if i == 0 {
			style, most = "B", 3
		}
		drawText(pdf, text, style, box{sheetColumns[i].x, y + 1, sheetColumns[i].width, lineHeight - 1.5}, 9.5, most)
	}
	rule(pdf, y+lineHeight)
}

func rule(pdf *fpdf.Fpdf, y float64) {
	pdf.SetDrawColor(120, 120, 120)
	pdf.SetLineWidth(0.2)
	pdf.Line(12, y, pageWidth-12, y)
}

func sayNothing(pdf *fpdf.Fpdf, sentence string) {
	pdf.AddPage()
	drawText(pdf, sentence, "", box{12, 12, pageWidth - 24, 20}, 12, 2)
}

func output(pdf *fpdf.Fpdf, w io.Writer) error {
	if err := pdf.Output(w); err != nil {
		return fmt.Errorf("write a PDF: %w", err)
	}
	return nil
}
