package web

import "regexp"

// A resource of an event comes with its file in the same form.
func init() {
	largerBodies = append(largerBodies, struct {
		path  *regexp.Regexp
		limit int
	}{regexp.MustCompile(`^/organise/events/[^/?]+/resources/(new|[^/?]+/edit)$`), UploadLimit})
}
