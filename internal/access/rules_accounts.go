package access

// accountRules are for one's own account, the team and the audit trail.
var accountRules = Rules{
	"GET /organise":       everyone,
	"GET /organise/audit": owners,
	"GET /organise/team":  owners,
}
