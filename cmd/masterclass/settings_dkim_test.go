package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dkimKeyFile holds an RSA key of so many bits.
func dkimKeyFile(t *testing.T, bits int) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "dkim.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestSigningMailNeedsThreeRightSettings(t *testing.T) {
	t.Parallel()
	good, short := dkimKeyFile(t, 2048), dkimKeyFile(t, 1024)
	for name, c := range map[string]struct {
		key, selector, domain string
		want                  string // what the one sentence says; "" if all is well
	}{
		"none":                  {"", "", "", ""},
		"all three":             {good, "events", "example.org", ""},
		"no key":                {"", "events", "example.org", "MASTERCLASS_DKIM_KEY is missing"},
		"no selector":           {good, "", "example.org", "MASTERCLASS_DKIM_SELECTOR is missing"},
		"no domain":             {good, "events", "", "MASTERCLASS_DKIM_DOMAIN is missing"},
		"no such file":          {good + ".swordfish", "events", "example.org", "MASTERCLASS_DKIM_KEY cannot be used"},
		"the key itself":        {"-----BEGIN PRIVATE KEY-----\nswordfish", "events", "example.org", "MASTERCLASS_DKIM_KEY cannot be used"},
		"a short key":           {short, "events", "example.org", "MASTERCLASS_DKIM_KEY cannot be used: the RSA key in its file has 1024 bits"},
		"an odd selector":       {good, "a b", "example.org", "MASTERCLASS_DKIM_SELECTOR"},
		"an odd domain":         {good, "events", "example.org;", "MASTERCLASS_DKIM_DOMAIN"},
		"somebody else's":       {good, "events", "example.com", "MASTERCLASS_DKIM_DOMAIN"},
		"the domain above":      {good, "events", "org.example", "MASTERCLASS_DKIM_DOMAIN"},
		"a longer domain":       {good, "events", "mail.events.example.org", "MASTERCLASS_DKIM_DOMAIN"},
		"the sender's own name": {good, "events", "events.example.org", ""},
	} {
		cfg := &Config{Settings: Settings{DKIMKey: c.key, DKIMSelector: c.selector, DKIMDomain: c.domain}, From: mail.Address{Address: "a@events.example.org"}}
		err := readDKIM(cfg)
		switch {
		case c.want == "" && (err != nil || (cfg.DKIM != nil) != (c.key != "")):
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "swordfish")):
			t.Errorf("%s: %v", name, err)
		}
	}
}
