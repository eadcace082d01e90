// Package crash kills the program at chosen moments, so that tests can see what outlives it there.
//
// At marks such a moment in the code. The program that people run does nothing at it: the call is empty and compiled away. One built with
// the tag "torture" reads MASTERCLASS_CRASH, such as "after commit:17", and at the 17th pass of that point sends itself the signal that no
// program can catch, as a kernel out of memory does. Apart from that the two programs are the same.
package crash

// Point is a moment between two steps that people take for one.
type Point string

// The moments.
const (
	AfterHold   Point = "after hold"   // a seat is held, and nobody has been told
	AfterCommit Point = "after commit" // the record has changed; Redis does not know
	AfterApply  Point = "after apply"  // Redis knows; nobody has been told
	AfterSMTP   Point = "after SMTP"   // the mail server has taken a message; its row does not say so
)
