package access

// accountRules are for one's own account, the team, the audit trail and the settings.
var accountRules = Rules{
	"GET /organise": everyone,

	"GET /organise/account":                 everyone,
	"POST /organise/account/name":           everyone,
	"POST /organise/account/password":       everyone,
	"POST /organise/account/sign-ins":       everyone,
	"GET /organise/account/two-step":        everyone,
	"POST /organise/account/two-step":       everyone,
	"POST /organise/account/two-step/off":   everyone,
	"POST /organise/account/two-step/codes": everyone,

	"GET /organise/audit":              owners,
	"GET /organise/settings":           owners,
	"POST /organise/settings/mail":     owners,
	"GET /organise/team":               owners,
	"POST /organise/team":              owners,
	"GET /organise/team/:id":           owners,
	"POST /organise/team/:id":          owners,
	"POST /organise/team/:id/invite":   owners,
	"POST /organise/team/:id/address":  owners,
	"POST /organise/team/:id/sign-ins": owners,
	"POST /organise/team/:id/two-step": owners,
	"GET /organise/team/:id/remove":    owners,
	"POST /organise/team/:id/remove":   owners,
}
