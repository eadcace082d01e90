package notify

import (
	"errors"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"strconv"
)

// maxProblem is how much of an error organisers read, in characters.
const maxProblem = 300

// Problem is an error of a Deliverer for organisers and logs, without addresses: a sentence that says what is the matter and what can
// be done, and then a server's own code and words, which its people can do something with.
func Problem(err error) string {
	text := err.Error()
	var p *textproto.Error
	if errors.As(err, &p) {
		text = strconv.Itoa(p.Code) + " " + p.Msg // "550 5.1.1 No such user", without what we were doing
	}
	text = linkLike.ReplaceAllString(oneLine(text), "[link]")
	text = addressLike.ReplaceAllString(text, "[address]")
	if sentence := sentence(err, p); sentence != "" {
		text = sentence + " (" + text + ")"
	}
	return shorten(text, maxProblem)
}

// sentence is "" for an error that speaks for itself.
func sentence(err error, reply *textproto.Error) string {
	var failed net.Error
	switch {
	case reply == nil && (errors.As(err, &failed) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed)):
		return "The mail server cannot be reached, or did not answer in time."
	case reply == nil:
		return ""
	case wantsCredentials(reply.Code):
		return "The mail server does not accept the site's user name and password; whoever runs the site has to mend that."
	case reply.Code < 500:
		return "The mail server asks to try again later."
	}
	for _, r := range reasons {
		if r.reply.MatchString(strconv.Itoa(reply.Code) + " " + reply.Msg) {
			return r.sentence
		}
	}
	return "The mail server refused the message."
}

// reasons are what refusals for good mean, by their enhanced codes (RFC 3463) where servers give them.
var reasons = []struct {
	reply    *regexp.Regexp
	sentence string
}{
	{regexp.MustCompile(`^5\d\d 5\.(1\.(0|1|6|10)|2\.1)\b`), "There is no such mailbox: look for a typing error in the address."},
	{regexp.MustCompile(`^5\d\d 5\.(1\.(2|3|8)|4\.4)\b`), "The part of the address after the @ cannot receive mail: look for a typing error in it."},
	{regexp.MustCompile(`^(552 5\.2\.2|5\d\d 5\.2\.2|552 (?:[^5]|5[^.]))`), "The mailbox is full."},
	{regexp.MustCompile(`^5\d\d 5\.(2\.3|3\.4)\b`), "The message is too large for the mail server."},
	{regexp.MustCompile(`^5\d\d 5\.7\.\d+\b|^554 [^5]`), "The mail server refused the message by its rules, such as those against spam; whoever runs the site can ask its people."},
	{regexp.MustCompile(`^55[013] [^5]`), "The mail server does not accept mail for this address: look for a typing error in it."},
}
