package registrations

import (
	"bufio"
	"io"
	"slices"
	"strings"
	"time"

	"masterclass/events"
)

// exportColumn is a column of an export in words, with its width in a spreadsheet.
type exportColumn struct {
	name  string
	width float64
}

// exportColumns are the columns of every event's export; those of its own questions follow. Health data is not among them.
var exportColumns = []exportColumn{
	{"Reference", 12}, {"Status", 20}, {"Place", 16}, {"Title", 8}, {"First name", 16}, {"Last name", 20}, {"Email address", 32}, {"Profession", 22},
	{"Job role", 26}, {"Employer", 34}, {"Professional registration number", 18}, {"Registered", 18}, {"Last changed", 18}, {"Cancelled", 18},
}

// exporter turns rows into cells.
type exporter struct {
	places map[string]string
	zone   *time.Location
	cells  []string // of the text columns, used again for each row

	columns   []exportColumn
	questions []events.Question // their columns are the last
}

const answerWidth = 30

func newExporter(e *events.Event) *exporter {
	x := &exporter{places: map[string]string{}, zone: e.Starts().Location(), columns: slices.Clone(exportColumns), questions: e.Questions}
	for _, q := range e.Questions {
		x.columns = append(x.columns, exportColumn{q.Label, answerWidth})
	}
	for _, p := range e.Places {
		x.places[p.ID] = p.Name
	}
	return x
}

// text are the cells before the dates.
func (x *exporter) text(r *exported) []string {
	email := r.email
	if strings.HasSuffix(email, erasedDomain) {
		email = ""
	}
	x.cells = append(x.cells[:0], r.reference, r.status.Words(), x.places[r.placeID], r.title, r.first, r.last, email, r.profession, r.jobRole, r.employer, r.regulator)
	return x.cells
}

// dates are the instants of the last columns; zero for none.
func (x *exporter) dates(r *exported) [3]int64 {
	return [3]int64{r.joinedAt, r.updatedAt, r.cancelledAt}
}

// bom tells Excel that a CSV file is UTF-8.
const bom = "\ufeff"

// csvFile writes a CSV file (RFC 4180) that no spreadsheet takes for formulas.
type csvFile struct {
	*exporter
	w    *bufio.Writer
	date []byte
}

func newCSV(e *events.Event, w io.Writer) *csvFile {
	return &csvFile{exporter: newExporter(e), w: bufio.NewWriterSize(w, 64<<10)}
}

// header writes the byte order mark and the names of the columns. Errors are those of the first write that fails, and Flush gives them.
func (f *csvFile) header() {
	_, _ = f.w.WriteString(bom) // a bufio.Writer keeps its first error for Flush
	for i, c := range f.columns {
		f.cell(i, c.name)
	}
	_, _ = f.w.WriteString("\r\n")
}

func (f *csvFile) row(r *exported) error {
	n := 0
	for _, text := range f.text(r) {
		f.cell(n, text)
		n++
	}
	for _, ms := range f.dates(r) {
		_ = f.w.WriteByte(',')
		if ms != 0 {
			f.date = time.UnixMilli(ms).In(f.zone).AppendFormat(f.date[:0], "2006-01-02 15:04")
			_, _ = f.w.Write(f.date)
		}
		n++
	}
	for _, q := range f.questions {
		f.cell(n, r.answers.Text(q.ID))
	}
	_, err := f.w.WriteString("\r\n")
	return err
}

func (f *csvFile) cell(i int, text string) {
	if i > 0 {
		_ = f.w.WriteByte(',')
	}
	text = harmless(text)
	if !strings.ContainsAny(text, "\",\r\n") {
		_, _ = f.w.WriteString(text)
		return
	}
	_ = f.w.WriteByte('"')
	_, _ = f.w.WriteString(strings.ReplaceAll(text, `"`, `""`))
	_ = f.w.WriteByte('"')
}

// harmless puts ' before what a spreadsheet would run as a formula (OWASP, CSV injection).
func harmless(text string) string {
	if text == "" {
		return text
	}
	switch text[0] {
	case '=', '+', '-', '@', '\t', '\r':
		return "'" + text
	}
	return text
}
