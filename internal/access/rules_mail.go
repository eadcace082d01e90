package access

// mailRules are for the delivery log and for messages to attendees.
var mailRules = Rules{
	"GET /organise/messages":             deskHands,
	"GET /organise/messages/retry":       deskHands,
	"POST /organise/messages/retry":      deskHands,
	"GET /organise/messages/:id":         deskHands,
	"POST /organise/messages/:id/resend": deskHands,
	"POST /organise/messages/:id/settle": deskHands,

	"GET /organise/events/:slug/messages":              deskHands,
	"GET /organise/events/:slug/messages/new":          deskHands,
	"POST /organise/events/:slug/messages/new":         deskHands,
	"GET /organise/events/:slug/messages/:id":          deskHands,
	"GET /organise/events/:slug/messages/:id/progress": deskHands,
}
