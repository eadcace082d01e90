package registrations

import (
	"bytes"
	"errors"

	"masterclass/events"
	"masterclass/internal/csv"
)

// exampleColumns are those of a file that can be filled in; the event's questions follow.
var exampleColumns = []string{"Title", "First name", "Last name", "Email", "Profession", "Job role", "Employer", "Registration number", "Place"}

// importExample is a file that can be filled in for the event.
func importExample(e *events.Event) ([]byte, error) {
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	for _, name := range exampleColumns {
		w.Cell(name)
	}
	for _, q := range e.Asked() {
		w.Cell(q.Label)
	}
	err := errors.Join(w.End(), w.Flush())
	return file.Bytes(), err
}
