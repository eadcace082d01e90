package events

import (
	"context"
	"time"
)

// Address is a page of events that anybody may find. Revised is zero where no date is known.
type Address struct {
	Path    string
	Revised time.Time
}

// Addresses are the pages of listed events, their programmes, speakers and series.
func (h *Handler) Addresses(ctx context.Context) ([]Address, error) {
	upcoming, err := h.events.Upcoming(ctx, h.now())
	if err != nil {
		return nil, err
	}
	past, err := h.events.Past(ctx, h.now())
	if err != nil {
		return nil, err
	}
	all := append(upcoming, past...)
	if err := h.events.Programmes(ctx, all); err != nil {
		return nil, err
	}
	list := []Address{{Path: "/events"}}
	series := map[string]bool{}
	for _, e := range all {
		list = append(list, e.addresses()...)
		if e.Series != "" && !series[e.Series] {
			series[e.Series] = true
			list = append(list, Address{Path: "/series/" + e.Series})
		}
	}
	return list, nil
}

func (e *Event) addresses() []Address {
	page, revised := "/events/"+e.Slug, time.UnixMilli(e.UpdatedAt)
	list := []Address{{page, revised}}
	if len(e.Sessions) > 0 {
		list = append(list, Address{page + "/programme", revised})
	}
	for _, s := range e.Speakers {
		list = append(list, Address{page + "/speakers/" + e.SpeakerPath(s), revised})
	}
	return list
}

// Unchanged gives what says whether events are as they are now. Ask for it before reading them.
func (h *Handler) Unchanged() func() bool { return h.events.Unchanged() }
