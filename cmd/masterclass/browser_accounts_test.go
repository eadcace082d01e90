package main

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/pquerna/otp/totp"

	"masterclass/internal/access"
)

const ownPassword = "correct horse battery"

// pressed is where a button leads that stands on the page.
func pressed(name string, status int, selector string, fields url.Values) scene {
	return scene{name, status, func(b *browser) int {
		b.fill(fields)
		return b.press(selector)
	}}
}

// code is what the phone shows that has scanned the page's picture, or typed its key.
func (b *browser) code() (key, code string) {
	b.t.Helper()
	key = strings.ReplaceAll(eval[string](b, `document.querySelector('.app-code').innerText`), " ", "")
	code, err := totp.GenerateCode(key, time.Now())
	if err != nil {
		b.t.Fatal(err)
	}
	return key, code
}

// organiserScenes are those of accounts: from an invitation's link to the audit trail. They end signed in as an owner.
func organiserScenes(t *testing.T, s *testSite) []scene {
	t.Helper()
	ctx := t.Context()
	link, err := s.organisers.Add(ctx, "new@example.com", "Sam Newcomer", access.Steward, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.organisers.Add(ctx, "kim@example.com", "Kim Example", access.Owner, ownPassword); err != nil {
		t.Fatal(err)
	}
	e, err := s.events.Outline(ctx, masterclass)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.NewRaw("insert into event_stewards (event_id, organiser_id, created_at) select ?, id, 1 from organisers where mailbox = 'new@example.com'", e.ID).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	return append([]scene{
		at("sign-in", "/organise/sign-in"), sent("sign-in-errors", 422, "/organise/sign-in", nil),
		at("forgotten", "/organise/sign-in/forgotten"), sent("forgotten-errors", 422, "/organise/sign-in/forgotten", url.Values{"email": {"x"}}),
		sent("forgotten-sent", 200, "/organise/sign-in/forgotten", url.Values{"email": {"nobody@example.com"}}),
		at("choose-password", link), sent("choose-password-errors", 422, link, url.Values{"password": {"short"}}),
		sent("overview-steward", 200, link, url.Values{"password": {ownPassword}}),
		at("account-steward", "/organise/account"),
	}, ownerScenes(s)...)
}

// ownerScenes sign out and in again as Kim, who sets up a second step.
func ownerScenes(s *testSite) []scene {
	signIn := url.Values{"email": {"kim@example.com"}, "password": {ownPassword}}
	wrong := url.Values{"code": {"000000"}}
	recovery := ""
	return []scene{
		{"overview", 200, func(b *browser) int {
			b.press(".app-header__account-form button")
			b.fill(signIn)
			return b.press("main button.nhsuk-button")
		}},
		at("two-step", "/organise/account/two-step"), pressed("two-step-errors", 422, "main button.nhsuk-button", wrong),
		{"recovery-codes", 200, func(b *browser) int {
			_, code := b.code()
			b.fill(url.Values{"code": {code}, "password": {ownPassword}})
			return b.press("main button.nhsuk-button")
		}},
		{"code", 200, func(b *browser) int {
			recovery = eval[string](b, `document.querySelector('.app-codes .app-code').innerText`)
			b.press(".app-header__account-form button")
			b.fill(signIn)
			return b.press("main button.nhsuk-button")
		}},
		pressed("code-errors", 422, "main button.nhsuk-button", wrong),
		{"overview-again", 200, func(b *browser) int {
			b.fill(url.Values{"code": {recovery}})
			return b.press("main button.nhsuk-button")
		}},
		at("two-step-on", "/organise/account/two-step"), pressed("two-step-on-errors", 422, "main button.nhsuk-button--warning", nil),
		at("account", "/organise/account"), pressed("account-errors", 422, "main form[action$=password] button", nil), at("account-changed", "/organise/account?done=password"),
		at("team", "/organise/team"), pressed("team-errors", 422, "main button.nhsuk-button", nil),
		sent("team-invited", 200, "/organise/team", url.Values{"name": {"Alexandra Longname-Featherstonehaugh"}, "email": {"alexandra.longname-featherstonehaugh@a-very-long-trust-name.example"}, "role": {"steward"}}),
		{"member", 200, func(b *browser) int { return b.open("/organise/team/" + s.accountOf(b.t, "new@example.com")) }},
		pressed("member-errors", 422, `main form:not([action$=invite]) button.nhsuk-button`, url.Values{"name": {strings.Repeat("long ", 60)}}),
		{"member-own", 200, func(b *browser) int { return b.open("/organise/team/" + s.accountOf(b.t, "kim@example.com")) }},
		{"member-invited", 200, func(b *browser) int {
			return b.open("/organise/team/" + s.accountOf(b.t, "alexandra.longname-featherstonehaugh@a-very-long-trust-name.example"))
		}},
		{"remove", 200, func(b *browser) int {
			return b.open("/organise/team/" + s.accountOf(b.t, "new@example.com") + "/remove")
		}},
		at("audit", "/organise/audit"), at("audit-filtered", "/organise/audit?group=accounts"), at("audit-none", "/organise/audit?from=2100-01-01"),
		{"audit-errors", 422, func(b *browser) int { return b.open("/organise/audit?from=soon") }},
		at("settings", settingsPage), pressed("settings-tested", 200, "main button.nhsuk-button", nil),
	}
}

// accountOf is the id of an organiser's account.
func (s *testSite) accountOf(t testing.TB, mailbox string) (id string) {
	t.Helper()
	if err := s.db.NewRaw("select id from organisers where mailbox = ?", mailbox).Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestBrowserWithoutJavaScriptAnOwnerSetsUpTheSecondStepAndInvites(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{}, func(settings *Settings) { settings.Demo = false })
	if _, err := s.organisers.Add(t.Context(), "kim@example.com", "Kim Example", access.Owner, ownPassword); err != nil {
		t.Fatal(err)
	}
	b := s.startBrowser(t)
	b.run(emulation.SetScriptExecutionDisabled(true))
	b.open("/organise/team")
	b.fill(url.Values{"email": {"kim@example.com"}, "password": {ownPassword}})
	b.press("main button.nhsuk-button")
	if b.path() != "/organise/account/two-step" {
		t.Fatalf("an owner without a second step is led to %s", b.path())
	}
	_, code := b.code()
	b.fill(url.Values{"code": {code}})
	b.press("main button.nhsuk-button")
	b.open("/organise/team")
	b.fill(url.Values{"name": {"Bob Baker"}, "email": {"bob@example.com"}, "role": {"organiser"}})
	if status := b.press("main button.nhsuk-button"); status != 200 || b.path() != "/organise/team" {
		t.Fatalf("inviting leads to %s with %d", b.path(), status)
	}
	mails := s.mails(t, 2) // the other tells of the second step
	invitation := slices.IndexFunc(mails, func(m string) bool { return strings.Contains(m, "To: \"Bob Baker\"") })
	if invitation < 0 {
		t.Fatalf("nobody is invited: %q", mails)
	}
	mail := strings.ReplaceAll(mails[invitation], "=\r\n", "")
	_, rest, found := strings.Cut(mail, s.URL+"/organise/sign-in/")
	if !found {
		t.Fatalf("the invitation has no link:\n%s", mail)
	}
	token, _, _ := strings.Cut(rest, "\r\n")
	bob := b.another()
	bob.run(emulation.SetScriptExecutionDisabled(true))
	bob.open("/organise/sign-in/" + token)
	bob.fill(url.Values{"password": {"bob has a long one"}})
	if status := bob.press("main button.nhsuk-button"); status != 200 || bob.path() != "/organise" {
		t.Errorf("the invitation leads to %s with %d", bob.path(), status)
	}
	if status := bob.open("/organise/team"); status != 403 {
		t.Errorf("an organiser opens the team: %d", status)
	}
	b.checkProblems("the owner")
	bob.checkProblems("the organiser")
}
