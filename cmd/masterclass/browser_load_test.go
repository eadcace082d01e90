package main

import (
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// What the first visit to a page may cost.
const (
	mostBytes    = 120 << 10 // over the wire
	mostRequests = 10
	mostShift    = 0.02 // Cumulative Layout Shift
)

// wire counts what comes to a browser.
type wire struct{ bytes, requests atomic.Int64 }

func (w *wire) watch(b *browser) {
	chromedp.ListenTarget(b, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			w.requests.Add(1)
		case *network.EventLoadingFinished:
			w.bytes.Add(int64(e.EncodedDataLength))
		}
	})
}

// paint is what Chromium says of how a page came to be.
type paint struct {
	Shift    float64
	Blocking []string // scripts that held the page back
	First    float64  // milliseconds to the first contentful paint
}

// painted waits until the page has been drawn, and asks.
func (b *browser) painted() paint {
	b.t.Helper()
	return eval[paint](b, `new Promise(done => {
		let shift = 0
		new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) shift += e.value })).observe({type: 'layout-shift', buffered: true})
		const settled = first => requestAnimationFrame(() => requestAnimationFrame(() => done({
			shift, first, blocking: performance.getEntriesByType('resource').filter(r => r.initiatorType === 'script' && r.renderBlockingStatus === 'blocking').map(r => r.name)})))
		new PerformanceObserver(list => list.getEntriesByName('first-contentful-paint').forEach(e => settled(e.startTime))).observe({type: 'paint', buffered: true})
	})`)
}

func TestBrowserTheFirstVisitIsQuick(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	b := s.startBrowser(t)
	for _, page := range []string{"/", "/events", "/events/" + masterclass, "/news", "/events/" + masterclass + "/register"} {
		for _, width := range widths[:2] {
			once := b.another() // with an empty cache
			once.resize(width.w, width.h)
			var w wire
			w.watch(once)
			if status := once.open(page); status != 200 {
				t.Errorf("%s answers %d", page, status)
			}
			p := once.painted()
			if w.bytes.Load() > mostBytes || w.bytes.Load() == 0 || w.requests.Load() > mostRequests {
				t.Errorf("%s takes %d bytes in %d requests", page, w.bytes.Load(), w.requests.Load())
			}
			if p.Shift > mostShift || len(p.Blocking) > 0 {
				t.Errorf("%s at %d moves by %.3f, and waits for %q", page, width.w, p.Shift, p.Blocking)
			}
			t.Logf("%s at %d: %d bytes, %d requests, shift %.3f, first paint after %.0f ms", page, width.w, w.bytes.Load(), w.requests.Load(), p.Shift, p.First)
			once.checkProblems(page)
		}
	}
}
