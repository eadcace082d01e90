// Package seats gives out the seats of a place: SQL decides, Redis admits.
//
// A hold (hold.lua) keeps a seat in Redis for the minutes in which a form is checked; a signed Claim tells whoever comes back
// which seat was held until when. The Ledger is SQL's side: it locks places, counts what is taken and waiting, and its guard
// makes overselling impossible whatever Redis, a paused process or another instance believes. After a commit the Seats project
// the record to Redis (apply.lua): absolute counts, fenced by (epoch, version), together with the holds that have become
// registrations, so that no seat is counted both as taken and as held. A place that Redis does not have is loaded from SQL;
// absent never means free. Redis lost or away costs holds and nothing else: then the record alone decides, and in a Redis
// Cluster only for the events on a node that is away. What changes is told to every instance over one channel, and OnChange hears it
// (watch.go). Check tells how Redis differs from the record, twice looked at, and Repair writes the record over it.
package seats
