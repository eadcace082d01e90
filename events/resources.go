package events

import (
	"fmt"
	"net/url"
	"strings"
)

// ResourceKinds are the kinds of Resource, with the words that people read.
var ResourceKinds = map[string]string{"slides": "Slides", "video": "Video", "document": "Document"}

// KindName is the kind in words.
func (r Resource) KindName() string { return ResourceKinds[r.Kind] }

// Check refuses what cannot be shown as a link.
func (r Resource) Check() error {
	u, err := url.Parse(r.URL)
	inside := err == nil && strings.HasPrefix(r.URL, "/") && u.Host == ""
	outside := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
	if r.KindName() == "" || strings.TrimSpace(r.Title) == "" || !(inside || outside) {
		return fmt.Errorf("the resource %q needs a kind, a title and an address on the web or on this site, not %q", r.Title, r.URL)
	}
	return nil
}
