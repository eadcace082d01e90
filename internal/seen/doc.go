// Package seen tells whoever saves a form what somebody else has changed while they were filling it in.
//
// A form carries a mark of each value that it was made from. When it comes back, a value of the record whose mark is another has been changed
// meanwhile: by nobody's fault, and neither change may be lost unseen. The form is shown again, with what has changed, and takes over what
// the person had left alone. What a form is, and which of its values count, is for the packages that have forms.
package seen
