package search

import (
	"context"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"
)

// Document is a page that can be found. Its texts are plain: what is in them is shown as it is.
type Document struct {
	ID      string // unique among all sources
	Version string // differs whenever the rest does
	Group   string // a name of the caller's, by which results are put together
	Path    string
	Title   string
	Summary string
	Body    string
	Note    string // shown with a result, not searched, such as a date
}

// Source is where documents come from.
type Source interface {
	// Stamp differs whenever a document may have changed, come or gone. It is asked every few seconds.
	Stamp(ctx context.Context) (string, error)
	// Versions are the versions of all documents that anybody may read now, by their ids.
	Versions(ctx context.Context) (map[string]string, error)
	// Documents are those with the ids; one that has gone meanwhile is left out.
	Documents(ctx context.Context, ids []string) ([]Document, error)
}

// The fields of the index: stems of the title, of the summary and of everything, and all words as they are written, to find how one begins.
const (
	titleField   = "title"
	summaryField = "summary"
	allField     = "all"
	plainField   = "plain"
)

// indexed is the document as the index wants it. Nothing but postings is kept there: the texts stay with us.
func indexed(d *Document) *document.Document {
	doc := document.NewDocument(d.ID)
	all := d.Title + "\n" + d.Summary + "\n" + d.Body
	for _, f := range []struct{ name, text string }{{titleField, d.Title}, {summaryField, d.Summary}, {allField, all}} {
		doc.AddField(document.NewTextFieldCustom(f.name, nil, []byte(f.text), index.IndexField, english))
	}
	doc.AddField(document.NewTextFieldCustom(plainField, nil, []byte(all), index.IndexField, plain))
	return doc
}
