package notify

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func pemOf(t *testing.T, kind string, der []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signer is one of example.org and the DNS that its public key is in.
func signer(t *testing.T, kind string) (*Signer, func(string) ([]string, error)) {
	t.Helper()
	var private, public []byte
	if kind == "ed25519" {
		pub, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		private, public = pemOf(t, "PRIVATE KEY", der, err), pub
	} else {
		key := rsaKey(t, 2048)
		der, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		private, public = pemOf(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key), nil), der
	}
	key, err := ParseDKIMKey(private)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner("example.org", "mc", key)
	if err != nil {
		t.Fatal(err)
	}
	record := "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public)
	return s, func(name string) ([]string, error) {
		if name != "mc._domainkey.example.org" {
			return nil, errors.New("no such record: " + name)
		}
		return []string{record}, nil
	}
}

// verified checks the one signature of a message.
func verified(t *testing.T, raw []byte, dns func(string) ([]string, error)) (*dkim.Verification, error) {
	t.Helper()
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: dns})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d signatures, %v:\n%s", len(found), err, raw)
	}
	return found[0], found[0].Err
}

func TestASignatureCoversWhatReceiversActOn(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"rsa", "ed25519"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s, dns := signer(t, kind)
			m := invitation
			m.Unsubscribe = "https://events.example.org/unsubscribe/abc"
			raw, err := s.Sign(bytesOf(t, queued, m))
			if err != nil {
				t.Fatal(err)
			}
			checkLines(t, raw)
			v, err := verified(t, raw, dns)
			if err != nil || v.Domain != "example.org" {
				t.Fatalf("%+v, %v", v, err)
			}
			if names := strings.Join(v.HeaderKeys, " "); names != strings.Join(signedHeaders, " ") {
				t.Errorf("it signed %s", names)
			}
			for _, change := range [][2]string{{"Subject: ", "Subject: Urgent "}, {"From: ", "From: eve@example.org\r\nFrom: "}, {"/unsubscribe/abc", "/elsewhere"}, {"Dear", "Beer"}} {
				if _, err := verified(t, bytes.Replace(raw, []byte(change[0]), []byte(change[1]), 1), dns); err == nil {
					t.Errorf("nobody notices that %q became %q", change[0], change[1])
				}
			}
			relayed := append([]byte("Received: from here\r\nReply-to-add: x\r\n"), bytes.ReplaceAll(raw, []byte("Subject: "), []byte("Subject:   "))...)
			if _, err := verified(t, relayed, dns); err != nil {
				t.Errorf("a relay that adds headers and spaces breaks it: %v", err)
			}
		})
	}
}

func TestASignatureNamesOnlyTheHeadersThatThereAre(t *testing.T) {
	t.Parallel()
	s, dns := signer(t, "ed25519")
	raw, err := s.Sign(bytesOf(t, queued, Mail{Subject: "Hello", Text: "x"}))
	if err != nil {
		t.Fatal(err)
	}
	v, err := verified(t, raw, dns)
	if err != nil || slices.Contains(v.HeaderKeys, "List-Unsubscribe") || !slices.Contains(v.HeaderKeys, "Message-ID") {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestEachAttemptAndResendHasTheSameSignature(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		s, dns := signer(t, "ed25519")
		b.w.Sign(s)
		m := to("ann@example.org")
		m.RegistrationID = "r1"
		b.server.answer = func(string) error { return errors.New("later") }
		b.enqueue(m)
		b.once()
		b.server.answer = nil
		b.clock.Add(leaseFor)
		b.drain()
		b.resend("r1", "ann@example.org")
		b.drain()
		seen := b.server.attempts()
		if len(seen) != 3 || !bytes.Equal(seen[0].raw, seen[1].raw) || !bytes.Equal(seen[0].raw, seen[2].raw) {
			t.Fatalf("%d attempts, want three of the same bytes", len(seen))
		}
		if _, err := verified(t, seen[2].raw, dns); err != nil {
			t.Error(err)
		}
	})
}

func TestAKeyThatReceiversRefuseIsRefused(t *testing.T) {
	t.Parallel()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(curve)
	ecKey := pemOf(t, "PRIVATE KEY", der, err)
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"no PEM":       {[]byte("c2VjcmV0"), "not in PEM"},
		"a public key": {pemOf(t, "PUBLIC KEY", []byte("secret"), nil), "no private key"},
		"a broken key": {pemOf(t, "PRIVATE KEY", []byte("secret"), nil), "cannot be read"},
		"a short key":  {pemOf(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey(t, 1024)), nil), "1024 bits"},
		"another kind": {ecKey, "neither RSA nor Ed25519"},
	} {
		key, err := ParseDKIMKey(c.text)
		if err == nil || key != nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"example.org; d=x", "m c", "", "a..b"} {
		if _, err := NewSigner(name, "mc", curve); err == nil {
			t.Errorf("%q was taken as a domain", name)
		}
		if _, err := NewSigner("example.org", name, curve); err == nil {
			t.Errorf("%q was taken as a selector", name)
		}
	}
}

func TestASignatureIsOfTheSendersDomain(t *testing.T) {
	t.Parallel()
	s, _ := signer(t, "ed25519")
	for address, want := range map[string]bool{"a@example.org": true, "a@Events.Example.ORG": true, "a@badexample.org": false, "a@org": false} {
		if got := s.For(address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

func TestALinkToUnsubscribeIsAHeader(t *testing.T) {
	t.Parallel()
	m := Mail{Subject: "x", Text: "x", Unsubscribe: "https://events.example.org/unsubscribe/abc"}
	r := parse(t, bytesOf(t, queued, m))
	if r.Get("List-Unsubscribe") != "<"+m.Unsubscribe+">" || r.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("the header is %v", r.Header)
	}
	for _, odd := range []string{"https://x/\r\nBcc: y", "mailto:a@b", "https://x/>,<https://y", "/unsubscribe/x", "https://x/ y"} {
		m.Unsubscribe = odd
		if _, err := Bytes(sender, queued, m, madeAt); err == nil || IsPermanent(err) {
			t.Errorf("%q: %v", odd, err)
		}
	}
}
