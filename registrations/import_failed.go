package registrations

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"masterclass/internal/fault"
)

// FailedLine is a line of an imported file that was not registered.
type FailedLine struct {
	Line int
	why  reasons
}

// reasons are the places in leftOut, as bits, of all that is to be said of a line.
type reasons uint64

// leftOut are the reasons for which a line is not registered, each by the name of its field or of what stood in the way. Their order is that of
// the page, and stands in its addresses: new ones come last.
var leftOut = []struct{ name, words string }{
	{"title", "The title needs mending"},
	{"first_name", "The first name needs mending"},
	{"last_name", "The last name needs mending"},
	{"email", "The email address needs mending"},
	{"profession", "The profession needs mending"},
	{"job_role", "The job role needs mending"},
	{"employer", "The employer needs mending"},
	{"regulator_number", "The registration number needs mending"},
	{"place", "The place needs mending"},
	{"answers", "An answer to one of the event’s questions needs mending"},
	{"twice", "An earlier line has the same email address"},
	{"full", "There was no place any more"},
	{"closed", "The event was not taking registrations"},
	{"other", "Something stood in the way just then"},
}

func reason(name string) reasons {
	for i, r := range leftOut {
		if r.name == name {
			return 1 << i
		}
	}
	return 1 << (len(leftOut) - 1)
}

// reasonsOf says why a row was not registered.
func reasonsOf(row importRow, err error) (why reasons) {
	for _, w := range row.Wrong {
		name := w.Name
		if strings.HasPrefix(name, answerField) {
			name = "answers"
		}
		why |= reason(name)
	}
	switch {
	case why != 0:
		return why
	case errors.Is(err, errTwice):
		return reason("twice")
	case errors.Is(err, ErrFull):
		return reason("full")
	case errors.Is(err, ErrClosed):
		return reason("closed")
	}
	return reason("other")
}

// maxFailedCode is how many characters of an address say which lines have failed. Browsers, proxies and our own limit of headers take far more.
const maxFailedCode = 2000

// failedCode packs the lines into an address: how far each is from the one before, 0, and why each, compressed, so that 2,000 lines in a row
// are a few characters and 1,000 here and there some hundred. left is how many are not in it since they would not fit, which takes a file made for that.
func failedCode(failed []FailedLine) (code string, left int, err error) {
	for n := len(failed); n > 0; n = n * 9 / 10 {
		if code, err = packed(failed[:n]); err != nil || len(code) <= maxFailedCode {
			return code, len(failed) - n, err
		}
	}
	return "", len(failed), nil
}

func packed(failed []FailedLine) (string, error) {
	var raw []byte
	before := 0
	for _, f := range failed {
		raw = binary.AppendUvarint(raw, uint64(f.Line-before))
		before = f.Line
	}
	raw = append(raw, 0)
	for _, f := range failed {
		raw = binary.AppendUvarint(raw, uint64(f.why))
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err == nil {
		_, err = w.Write(raw)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return "", fmt.Errorf("pack the lines that an import left out: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b.Bytes()), nil
}

var errFailedCode = fault.New(fault.NotFound, "We could not find what the import has left out. The address may be incomplete. Import the same file again: it shows the lines that are left, and nobody is registered twice.")

// failedLines reads what failedCode has written, in the order of the file.
func failedLines(code string) ([]FailedLine, error) {
	if code == "" {
		return nil, nil
	}
	if len(code) > maxFailedCode {
		return nil, errFailedCode
	}
	raw, err := base64.RawURLEncoding.DecodeString(code)
	if err == nil {
		raw, err = io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(raw)), maxImport*2*binary.MaxVarintLen32))
	}
	if err != nil {
		return nil, errFailedCode.Because(err)
	}
	failed, ok := unpacked(bytes.NewReader(raw))
	if !ok {
		return nil, errFailedCode
	}
	return failed, nil
}

// unpacked is the opposite of packed, before compression; ok says whether it can be.
func unpacked(raw *bytes.Reader) (failed []FailedLine, ok bool) {
	for line := uint64(0); ; {
		gap, err := binary.ReadUvarint(raw)
		if err != nil || gap > maxLineNumber || len(failed) > maxImport {
			return nil, false
		}
		if gap == 0 {
			break
		}
		line += gap
		failed = append(failed, FailedLine{Line: int(line)})
	}
	for i := range failed {
		why, err := binary.ReadUvarint(raw)
		if err != nil || why == 0 || why >= 1<<len(leftOut) {
			return nil, false
		}
		failed[i].why = reasons(why)
	}
	return failed, raw.Len() == 0
}

// maxLineNumber is more lines than a file of the largest size has.
const maxLineNumber = 1 << 30

// LeftOut are the lines that were not registered for one reason.
type LeftOut struct{ Why, Lines string }

// leftOutFor puts the lines together by their reasons; one with several stands at each of them.
func leftOutFor(failed []FailedLine) (list []LeftOut) {
	for i, r := range leftOut {
		var lines []int
		for _, f := range failed {
			if f.why&(1<<i) != 0 {
				lines = append(lines, f.Line)
			}
		}
		if len(lines) > 0 {
			list = append(list, LeftOut{r.words, ranges(lines)})
		}
	}
	return list
}

// ranges names lines that rise, such as 'lines 3 to 7, 12'.
func ranges(lines []int) string {
	var parts []string
	for i := 0; i < len(lines); {
		last := i
		for last+1 < len(lines) && lines[last+1] == lines[last]+1 {
			last++
		}
		part := strconv.Itoa(lines[i])
		if last > i {
			part += " to " + strconv.Itoa(lines[last])
		}
		parts, i = append(parts, part), last+1
	}
	if len(lines) == 1 {
		return "line " + parts[0]
	}
	return "lines " + strings.Join(parts, ", ")
}
