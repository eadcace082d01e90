package registrations

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
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
func readImport(raw []byte, e *events.Event, place string) (rows []importRow, head importHead, err error) {
	text, err := importText(raw)
	if err != nil {
		return nil, head, err
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = separator(text), -1, true, true
	if head, err = readHead(r, e); err != nil {
		return nil, head, err
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, head, fault.New(fault.Invalid, fmt.Sprintf("The file cannot be read: %v.", err))
		}
		if strings.TrimSpace(strings.Join(record, "")) == "" {
			continue
		}
		n, _ := r.FieldPos(0)
		rows = append(rows, importedRow(n, record, head, e, place))
		if len(rows) > maxImport {
			return nil, head, fault.New(fault.Invalid, "A file may have up to 2,000 people. Split it, and import one part after the other.")
		}
	}
	if len(rows) == 0 {
		return nil, head, errEmptyImport
	}
	return rows, head, nil
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

// separator is what parts the first line into most columns that are known; a question there may hold any of them.
func separator(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	best, most := ',', 0
	for _, s := range []rune{',', ';', '\t'} {
		known := 0
		for name := range strings.SplitSeq(first, string(s)) {
			if importColumns[plain(name)] != "" {
				known++
			}
		}
		if known > most {
			best, most = s, known
		}
	}
	return best
}

// importHead says what the columns of a file are.
type importHead struct {
	columns   map[string]int // by the name of the form's field
	questions []askedColumn  // in the order of the event's questions
	ignored   []string       // headings of what is not read
}

// askedColumn is a column with the answers to one of the event's own questions.
type askedColumn struct {
	events.Question
	at int
}

// maxColumns is more than any list of people has.
const maxColumns = 500

// readHead reads the first line.
func readHead(r *csv.Reader, e *events.Event) (importHead, error) {
	names, err := r.Read()
	if err != nil {
		return importHead{}, errEmptyImport
	}
	if len(names) > maxColumns {
		return importHead{}, fault.New(fault.Invalid, "The first line has more than 500 columns. Leave out those that are not about the people.")
	}
	head := matchColumns(names, e.Asked())
	for _, needed := range []string{"first_name", "last_name", "email"} {
		if _, there := head.columns[needed]; !there {
			return importHead{}, fault.New(fault.Invalid, "The first line must name the columns, and there must be one each for the first name, the last name and the email address.")
		}
	}
	return head, nil
}

// matchColumns finds the columns by their names: those of every event first, then the questions of this one by their words.
func matchColumns(names []string, asked []events.Question) importHead {
	head := importHead{columns: map[string]int{}}
	found := map[string]int{} // by the question's id
	for i, name := range names {
		column := importColumns[plain(name)]
		_, taken := head.columns[column]
		if column != "" && !taken {
			head.columns[column] = i
			continue
		}
		if q, ok := questionCalled(name, asked, found); ok {
			found[q.ID] = i
		} else if strings.TrimSpace(name) != "" {
			head.ignored = append(head.ignored, line(name))
		}
	}
	for _, q := range asked {
		if at, ok := found[q.ID]; ok {
			head.questions = append(head.questions, askedColumn{q, at})
		}
	}
	return head
}

// questionCalled is the question with these words that has no column yet: with the very same, or else with the same letters and digits.
func questionCalled(name string, asked []events.Question, found map[string]int) (events.Question, bool) {
	same := func(q events.Question) bool { return line(name) == q.Label }
	alike := func(q events.Question) bool { return letters(name) != "" && letters(name) == letters(q.Label) }
	for _, is := range []func(events.Question) bool{same, alike} {
		for _, q := range asked {
			if _, taken := found[q.ID]; !taken && is(q) {
				return q, true
			}
		}
	}
	return events.Question{}, false
}

// plain is a heading in small letters from a to z alone, as importColumns has it.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}

// letters are those of any script, small, and digits.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

func importedRow(n int, record []string, head importHead, e *events.Event, place string) importRow {
	cell := func(at int) string {
		if at < len(record) {
			return record[at]
		}
		return ""
	}
	get := func(name string) string {
		if at, there := head.columns[name]; there {
			return cell(at)
		}
		return ""
	}
	f := Form{Title: get("title"), FirstName: get("first_name"), LastName: get("last_name"), Email: get("email"), Profession: get("profession"), JobRole: get("job_role"),
		Employer: get("employer"), RegulatorNumber: get("regulator_number"), Place: placeCalled(e, get("place"), place)}
	f.Clean()
	row := importRow{Line: n}
	row.Person, row.Place, row.Wrong = f.Person(e)
	for i, w := range row.Wrong {
		if w.Name == "place" && get("place") != "" {
			row.Wrong[i].Message = "There is no place called " + line(get("place"))
		}
	}
	var unfit []fault.Field
	f.Answers, unfit = importedAnswers(head.questions, cell, e)
	row.Form, row.Wrong = f, append(row.Wrong, unfit...)
	return row
}

// importedAnswers are those of one row. What is answered and would not be asked with the other answers is a mistake somewhere, and not dropped.
func importedAnswers(questions []askedColumn, cell func(int) string, e *events.Event) (a Answers, wrong []fault.Field) {
	for _, q := range questions { // what decides whether a question is asked comes before it
		answer, problem := answerOf(q.Question, cell(q.at))
		if problem == "" && len(answer) > 0 && !a.show(q.Question) {
			on, _ := e.Question(q.ShownIf)
			problem = "‘" + q.Label + "’ is answered, which is asked only if ‘" + on.Label + "’ is ‘" + q.ShownAnswer + "’"
		}
		if problem != "" {
			wrong = append(wrong, fault.Field{Name: answerField + q.ID, Message: inOrganisersWords.Replace(problem)})
		}
		if len(answer) > 0 {
			if a == nil {
				a = Answers{}
			}
			a[q.ID] = answer
		}
	}
	return a, wrong
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
