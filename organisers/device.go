package organisers

import (
	"strconv"
	"strings"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/secret"
)

const (
	deviceLife  = 365 * 24 * time.Hour
	deviceBytes = 16
)

// newDevice is what a browser keeps that has signed in to the account: a random name and the time, signed for the account's mailbox, so that its
// attempts to sign in there again can be told from those of strangers. It opens nothing, and nothing of it is stored but, as a hash, its failures.
func (o *Organisers) newDevice(account access.Principal) string {
	mailbox, _ := mailboxOf(account.Email)
	return o.keys.Sign(deviceOf(mailbox), secret.Random(deviceBytes)+deviceSince+strconv.FormatInt(o.now().Unix(), 10))
}

// deviceSince is between a device's name and the time.
const deviceSince = " "

// device is the name in what newDevice gave to a browser of the mailbox's account; empty for anything else.
func (o *Organisers) device(mailbox, kept string) string {
	if kept == "" || mailbox == "" {
		return ""
	}
	name, err := o.keys.Verify(deviceOf(mailbox), kept)
	if err != nil {
		return "" // forged, or another account's: a stranger here
	}
	_, text, _ := strings.Cut(name, deviceSince)
	since, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !o.now().Before(time.Unix(since, 0).Add(deviceLife)) {
		return "" // a browser would have forgotten it by now
	}
	return name
}

func deviceOf(mailbox string) string { return "organisers' device " + mailbox }
