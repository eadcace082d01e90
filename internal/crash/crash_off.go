//go:build !torture

package crash

// At does nothing: this is the program that people run.
func At(Point) {}
