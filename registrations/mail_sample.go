package registrations

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"masterclass/events"
	"masterclass/notify"
)

// SampleOfChange is the message that tells somebody made up, with a confirmed place, of the change of an event. Its link is nobody's.
func (m *Mailer) SampleOfChange(old, changed *events.Event) (subject, text string, err error) {
	n := news{kind: kindUpdated, event: changed, differences: events.Differences(old, changed)}
	for _, place := range changed.Places {
		g := *somebody
		g.ID, g.Status, g.PlaceID = uuid.Nil.String(), Confirmed, place.ID
		message, concerned := n.message(&g, true, nil)
		if !concerned {
			continue
		}
		snapshot, err := json.Marshal(message.Snapshot)
		if err != nil {
			return "", "", fmt.Errorf("write the snapshot of a sample: %w", err)
		}
		mail, err := m.about("Changed: ")(notify.Queued{Kind: kindUpdated, Snapshot: snapshot})
		if err != nil {
			return "", "", err
		}
		link, err := manageURL(m.keys, m.site.BaseURL, g.ID, 0)
		return mail.Subject, strings.TrimSpace(strings.ReplaceAll(mail.Text, link, "(everybody’s own link stands here)")), err
	}
	return "", "", nil
}
