package notify

import (
	"errors"
	"net/smtp"
)

// errPlainText guards the password a last time: settings that would send it in plain text are refused at the start.
var errPlainText = errors.New("the connection is not protected, so the password was not sent")

// plainAuth is AUTH PLAIN (RFC 4616). Unlike net/smtp's it knows all of this machine's addresses.
type plainAuth struct{ username, password string }

// Start gives everything in one line.
func (a plainAuth) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS && !loopback(server.Name) {
		return "", nil, errPlainText
	}
	return "PLAIN", []byte("\x00" + a.username + "\x00" + a.password), nil
}

// Next has nothing to add.
func (a plainAuth) Next(_ []byte, more bool) ([]byte, error) {
	if more {
		return nil, errors.New("the mail server asked for more than AUTH PLAIN has")
	}
	return nil, nil
}

// loginAuth is AUTH LOGIN, all that some servers of organisations offer (draft-murchison-sasl-login).
type loginAuth struct{ username, password string }

// Start names the mechanism; the server then asks.
func (a loginAuth) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS && !loopback(server.Name) {
		return "", nil, errPlainText
	}
	return "LOGIN", nil, nil
}

// Next answers the two questions, which servers word alike.
func (a loginAuth) Next(question []byte, more bool) ([]byte, error) {
	switch {
	case !more:
		return nil, nil
	case string(question) == "Password:":
		return []byte(a.password), nil
	case string(question) == "Username:" || string(question) == "User Name\x00":
		return []byte(a.username), nil
	}
	return nil, errors.New("the mail server asked something unknown for AUTH LOGIN")
}
