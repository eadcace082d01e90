package notify

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"testing"
)

func TestOrganisersReadASentence(t *testing.T) {
	t.Parallel()
	reply := func(code int, text string) error { return &Permanent{Err: &textproto.Error{Code: code, Msg: text}} }
	for _, c := range []struct {
		err  error
		want string // how it begins
	}{
		{reply(550, "5.1.1 No such user"), "There is no such mailbox: look for a typing error in the address. (550 5.1.1 No such user)"},
		{reply(550, "5.2.1 Disabled"), "There is no such mailbox"},
		{reply(550, "No such user here"), "The mail server does not accept mail for this address"},
		{reply(550, "5.1.2 Unknown domain"), "The part of the address after the @"},
		{reply(552, "5.2.2 Over quota"), "The mailbox is full."},
		{reply(552, "Over quota"), "The mailbox is full."},
		{reply(552, "5.3.4 Too big"), "The message is too large"},
		{reply(554, "5.7.1 Spam"), "The mail server refused the message by its rules"},
		{reply(554, "Go away"), "The mail server refused the message by its rules"},
		{reply(571, "5.9.9 What?"), "The mail server refused the message. (571"},
		{&textproto.Error{Code: 451, Msg: "4.7.1 Greylisted"}, "The mail server asks to try again later. (451 4.7.1 Greylisted)"},
		{&textproto.Error{Code: 535, Msg: "5.7.8 Wrong"}, "The mail server does not accept the site's user name"},
		{fmt.Errorf("reach it: %w", &net.OpError{Op: "dial", Err: errors.New("connection refused")}), "The mail server cannot be reached"},
		{fmt.Errorf("hand over: %w", os.ErrDeadlineExceeded), "The mail server cannot be reached, or did not answer in time."},
		{io.EOF, "The mail server cannot be reached"},
		{errors.New("the composer is missing"), "the composer is missing"},
	} {
		if got := Problem(c.err); !strings.HasPrefix(got, c.want) {
			t.Errorf("%v reads %q, want %q", c.err, got, c.want)
		}
	}
	if got := Problem(reply(550, strings.Repeat("long words ", 99)+"\r\nann@example.org")); len([]rune(got)) > maxProblem || strings.ContainsAny(got, "\r\n@") {
		t.Errorf("a long one reads %q", got)
	}
}
