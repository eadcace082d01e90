package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	redrawEvery = 200 * time.Millisecond
	barWidth    = 30
	lineWidth   = 78 // of the narrowest terminals, less one so that the line does not break
)

// showProgress draws until the function that it gives is called, which takes the bar away again.
func (r *rush) showProgress(bar io.Writer, began time.Time) (stop func()) {
	if bar == nil {
		return func() {}
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(redrawEvery)
		defer ticker.Stop()
		for {
			fmt.Fprintf(bar, "\r%-*s", lineWidth, r.progress(time.Since(began))) // a terminal that is gone has nobody to tell
			select {
			case <-ticker.C:
			case <-end:
				fmt.Fprintf(bar, "\r%-*s\r%*s\r", lineWidth, r.progress(time.Since(began)), lineWidth, "")
				return
			}
		}
	}()
	return func() { close(end); <-ended }
}

// progress is the line as it stands.
func (r *rush) progress(since time.Duration) string {
	came, seated, waiting, failed := r.soFar()
	full := barWidth * came / r.people
	line := fmt.Sprintf("[%s%s] %d%% %ds  %d seated, %d waiting", strings.Repeat("#", full), strings.Repeat(".", barWidth-full),
		100*came/r.people, int(since.Seconds()), seated, waiting)
	if failed > 0 {
		line += fmt.Sprintf(", %d not", failed)
	}
	return line[:min(len(line), lineWidth)]
}
