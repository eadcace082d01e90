package templates

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// show renders one partial inside a page and returns what main holds.
func show(t *testing.T, partial string, dot any) string {
	t.Helper()
	v := sampleView()
	v.Page = dot
	page := render(t, `{{define "main"}}[[{{template "`+partial+`" .}}]]{{end}}`, v)
	_, rest, _ := strings.Cut(page, "[[")
	part, _, _ := strings.Cut(rest, "]]")
	return part
}

const evil = `"><script>alert('x')</script>`

func TestPartialsEscapeWhatPeopleTyped(t *testing.T) {
	opts := []Option{{Value: evil, Text: evil, Hint: evil}}
	for partial, dot := range map[string]any{
		"error-summary": []FieldError{{Field: evil, Message: evil}},
		"input":         Input{ID: "a", Label: evil, Hint: evil, Value: evil, Error: evil, Class: evil, List: evil, ListOptions: []string{evil}, Prefix: evil},
		"textarea":      Textarea{ID: "a", Label: evil, Value: `</textarea>` + evil, Error: evil},
		"select":        Select{ID: "a", Label: evil, Value: evil, Options: opts},
		"radios":        Radios{ID: "a", Legend: evil, Value: evil, Options: opts, Error: evil},
		"checkbox":      Checkbox{ID: "a", Label: evil, Hint: evil, Value: evil},
		"checkboxes":    Checkboxes{ID: "a", Legend: evil, Values: []string{evil}, Options: opts},
		"summary-row":   Row{Key: evil, Value: evil, Change: Link{Href: "javascript:alert(1)", Text: evil}},
		"tag":           Tag{Text: evil, Colour: evil},
		"inset":         evil,
		"panel":         Panel{Heading: evil, Text: evil, Reference: evil},
		"notice":        Notice{Text: evil},
		"clashes":       []Clash{{Label: evil, Now: evil}},
		"breadcrumbs":   []Link{{Href: "javascript:alert(1)", Text: evil}},
		"pager":         Pager{Next: Link{Href: "?page=2", Text: evil}},
		"places":        Places{State: evil, Text: evil},
		"event-card":    Card{Link: Link{Href: "javascript:alert(1)", Text: evil}, Day: evil, When: evil, Where: evil, Summary: evil, Places: Places{State: "open", Text: evil}},
	} {
		t.Run(partial, func(t *testing.T) {
			got := show(t, partial, dot)
			if strings.Contains(got, "<script") || strings.Contains(got, "javascript:") {
				t.Errorf("not escaped:\n%s", got)
			}
			if !strings.Contains(got, "alert(") {
				t.Errorf("the value is not shown:\n%s", got)
			}
		})
	}
}

func TestAFieldIsTiedToItsLabelHintAndError(t *testing.T) {
	for partial, dot := range map[string]any{
		"input":      Input{ID: "a", Label: "L", Hint: "H", Error: "E"},
		"textarea":   Textarea{ID: "a", Label: "L", Hint: "H", Error: "E", MaxLength: 9},
		"select":     Select{ID: "a", Label: "L", Hint: "H", Error: "E"},
		"radios":     Radios{ID: "a", Legend: "L", Hint: "H", Error: "E", Options: []Option{{"1", "One", "h"}, {"2", "Two", ""}}},
		"checkbox":   Checkbox{ID: "a", Label: "L", Hint: "H", Error: "E"},
		"checkboxes": Checkboxes{ID: "a", Legend: "L", Hint: "H", Error: "E", Options: []Option{{"1", "One", "h"}}},
	} {
		t.Run(partial, func(t *testing.T) {
			ids, refs := idsOf(t, show(t, partial, dot))
			for _, id := range []string{"a", "a-hint", "a-error"} {
				if ids[id] != 1 {
					t.Errorf("the id %s is there %d times, want once", id, ids[id])
				}
			}
			for _, ref := range []string{"a-hint", "a-error"} {
				if !refs[ref] {
					t.Errorf("nothing refers to %s", ref)
				}
			}
			for ref := range refs {
				if ids[ref] != 1 {
					t.Errorf("%s is referred to and there %d times", ref, ids[ref])
				}
			}
		})
	}
}

// idsOf counts the ids in fragment and lists the ids it refers to.
func idsOf(t *testing.T, fragment string) (ids map[string]int, refs map[string]bool) {
	t.Helper()
	ids, refs = map[string]int{}, map[string]bool{}
	doc, err := html.Parse(strings.NewReader(fragment))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			switch a.Key {
			case "id":
				ids[a.Val]++
			case "for", "aria-describedby", "list":
				for _, ref := range strings.Fields(a.Val) {
					refs[ref] = true
				}
			}
		}
	}
	return ids, refs
}

func TestFieldsKeepWhatWasEntered(t *testing.T) {
	opts := []Option{{"1", "One", ""}, {"2", "Two", ""}}
	for partial, c := range map[string]struct {
		dot  any
		want string
	}{
		"input":      {Input{ID: "a", Value: "kept"}, `value="kept"`},
		"textarea":   {Textarea{ID: "a", Value: "kept"}, `>kept</textarea>`},
		"select":     {Select{ID: "a", Value: "2", Options: opts}, `value="2" selected`},
		"radios":     {Radios{ID: "a", Value: "2", Options: opts}, `value="2" checked`},
		"checkbox":   {Checkbox{ID: "a", Checked: true}, `value="yes" checked`},
		"checkboxes": {Checkboxes{ID: "a", Values: []string{"2"}, Options: opts}, `value="2" checked`},
	} {
		if got := show(t, partial, c.dot); strings.Count(got, c.want) != 1 {
			t.Errorf("%s lacks %s:\n%s", partial, c.want, got)
		}
	}
}

func TestSmallPromisesOfTheFields(t *testing.T) {
	for want, got := range map[string]string{
		`name="a" type="text"`:                 show(t, "input", Input{ID: "a"}),
		`name="n" type="email"`:                show(t, "input", Input{ID: "a", Name: "n", Type: "email"}),
		`spellcheck="false" autocapitalize="n`: show(t, "input", Input{ID: "a", Type: "email"}),
		`(optional)`:                           show(t, "input", Input{ID: "a", Optional: true}),
		`<datalist id="l"><option value="x">`:  show(t, "input", Input{ID: "a", List: "l", ListOptions: []string{"x"}}),
		`<h1 class="nhsuk-fieldset__heading">`: show(t, "radios", Radios{ID: "a", Legend: "L", Heading: true}),
		`href="#a"`:                            show(t, "error-summary", []FieldError{{"a", "m"}}),
		`tabindex="-1" autofocus`:              show(t, "error-summary", []FieldError{{"a", "m"}}),
		`Not given`:                            show(t, "summary-row", Row{Key: "k"}),
		`name="change" value="email"`:          show(t, "summary-row", Row{Key: "k", Button: Button{Name: "change", Value: "email"}}),
		`<h3 class="app-event-card__title">`:   show(t, "event-card", Card{Heading: 3}),
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %s:\n%s", want, got)
		}
	}
	for partial, dot := range map[string]any{"error-summary": []FieldError(nil), "notice": Notice{}, "clashes": []Clash(nil), "pager": Pager{}, "breadcrumbs": []Link(nil)} {
		if got := show(t, partial, dot); strings.TrimSpace(got) != "" {
			t.Errorf("an empty %s shows %s", partial, got)
		}
	}
}
