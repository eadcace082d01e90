// Package organisers knows who looks after the site and lets them in.
//
// An Organiser is added on the command line, with a password or with a link to choose one: the link works once,
// for a day, and its page changes nothing until its form is sent. Passwords are kept as argon2id. Signing in
// gives the browser a random token; the database has its hash, so that a stolen backup opens no door, and
// signing out or a new password ends it at once. A sign-in lasts 12 hours, or 2 without a request.
//
// Whoever is not signed in is sent from every page below /organise to the sign-in page and back afterwards.
// A wrong address and a wrong password get the same answer in the same time. Guessing is limited where it comes
// from, so that no one can lock out somebody else; an account under attack answers slowly, to all alike.
package organisers
