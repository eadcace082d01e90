package access

// learningRules are for the pages and questions of e-learning.
var learningRules = Rules{
	"GET /organise/learning":                  writers,
	"GET /organise/learning/:slug":            writers,
	"GET /organise/learning/:slug/publish":    writers,
	"POST /organise/learning/:slug/publish":   writers,
	"POST /organise/learning/:slug/unpublish": writers,

	"GET /organise/learning/:slug/pages/new":         writers,
	"POST /organise/learning/:slug/pages/new":        writers,
	"GET /organise/learning/:slug/pages/:id":         writers,
	"POST /organise/learning/:slug/pages/:id":        writers,
	"POST /organise/learning/:slug/pages/:id/move":   writers,
	"GET /organise/learning/:slug/pages/:id/delete":  writers,
	"POST /organise/learning/:slug/pages/:id/delete": writers,

	"GET /organise/learning/:slug/questions/new":         writers,
	"POST /organise/learning/:slug/questions/new":        writers,
	"GET /organise/learning/:slug/questions/:id":         writers,
	"POST /organise/learning/:slug/questions/:id":        writers,
	"POST /organise/learning/:slug/questions/:id/move":   writers,
	"GET /organise/learning/:slug/questions/:id/delete":  writers,
	"POST /organise/learning/:slug/questions/:id/delete": writers,
}
