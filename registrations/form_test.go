package registrations

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"masterclass/events"
	"masterclass/internal/fault"
)

func event() *events.Event {
	return &events.Event{ID: "e", Places: []events.Place{{ID: "p1", Name: "In person"}, {ID: "p2", Name: "Online"}}}
}

func filled() Form {
	return Form{FirstName: "Ada", LastName: "Example", Email: "ada@example.com", Profession: "Nurse", Employer: "Example trust", Place: "p1"}
}

func problems(f Form) map[string]string {
	f.Clean()
	_, _, wrong := f.Person(event())
	m := map[string]string{}
	for _, w := range wrong {
		m[w.Name] = w.Message
	}
	return m
}

func TestAnEmptyFormNamesWhatIsNeededInTheOrderOfThePage(t *testing.T) {
	var f Form
	_, _, wrong := f.Person(event())
	var names []string
	for _, w := range wrong {
		names = append(names, w.Name)
		if !strings.HasPrefix(w.Message, "Enter ") && !strings.HasPrefix(w.Message, "Choose ") {
			t.Errorf("%s does not say what to do: %q", w.Name, w.Message)
		}
	}
	if got := strings.Join(names, " "); got != "first_name last_name email profession employer place" {
		t.Errorf("the fields are %s", got)
	}
}

func TestAFilledFormIsTaken(t *testing.T) {
	f := filled()
	f.Clean()
	p, place, wrong := f.Person(event())
	if len(wrong) > 0 || p.Mailbox != "ada@example.com" || place.Name != "In person" {
		t.Errorf("got %+v, %+v, %v", p, place, wrong)
	}
}

func TestWhatIsWrongIsSaidAtItsField(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Form)
		field  string
	}{
		"a place of elsewhere":         {func(f *Form) { f.Place = "p9" }, "place"},
		"a name of 10,000 letters":     {func(f *Form) { f.LastName = strings.Repeat("x", 10_000) }, "last_name"},
		"a name of nothing but blanks": {func(f *Form) { f.FirstName = " \t\r\n\u2028 " }, "first_name"},
		"diet without consent":         {func(f *Form) { f.Dietary = "Vegan" }, "consent_sensitive"},
		"access without consent":       {func(f *Form) { f.AccessNeeds = "Lift" }, "consent_sensitive"},
		"too long a diet":              {func(f *Form) { f.Dietary, f.Consent = strings.Repeat("é", 1001), true }, "dietary"},
		"too long a title":             {func(f *Form) { f.Title = strings.Repeat("Dr ", 10) }, "title"},
	} {
		f := filled()
		c.change(&f)
		got := problems(f)
		if len(got) != 1 || got[c.field] == "" {
			t.Errorf("%s: %v", name, got)
		}
	}
	f := filled()
	f.Dietary, f.Consent = strings.Repeat("é", 1000), true
	if got := problems(f); len(got) > 0 {
		t.Errorf("a thousand letters with consent: %v", got)
	}
}

func TestOnePersonHasOneMailbox(t *testing.T) {
	for typed, want := range map[string]string{
		"ada@example.com": "ada@example.com", "  ADA@Example.COM ": "ada@example.com", "ada @ example.com": "ada@example.com",
		"o'brien+list@nhs.net": "o'brien+list@nhs.net", "ada@bücher.example": "ada@xn--bcher-kva.example", "ada@mail.example.co.uk": "ada@mail.example.co.uk",
	} {
		f := Form{Email: typed}
		f.Clean()
		if got, problem := Mailbox(f.Email); got != want || problem != "" {
			t.Errorf("%q is %q, %q", typed, got, problem)
		}
	}
	for _, typed := range []string{
		"", "ada", "@example.com", "ada@", "ada@example", "ada@@example.com", "ada@exa mple", "ada@-example.com", "ada@example..com", "a<b>@example.com",
		"ada@example.com,eve@example.com", "ada\r\nBcc: eve@example.com", "\"a b\"@example.com", "zoë@example.com", "ada@[127.0.0.1]",
		strings.Repeat("a", 65) + "@example.com", "ada@" + strings.Repeat("a", 300) + ".com", "ada.@example.com", ".ada@example.com", "ada@example.123",
	} {
		f := Form{Email: typed}
		f.Clean()
		if got, problem := Mailbox(f.Email); problem == "" || got != "" {
			t.Errorf("%q was taken as %q", typed, got)
		}
	}
}

func TestMailGoesToTheAddressAsTypedWithAnASCIIDomain(t *testing.T) {
	p := Person{Email: "Ada.Example@Bücher.example", Mailbox: "ada.example@xn--bcher-kva.example"}
	if got := p.Recipient(); got != "Ada.Example@xn--bcher-kva.example" {
		t.Errorf("mail goes to %s", got)
	}
}

func TestTextIsCleanedAndOtherwiseKeptAsTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"=cmd()|' /C calc'!A0; \"x\"": "=cmd()|' /C calc'!A0; \"x\"", "a\r\nBcc: b": "a Bcc: b", "a\x00b\x07c": "a b c",
		"\u202eevil\u202c \u2066x\u2069": "evil x", "  two   blanks ": "two blanks", "\xff\xfe": "\uFFFD", "Zoë 👩‍⚕️": "Zoë 👩‍⚕️",
		"<script>alert(1)</script>": "<script>alert(1)</script>", "a\u2028b": "a b", "שלום": "שלום",
	} {
		if got := line(typed); got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
	if got := lines("one\r\n two \rthree\x00\n\n"); got != "one\ntwo\nthree" {
		t.Errorf("several lines are %q", got)
	}
}

func FuzzCleanedTextHoldsNoControls(f *testing.F) {
	for _, s := range []string{"a\r\nb", "\u202e", "\x00", "\xff", "é\u2029x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := line(s)
		if strings.ContainsAny(got, "\r\n\x00\u2028\u2029\u202e") || got != strings.TrimSpace(got) || line(got) != got {
			t.Errorf("%q is %q", s, got)
		}
		if mailbox, problem := Mailbox(strings.ReplaceAll(got, " ", "")); problem == "" && strings.ContainsAny(mailbox, "\r\n \x00<>,;\"") {
			t.Errorf("%q is the mailbox %q", s, mailbox)
		}
	})
}

func TestATickIsATickInAFormAndInJSON(t *testing.T) {
	for text, want := range map[string]Flag{`true`: true, `false`: false, `"yes"`: true, `"on"`: true, `"no"`: false, `""`: false, `null`: false, `"1"`: true} {
		var got Flag
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
}

func TestRegulatorNumbersAreWarnedAboutAndNeverBlocked(t *testing.T) {
	for number, fine := range map[string]bool{
		"": true, "1234567": true, "12A3456B": true, "RA123456": true, "ph12": true, "123 4567": true, "12345": false, "nurse": false, "12AB456C": false,
	} {
		if warning := regulatorWarning(number); (warning == "") != fine {
			t.Errorf("%q: %q", number, warning)
		}
		f := filled()
		f.RegulatorNumber = number
		if got := problems(f); len(got) > 0 {
			t.Errorf("%q was refused: %v", number, got)
		}
	}
}

func TestReferencesAreReadableAndOfTheID(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := uuid.Must(uuid.NewV7()).String()
		r := Reference(id)
		if len(r) != 9 || r[4] != '-' || strings.ContainsAny(r, "ILOU") || r != Reference(id) || seen[r] {
			t.Fatalf("the reference of %s is %s", id, r)
		}
		seen[r] = true
	}
}

func TestOneKeyMakesOneIDForADay(t *testing.T) {
	now := time.Date(2027, 3, 11, 10, 0, 0, 0, time.UTC)
	id := keyedID("event", "key", "body", "salt", now)
	if u, err := uuid.Parse(id); err != nil || u.Version() != 7 || u.Variant() != uuid.RFC4122 {
		t.Fatalf("%s is not a UUIDv7: %v", id, err)
	}
	if keyedID("event", "key", "body", "salt", now.Add(time.Hour)) != id {
		t.Error("an hour later it is another id")
	}
	for name, other := range map[string]string{
		"another event": keyedID("other", "key", "body", "salt", now), "another key": keyedID("event", "other", "body", "salt", now),
		"another body": keyedID("event", "key", "other", "salt", now), "another day": keyedID("event", "key", "body", "salt", now.AddDate(0, 0, 1)),
	} {
		if other == id {
			t.Errorf("%s makes the same id", name)
		}
	}
}

func TestJSONNamesWhatItDoesNotKnow(t *testing.T) {
	for body, want := range map[string]string{
		`{"first_name":"A","colour":"red"}`: `"colour"`, `[]`: "JSON object", `{"first_name":7}`: "first_name", `{`: "not JSON", ``: "not JSON",
		`{} {}`: "nothing after", `{"wait":"x"}`: "wait",
	} {
		_, err := readJSON([]byte(body))
		if f, ok := fault.Of(err); !ok || f.Kind != fault.Malformed || !strings.Contains(f.Message, want) {
			t.Errorf("%s: %v", body, err)
		}
	}
	if req, err := readJSON([]byte(`{"first_name":"A","wait":true,"step":"confirm","consent_sensitive":"yes","answers":{}}`)); err != nil || !req.Wait || !bool(req.Consent) {
		t.Errorf("a right body: %+v, %v", req, err)
	}
}

func TestDomains(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"example.nhs.uk": true, "a.b": true, "1a.uk": true, "xn--bcher-kva.example": true, "a-b.c-d": true, "nhs": false, "": false, ".": false, "a.": false,
		".a": false, "a..b": false, "-a.b": false, "a-.b": false, "a.b-": false, "a.1b": false, "a.1": false, "A.b": false, "bücher.example": false, "a b.c": false,
		"a_b.c": false,
	} {
		if isDomain(s) != want {
			t.Errorf("isDomain(%q) is %v", s, !want)
		}
	}
}
