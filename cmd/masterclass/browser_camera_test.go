package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"masterclass/internal/access"
	"masterclass/internal/qr"
)

// film writes a film of one picture, a QR code in front of a camera, in the plain format that Chromium plays in place of one (YUV4MPEG2).
func film(t *testing.T, text string) (file string) {
	t.Helper()
	const width, height, scale = 640, 480, 8
	code, err := qr.New(text)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "YUV4MPEG2 W%d H%d F5:1 Ip A1:1 C420jpeg\n", width, height)
	for range 5 {
		b.WriteString("FRAME\n")
		left, top := (width-code.Size*scale)/2, (height-code.Size*scale)/2
		for y := range height {
			for x := range width {
				light := byte(235)
				if x >= left && y >= top && code.Dark((x-left)/scale, (y-top)/scale) {
					light = 16
				}
				b.WriteByte(light)
			}
		}
		b.Write(bytes.Repeat([]byte{128}, width*height/2)) // without colour
	}
	file = filepath.Join(t.TempDir(), "ticket.y4m")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestBrowserTheCameraReadsATicketAndSaysItOnce(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	ticket := s.tickets(t, 1)[0]
	b := s.startBrowser(t, chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-video-capture", film(t, ticket)))
	b.signsIn(s, access.Owner)
	b.open(doorPath)
	b.run(chromedp.Click("[data-door-camera]", chromedp.ByQuery))
	b.said("Checked in")
	b.inside("1")
	b.checkPage("the door with its camera")
	b.run(chromedp.Click("[data-door-camera]", chromedp.ByQuery), chromedp.WaitNotVisible("[data-door-view]", chromedp.ByQuery),
		chromedp.Click("[data-door-camera]", chromedp.ByQuery)) // a ticket that stays in front of it counts once
	var visits int
	if err := s.db.QueryRow("select count(*) from attendance").Scan(&visits); err != nil || visits != 1 {
		t.Errorf("%d visits (%v)", visits, err)
	}
	b.scan(ticket)
	b.said("Scanned here already")
	b.checkProblems("the camera")
}

func TestBrowserWithoutACameraTypingGoesOn(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	ticket := s.tickets(t, 1)[0]
	b := s.startBrowser(t, chromedp.Flag("deny-permission-prompts", true))
	b.signsIn(s, access.Owner)
	b.open(doorPath)
	b.run(chromedp.Click("[data-door-camera]", chromedp.ByQuery))
	b.said("The camera cannot be used")
	b.scan(ticket)
	b.said("Checked in")
	b.checkPage("the door without a camera")
	b.checkProblems("the door without a camera")
}
