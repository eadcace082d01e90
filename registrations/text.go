package registrations

import "masterclass/internal/typed"

// line cleans a value of one line, lines one of several, and markup text whose spaces mean something.
func line(s string) string   { return typed.Line(s) }
func lines(s string) string  { return typed.Lines(s) }
func markup(s string) string { return typed.Markup(s) }
