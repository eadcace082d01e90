package access

// doorRules are for check-in, badges and signing-in sheets. A steward's requests are for the events assigned to them alone, and show names and
// places, no addresses.
var doorRules = Rules{
	"GET /organise/events/:slug/check-in":          doorHands,
	"POST /organise/events/:slug/check-in":         doorHands,
	"POST /organise/events/:slug/check-in/undo":    doorHands,
	"POST /organise/events/:slug/check-in/scans":   doorHands,
	"GET /organise/events/:slug/check-in/count":    doorHands,
	"GET /organise/events/:slug/check-in/offline":  doorHands,
	"POST /organise/events/:slug/check-in/give":    doorHands,
	"GET /organise/events/:slug/check-in/walk-in":  doorHands,
	"POST /organise/events/:slug/check-in/walk-in": doorHands,
	"GET /organise/events/:slug/attendance":        deskHands,
	"GET /organise/events/:slug/attendance.csv":    deskHands,
	"GET /organise/events/:slug/badges":            deskHands,
	"GET /organise/events/:slug/badges.pdf":        deskHands,
	"GET /organise/events/:slug/signing-in":        deskHands,
	"GET /organise/events/:slug/signing-in.pdf":    deskHands,
}
