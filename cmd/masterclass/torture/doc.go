// Package torture holds the program to its promise: never one place oversold and never one acknowledged registration lost, whatever is
// killed. It has nothing but tests.
//
// Each scenario (scenario_test.go) starts the program as processes of its own on fresh stores, lets a crowd register (crowd_test.go,
// person_test.go), and has something break meanwhile (fault_*_test.go): Redis forgets, dies, stalls or goes back in time, the program is
// killed at its most delicate moments, the database goes away. A watcher (watcher_test.go) reads the record every 25 ms. When all is mended,
// a checker (verdict_test.go) holds what people were told against the record, its audit trail and its outbox. It is checked itself: by
// cases that it must find (verdict_case_test.go), and by a program whose guard is switched off, which it must catch overselling.
//
// To add a scenario, add a line to scenarios, with a function that breaks something until its context ends, and leaves it mended.
//
// `go test` runs each scenario once and briefly; `make torture` runs 20 long trials of each. All that is random comes from a seed, which is
// printed with whatever was found: -seed repeats the choices, though not the kernel's timing.
package torture
