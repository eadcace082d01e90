package access

// mailRules are for the delivery log and for messages to attendees.
var mailRules = Rules{}
