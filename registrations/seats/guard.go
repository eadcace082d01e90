//go:build !unguarded

package seats

// guard says that the record refuses what it has no room for. It is a constant, so that nothing can turn it off in the program that people
// run. The fault tests build one without it, with the tag "unguarded": if that one does not oversell, they would not notice one that does.
const guard = true
