package registrations

import (
	"context"
	"errors"
	"sync"
	"testing"

	"masterclass/events"
	"masterclass/internal/fault"
)

func TestOneOfTwoWhoChangeAPlaceAtOnceIsToldOfTheOther(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		by := kim
		for round := range 5 {
			seen := d.now().Places[0]
			var saved [2]events.Place
			var errs [2]error
			var both sync.WaitGroup
			for i := range saved {
				saved[i] = seen
				saved[i].Name, saved[i].Capacity = seen.Name+[]string{"A", "B"}[i], seen.Capacity+int64(1+i)
				both.Go(func() { _, errs[i] = d.ChangePlace(context.Background(), seen, saved[i], by) })
			}
			both.Wait()
			won := 0
			if errs[0] != nil {
				won = 1
			}
			if errs[won] != nil || !errors.Is(errs[1-won], events.ErrPlaceChanged) {
				t.Fatalf("in round %d two who saved at once got %v and %v", round, errs[0], errs[1])
			}
			if now := d.now().Places[0]; !now.Same(saved[won]) {
				t.Errorf("the place is %+v, and not as %+v, which was saved", now, saved[won])
			}
		}
	})
}

func TestAPlaceIsChangedInAllOrInNothing(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		by := kim
		d.register(d.ask(1))
		d.register(d.ask(2))
		for i := range 3 {
			d.wait(3 + i)
		}
		seen := d.now().Places[0]
		change := func(alter func(*events.Place)) (int64, error) {
			changed := seen
			alter(&changed)
			return d.ChangePlace(context.Background(), seen, changed, by)
		}
		for name, alter := range map[string]func(*events.Place){
			"a capacity below what is taken":   func(p *events.Place) { p.Name, p.Capacity = "Hall", 1 },
			"online, where people have places": func(p *events.Place) { p.Online, p.Capacity = true, 5 },
			"the name of another place":        func(p *events.Place) { p.Name, p.Capacity = d.event.Places[1].Name, 5 },
		} {
			if _, err := change(alter); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s gave %v", name, err)
			}
			if now := d.now(); !now.Places[0].Same(seen) || now.Version != d.event.Version {
				t.Errorf("%s left %+v", name, now.Places[0])
			}
		}
		given, err := change(func(p *events.Place) { p.Name, p.Capacity = "Hall", 4 })
		must(t, err)
		now := d.now()
		if given != 2 || now.Places[0].Name != "Hall" || now.Places[0].Taken != 4 || now.Places[0].Waiting != 1 || now.Version != d.event.Version+1 {
			t.Errorf("%d got a place, which is %+v at version %d", given, now.Places[0], now.Version)
		}
		if _, err := change(func(p *events.Place) { p.Capacity = 9 }); !errors.Is(err, events.ErrPlaceChanged) {
			t.Errorf("who saw the place before it was changed gets %v", err)
		}
		seen.ID = "none"
		if _, err := change(func(p *events.Place) { p.Capacity = 9 }); !errors.Is(err, events.ErrNoPlace) {
			t.Errorf("a place that is gone gives %v", err)
		}
	})
}
