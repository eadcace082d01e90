package access

import "slices"

// Rules say for each request below /organise, as its method and the pattern of its path ("GET /organise/events/:slug"), which roles
// may send it. A request without a rule is nobody's.
type Rules map[string][]Role

// The groups of roles that rules are made of.
var (
	everyone  = Roles
	owners    = []Role{Owner}
	deskHands = []Role{Owner, Organiser}
	writers   = []Role{Owner, Editor}
	doorHands = []Role{Owner, Organiser, Steward}
)

// Table is the one table of roles and requests. Each area of the organisers' pages has its part of it in a file of its own.
var Table = join(accountRules, eventRules, attendeeRules, doorRules, mailRules, articleRules, learningRules)

func join(parts ...Rules) Rules {
	all := Rules{}
	for _, part := range parts {
		for request, roles := range part {
			if _, twice := all[request]; twice {
				panic("access: two rules for " + request)
			}
			all[request] = roles
		}
	}
	return all
}

// May says whether the role may send the request; HEAD is as GET. Who is an ordinary steward sees only the events assigned to them, which
// the table does not know.
func May(role Role, method, pattern string) bool {
	if method == "HEAD" {
		method = "GET"
	}
	return slices.Contains(Table[method+" "+pattern], role)
}
