package access

// eventRules are for events, their programmes, places and questions.
var eventRules = Rules{
	"GET /organise/events": deskHands,
}
