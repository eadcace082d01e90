package notify

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// errNoText is for bytes without a part for who reads no HTML: ours always have one.
var errNoText = errors.New("the message has no text part")

// readWords reads the subject and the text part of a message of ours.
func readWords(raw []byte) (w Words, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return w, fmt.Errorf("read a message's bytes: %w", err)
	}
	if w.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return w, fmt.Errorf("read a message's subject: %w", err)
	}
	text, err := textPart(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
	if err != nil {
		return w, fmt.Errorf("read a message's text: %w", err)
	}
	w.Text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	return w, nil
}

// textPart is the first text/plain, in whatever it is wrapped.
func textPart(contentType, encoding string, body io.Reader) (string, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return "", errNoText
			}
			if err != nil {
				return "", err
			}
			text, err := textPart(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
			if !errors.Is(err, errNoText) {
				return text, err
			}
		}
	}
	if kind != "text/plain" {
		return "", errNoText
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	return string(text), err
}
