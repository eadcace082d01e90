// Package site shows the pages on which several domains meet: the home page, and the site map and robots.txt for programs.
package site
