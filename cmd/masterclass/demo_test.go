package main

import (
	"bytes"
	"testing"
	"time"
)

func TestADemoWhoseEventsAreOverSaysHowToRenewThem(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	for _, c := range []struct {
		days int
		want string
	}{
		{0, ""}, {42, ""},
		{5 * 365, "The sample's events are over. For new dates, stop this, delete the folder " + s.data.Path + " and start again.\n"},
	} {
		later := &App{events: s.events, data: s.data, now: func() time.Time { return time.Now().AddDate(0, 0, c.days) }}
		var said bytes.Buffer
		if err := later.sayIfPast(t.Context(), &said); err != nil || said.String() != c.want {
			t.Errorf("after %d days it says %q, %v; want %q", c.days, &said, err, c.want)
		}
	}
}
