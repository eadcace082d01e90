package registrations

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"masterclass/events"
	"masterclass/notify"
	"masterclass/templates"
)

// SampleOfChange is the message that tells somebody made up, with a confirmed place, of the change of an event.
func (m *Mailer) SampleOfChange(old, changed *events.Event) ([]templates.Letter, error) {
	n := news{kind: kindUpdated, event: changed, differences: events.Differences(old, changed)}
	for _, place := range changed.Places {
		letters, err := m.sample(n, standingKind{place.ID, Confirmed}, true)
		if err != nil || len(letters) > 0 {
			return letters, err
		}
	}
	return nil, nil
}

// sample is the message that brings the news to somebody made up with that standing; none if they mean nothing to them. invited says whether
// their calendar has the event. The link in it is nobody's.
func (m *Mailer) sample(n news, as standingKind, invited bool) ([]templates.Letter, error) {
	g := *somebody
	g.ID, g.Status, g.PlaceID = uuid.Nil.String(), as.status, as.placeID
	message, concerned := n.message(&g, invited, nil)
	if !concerned {
		return nil, nil
	}
	snapshot, err := json.Marshal(message.Snapshot)
	if err != nil {
		return nil, fmt.Errorf("write the snapshot of a sample: %w", err)
	}
	mail, err := m.Composers()[n.kind](notify.Queued{Kind: n.kind, Snapshot: snapshot})
	if err != nil {
		return nil, err
	}
	link, err := manageURL(m.keys, m.site.BaseURL, g.ID, 0)
	text := strings.TrimSpace(strings.ReplaceAll(mail.Text, link, "(everybody’s own link stands here)"))
	return []templates.Letter{{Title: "See a sample of the email", Subject: mail.Subject, Text: text}}, err
}
