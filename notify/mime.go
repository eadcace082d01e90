package notify

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/jordan-wright/email"
)

// headerOrder is every header of a message, in the order in which they are written.
var headerOrder = []string{
	"Date", "From", "To", "Reply-To", "Subject", "Message-Id", "Auto-Submitted", "X-Auto-Response-Suppress",
	"List-Unsubscribe", "List-Unsubscribe-Post", "Mime-Version", "Content-Type", "Content-Transfer-Encoding",
}

// Bytes makes the MIME message of a row: text and HTML as alternatives, and last the calendar, where mail programs
// look for an invitation. The same arguments always give the same bytes: headers have a fixed order and
// the boundary is derived from the Message-ID, so golden files need only a fixed Queued and time. The lines end in CRLF
// and hold ASCII alone. An address that cannot be written to is a Permanent error.
func Bytes(from mail.Address, q Queued, m Mail, at time.Time) ([]byte, error) {
	e, err := envelope(from, q, m, at)
	if err != nil {
		return nil, err
	}
	raw, err := e.Bytes()
	if err != nil {
		return nil, fmt.Errorf("build the message: %w", err)
	}
	head, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !found {
		return nil, errors.New("build the message: no end of the headers")
	}
	// The other headers of the library's own making are split at commas, those inside quotes too, and not folded.
	for _, name := range []string{"Mime-Version", "Content-Type", "Content-Transfer-Encoding"} {
		e.Headers.Set(name, headerIn(head, name))
	}
	var out bytes.Buffer
	out.Grow(len(raw) + len(m.Calendar)*5/4 + 512) // almost always enough, so that it is not copied as it grows
	if err := write(&out, e.Headers, body, q.MessageID, m); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// headerIn is the value of a header, in one line, or "".
func headerIn(head []byte, name string) string {
	lines := strings.Split(strings.ReplaceAll(string(head), "\r\n ", " "), "\r\n")
	for _, l := range lines {
		if n, value, _ := strings.Cut(l, ": "); strings.EqualFold(n, name) {
			return value
		}
	}
	return ""
}

// envelope gives the library what it builds the message from, every value made harmless first.
func envelope(from mail.Address, q Queued, m Mail, at time.Time) (*email.Email, error) {
	if m.Text == "" || (m.HTML == "" && m.Calendar != nil) {
		return nil, errors.New("a message needs a text, and with a calendar an HTML text too")
	}
	e := email.NewEmail()
	set := map[string]mail.Address{"From": from, "To": q.To}
	if m.ReplyTo != "" {
		set["Reply-To"] = mail.Address{Address: m.ReplyTo}
	}
	for name, a := range set {
		value, err := addressHeader(a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		e.Headers.Set(name, value)
	}
	e.Headers.Set("Subject", subject(m.Subject))
	e.Headers.Set("Message-Id", oneLine(q.MessageID))
	e.Headers.Set("Date", at.UTC().Format(time.RFC1123Z))
	e.Headers.Set("Auto-Submitted", "auto-generated") // RFC 3834 5
	e.Headers.Set("X-Auto-Response-Suppress", "All")  // [MS-OXCMAIL]
	if err := unsubscribable(e.Headers, m.Unsubscribe); err != nil {
		return nil, err
	}
	e.Text = []byte(strings.ToValidUTF8(m.Text, "\uFFFD"))
	e.HTML = []byte(strings.ToValidUTF8(m.HTML, "\uFFFD"))
	return e, nil
}

// write writes the headers and the body. It gives a multipart body its own boundary and, before its end, the calendar.
func write(out *bytes.Buffer, h textproto.MIMEHeader, body []byte, messageID string, m Mail) error {
	_, random, multi := strings.Cut(h.Get("Content-Type"), "boundary=")
	if !multi {
		headers(out, h)
		out.Write(body)
		return nil
	}
	// "=_" cannot be in quoted-printable (RFC 2045 6.7), so no text can hold the boundary.
	sum := sha256.Sum256([]byte(messageID))
	boundary := "=_" + hex.EncodeToString(sum[:16])
	h.Set("Content-Type", "multipart/alternative; boundary=\""+boundary+"\"")
	headers(out, h)
	end := bytes.LastIndex(body, []byte("\r\n--"+random+"--"))
	if end < 0 {
		return errors.New("build the message: no end of the alternatives")
	}
	for parts := body[:end]; ; {
		part, rest, more := bytes.Cut(parts, []byte("--"+random))
		if !more {
			lastPart(out, boundary, part, m.Image)
			break
		}
		out.Write(part)
		out.WriteString("--" + boundary)
		parts = rest
	}
	if m.Calendar != nil {
		if err := calendarPart(out, boundary, m); err != nil {
			return err
		}
	}
	out.WriteString("\r\n--" + boundary)
	out.Write(body[end+len("\r\n--"+random):])
	return nil
}

// lastPart writes the HTML, together with the picture that it shows where there is one (RFC 2387).
func lastPart(out *bytes.Buffer, boundary string, html []byte, image *Image) {
	if image == nil {
		out.Write(html)
		return
	}
	inner := strings.Replace(boundary, "=_", "=_r-", 1) // no line with the one begins with the other (RFC 2046 5.1.1)
	fmt.Fprintf(out, "\r\nContent-Type: multipart/related; type=\"text/html\"; boundary=\"%s\"\r\n\r\n--%s", inner, inner)
	out.Write(html)
	fmt.Fprintf(out, "\r\n--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <%s>\r\nContent-Disposition: inline\r\n\r\n", inner, image.Type, image.ID)
	text := base64.StdEncoding.EncodeToString(image.Data)
	for ; len(text) > lineLength; text = text[lineLength:] {
		out.WriteString(text[:lineLength] + "\r\n")
	}
	fmt.Fprintf(out, "%s\r\n--%s--\r\n", text, inner)
}

// lineLength is how long a line of base64 is at most (RFC 2045 6.8).
const lineLength = 76

// calendarPart is the part that the library cannot make; its method is the METHOD in it (RFC 6047 2.4). It has no
// Content-Disposition and no Content-ID: with either, mail programs show a file and no invitation.
func calendarPart(out *bytes.Buffer, boundary string, m Mail) error {
	kind := "text/calendar; charset=UTF-8"
	switch m.Method {
	case "":
	case "REQUEST", "CANCEL":
		kind += "; method=" + m.Method
	default:
		return fmt.Errorf("a calendar with the method %q cannot be sent", m.Method)
	}
	out.WriteString("\r\n--" + boundary + "\r\nContent-Type: " + kind + "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	w := quotedprintable.NewWriter(out)
	if _, err := w.Write(m.Calendar); err != nil {
		return fmt.Errorf("write the calendar: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("write the calendar: %w", err)
	}
	return nil
}

// headers writes the header block and the empty line after it.
func headers(out *bytes.Buffer, h textproto.MIMEHeader) {
	for _, name := range headerOrder {
		value := h.Get(name)
		if value == "" {
			continue
		}
		switch name {
		case "Message-Id":
			name = "Message-ID"
		case "Mime-Version":
			name = "MIME-Version"
		}
		out.WriteString(fold(name+": "+value) + "\r\n")
	}
	out.WriteString("\r\n")
}
