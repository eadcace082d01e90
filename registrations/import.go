package registrations

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"masterclass/events"
	"masterclass/internal/fault"
)

// maxImport is how many people one import registers: they are done within one request.
const maxImport = 2000

// importColumns are the columns of an imported file, by the names that people give them in small letters without spaces and signs.
var importColumns = map[string]string{
	"title": "title", "firstname": "first_name", "forename": "first_name", "givenname": "first_name", "lastname": "last_name", "surname": "last_name", "familyname": "last_name",
	"email": "email", "emailaddress": "email", "mail": "email", "profession": "profession", "jobrole": "job_role", "role": "job_role", "jobtitle": "job_role",
	"employer": "employer", "organisation": "employer", "organization": "employer", "trust": "employer", "regulatornumber": "regulator_number",
	"registrationnumber": "regulator_number", "professionalregistrationnumber": "regulator_number", "pin": "regulator_number", "place": "place", "attending": "place", "ticket": "place",
}

// importExample is a file that can be filled in.
const importExample = "Title,First name,Last name,Email,Profession,Job role,Employer,Registration number,Place\r\n"

// importRow is a line of the file and what will become of it.
type importRow struct {
	Line   int // in the file, from 1
	Form   Form
	Person Person
	Place  events.Place
	Wrong  []fault.Field
	Fate   importFate
}

// importFate is what will become of a row.
type importFate string

// The fates.
const (
	willRegister importFate = "register"
	willWait     importFate = "wait"
	isFull       importFate = "full"
	isAlready    importFate = "already"
	isTwice      importFate = "twice" // an earlier line has the same address
	isWrong      importFate = "wrong"
)

// readImport reads a file of comma, semicolon or tab separated values, in UTF-8 or as Excel saves it on Windows. Columns are found by their
// names; place is for rows that name none. The error is a fault for people: nothing of the file can be used.
func readImport(raw []byte, e *events.Event, place string) (rows []importRow, ignored []string, err error) {
	text, err := importText(raw)
	if err != nil {
		return nil, nil, err
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = separator(text), -1, true, true
	head, err := r.Read()
	if err != nil {
		return nil, nil, errEmptyImport
	}
	columns, ignored := matchColumns(head)
	for _, needed := range []string{"first_name", "last_name", "email"} {
		if columns[needed] == nil {
			return nil, nil, fault.New(fault.Invalid, "The first line must name the columns, and there must be one each for the first name, the last name and the email address.")
		}
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fault.New(fault.Invalid, fmt.Sprintf("The file cannot be read: %v.", err))
		}
		if strings.TrimSpace(strings.Join(record, "")) == "" {
			continue
		}
		n, _ := r.FieldPos(0)
		rows = append(rows, importedRow(n, record, columns, e, place))
		if len(rows) > maxImport {
			return nil, nil, fault.New(fault.Invalid, "A file may have up to 2,000 people. Split it, and import one part after the other.")
		}
	}
	if len(rows) == 0 {
		return nil, nil, errEmptyImport
	}
	return rows, ignored, nil
}

var errEmptyImport = fault.New(fault.Invalid, "Choose a file, or paste its lines: the first names the columns, and each line after it is a person.")

// importText is the file as UTF-8 without a byte order mark.
func importText(raw []byte) (string, error) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(raw, []byte("PK\x03\x04")) || bytes.IndexByte(raw, 0) >= 0 {
		return "", fault.New(fault.Invalid, "This is not a CSV file. In Excel, choose Save as, then CSV UTF-8.")
	}
	if utf8.Valid(raw) {
		return string(raw), nil
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	if err != nil {
		return "", fmt.Errorf("read a file as Windows-1252: %w", err)
	}
	return string(text), nil
}

// separator is what the first line has most of.
func separator(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	best := ','
	for _, s := range []rune{';', '\t'} {
		if strings.Count(first, string(s)) > strings.Count(first, string(best)) {
			best = s
		}
	}
	return best
}

// matchColumns finds the columns by their names, and names those that are not read.
func matchColumns(head []string) (columns map[string]*int, ignored []string) {
	columns = map[string]*int{}
	for i, name := range head {
		plain := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r
			}
			return -1
		}, strings.ToLower(name))
		column := importColumns[plain]
		switch {
		case column != "" && columns[column] == nil:
			columns[column] = &i
		case strings.TrimSpace(name) != "":
			ignored = append(ignored, line(name))
		}
	}
	return columns, ignored
}

func importedRow(n int, record []string, columns map[string]*int, e *events.Event, place string) importRow {
	get := func(name string) string {
		if at := columns[name]; at != nil && *at < len(record) {
			return record[*at]
		}
		return ""
	}
	f := Form{Title: get("title"), FirstName: get("first_name"), LastName: get("last_name"), Email: get("email"), Profession: get("profession"), JobRole: get("job_role"),
		Employer: get("employer"), RegulatorNumber: get("regulator_number"), Place: placeCalled(e, get("place"), place)}
	f.Clean()
	row := importRow{Line: n, Form: f}
	row.Person, row.Place, row.Wrong = f.Person(e)
	for i, w := range row.Wrong {
		if w.Name == "place" && get("place") != "" {
			row.Wrong[i].Message = "There is no place called " + line(get("place"))
		}
	}
	return row
}

// placeCalled is the id of the place with that name; the one that was chosen for all if there is no name.
func placeCalled(e *events.Event, name, chosen string) string {
	name = line(name)
	if name == "" {
		return chosen
	}
	for _, p := range e.Places {
		if strings.EqualFold(p.Name, name) {
			return p.ID
		}
	}
	return "unknown"
}

// foresee says what will become of each row, as things are now: has are those who stand in the way of themselves, left the seats of each place.
func foresee(rows []importRow, has map[standing]bool, left map[string]events.Availability, wait bool) {
	free := map[string]int64{}
	for id, l := range left {
		free[id] = l.Left
	}
	seen := map[string]bool{}
	for i := range rows {
		r := &rows[i]
		mailbox := r.Person.Mailbox
		switch {
		case len(r.Wrong) > 0:
			r.Fate = isWrong
		case seen[mailbox]:
			r.Fate = isTwice
		case has[standing{mailbox: mailbox}] || has[standing{mailbox, r.Place.ID}]:
			r.Fate = isAlready
		case free[r.Place.ID] > 0:
			free[r.Place.ID]--
			r.Fate = willRegister
		case wait:
			r.Fate = willWait
		default:
			r.Fate = isFull
		}
		if r.Fate != isWrong {
			seen[mailbox] = true
		}
	}
}
