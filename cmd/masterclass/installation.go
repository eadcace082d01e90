package main

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"masterclass/internal/store"
	"masterclass/notify"
	"masterclass/organisers"
	"masterclass/templates"
)

// When somebody should look at how the installation is doing.
const (
	failedSince = 14 * 24 * time.Hour
	mailLate    = 15 * time.Minute // the oldest message that waits
	spaceLow    = 1 << 30          // bytes
	spacePart   = 20               // of the disk: a twentieth
	askTime     = 2 * time.Second  // for the database to answer
)

// installation tells owners what the program runs with and how it is doing.
type installation struct{ *App }

// label says what a setting is called on the page; empty is what its being empty means.
type label struct{ name, text, empty string }

var settingGroups = []struct {
	heading string
	labels  []label
}{
	{"The site", []label{{"SITE_NAME", "Name", ""}, {"STRAPLINE", "What it is for", "Nothing"}, {"CONTACT_EMAIL", "Address for questions", ""}, {"TIME_ZONE", "Time zone", ""}, {"BASE_URL", "Public address", ""}}},
	{"Mail", []label{{"SMTP_URL", "How it leaves", ""}, {"MAIL_FROM", "Sender", ""}, {"DKIM_KEY", "Key that signs it", "None: mail is not signed"}, {"DKIM_SELECTOR", "Name of the key’s record", "None"}, {"DKIM_DOMAIN", "Domain that signs it", "None"}}},
	{"Registration", []label{{"HOLD", "A seat is held for", ""}, {"OFFER", "An offer lasts for", ""}, {"RATE_LIMIT", "Forms sent in a minute from one address", ""}}},
	{"Where it runs", []label{{"DATABASE_URL", "Database", "SQLite, in the data folder"}, {"REDIS_URL", "Redis", "Embedded in the program"}, {"DATA_DIR", "Data folder", ""},
		{"SECRET", "Secret that links are made with", "Made once, in the data folder"}, {"LISTEN", "Listens on", ""}, {"TRUSTED_PROXIES", "Proxies that are believed", "None"},
		{"METRICS_TOKEN", "Token that opens /metrics", "None: there is no such page"}, {"LOG", "Form of the log", ""}}},
}

// Settings are all of them, in words.
func (i installation) Settings() (groups []organisers.SettingGroup) {
	known := map[string]inForce{}
	for _, one := range i.cfg.inForce() {
		known[one.name] = one
	}
	for _, g := range settingGroups {
		group := organisers.SettingGroup{Heading: g.heading}
		for _, l := range g.labels {
			one := known["MASTERCLASS_"+l.name]
			group.Settings = append(group.Settings, organisers.Setting{Label: l.text, Value: i.words(l, one.value), Name: one.name, Default: one.standard})
		}
		groups = append(groups, group)
	}
	version, revision := built()
	last := &groups[len(groups)-1]
	last.Settings = append(last.Settings, organisers.Setting{Label: "Version", Value: version + ", revision " + revision}, organisers.Setting{Label: "Schema of the database", Value: store.SchemaVersion()})
	return groups
}

// words are what a setting's value means, where it does not say so itself.
func (i installation) words(l label, value string) string {
	switch {
	case l.name == "HOLD":
		return lasting(i.cfg.Hold)
	case l.name == "OFFER":
		return lasting(i.cfg.Offer)
	case l.name == "SMTP_URL" && value == "":
		return "Not at all: each message is a file in " + i.mailDir()
	case l.name == "RATE_LIMIT" && value == "0":
		return "As many as you like"
	case value == "":
		return l.empty
	case value == hidden:
		return "Set, and not shown"
	}
	return value
}

// lasting is a duration in words, such as '1 hour 30 minutes'.
func lasting(d time.Duration) string {
	var parts []string
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := d / u.of; n > 0 {
			parts = append(parts, many(int64(n), u.name))
			d -= n * u.of
		}
	}
	return strings.Join(parts, " ")
}

// many is a number of things: '1 email', '3 emails'.
func many(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.FormatInt(n, 10) + " " + thing + "s"
}

// Doing says how the stores, the mail and the disk are.
func (i installation) Doing(ctx context.Context) []organisers.Fact {
	return []organisers.Fact{i.database(ctx), i.fastCount(), i.queue(ctx), i.disk()}
}

func (i installation) database(ctx context.Context) organisers.Fact {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if err := i.db.Read.PingContext(ctx); err != nil {
		i.cfg.Logger.Error("the database does not answer", "error", err)
		return organisers.Fact{Label: "Database", Value: i.db.Kind() + " cannot be reached.", Wrong: true}
	}
	return organisers.Fact{Label: "Database", Value: i.db.Kind() + " answers."}
}

func (i installation) fastCount() organisers.Fact {
	if since := i.seats.Counts().Since; !since.IsZero() {
		return organisers.Fact{Label: "Redis", Value: "It has not answered since " + since.In(i.cfg.Zone).Format("3:04pm on 2 January") + ". Registrations go on by the database alone; no seat is held while a form is checked.", Wrong: true}
	}
	if i.cfg.RedisURL == "" {
		return organisers.Fact{Label: "Redis", Value: "The embedded one answers."}
	}
	return organisers.Fact{Label: "Redis", Value: "It answers."}
}

func (i installation) queue(ctx context.Context) organisers.Fact {
	f := organisers.Fact{Label: "Mail", Link: templates.Link{Href: "/organise/messages", Text: "See what became of each"}}
	n, late, err := i.outbox.Queued(ctx)
	var failed int64
	if err == nil {
		failed, err = i.outbox.CountFailed(ctx, notify.Filter{Since: i.now().Add(-failedSince)})
	}
	if err != nil {
		i.cfg.Logger.Error("the mail could not be counted", "error", err)
		f.Value, f.Wrong = "It could not be counted.", true
		return f
	}
	f.Value, f.Wrong = mailWords(n, late, failed), late > mailLate || failed > 0
	return f
}

// mailWords say how many messages wait and for how long, and how many were given up.
func mailWords(waiting int64, late time.Duration, failed int64) string {
	words := "Nothing waits to be sent"
	if waiting > 0 {
		words = many(waiting, "email") + " to be sent"
	}
	if late >= time.Minute {
		words += ", the oldest due for " + lasting(late.Truncate(time.Minute))
	}
	if failed == 0 {
		return words + "; none of the last two weeks has failed."
	}
	return words + "; " + many(failed, "email") + " of the last two weeks could not be delivered."
}

func (i installation) disk() organisers.Fact {
	f := organisers.Fact{Label: "Disk of the data folder"}
	free, total, err := i.data.Free()
	if err != nil {
		i.cfg.Logger.Error("the disk could not be looked at", "error", err)
		f.Value, f.Wrong = "How full it is could not be seen.", true
		return f
	}
	f.Value, f.Wrong = fmt.Sprintf("%.1f GB of %.1f GB are free.", float64(free)/1e9, float64(total)/1e9), free < spaceLow || free < total/spacePart
	return f
}

// TestMail sends one message past the outbox and says what happened.
func (i installation) TestMail(ctx context.Context, name, address string) (said string, taken bool) {
	err := i.cfg.sendTest(ctx, i.mail, mail.Address{Name: name, Address: address})
	var held *notify.Withheld
	switch {
	case errors.As(err, &held):
		return "Nobody can have an address that ends in " + strings.TrimPrefix(held.Domain, ".") + ", so nothing was sent.", false
	case err != nil:
		i.cfg.Logger.Warn("a test message was not sent", "problem", notify.Problem(err))
		return sentence(i.cfg.refusedTest()) + ": " + notify.Problem(err), false
	}
	return i.cfg.tookTest(i.mailDir(), "your mailbox"), true
}

// sentence begins with a capital.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
