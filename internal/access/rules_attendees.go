package access

// attendeeRules are for attendee lists, exports and imports.
var attendeeRules = Rules{
	"GET /organise/events/:slug/attendees":      deskHands,
	"GET /organise/events/:slug/waiting-list":   deskHands,
	"GET /organise/events/:slug/attendees.csv":  deskHands,
	"GET /organise/events/:slug/attendees.xlsx": deskHands,
	"GET /organise/events/:slug/catering":       deskHands,
	"GET /organise/events/:slug/access-needs":   deskHands,

	"GET /organise/events/:slug/attendees/new":         deskHands,
	"POST /organise/events/:slug/attendees/new":        deskHands,
	"GET /organise/events/:slug/attendees/import":      deskHands,
	"POST /organise/events/:slug/attendees/import":     deskHands,
	"GET /organise/events/:slug/attendees/import/done": deskHands,

	"GET /organise/events/:slug/attendees/import/example.csv": deskHands,

	"GET /organise/events/:slug/attendees/bulk":      deskHands,
	"POST /organise/events/:slug/attendees/bulk":     deskHands,
	"GET /organise/events/:slug/attendees/bulk/done": deskHands,

	"GET /organise/events/:slug/attendees/:id":             deskHands,
	"GET /organise/events/:slug/attendees/:id/edit":        deskHands,
	"POST /organise/events/:slug/attendees/:id/edit":       deskHands,
	"GET /organise/events/:slug/attendees/:id/address":     deskHands,
	"POST /organise/events/:slug/attendees/:id/address":    deskHands,
	"GET /organise/events/:slug/attendees/:id/substitute":  deskHands,
	"POST /organise/events/:slug/attendees/:id/substitute": deskHands,
	"GET /organise/events/:slug/attendees/:id/give":        deskHands,
	"POST /organise/events/:slug/attendees/:id/give":       deskHands,
	"GET /organise/events/:slug/attendees/:id/move":        deskHands,
	"POST /organise/events/:slug/attendees/:id/move":       deskHands,
	"GET /organise/events/:slug/attendees/:id/cancel":      deskHands,
	"POST /organise/events/:slug/attendees/:id/cancel":     deskHands,
	"GET /organise/events/:slug/attendees/:id/refuse":      deskHands,
	"POST /organise/events/:slug/attendees/:id/refuse":     deskHands,
	"POST /organise/events/:slug/attendees/:id/approve":    deskHands,
	"POST /organise/events/:slug/attendees/:id/resend":     deskHands,
	"POST /organise/events/:slug/attendees/:id/notes":      deskHands,
	"GET /organise/events/:slug/attendees/:id/needs":       deskHands,
	"POST /organise/events/:slug/attendees/:id/needs":      deskHands,
	"GET /organise/events/:slug/attendees/:id/erase":       deskHands,
	"POST /organise/events/:slug/attendees/:id/erase":      deskHands,

	"POST /organise/events/:slug/attendees/:id/messages/:message/resend": deskHands,
}
