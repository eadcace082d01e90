package templates

// Link is somewhere to go: an address and the words of the link.
type Link struct {
	Href, Text string
}

// Button sends a form with Name=Value. Form is the id of that form where the
// button stands outside it.
type Button struct {
	Name, Value, Form string
	Action            string // where it sends the form, if not where the form says
}

// Row is one line of a summary list, shown by the partial "summary-row". Line
// breaks of Value are kept; an empty Value reads 'Not given'. The row can be
// changed by a link or by a button (where the answers are not stored yet, and
// travel in the form), or not at all.
type Row struct {
	Key, Value string
	Change     Link
	Button     Button
}

// Tag is what the partial "tag" shows: a state in a word or two. Colour is one of
// grey, green, blue, purple, yellow, orange, red, white or aqua-green; it only
// repeats what Text says.
type Tag struct {
	Text, Colour string
}

// Panel is what the partial "panel" shows: the green panel of a confirmation.
type Panel struct {
	Heading, Text, Reference string
}

// Notice is what the partial "notice" shows: the answer to what was just done,
// on the page that follows a redirect.
type Notice struct {
	Text    string
	Success bool
}

// Pager is what the partial "pager" shows: the pages before and after this one
// of a long list. The text of each link says which page it is ("Page 2 of 9").
type Pager struct {
	Previous, Next Link
}

// Places is what the partial "places" shows: a badge that says how many places
// are left. State is "open", "few", "waiting" (full, with a waiting list) or
// "closed"; it chooses the colour and the picture, which only repeat Text.
type Places struct {
	State, Text string
}

// Card is what the partial "event-card" shows. Day ("11"), Month ("Mar") and Year
// stand in the date block; When is the whole date and time in words.
type Card struct {
	Link
	Day, Month, Year string
	When, Where      string
	Summary          string
	Places           Places
	// Heading is the level of the card's heading: 2 unless it is given.
	Heading int
}
