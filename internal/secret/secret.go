package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// MinLength is how many bytes a secret has at least.
const MinLength = 32

// ErrForged is for anything signed or sealed that this installation's secret did not make.
var ErrForged = errors.New("not signed by this installation")

// Keys holds the keys derived from one secret. Safe for concurrent use.
type Keys struct {
	token, sign, seal, print []byte
}

// New derives the keys; a secret shorter than MinLength is refused.
func New(secret []byte) (*Keys, error) {
	if len(secret) < MinLength {
		return nil, fmt.Errorf("the secret has %d bytes; it needs at least %d", len(secret), MinLength)
	}
	k := &Keys{}
	for purpose, dst := range map[string]*[]byte{"token": &k.token, "sign": &k.sign, "seal": &k.seal, "fingerprint": &k.print} {
		key, err := hkdf.Key(sha256.New, secret, nil, "masterclass/"+purpose, 32)
		if err != nil {
			return nil, fmt.Errorf("derive the %s key: %w", purpose, err)
		}
		*dst = key
	}
	return k, nil
}

// Fingerprint tells one secret from another without revealing it.
func (k *Keys) Fingerprint() string { return hex.EncodeToString(k.print[:12]) }

// Token is base64url of the id's 16 bytes and 16 bytes of HMAC over purpose, id and generation.
func (k *Keys) Token(purpose, id string, generation int64) (string, error) {
	u, err := uuid.Parse(id)
	if err != nil {
		return "", fmt.Errorf("make a %s token: %w", purpose, err)
	}
	return base64.RawURLEncoding.EncodeToString(append(u[:], k.mac(k.token, purpose, u[:], generation)...)), nil
}

// TokenID reads the id out of a token without checking it: the generation to check it with is kept under that id.
func TokenID(token string) (string, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != 32 {
		return "", false
	}
	u, err := uuid.FromBytes(raw[:16])
	return u.String(), err == nil
}

// Valid says, in constant time, whether the token is the one for purpose, id and generation.
func (k *Keys) Valid(token, purpose, id string, generation int64) bool {
	want, err := k.Token(purpose, id, generation)
	return err == nil && hmac.Equal([]byte(want), []byte(token))
}

// Code is the id's 16 bytes and 8 bytes of HMAC over purpose, id and generation, in the 32 letters and digits of base32 (RFC 4648 6): to be printed as a
// QR code and typed by a scanner. It is worth as much as its MAC, so it opens nothing by itself.
func (k *Keys) Code(purpose, id string, generation int64) (string, error) {
	u, err := uuid.Parse(id)
	if err != nil {
		return "", fmt.Errorf("make a %s code: %w", purpose, err)
	}
	return codes.EncodeToString(append(u[:], k.mac(k.token, purpose, u[:], generation)[:8]...)), nil
}

// CodeID reads the id out of a code, in capital or small letters, whatever space is around it, without checking it: the generation to check it
// with is kept under that id.
func CodeID(code string) (string, bool) {
	raw, err := codes.DecodeString(written(code))
	if err != nil || len(raw) != 24 {
		return "", false
	}
	u, err := uuid.FromBytes(raw[:16])
	return u.String(), err == nil
}

// ValidCode says, in constant time, whether the code is the one for purpose, id and generation.
func (k *Keys) ValidCode(code, purpose, id string, generation int64) bool {
	want, err := k.Code(purpose, id, generation)
	return err == nil && hmac.Equal([]byte(want), []byte(written(code)))
}

func written(code string) string { return strings.ToUpper(strings.TrimSpace(code)) }

var codes = base32.StdEncoding.WithPadding(base32.NoPadding)

func (k *Keys) mac(key []byte, purpose string, id []byte, generation int64) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write(id)
	var g [8]byte
	binary.BigEndian.PutUint64(g[:], uint64(generation))
	h.Write(g[:])
	return h.Sum(nil)[:16]
}

// Sign makes a text that carries the payload and proves who made it and what for.
func (k *Keys) Sign(purpose, payload string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(payload)) + "." + base64.RawURLEncoding.EncodeToString(k.signature(purpose, payload))
}

// Verify gives back the payload, or ErrForged.
func (k *Keys) Verify(purpose, signed string) (string, error) {
	body, sig, ok := strings.Cut(signed, ".")
	if !ok {
		return "", ErrForged
	}
	payload, err1 := base64.RawURLEncoding.Strict().DecodeString(body)
	mac, err2 := base64.RawURLEncoding.Strict().DecodeString(sig)
	if err1 != nil || err2 != nil || !hmac.Equal(mac, k.signature(purpose, string(payload))) {
		return "", ErrForged
	}
	return string(payload), nil
}

func (k *Keys) signature(purpose, payload string) []byte {
	h := hmac.New(sha256.New, k.sign)
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write([]byte(payload))
	return h.Sum(nil)
}

// Seal encrypts with AES-256-GCM under a fresh nonce; owner (such as a registration's id) must be named again to open it.
func (k *Keys) Seal(owner string, plain []byte) ([]byte, error) {
	gcm, err := k.gcm()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, gcm.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return gcm.Seal(nonce, nonce, plain, []byte(owner)), nil
}

// Open decrypts what Seal made for the same owner, or gives ErrForged.
func (k *Keys) Open(owner string, sealed []byte) ([]byte, error) {
	gcm, err := k.gcm()
	if err != nil {
		return nil, err
	}
	if len(sealed) < gcm.NonceSize() {
		return nil, ErrForged
	}
	n := gcm.NonceSize()
	plain, err := gcm.Open(nil, sealed[:n], sealed[n:], []byte(owner))
	if err != nil {
		return nil, ErrForged
	}
	return plain, nil
}

func (k *Keys) gcm() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.seal)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Random gives n random bytes as base64url: for what no one may guess and nothing derives.
func Random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand.Read never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}
