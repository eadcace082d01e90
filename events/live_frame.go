package events

import (
	"encoding/json"
	"fmt"
	"time"

	"masterclass/internal/web"
)

// over is the id of the last event of a stream. A browser that comes back sends it (HTML Standard 9.2.4), and is told to stay away.
const over = "over"

// gone ends the streams of an event that is not to be seen any more: it may have another address now.
var gone = &web.Frame{Bytes: []byte(":gone\n\n"), Last: true}

// shown is what the page of an event shows of its places, as an event of the stream.
type shown struct {
	eventID string
	frame   *web.Frame
}

// livePlaces is that event's data. The words are those of the page; so is the action, the one thing to do.
type livePlaces struct {
	Registration RegistrationState `json:"registration"`
	Places       []livePlace       `json:"places"`
	Action       liveAction        `json:"action"`
}

type livePlace struct {
	ID      string `json:"id"`
	Left    int64  `json:"left"`
	Waiting int64  `json:"waiting"`
	Words   string `json:"words"`
	State   string `json:"state"`
}

type liveAction struct {
	Href string `json:"href"`
	Text string `json:"text"`
	Note string `json:"note"`
}

// show makes the event. It is the last where registration has closed: nothing that is shown changes after that.
func show(e *Event, left map[string]Availability, now time.Time) (shown, error) {
	state := registrationState(e, e.Registration(now), left)
	do := action(e, state, now)
	data := livePlaces{Registration: state, Places: []livePlace{}, Action: liveAction{Href: do.Link.Href, Text: do.Link.Text, Note: do.Note}}
	if data.Action.Note == "" {
		data.Action.Note = notice(e, now)
	}
	for _, line := range placeLines(e, left, state) {
		a := left[line.ID]
		data.Places = append(data.Places, livePlace{ID: line.ID, Left: a.Left, Waiting: a.Waiting, Words: line.Badge.Text, State: line.Badge.State})
	}
	text, err := json.Marshal(data)
	if err != nil {
		return shown{}, fmt.Errorf("write the places of %s: %w", e.Slug, err)
	}
	f := &web.Frame{Last: state == Closed}
	if f.Last {
		f.Bytes = fmt.Appendf(nil, "id: %s\n", over)
	}
	f.Bytes = fmt.Appendf(f.Bytes, "event: places\ndata: %s\n\n", text)
	return shown{eventID: e.ID, frame: f}, nil
}
