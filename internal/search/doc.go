// Package search finds what the site has published by its words. It alone uses bleve.
//
// An Index lives in this instance's memory: it holds no state of its own, and each instance keeps one up from the record by itself.
// Follow asks its sources every few seconds whether anything has changed, which is one small question each, and takes over what did:
// what is published comes in, what is withdrawn goes. A small site is read when somebody searches for the first time, a large one at the
// start; before all is read a search waits a moment, or says that it is not ready.
//
// A search looks for every word, in its English stem, and for words that begin as the last one does; a title counts for more than a
// summary, a summary for more than a text. If that finds little, it looks for words that are spelled nearly so. If nothing has all the
// words, it shows what has some of them, and says so. What matched is given back in pieces, so that a template can mark it safely.
package search
