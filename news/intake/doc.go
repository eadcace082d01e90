// Package intake watches the feeds of other sites for the newsroom. What is new waits for an editor, who writes a summary of their own and
// publishes it with a link, or dismisses it: nothing is published by itself.
//
// A source's address is typed by somebody, and a server may lead elsewhere: the fetcher speaks to public addresses alone, decided when the
// connection is made and so for every redirect and every answer of the domain name system.
package intake
