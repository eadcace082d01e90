// Package fault names the ways in which a request can fail, each with a sentence that a person can read.
//
// A domain returns a fault for everything a person can do something about; the web package turns its kind
// into a status and shows its message. Any other error is a defect or an outage: it is logged with its
// whole chain and the person reads 'Something went wrong'. The text of an error never reaches a person.
package fault
