// Command masterclass is the program: one binary that publishes events, registers people and mails them.
//
// settings.go reads what can be set; app.go puts the rooms together (App, with Open and Close, which the end-to-end tests start too);
// each command has a file of its own. The sample site that demo shows is in sample/, loaded by sample.go.
package main
