package registrations

import (
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"

	"masterclass/events"
)

// xlsxSheet is the name of the one sheet; a name must not hold : \ / ? * [ ].
const xlsxSheet = "Attendees"

// xlsxFile writes a workbook. Its rows go to a temporary file once they are many, so that memory stays bounded.
type xlsxFile struct {
	*exporter
	file         *excelize.File
	stream       *excelize.StreamWriter
	date, header int // styles
	next         int // the row to write
}

func newXLSX(e *events.Event) (*xlsxFile, error) {
	f := &xlsxFile{exporter: newExporter(e), file: excelize.NewFile()}
	if err := f.begin(); err != nil {
		_ = f.file.Close() // the first error says it
		return nil, fmt.Errorf("begin a workbook: %w", err)
	}
	return f, nil
}

// begin makes the styles and the first row, which stays in sight.
func (f *xlsxFile) begin() (err error) {
	if err = f.file.SetSheetName("Sheet1", xlsxSheet); err != nil {
		return err
	}
	if f.header, err = f.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
		return err
	}
	format := "yyyy-mm-dd hh:mm"
	if f.date, err = f.file.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
		return err
	}
	if f.stream, err = f.file.NewStreamWriter(xlsxSheet); err != nil {
		return err
	}
	if err = f.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	cells := make([]any, 0, len(f.columns))
	for i, c := range f.columns {
		if err = f.stream.SetColWidth(i+1, i+1, c.width); err != nil {
			return err
		}
		cells = append(cells, excelize.Cell{StyleID: f.header, Value: c.name})
	}
	f.next = 2
	return f.stream.SetRow("A1", cells)
}

// row adds a registration: text cells, which are never formulas, and dates.
func (f *xlsxFile) row(r *exported) error {
	cells := make([]any, 0, len(f.columns))
	for _, text := range f.text(r) {
		cells = append(cells, text)
	}
	for _, ms := range f.dates(r) {
		if ms == 0 {
			cells = append(cells, nil)
			continue
		}
		local := time.UnixMilli(ms).In(f.zone)
		wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC) // a workbook knows no zones
		cells = append(cells, excelize.Cell{StyleID: f.date, Value: wall})
	}
	for _, q := range f.questions {
		cells = append(cells, r.answers.Text(q.ID))
	}
	at, err := excelize.CoordinatesToCellName(1, f.next)
	if err != nil {
		return fmt.Errorf("write row %d of a workbook: %w", f.next, err)
	}
	f.next++
	return f.stream.SetRow(at, cells)
}

// writeTo ends the workbook and sends it.
func (f *xlsxFile) writeTo(w io.Writer) error {
	if err := f.stream.Flush(); err != nil {
		return fmt.Errorf("end a workbook: %w", err)
	}
	if err := f.file.Write(w); err != nil {
		return fmt.Errorf("send a workbook: %w", err)
	}
	return nil
}

func (f *xlsxFile) close() error { return f.file.Close() }
