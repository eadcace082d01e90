// Package site shows the pages on which several domains meet: the home page.
package site
