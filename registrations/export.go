package registrations

import (
	"io"
	"slices"
	"strings"
	"time"

	"masterclass/events"
	"masterclass/internal/csv"
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
	{"Came", 18}, {"Left", 18},
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
func (x *exporter) dates(r *exported) [5]int64 {
	return [5]int64{r.joinedAt, r.updatedAt, r.cancelledAt, r.cameAt, r.leftAt}
}

// csvFile writes the rows as CSV.
type csvFile struct {
	*exporter
	*csv.Writer
	date []byte
}

func newCSV(e *events.Event, w io.Writer) *csvFile {
	return &csvFile{exporter: newExporter(e), Writer: csv.NewWriter(w)}
}

// header writes the names of the columns.
func (f *csvFile) header() error {
	for _, c := range f.columns {
		f.Cell(c.name)
	}
	return f.End()
}

func (f *csvFile) row(r *exported) error {
	for _, text := range f.text(r) {
		f.Cell(text)
	}
	for _, ms := range f.dates(r) {
		f.date = f.date[:0]
		if ms != 0 {
			f.date = time.UnixMilli(ms).In(f.zone).AppendFormat(f.date, "2006-01-02 15:04")
		}
		f.Plain(f.date)
	}
	for _, q := range f.questions {
		f.Cell(r.answers.Text(q.ID))
	}
	return f.End()
}
