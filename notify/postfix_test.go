package notify

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// signsIn lets one user into Postfix by the protocol that Dovecot offers for that, and gives the path of its socket.
func signsIn(t *testing.T, user, password string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mc-auth-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "auth")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	for path, mode := range map[string]os.FileMode{dir: 0o755, path: 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			go answerAuth(conn, base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+password)))
		}
	}()
	return path
}

// answerAuth answers AUTH, an id, the mechanism and more, with OK or FAIL.
func answerAuth(conn net.Conn, right string) {
	defer conn.Close()
	fmt.Fprint(conn, "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n")
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		words := strings.Split(lines.Text(), "\t")
		switch {
		case words[0] != "AUTH":
		case words[len(words)-1] == "resp="+right:
			fmt.Fprintf(conn, "OK\t%s\tuser=masterclass\n", words[1])
		default:
			fmt.Fprintf(conn, "FAIL\t%s\n", words[1])
		}
	}
}

// certificateFiles writes a certificate for 127.0.0.1 where Postfix finds it.
func certificateFiles(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	config, pool := certificate(t)
	der, err := x509.MarshalPKCS8PrivateKey(config.Certificates[0].PrivateKey)
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, text := range map[string][]byte{key: pemOf(t, "PRIVATE KEY", der, err), cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: config.Certificates[0].Certificate[0]})} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key, pool
}

// postfix is a real mail server that wants TLS and a password, and the client of it.
func postfix(t *testing.T) (*storetest.Postfix, *SMTP) {
	t.Helper()
	cert, key, pool := certificateFiles(t)
	p := storetest.StartPostfix(t, map[string]string{
		"smtpd_tls_security_level": "encrypt", "smtpd_tls_cert_file": cert, "smtpd_tls_key_file": key, "smtpd_sasl_auth_enable": "yes",
		"smtpd_sasl_type": "dovecot", "smtpd_sasl_path": signsIn(t, "masterclass", "p@ss"), "smtpd_recipient_restrictions": "permit_sasl_authenticated, reject",
	})
	s := parsed(t, "smtp://masterclass:p%40ss@"+p.Addr+"?tls=required")
	s.tls.RootCAs = pool
	return p, s
}

// hardLines are what servers have been seen to change on the way.
const hardLines = ".\n..two dots\nFrom here on\n>From there\nblank at the end \ttab \n\n\nžluťoučký kůň, 東京, 🎓\n" + "a long line: "

// lettersOf are messages of every make, each to a mailbox of its own.
func lettersOf() map[string]Mail {
	bare := Mail{Subject: "Plain words", Text: hardLines + strings.Repeat("x", 2000) + "\n"}
	html := Mail{Subject: "Zürich – 東京: " + strings.Repeat("a long subject ", 20), Text: bare.Text, HTML: "<p>" + hardLines + strings.Repeat("<b>é</b>", 900) + "</p>"}
	invites := invitation
	invites.Unsubscribe = "https://events.example.org/unsubscribe/abc"
	return map[string]Mail{
		"ann@example.org": bare, "bob.o'brien+tag@example.org": html, "zoe@xn--mnchen-3ya.example": invites, "\"two words\"@example.org": bare, "dan@xn--fiqs8s": html,
	}
}

func TestARealMailServerTakesAndKeepsEveryMessageAsItIs(t *testing.T) {
	t.Parallel()
	p, s := postfix(t)
	b := newBench(t, storetest.SQLite(t))
	key, dns := signer(t, "rsa")
	letters := lettersOf()
	b.w = NewWorker(b.o, sender, map[string]Composer{"letter": func(q Queued) (Mail, error) { return letters[q.Mailbox], nil }}, s, b.w.log)
	b.w.Sign(key)
	sent := map[string]string{}
	for address := range letters {
		sent[b.enqueue(Message{Kind: "letter", To: mail.Address{Name: "Zoë, \"Ann\" O’Neil", Address: address}, Mailbox: address})] = address
	}
	b.drain()
	messages := p.Messages(len(letters))
	if len(messages) != len(letters) {
		t.Fatalf("%d messages arrived, want %d", len(messages), len(letters))
	}
	for _, raw := range messages {
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		id, _, _ := strings.Cut(strings.TrimPrefix(m.Header.Get("Message-ID"), "<"), "@")
		ours := b.rawOf(id)
		if !bytes.HasSuffix(raw, ours) { // what servers add stands before it (RFC 5321 4.4)
			t.Errorf("to %s went\n%s\nand arrived\n%s", sent[id], ours, raw)
		}
		if to := strings.NewReplacer(`"`, "", `\`, "").Replace(m.Header.Get("Delivered-To")); to != strings.ReplaceAll(sent[id], `"`, "") {
			t.Errorf("mail to %s was delivered to %s", sent[id], to)
		}
		if v, err := verified(t, raw, dns); err != nil || v.Domain != "example.org" {
			t.Errorf("the signature of the message to %s: %v", sent[id], err)
		}
	}
	if log := p.Log(); !strings.Contains(log, "sasl_username=masterclass") {
		t.Errorf("nobody signed in:\n%s", log)
	}
}

func (b *bench) rawOf(id string) (raw []byte) {
	b.Helper()
	b.scan(&raw, "select raw from message_bytes natural join outbox where id = ? and state = 'sent'", id)
	if len(raw) == 0 {
		b.Fatalf("there is no sent message %s", id)
	}
	return raw
}

func TestARealMailServerTakesManyMessagesOverOneConnection(t *testing.T) {
	t.Parallel()
	p, s := postfix(t)
	const messages = 30
	for range messages {
		if err := deliver(t, s); err != nil {
			t.Fatal(err)
		}
	}
	p.Messages(messages)
	if n := strings.Count(p.Log(), ": connect from"); n != 2 { // the first saw whether it answers
		t.Errorf("%d connections were made, want ours and one before:\n%s", n, p.Log())
	}
}

func TestARealMailServersRefusalsAreTakenForWhatTheyAre(t *testing.T) {
	t.Parallel()
	p, s := postfix(t)
	wrong := parsed(t, "smtp://masterclass:wrong@"+p.Addr+"?tls=required")
	wrong.tls = s.tls
	if err := deliver(t, wrong); err == nil || IsPermanent(err) {
		t.Errorf("a wrong password gave %v, want an error that is tried again", err)
	}
	stranger := parsed(t, "smtp://"+p.Addr+"?tls=required")
	stranger.tls = s.tls
	if err := deliver(t, stranger); !IsPermanent(err) {
		t.Errorf("a message without a password gave %v, want a refusal for good", err)
	}
	untrusted := parsed(t, "smtp://masterclass:p%40ss@"+p.Addr+"?tls=required")
	untrusted.tls = &tls.Config{ServerName: "127.0.0.1"}
	if err := deliver(t, untrusted); err == nil || IsPermanent(err) {
		t.Errorf("a certificate of nobody gave %v", err)
	}
	if err := deliver(t, parsed(t, "smtp://"+p.Addr)); err == nil || IsPermanent(err) {
		t.Errorf("plain text where TLS is wanted gave %v, want an error that is tried again", err)
	}
	if err := deliver(t, s); err != nil {
		t.Errorf("the right password gave %v", err)
	}
}

func TestMailGoesThroughARealMailServerFromBothStores(t *testing.T) {
	t.Parallel()
	p, s := postfix(t)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		b.w = b.worker(s)
		var ids []string
		for i := range 40 {
			ids = append(ids, b.enqueue(to(fmt.Sprintf("person%d@example.org", i%8))))
		}
		b.drain()
		for _, id := range ids {
			b.state(id, StateSent)
		}
	})
	t.Cleanup(func() { p.Messages(80) }) // when both have ended
}
