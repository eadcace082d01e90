// Package access knows who is asking and what they may do, and keeps the audit trail.
//
// A Principal is a signed-in organiser with a role. The Trail writes who did what to what, in the transaction
// of the deed itself, so that neither can be there without the other. Entries hold ids, never names or answers.
package access
