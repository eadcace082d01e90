// Package files decides what may be uploaded, by what a file holds and not by what it is called.
//
// Images are decoded and made anew, at most 1600 pixels wide and once more for narrow screens: nothing of what else was in the file is
// left, such as where a photograph was taken, or a second file behind the first. Documents are kept as they are, and served so that
// nothing in them runs on the site.
package files
