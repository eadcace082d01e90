package main

import (
	"encoding/json"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func decode(r io.Reader, into any) error { return json.NewDecoder(r).Decode(into) }

var demoOrganiserLine = regexp.MustCompile(`(?m)^Organiser: (\S+)  password: (\S+)$`)

func demoTwice(t *testing.T, b binary) {
	s := settings{"LISTEN": "127.0.0.1:0"} // in ./demo-data of wherever it is started
	s["DATA_DIR"] = filepath.Join(t.TempDir(), "demo-data")
	var passwords, lists []string
	for range 2 {
		p := b.start(t, s, "", "demo")
		v := newVisitor(t, "http://127.0.0.1:"+p.said(p.out, demoSite))
		if folder := p.said(p.out, regexp.MustCompile(`(?m)^Mail: (.+)$`)); folder != filepath.Join(s["DATA_DIR"], "mail") {
			t.Errorf("the mail is in %s", folder)
		}
		m := demoOrganiserLine.FindStringSubmatch(p.out.String())
		if m == nil {
			t.Fatalf("the organiser is not told:\n%s", p.out)
		}
		v.get("/organise").want(t, 200, "Sign in")
		v.post("/organise/sign-in", url.Values{"email": {m[1]}, "password": {m[2] + "x"}}).want(t, 422)
		in := v.post("/organise/sign-in", url.Values{"email": {m[1]}, "password": {m[2]}}).want(t, 200)
		if in.Request.URL.Path != "/organise" {
			t.Errorf("signing in leads to %s", in.Request.URL.Path)
		}
		v.get("/readyz").want(t, 200)
		if e := v.event(masterclass); e.Registration != "open" || e.Places[0].Capacity != 60 || e.Places[0].Left != 60 {
			t.Errorf("the Masterclass is %+v", e)
		}
		passwords, lists = append(passwords, m[2]), append(lists, strings.ReplaceAll(v.get("/api/v1/events").want(t, 200).text, portOf(v.base), ""))
		p.stop()
	}
	if passwords[0] != passwords[1] || len(passwords[0]) < 12 {
		t.Errorf("the passwords are %q", passwords)
	}
	if lists[0] != lists[1] {
		t.Errorf("the second start has changed the events from\n%s\nto\n%s", lists[0], lists[1])
	}
}

func portOf(base string) string { return base[strings.LastIndexByte(base, ':'):] }

func demoAfterServe(t *testing.T, b binary) {
	s := inFolder(t)
	p, _ := b.serve(t, s)
	p.stop()
	p = b.start(t, s, "", "demo")
	v := newVisitor(t, "http://127.0.0.1:"+p.said(p.out, demoSite))
	v.get("/about").want(t, 200)
	v.get("/events/"+masterclass).want(t, 200)
	p.stop()
}

func migrateTwice(t *testing.T, b binary) {
	s := inFolder(t)
	b.run(t, s, "migrate").want(0, "Ran 0001_house on the SQLite database.")
	again := b.run(t, s, "migrate").want(0, "up to date")
	if strings.Contains(again.out.String(), "Ran ") {
		t.Errorf("the second time: %s", again.out)
	}
}

func configMasks(t *testing.T, b binary) {
	for _, s := range []settings{
		{"DATABASE_URL": "postgres://u:" + password + "@db.example.org/x", "REDIS_URL": "redis://:" + password + "@h1:1,h2:2?cluster=true"},
		{"DATABASE_URL": "postgres://db.example.org/x?user=u&password=" + password + "&sslpassword=" + password, "REDIS_URL": "rediss://u:" + password + "@redis.example.org"},
		{"DATABASE_URL": "postgresql://u:" + password + "@/x?host=/run", "SECRET": strings.Repeat(password, 2), "SMTP_URL": "smtp://u:" + password + "@mail.example.org"},
		{"REDIS_URL": "redis:" + password + "@redis.example.org", "SMTP_URL": "smtps://u:" + password + "@mail.example.org:465"},
		{"REDIS_URL": "redis://h1,h2/0?master=m&sentinel_password=" + password},
	} {
		p := b.run(t, s, "config").want(0, "MASTERCLASS_DATABASE_URL=", "MASTERCLASS_SECRET=", "MASTERCLASS_SMTP_URL=", "MASTERCLASS_HOLD=15m0s\n")
		if strings.Contains(p.out.String()+p.err.String(), password) {
			t.Errorf("a password is shown:\n%s%s", p.out, p.err)
		}
	}
	b.run(t, settings{"DATABASE_URL": "postgres://u:p@db.example.org/x"}, "config").want(0, "MASTERCLASS_DATABASE_URL=postgres://u:xxxxx@db.example.org/x\n")
}

// signedMailTest wants the message of mail test to carry the signature of the settings, and config to hide where the key is.
func signedMailTest(t *testing.T, b binary) {
	key := dkimKeyFile(t, 2048)
	s := inFolder(t).with("MAIL_FROM", "events@ukcp.example").with("DKIM_KEY", key).with("DKIM_SELECTOR", "mc").with("DKIM_DOMAIN", "ukcp.example")
	b.run(t, s, "mail", "test", "zoe@example.org").want(0)
	for name, text := range mailFiles(t, s) {
		if !strings.HasPrefix(text, "DKIM-Signature:") || !strings.Contains(text, "s=mc") {
			t.Errorf("%s is not signed:\n%s", name, text)
		}
	}
	if p := b.run(t, s, "config").want(0, "MASTERCLASS_DKIM_KEY=(set)\n", "MASTERCLASS_DKIM_SELECTOR=mc\n"); strings.Contains(p.out.String(), key) {
		t.Errorf("the key's file is shown:\n%s", p.out)
	}
	b.run(t, s.with("DKIM_DOMAIN", "example.com"), "serve").refused("MASTERCLASS_DKIM_DOMAIN")
}

func healthchecks(t *testing.T, b binary) {
	s := inFolder(t)
	b.run(t, s.with("LISTEN", "127.0.0.1:"+closedPort(t)), "healthcheck").refused("does not answer")
	p, site := b.serve(t, s)
	at := s.with("LISTEN", strings.TrimPrefix(site, "http://"))
	b.run(t, at, "healthcheck").want(0)
	b.run(t, at.with("BASE_URL", "https://events.example.org"), "healthcheck").want(0)
	p.stop()
	b.run(t, at, "healthcheck").refused("does not answer")
}

func mailTest(t *testing.T, b binary) {
	s := inFolder(t).with("MAIL_FROM", "The Partnership <events@ukcp.example>")
	b.run(t, s, "mail", "test", "Zoë Example <zoe@example.org>").want(0, filepath.Join(s["DATA_DIR"], "mail"))
	files := mailFiles(t, s)
	if len(files) != 1 {
		t.Fatalf("%d files were written", len(files))
	}
	for name, text := range files {
		if !strings.Contains(text, "<zoe@example.org>") || !strings.Contains(text, "<events@ukcp.example>") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
			t.Errorf("the message is\n%s", text)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("others can read it: %v %v", info, err)
		}
	}
	b.run(t, s, "mail", "test", "nobody").refused("not an email address")
	b.run(t, s, "mail", "test", "a@example.org\nBcc: b@example.org").refused("not an email address")
	b.run(t, s.with("SMTP_URL", "smtp://u:"+password+"@127.0.0.1:"+closedPort(t)), "mail", "test", "a@example.org").refused("not taken")
}

func organiserAdd(t *testing.T, b binary) {
	s := inFolder(t)
	p, site := b.serve(t, s)
	add := func(role string, more ...string) []string {
		return append([]string{"organiser", "add", "--email", role + "@example.org", "--name", "Ada Example", "--role", role}, more...)
	}
	told := b.run(t, s.with("BASE_URL", site), add("owner")...).want(0, "Ada Example", "owner").out.String()
	link := regexp.MustCompile(`http://\S+`).FindString(told)
	v := newVisitor(t, site)
	v.get(link).want(t, 200, "password")
	v.get(link).want(t, 200, "password") // looking uses nothing up
	in := v.post(link, url.Values{"password": {"correct horse battery"}}).want(t, 200)
	if in.Request.URL.Path != "/organise/account/two-step" { // an owner opens nothing else before
		t.Errorf("choosing a password leads to %s", in.Request.URL.Path)
	}
	b.run(t, s, add("owner", "--forget-codes")...).want(0, "Ada Example")
	other := newVisitor(t, site)
	if again := other.get(link); again.StatusCode < 400 || again.StatusCode >= 500 {
		t.Errorf("the link works twice: %d", again.StatusCode)
	}
	if again := other.post(link, url.Values{"password": {"another password here"}}); again.StatusCode < 400 || again.StatusCode >= 500 {
		t.Errorf("the link works twice: %d", again.StatusCode)
	}
	given := b.start(t, s, "a long enough password\n", add("editor", "--password-stdin")...)
	given.await(30e9)
	given.want(0, "/organise/sign-in")
	if strings.Contains(given.out.String()+given.err.String(), "long enough") {
		t.Error("the password is shown")
	}
	third := newVisitor(t, site)
	if in := third.post("/organise/sign-in", url.Values{"email": {"editor@example.org"}, "password": {"a long enough password"}}).want(t, 200); in.Request.URL.Path != "/organise" {
		t.Errorf("signing in leads to %s", in.Request.URL.Path)
	}
	b.run(t, s, add("steward", "--password-stdin")...).refused("no password")
	b.run(t, s, "organiser", "add", "--email", "nobody", "--name", "N", "--role", "owner").refused("mail")
	b.run(t, s, add("king")...).refused("--role", "owner")
	p.stop()
}

func version(t *testing.T, b binary) {
	b.run(t, nil, "version").want(0, "masterclass ", ", schema 0")
	if p := b.run(t, nil, "--help").want(0, "serve", "demo", "MASTERCLASS_"); p.err.String() != "" {
		t.Errorf("help says on standard error: %s", p.err)
	}
	b.run(t, nil, "frobnicate").refused("--help")
}
