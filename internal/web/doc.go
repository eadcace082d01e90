// Package web is the Fiber application around the domains.
//
// New sets it up: request ids and one log line a request, security headers, the origin check, limits of body
// and rate, static files, and one table that turns the kinds of package fault into pages or JSON. Domains add
// their routes to it and render with Render, which wraps a page's own struct into the View of the layout.
// Cached answers files and feeds with exact validators (RFC 9110 13); Answers keeps what it answers ready, and Packs says of other
// answers that they may be compressed. Streams keeps event streams open, cheaply and within a bound.
package web
