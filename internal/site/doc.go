// Package site shows the pages on which several domains meet: the home page, and the site map, robots.txt and security.txt for programs.
package site
