package notify

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/mail"
	netsmtp "net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/uptrace/bun"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

const (
	figureRounds   = 5    // in which what is ours and its yardstick take turns: the figure is the median of the ratios
	figureMessages = 2000 // an announcement to everybody at a large event
)

// BenchmarkFigures measures the outbox against bare loops that do the same work barely, in the same run: no rate means anything by
// itself. go test -run '^$' -bench Figures -benchtime 1x ./notify
func BenchmarkFigures(b *testing.B) {
	if !strings.Contains(flag.Lookup("test.bench").Value.String(), "Figures") {
		b.Skip("run make figures: this takes minutes")
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nwhat\tours\tyardstick\tratio\t(rounds)\ttarget\tunit")
	for name, open := range map[string]func(testing.TB) *store.DB{"SQLite": storetest.SQLite, "PostgreSQL": storetest.Postgres} {
		b.Run("enqueue/"+name, func(b *testing.B) { measure(b, table, "announcement enqueued, "+name, "0.7", enqueueRound(open)) })
		b.Run("send/"+name, func(b *testing.B) {
			measure(b, table, "outbox to a mail server, "+name, "0.7", sendRound(open, b.TempDir()))
		})
		b.Run("sink/"+name, func(b *testing.B) {
			measure(b, table, "outbox to a sink that keeps nothing, "+name, "", sendRound(open, ""))
		})
	}
	if err := table.Flush(); err != nil {
		b.Fatal(err)
	}
}

// measure runs the rounds, each of which gives a rate of ours and one of the yardstick.
func measure(b *testing.B, table io.Writer, what, target string, round func(b *testing.B) (ours, bare float64)) {
	var ours, bares, ratios []float64
	for range figureRounds {
		o, y := round(b)
		ours, bares, ratios = append(ours, o), append(bares, y), append(ratios, o/y)
	}
	b.ReportMetric(0, "ns/op") // not shown: it is the time of all rounds
	b.ReportMetric(median(ours), "ours:messages/s")
	b.ReportMetric(median(bares), "yardstick:messages/s")
	b.ReportMetric(median(ratios), "ratio")
	fmt.Fprintf(table, "%s\t%.4g\t%.4g\t%.2f\t(%.2f to %.2f)\t%s\tmessages/s\n", what, median(ours), median(bares), median(ratios), slices.Min(ratios), slices.Max(ratios), target)
}

func median(values []float64) float64 { return slices.Sorted(slices.Values(values))[len(values)/2] }

// figureOutbox is an outbox on a fresh database, and a worker that hands to d.
func figureOutbox(b *testing.B, open func(testing.TB) *store.DB, d Deliverer) (*Outbox, *Worker) {
	b.Helper()
	o, err := NewOutbox(context.Background(), open(b), "events.example.org", time.Now)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = o.Close() })
	compose := func(q Queued) (Mail, error) { return figureMail(q), nil }
	return o, NewWorker(o, sender, map[string]Composer{KindUpdated: compose}, d, slog.New(slog.DiscardHandler))
}

// figureMail is as large as an invitation.
func figureMail(q Queued) Mail {
	line := "The Masterclass on systemic anti-cancer therapy begins at half past nine in the lecture theatre.\n"
	return Mail{Subject: "Changed: SACT Masterclass", Text: "Dear " + q.To.Name + ",\n\n" + strings.Repeat(line, 10), HTML: strings.Repeat("<p>"+line+"</p>\n", 30),
		Calendar: []byte("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n" + strings.Repeat("X-LINE:"+line[:60]+"\r\n", 20) + "END:VCALENDAR\r\n"), Method: "REQUEST", ReplyTo: "help@example.org"}
}

func figureMessage(i int) Message {
	address := fmt.Sprintf("person%d@trust%d.example.org", i, i%40)
	return Message{Kind: KindUpdated, To: mail.Address{Name: "Ann Example", Address: address}, Mailbox: address, EventID: "event", RegistrationID: fmt.Sprint("r", i),
		UID: "uid@example.org", Sequence: 3, Topic: "event", Snapshot: map[string]string{"event": "SACT Masterclass", "detail": strings.Repeat("detail ", 150)}}
}

// enqueueAnnouncement queues a message to everybody, in one transaction.
func enqueueAnnouncement(b *testing.B, o *Outbox, ms []Message) {
	b.Helper()
	err := o.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		_, err := o.EnqueueAll(ctx, tx.Tx, ms)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func announcement() (ms []Message) {
	for i := range figureMessages {
		ms = append(ms, figureMessage(i))
	}
	return ms
}

// enqueueRound compares queueing an announcement with inserting the same rows by prepared statement, both in one transaction.
func enqueueRound(open func(testing.TB) *store.DB) func(*testing.B) (ours, bare float64) {
	return func(b *testing.B) (ours, bare float64) {
		o, _ := figureOutbox(b, open, nil)
		ms := announcement()
		enqueueAnnouncement(b, o, ms[:10])
		began := time.Now()
		enqueueAnnouncement(b, o, ms)
		ours = float64(len(ms)) / time.Since(began).Seconds()
		return ours, bareInsert(b, open, o.db)
	}
}

// bareInsert inserts the outbox's rows into a fresh database.
func bareInsert(b *testing.B, open func(testing.TB) *store.DB, from *store.DB) float64 {
	b.Helper()
	columns, marks := "", ""
	for _, c := range outboxColumns {
		columns, marks = columns+", "+c.Name, marks+", ?"
	}
	rows := rowsOf(b, from, "select "+columns[2:]+" from outbox where state = 'queued' order by id desc limit 2000")
	db := open(b)
	insert, err := db.Prepare(context.Background(), "insert into outbox ("+columns[2:]+") values ("+marks[2:]+")")
	if err != nil {
		b.Fatal(err)
	}
	defer insert.Close()
	began := time.Now()
	err = db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		for _, r := range rows {
			if _, err := tx.StmtContext(ctx, insert).ExecContext(ctx, r...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return float64(len(rows)) / time.Since(began).Seconds()
}

func rowsOf(b *testing.B, db *store.DB, query string) (all [][]any) {
	b.Helper()
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		values, into := make([]any, len(outboxColumns)), make([]any, len(outboxColumns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			b.Fatal(err)
		}
		all = append(all, values)
	}
	if len(all) != figureMessages {
		b.Fatalf("%d rows", len(all))
	}
	return all
}

// sink is a mail server that takes everything. With a folder it has each message on the disk before it says so, as a mail server has to
// that takes it over (RFC 5321 4.5.4.1 and 6.1); without one it keeps nothing, and costs less than any.
type sink struct {
	taken  *atomic.Int64
	folder string
}

func (sink) Reset()                               {}
func (sink) Logout() error                        { return nil }
func (sink) Mail(string, *smtp.MailOptions) error { return nil }
func (sink) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s sink) Data(r io.Reader) error {
	n := s.taken.Add(1)
	if s.folder == "" {
		_, err := io.Copy(io.Discard, r)
		return err
	}
	f, err := os.Create(filepath.Join(s.folder, fmt.Sprint(n)))
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Sync(), f.Close())
}

func startSink(b *testing.B, folder string) (address string, taken *atomic.Int64) {
	b.Helper()
	taken = &atomic.Int64{}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return sink{taken, folder}, nil }))
	server.Domain, server.ErrorLog = "mx.example.org", log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = server.Serve(l); close(ended) }()
	b.Cleanup(func() { _ = server.Close(); <-ended })
	return l.Addr().String(), taken
}

// sendRound compares working off an announcement, from its rows to the note that each was sent, with sending its bytes in a loop.
func sendRound(open func(testing.TB) *store.DB, folder string) func(*testing.B) (ours, bare float64) {
	return func(b *testing.B) (ours, bare float64) {
		address, taken := startSink(b, folder)
		s, err := ParseSMTP("smtp://" + address)
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		o, w := figureOutbox(b, open, s)
		enqueueAnnouncement(b, o, announcement())
		began := time.Now()
		done := w.shift(context.Background(), false)
		ours = figureMessages / time.Since(began).Seconds()
		if done.err != nil || done.sent != figureMessages || taken.Load() != figureMessages {
			b.Fatalf("%d sent, %d taken, %v", done.sent, taken.Load(), done.err)
		}
		return ours, bareLoop(b, address, prebuilt(b, o.db))
	}
}

// parcel is a message ready to be sent.
type parcel struct {
	to  string
	raw []byte
}

func prebuilt(b *testing.B, db *store.DB) (all []parcel) {
	b.Helper()
	rows, err := db.QueryContext(context.Background(), "select mailbox, raw from outbox natural join message_bytes where state = 'sent'")
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var p parcel
		if err := rows.Scan(&p.to, (*sql.RawBytes)(&p.raw)); err != nil {
			b.Fatal(err)
		}
		all = append(all, parcel{p.to, slices.Clone(p.raw)})
	}
	if len(all) != figureMessages {
		b.Fatalf("%d messages", len(all))
	}
	return all
}

// bareLoop sends the messages by the standard library over as many connections, kept open, and gives how many a second.
func bareLoop(b *testing.B, address string, parcels []parcel) float64 {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range connections {
		wg.Go(func() {
			c, err := netsmtp.Dial(address)
			if err != nil {
				b.Error(err)
				return
			}
			for i := next.Add(1); int(i) <= len(parcels); i = next.Add(1) {
				if err := bareSend(c, parcels[i-1]); err != nil {
					b.Error(err)
					return
				}
			}
			if err := c.Quit(); err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	return float64(len(parcels)) / time.Since(began).Seconds()
}

func bareSend(c *netsmtp.Client, p parcel) error {
	if err := c.Mail(sender.Address); err != nil {
		return err
	}
	if err := c.Rcpt(p.to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(p.raw); err != nil {
		return err
	}
	return w.Close()
}
