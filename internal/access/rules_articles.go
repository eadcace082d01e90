package access

// articleRules are for the newsroom: articles, files and the sources of news.
var articleRules = Rules{
	"GET /organise/articles":                        writers,
	"GET /organise/articles/new":                    writers,
	"POST /organise/articles/new":                   writers,
	"GET /organise/articles/:id":                    writers,
	"POST /organise/articles/:id":                   writers,
	"GET /organise/articles/:id/files":              writers,
	"POST /organise/articles/:id/files":             writers,
	"POST /organise/articles/:id/files/remove":      writers,
	"GET /organise/articles/:id/versions":           writers,
	"GET /organise/articles/:id/versions/:version":  writers,
	"POST /organise/articles/:id/versions/:version": writers,

	"GET /organise/sources":                      writers,
	"POST /organise/sources":                     writers,
	"POST /organise/sources/:source/check":       writers,
	"POST /organise/sources/:source/remove":      writers,
	"GET /organise/sources/items/:item":          writers,
	"POST /organise/sources/items/:item":         writers,
	"POST /organise/sources/items/:item/dismiss": writers,
}
