// Package learning is e-learning: modules of pages that are read in their order, and a test of oneself at the end.
//
// A module is an article of kind e-learning, which says what it is about. It is 'coming soon' until its pages are published; whoever wants
// to be told when it opens leaves an address, which is confirmed first and deleted with the one message that tells. Readers have no
// account and no cookie: how far one has come is kept behind a secret link, if one asks for it, and says nothing of who it is. A test's
// answers travel in the address of its result, so nothing is kept of them.
//
// Links of mail change nothing when they are opened; what they lead to has a button.
package learning
