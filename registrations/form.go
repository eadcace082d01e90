package registrations

import (
	"net/mail"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"masterclass/events"
	"masterclass/internal/fault"
)

// Form is what a person typed; its fields have the same names in HTML and in JSON.
type Form struct {
	Title           string  `json:"title"`
	FirstName       string  `json:"first_name"`
	LastName        string  `json:"last_name"`
	Email           string  `json:"email"`
	Profession      string  `json:"profession"`
	JobRole         string  `json:"job_role"`
	Employer        string  `json:"employer"`
	RegulatorNumber string  `json:"regulator_number"`
	Place           string  `json:"place"`
	Dietary         string  `json:"dietary"`
	AccessNeeds     string  `json:"access_needs"`
	Consent         Flag    `json:"consent_sensitive"`
	Claim           string  `json:"claim"`
	Answers         Answers `json:"answers"` // to the event's own questions
}

// Flag is a tick.
type Flag bool

// ticked reads a tick of a form: "yes", "on", "true" or "1".
func ticked(s string) Flag {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "yes", "on", "true", "1":
		return true
	}
	return false
}

// UnmarshalJSON reads a boolean, or a form's value in quotes.
func (f *Flag) UnmarshalJSON(b []byte) error {
	*f = ticked(strings.Trim(string(b), `"`))
	return nil
}

const (
	maxLine  = 100
	maxLong  = 200
	maxLines = 1000
)

// Clean takes out what no value may hold; what a person reads stays as typed.
func (f *Form) Clean() {
	for _, v := range []*string{&f.Title, &f.FirstName, &f.LastName, &f.Profession, &f.JobRole, &f.Employer, &f.RegulatorNumber, &f.Place} {
		*v = line(*v)
	}
	f.Email = strings.ReplaceAll(line(f.Email), " ", "")
	f.Dietary, f.AccessNeeds = lines(f.Dietary), lines(f.AccessNeeds)
}

// Person checks the cleaned form for an event. What needs mending comes in the order of the page.
func (f *Form) Person(e *events.Event) (Person, events.Place, []fault.Field) {
	wrong := f.checkPerson()
	mailbox, problem := Mailbox(f.Email)
	if problem != "" {
		wrong = append(wrong, fault.Field{Name: "email", Message: problem})
	}
	wrong = append(wrong, f.checkWork()...)
	place, found := e.Place(f.Place)
	switch {
	case f.Place == "":
		wrong = append(wrong, fault.Field{Name: "place", Message: "Choose how you will attend"})
	case !found:
		wrong = append(wrong, fault.Field{Name: "place", Message: "Choose one of the places of this event"})
	}
	wrong = append(wrong, f.checkNeeds()...)
	return Person{
		Title: f.Title, FirstName: f.FirstName, LastName: f.LastName, Email: f.Email, Mailbox: mailbox,
		Profession: f.Profession, JobRole: f.JobRole, Employer: f.Employer, RegulatorNumber: f.RegulatorNumber,
	}, place, wrong
}

// asked keeps the answers to what the event asks of this person, and says which need mending; those stay as they were typed.
func (f *Form) asked(e *events.Event) []fault.Field {
	answers, wrong := f.Answers.asked(e)
	if len(wrong) == 0 {
		f.Answers = answers
	}
	return wrong
}

type rule struct {
	name, value, enter, what string
	max                      int
}

func (f *Form) checkPerson() []fault.Field {
	return check([]rule{
		{"title", f.Title, "", "Title", 20},
		{"first_name", f.FirstName, "Enter your first name", "First name", maxLine},
		{"last_name", f.LastName, "Enter your last name", "Last name", maxLine},
	})
}

func (f *Form) checkWork() []fault.Field {
	return check([]rule{
		{"profession", f.Profession, "Enter your profession, such as Nurse or Pharmacist", "Profession", maxLine},
		{"job_role", f.JobRole, "", "Job role", maxLong},
		{"employer", f.Employer, "Enter your employer, such as the name of your trust or university", "Employer", maxLong},
		{"regulator_number", f.RegulatorNumber, "", "Registration number", 50},
	})
}

// checkNeeds makes sure that health data comes with consent or not at all.
func (f *Form) checkNeeds() []fault.Field {
	wrong := check([]rule{
		{"dietary", f.Dietary, "", "Dietary requirements", maxLines},
		{"access_needs", f.AccessNeeds, "", "Access requirements", maxLines},
	})
	if (f.Dietary != "" || f.AccessNeeds != "") && !bool(f.Consent) {
		wrong = append(wrong, fault.Field{Name: "consent_sensitive",
			Message: "Tick the box so that we may keep your dietary and access requirements, or take them out"})
	}
	return wrong
}

// check asks each value to be there, where an answer is needed, and not to be too long.
func check(rules []rule) []fault.Field {
	var wrong []fault.Field
	for _, r := range rules {
		switch {
		case r.value == "" && r.enter != "":
			wrong = append(wrong, fault.Field{Name: r.name, Message: r.enter})
		case utf8.RuneCountInString(r.value) > r.max:
			wrong = append(wrong, fault.Field{Name: r.name, Message: r.what + " must be " + strconv.Itoa(r.max) + " characters or fewer"})
		}
	}
	return wrong
}

const emailExample = "Enter an email address in the correct format, like name@example.nhs.uk"

// isDomain takes two labels or more of small letters, digits and inner hyphens, the last of which begins with a letter.
func isDomain(s string) bool {
	labels := 0
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
		labels++
	}
	last := s[strings.LastIndexByte(s, '.')+1:]
	return labels > 1 && last[0] >= 'a'
}

// Mailbox folds an address so that one person has one: small letters, and the domain in its ASCII form (RFC 5891). The second value is
// what to tell the person when the address cannot be written to.
func Mailbox(email string) (string, string) {
	if email == "" {
		return "", "Enter your email address"
	}
	at := strings.LastIndexByte(email, '@')
	if at < 1 || at == len(email)-1 || len(email) > 254 || at > 64 {
		return "", emailExample
	}
	local, domain := email[:at], email[at+1:]
	if strings.IndexFunc(local, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 {
		return "", "Enter an email address with plain letters before the @: mail to other letters does not always arrive"
	}
	ascii := strings.ToLower(domain)
	if !isDomain(ascii) || strings.Contains(ascii, "xn--") { // as most are not: other letters, or letters to look at closely
		var err error
		if ascii, err = idna.Lookup.ToASCII(domain); err != nil || !isDomain(strings.ToLower(ascii)) {
			return "", emailExample
		}
	}
	folded := strings.ToLower(local + "@" + ascii)
	if addr, err := mail.ParseAddress(folded); err != nil || addr.Address != folded || strings.ContainsAny(local, `"\`) {
		return "", emailExample
	}
	return folded, ""
}

// Recipient is where mail to the person goes: the local part as typed, the domain in its ASCII form.
func (p Person) Recipient() string {
	at, to := strings.LastIndexByte(p.Email, '@'), strings.LastIndexByte(p.Mailbox, '@')
	if at < 0 || to < 0 {
		return p.Mailbox
	}
	return p.Email[:at] + p.Mailbox[to:]
}
