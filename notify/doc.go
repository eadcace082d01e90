// Package notify sends mail: what a transaction asks for is a row of the outbox, written in that transaction.
//
// A Message is a kind, a recipient and a snapshot of what it shows. The Worker leases due rows, one a mailbox and the
// oldest first, so that one person's messages arrive in order; it has the kind's Composer make a Mail of the snapshot,
// Bytes makes that a MIME message, a Signer may sign it, and the bytes are kept in the row before they are sent: each
// attempt and each resend sends the same bytes under the same Message-ID. A Deliverer is SMTP, which keeps a few
// connections, or Files when no server is configured. Leasing, sending and writing down go on side by side (shift), and
// a domain that is slow does not hold up the others (lanes). An unsent update or reminder is superseded by newer word
// on its Topic; all else always goes out.
// A temporary failure is tried again for 48 hours, a permanent one (Permanent) is kept for organisers to see; either
// end lets the mailbox's next message go. A crash can send a message twice, never lose it: receivers see one
// Message-ID. What is erased with a person is emptied, and a Sweeper removes its files. Logs name rows by id and kind, never an address, a subject or a link.
package notify
