package events_test

import (
	"strings"
	"testing"

	"masterclass/events"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// cards are the cards of a part of a list's page, by slug.
func cards(page string) map[string]string {
	found := map[string]string{}
	for _, card := range strings.Split(page, `<article class="app-event-card">`)[1:] {
		card, _, _ = strings.Cut(card, "</article>")
		_, slug, _ := strings.Cut(card, `href="/events/`)
		slug, _, _ = strings.Cut(slug, `"`)
		found[slug] = card
	}
	return found
}

func TestAPostponedEventIsAmongThoseToComeWhateverItsOldDate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		soon, off := meeting("soon"), as(on(meeting("off"), "2027-01-09T09:00", "2027-01-09T10:00"), events.Cancelled)
		put, over := as(on(meeting("put-off"), "2027-01-10T09:00", "2027-01-10T10:00"), events.Postponed), on(meeting("over"), "2027-01-11T09:00", "2027-01-11T10:00")
		for _, e := range []*events.Event{soon, off, put, over} {
			e.Series = "days"
		}
		mustInsert(t, db, soon, off, put, over)
		s := newSite(t, db, left{}, at(now))
		for _, path := range []string{"/events", "/series/days"} {
			page := s.shows(path, 200).text
			ahead, past, ok := strings.Cut(page, "Past events</h2>")
			if !ok {
				t.Fatalf("%s has no past events", path)
			}
			toCome, isOver := cards(ahead), cards(past)
			if len(toCome) != 2 || len(isOver) != 2 || strings.Index(ahead, "Title of soon") > strings.Index(ahead, "Title of put-off") {
				t.Errorf("%s has %d to come and %d over", path, len(toCome), len(isOver))
			}
			for slug, words := range map[string][]string{"put-off": {"Postponed", "New date to be announced. It was to be Sunday 10 January 2027."}, "off": {"Cancelled", "Saturday 9 January 2027"}} {
				for _, w := range words {
					if card := toCome[slug] + isOver[slug]; !strings.Contains(card, w) {
						t.Errorf("%s: the card of %s does not say %q:\n%s", path, slug, w, card)
					}
				}
			}
			if strings.Contains(isOver["over"], "app-places") {
				t.Errorf("%s: what took place has a badge:\n%s", path, isOver["over"])
			}
		}
		if page := s.shows("/events?when=past", 200, "Title of off").text; strings.Contains(page, "Title of put-off") {
			t.Error("a postponed event is among those that are over")
		}
		page := s.shows("/events/put-off", 200, "New date to be announced", "It was to be Sunday 10 January 2027", "app-with-aside__aside", "is told of the new date by email", "/events#subscribe").text
		if strings.Contains(page, `href="/events/put-off.ics"`) {
			t.Error("the old date can be added to a calendar")
		}
		s.shows("/events/put-off/programme", 200, "New date to be announced")
		s.shows("/api/v1/events/put-off", 200, `"status":"postponed"`)
	})
}
