package access

// attendeeRules are for attendee lists, exports and imports.
var attendeeRules = Rules{}
