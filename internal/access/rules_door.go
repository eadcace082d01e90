package access

// doorRules are for check-in, badges and signing-in sheets. A steward's requests are for the events assigned to them alone.
var doorRules = Rules{}
