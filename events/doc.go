// Package events holds an event, its programme, speakers and places, and publishes them: pages, JSON and calendars.
//
// event.go has the types and rules, programme.go what follows from the sessions (CPD hours), words.go dates and times as
// people read them, store.go and the other store files every query; difference.go says what of a change people have to be told, and
// store_update.go stores it. An event keeps its local start and end and its IANA zone; the instants are derived
// from them, so a change of the zone's rules changes the instant and never the hour on the poster. How many places are left is
// known to the seats; events asks for it through the small interface Availabilities and never imports upward. Live streams what is
// left to those who look at an event's page.
//
// For organisers, handler_organise*.go has the pages behind sign-in, form*.go what their forms hold, and warnings.go what is odd about a
// programme. A form says what it was made from, so that two people who change one thing at once are told of each other and neither
// change is lost. Files that are uploaded as resources are kept by another room, behind the interface Files. What people are told of by mail goes through the interface Plans; all else through Editor.
package events
