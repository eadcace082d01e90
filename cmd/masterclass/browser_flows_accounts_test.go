package main

import (
	"time"

	"github.com/pquerna/otp/totp"
)

// signsInAs are the steps of somebody with a password at the page that asks for it.
func signsInAs(email, password string, says ...string) []deed {
	return []deed{fill("email", email, "password", password), press("Sign in", says...)}
}

// codeOfThePhone types what the phone shows that has scanned the page's picture.
func codeOfThePhone() deed {
	return deed{"type the code of the phone", func(w *walk) {
		var code string
		w.key, code = w.code()
		w.set("code", code)
	}}
}

// nextCodeOfThePhone types what the phone shows next: each code works once.
func nextCodeOfThePhone() deed {
	return deed{"type the next code of the phone", func(w *walk) {
		code, err := totp.GenerateCode(w.key, time.Now().Add(30*time.Second))
		if err != nil {
			w.t.Fatal(err)
		}
		w.set("code", code)
	}}
}

// keepRecoveryCode writes the first recovery code down; typeRecoveryCode types it.
func keepRecoveryCode() deed {
	return deed{"keep a recovery code", func(w *walk) {
		w.kept = eval[string](w.browser, `document.querySelector('.app-codes .app-code').innerText`)
	}}
}

func typeRecoveryCode() deed {
	return deed{"type the recovery code", func(w *walk) { w.set("code", w.kept) }}
}

// setsUpSecondStep is from the account's page to the recovery codes.
func setsUpSecondStep(password string) []deed {
	return []deed{open("/organise/account/two-step", "Set up your second step"), fill("code", "000000"), pressFor(422, "Turn on the second step"),
		codeOfThePhone(), fill("password", password), press("Turn on the second step", "Your recovery codes"), keepRecoveryCode(), follow("I have kept them")}
}

// An owner invites somebody, who goes through all of their own account; then the owner changes their role, and removes them.
func accountFlow(w *walk) []deed {
	own, bob, moved := w.address("kim"), w.address("bob"), w.address("robert")
	const second, third = "another long password", "the third of them all"
	toTeam := follow("Team", "Add somebody")
	return steps(
		[]deed{press("Sign out"), open("/organise/team", "Sign in to the organisers’ area"), pressFor(422, "Sign in", "Enter"),
			fill("email", own, "password", "not this one"), pressFor(422, "Sign in"), fill("password", ownPassword), press("Sign in", "Add somebody")},
		[]deed{pressFor(422, "Send the invitation", "There is a problem"), fill("name", "Bob Baker "+w.slug, "email", bob, "role", "organiser"),
			press("Send the invitation", "The invitation is on its way by email."),
			follow("Change Bob Baker "+w.slug, "They have not chosen a password yet."), press("Send the invitation again", "The invitation is on its way by email.")},
		[]deed{
			as("bob", openMail(bob, 2, "Choose a password"), fill("password", "short"), pressFor(422, "Save and sign in"), fill("password", ownPassword), press("Save and sign in", "Dashboard")),
			as("bob elsewhere", steps([]deed{open("/organise/account", "Sign in")}, signsInAs(bob, ownPassword, "Where you are signed in", "This one"))...),
			as("bob", follow("Your account"), press("End the sign-in", "The sign-in has ended.")),
			as("bob elsewhere", steps([]deed{follow("Your account", "Sign in")}, signsInAs(bob, ownPassword, "This one"))...),
			as("bob", follow("Your account"), press("End all others", "All your other sign-ins have ended."),
				fill("name", ""), pressFor(422, "Change the name", "There is a problem"), fill("name", "Bob Baker "+w.slug), press("Change the name", "Your name is changed."),
				pressFor(422, "Change the password", "There is a problem"), fill("present", ownPassword, "password", second), press("Change the password", "Your password is changed.")),
			as("bob", press("Sign out"), open("/organise/sign-in"), follow("I have forgotten my password"), pressFor(422, "Send the link"),
				fill("email", bob), press("Send the link", "Check your email"), openMail(bob, 3, "Choose a password"), fill("password", third), press("Save and sign in", "Dashboard")),
			as("bob", setsUpSecondStep(third)...),
			as("bob", steps([]deed{press("Sign out"), open("/organise/sign-in")}, signsInAs(bob, third, "Enter your code"),
				[]deed{fill("code", "000000"), pressFor(422, "Sign in"), nextCodeOfThePhone(), press("Sign in", "Dashboard")})...),
			as("bob", open("/organise/account/two-step"), pressFor(422, "Get new codes"), fill("codes-password", third), press("Get new codes", "Your recovery codes"), keepRecoveryCode()),
			as("bob", steps([]deed{press("Sign out"), open("/organise/sign-in")}, signsInAs(bob, third, "Enter your code"), []deed{typeRecoveryCode(), press("Sign in", "Dashboard")})...),
			as("bob", open("/organise/account/two-step"), pressFor(422, "Turn off the second step"), fill("off-password", third), press("Turn off the second step", "Your second step is turned off.")),
			as("bob", setsUpSecondStep(third)...),
		},
		[]deed{toTeam, follow("Change Bob Baker " + w.slug), press("Turn off their second step", "Their second step is turned off."),
			follow("Change Bob Baker " + w.slug), fill("email", ""), pressFor(422, "Change the address", "There is a problem"), fill("email", moved), press("Change the address", "The email address is changed"),
			follow("Change Bob Baker " + w.slug), press("Sign them out everywhere", "They are signed out everywhere."),
			follow("Change Bob Baker " + w.slug), fill("name", ""), pressFor(422, "Save"), fill("name", "Bob Baker "+w.slug, "role", "steward"), press("Save", "The changes are saved."),
			as("bob", steps([]deed{open("/organise", "Sign in")}, signsInAs(moved, third, "Your events"))...),
			follow("Change Bob Baker " + w.slug), follow("Remove from the team"), press("Remove Bob Baker", "The account is closed"),
			as("bob", open("/organise", "Sign in to the organisers’ area"))},
	)
}

// The owner looks for what was done, by whom, what, where and when.
func auditFlow(w *walk) []deed {
	w.people("Ada Alpha")
	return []deed{
		follow("Audit trail", "Nothing here can be changed."),
		fill("event", w.site.stored(w.t, w.slug).ID), press("Show", "Registered"),
		fill("who", "Kim "+w.slug), press("Show", "There are no such entries."),
		fill("event", "", "group", "accounts"), press("Show", "Signed in"),
		fill("from", "2099-01-01"), press("Show", "There are no such entries."), fill("from", "2020-01-01", "to", "2019-01-01"), pressFor(422, "Show", "The last day must not be before the first"),
		fill("to", "2099-01-01"), press("Show", "Signed in"), follow("Show everything", "Entries"),
	}
}

// The owner reads what is in force, and tries the mail.
func settingsFlow(*walk) []deed {
	return []deed{follow("Settings", "Settings"), press("Send a test email", "Success")}
}
