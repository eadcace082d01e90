package events

import "strings"

// ProgrammeWarnings says by a session's id what is odd about it: it is not within the event, another one is in its room at the same time
// or might be, somebody speaks in two at a time. Nothing of that is forbidden; a joint session may well be in two rooms' one hall.
func (e *Event) ProgrammeWarnings() map[string][]string {
	all := map[string][]string{}
	for i, s := range e.Sessions {
		if !e.within(s) {
			all[s.ID] = append(all[s.ID], "This is not within the event, which is on "+e.When()+".")
		}
		for j, other := range e.Sessions {
			if i == j || !s.overlaps(other) {
				continue
			}
			switch {
			case s.Room == "" || other.Room == "":
				all[s.ID] = append(all[s.ID], "‘"+other.Title+"’ is at the same time. If both are meant, say in which room each of them is.")
			case strings.EqualFold(s.Room, other.Room):
				all[s.ID] = append(all[s.ID], "‘"+other.Title+"’ is in "+other.Room+" at the same time.")
			}
			for _, sp := range s.Speakers {
				if other.spokenBy(sp.ID) {
					all[s.ID] = append(all[s.ID], sp.Name+" also speaks in ‘"+other.Title+"’ at the same time.")
				}
			}
		}
	}
	return all
}

// within says whether the session is inside the event's time; local times compare as text.
func (e *Event) within(s Session) bool {
	ends := e.EndsLocal
	if e.AllDay {
		ends = daysLater(e.EndsLocal, 1)
	}
	return e.StartsLocal <= s.StartsLocal && s.EndsLocal <= ends
}

func (s Session) overlaps(o Session) bool {
	return s.StartsLocal < o.EndsLocal && o.StartsLocal < s.EndsLocal
}

func (s Session) spokenBy(id string) bool {
	for _, sp := range s.Speakers {
		if sp.ID == id {
			return true
		}
	}
	return false
}
