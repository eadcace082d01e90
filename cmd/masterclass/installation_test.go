package main

import (
	"context"
	"errors"
	"html"
	"log/slog"
	"net"
	"net/mail"
	"reflect"
	"strings"
	"testing"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/store/storetest"
	"masterclass/notify"
)

const settingsPage = "/organise/settings"

func TestOwnersSeeEverySettingInForce(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{}, func(set *Settings) { set.Hold, set.RateLimit, set.Listen = "90m", "600", ":8080" })
	page := html.UnescapeString(s.signedIn(t, access.Owner).get(settingsPage).want(t, 200, "<h1 class=\"nhsuk-heading-l\">Settings</h1>", `href="/organise/settings" aria-current`).text)
	row := func(label string) string {
		t.Helper()
		_, rest, ok := strings.Cut(page, `<dt class="nhsuk-summary-list__key">`+label+`</dt>`)
		if !ok {
			t.Fatalf("there is no %s", label)
		}
		rest, _, _ = strings.Cut(rest, "</dd>")
		return rest
	}
	for label, want := range map[string][]string{
		"Name":                    {"UK Chemotherapy Partnership", "MASTERCLASS_SITE_NAME", "(the default)"},
		"What it is for":          {"Better and safer chemotherapy.", "MASTERCLASS_STRAPLINE"},
		"A seat is held for":      {"1 hour 30 minutes", "MASTERCLASS_HOLD"},
		"An offer lasts for":      {"48 hours", "MASTERCLASS_OFFER", "(the default)"},
		"How it leaves":           {"each message is a file in " + s.mailDir(), "MASTERCLASS_SMTP_URL", "(the default)"},
		"Sender":                  {"<events@ukcp.example>", "MASTERCLASS_MAIL_FROM"},
		"Database":                {"SQLite answers."}, // of how it is doing, which comes first
		"Redis":                   {"The embedded one answers."},
		"Mail":                    {"Nothing waits to be sent; none of the last two weeks has failed."},
		"Data folder":             {s.data.Path, "MASTERCLASS_DATA_DIR"},
		"Listens on":              {":8080", "(the default)"},
		"Public address":          {s.URL, "MASTERCLASS_BASE_URL"},
		"Schema of the database":  {"00"},
		"Disk of the data folder": {" GB are free."},
	} {
		for _, w := range want {
			if !strings.Contains(row(label), w) {
				t.Errorf("%s does not say %q: %s", label, w, row(label))
			}
		}
	}
	for _, label := range []string{"What it is for", "A seat is held for", "Data folder", "Public address", "Sender"} {
		if strings.Contains(row(label), "default") {
			t.Errorf("%s is said to be the default: %s", label, row(label))
		}
	}
	for field := range reflect.TypeFor[Settings]().Fields() {
		if name := field.Tag.Get("env"); name != "" && !strings.Contains(page, ">"+name+"<") {
			t.Errorf("the page does not have %s", name)
		}
	}
	s.signedIn(t, access.Organiser).get(settingsPage).want(t, 403)
}

// Each secret of the settings has a word of its own, which no answer may hold.
func TestNoSecretIsEverShownToAnybody(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{"database": "swordfish1", "database's key": "swordfish2", "redis": "swordfish3", "sentinel": "swordfish4", "mail server": "swordfish5",
		"secret": "swordfish6" + strings.Repeat("-", 32), "metrics": "swordfish7"}
	s := startSite(t, stores{}, func(set *Settings) {
		set.MetricsToken, set.Secret = secrets["metrics"], secrets["secret"]
		set.SMTPURL = "smtp://kim:" + secrets["mail server"] + "@127.0.0.1:" + closedPort(t)
		set.DKIMKey, set.DKIMSelector, set.DKIMDomain = dkimKeyFile(t, 2048), "events", "ukcp.example"
	})
	s.cfg.DatabaseURL = "postgres://kim:" + secrets["database"] + "@db.example.org/x?sslpassword=" + secrets["database's key"] // the stores are open already
	s.cfg.RedisURL = "redis://:" + secrets["redis"] + "@redis.example.org/0?master=m&sentinel_password=" + secrets["sentinel"]
	v := s.signedIn(t, access.Owner)
	v.CheckRedirect = nil
	pages := v.get(settingsPage).want(t, 200, "Set, and not shown", "db.example.org", "redis.example.org").text
	pages += v.post(settingsPage+"/mail", nil).want(t, 200, "The message was not taken by smtp://kim:***@127.0.0.1:", "The mail server cannot be reached").text
	pages += v.get("/organise/audit?group=settings").want(t, 200, "Test email failed").text
	for _, one := range s.cfg.inForce() {
		pages += one.value
	}
	for name, word := range secrets {
		if strings.Contains(pages, word[:10]) {
			t.Errorf("the %s is shown", name)
		}
	}
	if strings.Contains(pages, s.cfg.DKIMKey) {
		t.Error("where the key that signs is kept is shown, and config hides it")
	}
}

func TestAnOwnerSendsThemselvesATestEmail(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, on stores) {
		s := startSite(t, on)
		v := s.signedIn(t, access.Owner)
		to := v.post(settingsPage+"/mail", nil).leads(t)
		v.get(to).want(t, 200, "Success", "the message is a file in "+s.mailDir(), "your own address")
		if mails := s.mails(t, 1); !strings.Contains(mails[0], "<owner@example.com>") || !strings.Contains(mails[0], "Subject: Test message from UK Chemotherapy Partnership") {
			t.Errorf("the mail is\n%s", mails[0])
		}
		v.get(settingsPage).want(t, 200, "Your last test, at ")
		v.get("/organise/audit?group=settings").want(t, 200, "Test email sent", "Kim owner")
		v.post(settingsPage+"/mail", nil).want(t, 303)
		v.post(settingsPage+"/mail", nil).want(t, 303)
		if a := v.post(settingsPage+"/mail", nil).want(t, 429, "You have sent several test emails just now"); a.Header.Get("Retry-After") == "" {
			t.Error("it does not say when to try again")
		}
	})
}

// refusing is a way for mail that gives one answer.
type refusing struct{ err error }

func (r refusing) Deliver(context.Context, string, string, []byte, string) error { return r.err }

func TestWhatCameOfATestEmailIsSaidInWords(t *testing.T) {
	t.Parallel()
	server, err := notify.ParseSMTP("smtp://kim:swordfish@mail.example.org")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		smtp *notify.SMTP
		err  error
		want string
	}{
		"taken":       {server, nil, "The message was taken by smtp://kim:***@mail.example.org:587. Look into your mailbox."},
		"a file":      {nil, nil, "No MASTERCLASS_SMTP_URL is set, so the message is a file in "},
		"unreachable": {server, &net.OpError{Op: "dial", Err: errors.New("connection refused")}, "The message was not taken by smtp://kim:***@mail.example.org:587: The mail server cannot be reached, or did not answer in time."},
		"late":        {server, context.DeadlineExceeded, "The mail server cannot be reached, or did not answer in time."},
		"nobody's":    {server, &notify.Withheld{Domain: ".invalid"}, "Nobody can have an address that ends in invalid, so nothing was sent."},
		"full disk":   {nil, errors.New("no space left"), "The message could not be written: no space left"},
	} {
		i := installation{&App{cfg: &Config{SMTP: c.smtp, From: mail.Address{Address: "events@example.org"}, Logger: slog.New(slog.DiscardHandler)}, mail: refusing{c.err}}}
		i.data, err = openDataDir(&Config{Settings: Settings{DataDir: t.TempDir()}})
		if err != nil {
			t.Fatal(err)
		}
		said, taken := i.TestMail(t.Context(), "Kim", "kim@example.org")
		if taken != (c.err == nil) || !strings.Contains(said, c.want) || strings.Contains(said, "swordfish") || strings.Contains(said, "kim@") {
			t.Errorf("%s: %v, %s", name, taken, said)
		}
	}
}

func TestOwnersSeeWhatIsNotWell(t *testing.T) {
	t.Parallel()
	memory := storetest.MortalRedis(t)
	s := startSite(t, stores{redis: memory.URL})
	place := s.visitor(t).event(masterclass).Places[0].ID
	for n := range 2 {
		s.visitor(t).registered(n, masterclass, place, false)
	}
	s.mails(t, 2)
	for _, query := range []string{
		"update outbox set state = 'failed' where recipient like '%ada0@%'",
		"update outbox set state = 'queued', leased_until = 99999999999999, due_at = due_at - 7500000 where recipient like '%ada1@%'",
	} {
		if _, err := s.db.NewRaw(query).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	memory.Down()
	v := s.signedIn(t, access.Owner)
	var text string
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(text, "It has not answered since ") && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		text = v.get(settingsPage).want(t, 200, "1 email to be sent, the oldest due for 2 hours 5 minutes; 1 email of the last two weeks could not be delivered.").text
	}
	if !strings.Contains(text, `nhsuk-tag--yellow">Look</strong> It has not answered since `) || !strings.Contains(text, `nhsuk-tag--yellow">Look</strong> 1 email to be sent`) ||
		!strings.Contains(text, `nhsuk-tag--green">Good</strong> SQLite answers.`) {
		t.Errorf("the page is\n%s", text)
	}
	late, cancel := context.WithCancel(t.Context())
	cancel()
	if f := (installation{s.App}).database(late); !f.Wrong || f.Value != "SQLite cannot be reached." {
		t.Errorf("without a database it says %+v", f)
	}
}

func TestDurationsInWords(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{15 * time.Minute: "15 minutes", 48 * time.Hour: "48 hours", time.Hour + time.Minute + time.Second: "1 hour 1 minute 1 second"} {
		if got := lasting(d); got != want {
			t.Errorf("%v is %s", d, got)
		}
	}
}
