// Package door checks people in on the day.
//
// A Scan says that somebody came or left, at the event or one of its sessions, and when. Whoever makes it gives it an id, so a scan that is
// sent twice counts once: a phone that has lost its connection keeps its scans and sends them when it is back. Scans of all doors that
// arrive at the same moment share a transaction, and of two that let the same person in, the second is told when and by whom
// the first one was. Nothing is deleted: an Undo is written down, and so is everything else in the audit trail.
//
// A ticket is a QR code of the registration's id, signed by the installation (Ticket). It checks its holder in and opens nothing.
// Badges and signing-in sheets are pages to print and PDFs.
package door
