// Package templates holds every page, email and static file, and renders them.
//
// A page is a file <folder>/<page>.html that defines "main"; the folder is
// named after the package that renders it. Parse gives each page a template
// set of its own (the layout and that page), so that two pages may define the
// same block and still be rendered at the same time. Whatever can be wrong
// with a template (syntax, escaping, a missing partial, a static file that
// does not exist) is an error at start, never on a visitor's screen.
//
// Pages are executed with a View value that the web package defines; "main"
// sees its .Page only. The partials of layout/ (fields, error summary, cards)
// take the structs of forms.go and parts.go, so that pages stay typed.
//
// Static files are served under names that hold a hash of their content, so
// that browsers may keep them for ever. Emails come in pairs, <name>.txt and
// <name>.html, in emails/.
//
// The package knows nothing of events, registrations or the web server.
package templates
