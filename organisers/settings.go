package organisers

import (
	"context"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/templates"
)

// Installation tells owners what the site runs with and how it is doing. What is secret in it is masked already.
type Installation interface {
	Settings() []SettingGroup
	Doing(ctx context.Context) []Fact
	// TestMail sends a message to the address by the way that all mail goes, and says what happened in words that hold no address.
	TestMail(ctx context.Context, name, address string) (said string, taken bool)
}

// SettingGroup is a part of the settings under a heading.
type SettingGroup struct {
	Heading  string
	Settings []Setting
}

// Setting is what is in force, in words. Name is the environment variable that sets it, empty for what nobody sets; Default says that it is as it is
// without being set.
type Setting struct {
	Label, Value, Name string
	Default            bool
}

// Fact is how a part of the installation is doing.
type Fact struct {
	Label, Value string
	Wrong        bool           // somebody should look
	Link         templates.Link // where there is more
}

const (
	mailTested   = "settings.mail-tested"
	mailRefused  = "settings.mail-refused"
	testsAMinute = 3 // messages that an owner may send to themselves
	testTime     = 20 * time.Second
)

var errManyTests = fault.New(fault.TooMany, "You have sent several test emails just now. Please wait a minute, then try again.")

// MailTest is an attempt of an owner to send mail to themselves. The zero value is for none.
type MailTest struct {
	At    time.Time
	Said  string
	Taken bool
}

// NoteMailTest writes down in the audit trail what came of an owner's attempt.
func (o *Organisers) NoteMailTest(ctx context.Context, id string, t MailTest, by access.Entry) error {
	action := mailRefused
	if t.Taken {
		action = mailTested
	}
	return o.records.noteMailTest(ctx, by, action, id, t.Said, o.now())
}

// LastMailTest is the owner's newest attempt.
func (o *Organisers) LastMailTest(ctx context.Context, id string) (MailTest, error) {
	return o.records.lastMailTest(ctx, id)
}
