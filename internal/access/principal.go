package access

// Role is what an organiser may do.
type Role string

// The roles. An owner may do everything and looks after the team; an organiser has events, attendees and mail;
// an editor has articles; a steward checks in at the events assigned to them.
const (
	Owner     Role = "owner"
	Organiser Role = "organiser"
	Editor    Role = "editor"
	Steward   Role = "steward"
)

// Roles are all of them, the mightiest first.
var Roles = []Role{Owner, Organiser, Editor, Steward}

// Principal is a signed-in organiser.
type Principal struct {
	ID, Name, Email string
	Role            Role
}
