// Package typed cleans what people type into forms, before anything else looks at it: no control characters, no invalid UTF-8, no marks that
// make text read as what it is not. Quotes, = and ; stay as typed; they are made harmless where they go out.
package typed
