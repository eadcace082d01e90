// Package organisers knows who looks after the site, lets them in, and shows what they did.
//
// An Organiser is added on the command line, or invited by an owner, whose invitation goes by mail in the same
// transaction. A link to choose a password works once, and its page changes nothing until its form is sent.
// Passwords are kept as argon2id. Signing in gives the browser a random token; the database has its hash, so that a
// stolen backup opens no door, and signing out, a new password, another role or removal ends it at once. A sign-in
// lasts 12 hours, or 2 without a request.
//
// A second step asks for a code from a phone (TOTP, RFC 6238) after the password: owners must have it. What the codes
// come from is sealed with a key of the installation's secret; a code works once, and ten recovery codes, kept as
// keyed hashes, stand in for a lost phone. Between password and code the browser holds a token that is no sign-in.
//
// A mailed link is derived from an id and the installation's secret when the mail's bytes are made: the outbox's
// snapshot has the id, the table of links the hash of the token. The bytes, which hold the link, are kept so that every
// attempt sends the same, and purged with those of other mail; a link is used up or too old long before: after an hour
// for a new password, three days for an invitation. What is in a mailbox alone never passes the second step.
//
// An account hears by mail of what happens to it: another password, the second step, its role, its address, its end. The
// news is queued in the same transaction.
//
// Whoever is not signed in is sent from every page below /organise to the sign-in page and back afterwards. A wrong
// address and a wrong password get the same answer in the same time, and so do known and unknown addresses where a
// new password is asked for. Guessing is limited where it comes from, so that no one can lock out somebody else; an
// account under attack answers slowly, to all alike, and a browser that has signed in to it before, which its cookie
// proves, is counted apart from strangers on the same network. Only codes are limited for the account itself, since
// who guesses at them knows its password.
package organisers
