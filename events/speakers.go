package events

import "slices"

// SpeakerPath is the end of the address of a speaker's page: a name as an address has it, or the id where two of the event share it, or
// where nothing of the name can stand in one.
func (e *Event) SpeakerPath(s Speaker) string {
	name := slugOf(s.Name)
	same := 0
	for _, other := range e.Speakers {
		if slugOf(other.Name) == name {
			same++
		}
	}
	if name == "" || same > 1 {
		return s.ID
	}
	return name
}

// presenter finds a speaker by that end of an address, or by the id.
func (e *Event) presenter(path string) (Speaker, bool) {
	i := slices.IndexFunc(e.Speakers, func(s Speaker) bool { return s.ID == path || e.SpeakerPath(s) == path })
	if i < 0 {
		return Speaker{}, false
	}
	return e.Speakers[i], true
}

// speaks are the sessions in which the speaker speaks.
func (e *Event) speaks(s Speaker) []Session {
	var list []Session
	for _, session := range e.Sessions {
		if slices.ContainsFunc(session.Speakers, func(other Speaker) bool { return other.ID == s.ID }) {
			list = append(list, session)
		}
	}
	return list
}
