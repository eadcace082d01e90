package notify

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// leastRSA is what signers must use at least from now on, in bits (RFC 8301 3.2 asks for 2,048 where it can be done).
const leastRSA = 2048

// signedHeaders are those that receivers show or act on, as far as a message has them (RFC 6376 5.4.1, RFC 8058 4). From
// stands twice, so that nobody can add another one.
var signedHeaders = []string{
	"From", "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "MIME-Version", "Content-Type",
	"List-Unsubscribe", "List-Unsubscribe-Post",
}

// Signer signs messages in the name of a domain (DKIM, RFC 6376). A nil Signer leaves them as they are.
type Signer struct {
	domain, selector string
	key              crypto.Signer
}

// NewSigner signs for the domain; the public key is to be found in the DNS as a TXT record of SELECTOR._domainkey.DOMAIN.
func NewSigner(domain, selector string, key crypto.Signer) (*Signer, error) {
	for _, name := range []string{domain, selector} {
		if !DNSName(name) {
			return nil, fmt.Errorf("%q is no name for the DNS", name)
		}
	}
	return &Signer{domain: domain, selector: selector, key: key}, nil
}

// DNSName says whether the name can be a domain, or the selector of a key.
func DNSName(name string) bool { return hostName.MatchString(name) && !strings.Contains(name, "..") }

// ParseDKIMKey reads a private key in PEM, of RSA with at least 2,048 bits or Ed25519. No error quotes it.
func ParseDKIMKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("its file is not in PEM")
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		return nil, errors.New("its file holds no private key but something else")
	}
	if err != nil {
		return nil, errors.New("the private key in its file cannot be read")
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < leastRSA {
			return nil, fmt.Errorf("the RSA key in its file has %d bits, and receivers want %d", k.N.BitLen(), leastRSA)
		}
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, errors.New("the key in its file is neither RSA nor Ed25519")
}

// For says whether receivers take the signature for the sender's own: its domain is that of the address or above it
// (RFC 7489 3.1.1).
func (s *Signer) For(address string) bool {
	host := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	domain := strings.ToLower(s.domain)
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// Sign puts a signature before the message, which Bytes has made.
func (s *Signer) Sign(raw []byte) ([]byte, error) {
	if s == nil {
		return raw, nil
	}
	var signed bytes.Buffer
	err := dkim.Sign(&signed, bytes.NewReader(raw), &dkim.SignOptions{
		Domain: s.domain, Selector: s.selector, Signer: s.key, HeaderKeys: present(raw, signedHeaders),
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		return nil, fmt.Errorf("sign a message: %w", err)
	}
	return signed.Bytes(), nil
}

// present are the names of those headers that the message has: the name of one that it has not would forbid relays to add it.
func present(raw []byte, names []string) []string {
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	has := map[string]bool{}
	for line := range strings.SplitSeq(string(head), "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		has[textproto.CanonicalMIMEHeaderKey(name)] = true
	}
	var found []string
	for _, name := range names {
		if has[textproto.CanonicalMIMEHeaderKey(name)] {
			found = append(found, name)
		}
	}
	return found
}
