package registrations

import (
	"errors"
	"io"
	"mime/multipart"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

// ImportPage is registrations/organise-import: the form, or what the file would do.
type ImportPage struct {
	Caption, Action, Example string
	Errors                   []templates.FieldError
	File                     templates.Input
	Paste                    templates.Textarea
	Place                    templates.Select
	Wait                     templates.Checkbox
	Confirm                  *templates.Checkbox // of an event that asks for approval
	Requests                 bool                // what is imported awaits approval
	Back                     string
	Past                     bool     // the event is over, and nobody is written to
	Questions                []string // of the event, that can be columns; in the preview those that are

	// Of the preview. Hidden carries the file on to the confirmation: until then it is kept nowhere.
	Counts  []ImportCount
	Lines   []ImportLine
	More    int // lines that are not shown: all of them of people who will be registered
	Ignored []string
	Hidden  []Hidden
	Will    int // registered or put on the waiting list
}

// ImportCount is how many rows have the same fate.
type ImportCount struct {
	N    int
	Text string
}

// ImportLine is a row of the preview.
type ImportLine struct {
	Line              int
	Name, Email, What string
	Tag               templates.Tag
}

// fateWords say in the preview what will become of a row, and how the rows are counted.
var fateWords = []struct {
	fate importFate
	tag  templates.Tag
	many string
}{
	{isWrong, templates.Tag{Text: "Needs mending", Colour: "red"}, "cannot be registered as they are"},
	{isTwice, templates.Tag{Text: "Twice", Colour: "orange"}, "have the email address of an earlier line"},
	{isAlready, templates.Tag{Text: "Already there", Colour: "grey"}, "are registered already"},
	{isFull, templates.Tag{Text: "No place", Colour: "orange"}, "have no place any more"},
	{willWait, templates.Tag{Text: "Will wait", Colour: "yellow"}, "will be put on the waiting list"},
	{willRegister, templates.Tag{Text: "Will register", Colour: "green"}, "will be registered"},
}

// shownLines is how many lines of a preview are shown in which there is nothing to look at; of the others none is left out.
const shownLines = 200

func importPath(e *events.Event) string { return eventPath(e) + "/attendees/import" }

func newImportPage(e *events.Event, place, paste string, way ImportWay, wrong error) ImportPage {
	message := ""
	if f, ok := fault.Of(wrong); ok {
		message = f.Message
	}
	p := ImportPage{
		Caption: e.Title, Action: importPath(e), Example: importPath(e) + "/example.csv", Back: eventPath(e) + "/attendees",
		File:  templates.Input{ID: "file", Label: "CSV file", Type: "file", Accept: ".csv,text/csv,text/plain", Hint: "As Excel saves it: CSV UTF-8. Up to 2,000 people.", Error: message},
		Paste: templates.Textarea{ID: "paste", Label: "Or paste the lines", Value: paste, Rows: 6, Optional: true},
		Place: templates.Select{ID: "place", Label: "Place", Hint: "For everybody whose line names none", Value: place},
		Wait:  templates.Checkbox{ID: "wait", Label: "Put those for whom there is no place on the waiting list", Checked: way.Wait},
	}
	if e.Approval {
		p.Confirm = &templates.Checkbox{ID: "confirm", Label: "Confirm their places at once", Hint: "Otherwise their requests await approval", Checked: way.Confirm}
	}
	for _, l := range e.Places {
		p.Place.Options = append(p.Place.Options, templates.Option{Value: l.ID, Text: l.Name})
	}
	for _, q := range e.Asked() {
		p.Questions = append(p.Questions, q.Label)
	}
	if message != "" {
		p.Errors = []templates.FieldError{{Field: "file", Message: message}}
	}
	return p
}

func (h *Handler) importForm(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	if why := TakesNobody(e); why != "" {
		return ShowClosed(c, e, "Import attendees", why, allAttendees(e))
	}
	return showImport(c, e, newImportPage(e, "", "", ImportWay{Wait: true, Confirm: true}, nil))
}

func (h *Handler) importExample(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	example, err := importExample(e)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="attendees-example.csv"`)
	return c.Send(example)
}

func showImport(c *fiber.Ctx, e *events.Event, p ImportPage) error {
	title := "Import attendees"
	if p.Counts != nil {
		title = "Check the import"
	}
	if len(p.Errors) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return web.Render(c, "registrations/organise-import", web.View{Title: title + ": " + e.Title, NoIndex: true, Error: len(p.Errors) > 0, Back: &web.Back{Href: p.Back}, Page: p})
}

// importSent is what was sent: the file, or what was pasted in its place.
type importSent struct {
	raw   []byte
	place string
	way   ImportWay
	key   string // of this import: sent twice, it is done once
	step  string
}

func readSent(c *fiber.Ctx) (s importSent, err error) {
	s = importSent{raw: []byte(c.FormValue("paste")), place: c.FormValue("place"), way: ImportWay{Wait: bool(ticked(c.FormValue("wait"))), Confirm: bool(ticked(c.FormValue("confirm")))}, key: c.FormValue("key"), step: c.FormValue("step")}
	file, err := c.FormFile("file")
	if err != nil || file.Size == 0 {
		return s, nil // a form without a file
	}
	s.raw, err = contentsOf(file)
	return s, err
}

func contentsOf(file *multipart.FileHeader) ([]byte, error) {
	f, err := file.Open()
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(f)
	return raw, errors.Join(err, f.Close())
}

// importPeople shows what a file would do; once that is confirmed, it does it.
func (h *Handler) importPeople(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	s, err := readSent(c)
	if err != nil {
		return err
	}
	rows, head, err := readImport(s.raw, e, s.place)
	if why := TakesNobody(e); why != "" {
		err = fault.New(fault.Conflict, why)
	}
	if _, told := fault.Of(err); told {
		paste := string(s.raw)
		if len(paste) > web.BodyLimit || strings.ContainsRune(paste, 0) {
			paste = ""
		}
		return showImport(c, e, newImportPage(e, s.place, paste, s.way, err))
	}
	if err != nil {
		return err
	}
	key, err := uuid.Parse(s.key)
	if s.step == "confirm" && err == nil {
		done, err := h.Import(c.UserContext(), e, rows, key, s.way, web.By(c))
		if err != nil {
			return err
		}
		q, err := done.query()
		if err != nil {
			return err
		}
		return c.Redirect(withQuery(importPath(e)+"/done", q), fiber.StatusSeeOther)
	}
	return h.previewImport(c, e, s, rows, head)
}

func (h *Handler) previewImport(c *fiber.Ctx, e *events.Event, s importSent, rows []importRow, head importHead) error {
	if err := h.Foresee(c.UserContext(), e, rows, s.way.Wait); err != nil {
		return err
	}
	text, err := importText(s.raw)
	if err != nil {
		return err
	}
	p := newImportPage(e, s.place, "", s.way, nil)
	p.Past, p.Ignored, p.Questions = e.Past(h.now()), head.ignored, nil
	for _, q := range head.questions {
		p.Questions = append(p.Questions, q.Label)
	}
	p.Hidden = []Hidden{{"paste", text}, {"place", s.place}, {"key", uuid.NewString()}}
	for name, ticked := range map[string]bool{"wait": s.way.Wait, "confirm": s.way.Confirm} {
		if ticked {
			p.Hidden = append(p.Hidden, Hidden{name, "yes"})
		}
	}
	p.Requests = e.Approval && !s.way.Confirm && !p.Past
	for _, w := range fateWords {
		n := 0
		for _, r := range rows {
			if r.Fate != w.fate {
				continue
			}
			n++
			if w.fate != willRegister || n <= shownLines {
				p.Lines = append(p.Lines, importLine(r, w.tag))
			} else {
				p.More++
			}
		}
		if n > 0 {
			p.Counts = append(p.Counts, ImportCount{n, w.many})
		}
		if w.fate == willRegister || w.fate == willWait {
			p.Will += n
		}
	}
	return showImport(c, e, p)
}

func importLine(r importRow, tag templates.Tag) ImportLine {
	l := ImportLine{Line: r.Line, Name: strings.TrimSpace(r.Form.FirstName + " " + r.Form.LastName), Email: r.Form.Email, What: r.Place.Name, Tag: tag}
	if r.Fate == isWrong {
		var problems []string
		for _, w := range r.Wrong {
			problems = append(problems, inOrganisersWords.Replace(w.Message))
		}
		l.What = strings.Join(problems, ". ")
	}
	return l
}

// ImportDonePage says what an import has done.
type ImportDonePage struct {
	Caption, Heading, Back, Action string
	Waiting, Already               int
	LeftOut                        []LeftOut
	More                           int // lines that were left out, and that the address had no room for
}

func (h *Handler) importDone(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	number := func(name string) int {
		n, _ := strconv.Atoi(c.Query(name)) // what is no number is none
		return max(0, n)
	}
	p := ImportDonePage{Caption: e.Title, Heading: counted(number("registered"), "person") + " registered", Back: eventPath(e) + "/attendees", Action: importPath(e), Waiting: number("waiting"), Already: number("already")}
	if number("registered") != 1 {
		p.Heading = thousands(number("registered")) + " people registered"
	}
	failed, err := failedLines(c.Query("failed"))
	if err != nil {
		return err
	}
	p.LeftOut, p.More = leftOutFor(failed), number("more")
	return web.Render(c, "registrations/organise-import-done", web.View{Title: p.Heading + ": " + e.Title, NoIndex: true, Page: p})
}

// query carries the outcome to the page that shows it: numbers, and no person.
func (d Imported) query() (url.Values, error) {
	q := url.Values{"registered": {strconv.Itoa(d.Registered)}, "waiting": {strconv.Itoa(d.Waiting)}, "already": {strconv.Itoa(d.Already)}}
	failed, more, err := failedCode(d.Failed)
	if failed != "" {
		q.Set("failed", failed)
	}
	if more > 0 {
		q.Set("more", strconv.Itoa(more))
	}
	return q, err
}
