package news

import (
	"html/template"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"masterclass/internal/markdown"
	"masterclass/internal/web"
	"masterclass/templates"
)

// Film is a recording of our own, which the page plays.
type Film struct{ Src, Type, Captions string }

// VideoPage is news/video: ShowPage with what there is to watch and to read.
type VideoPage struct {
	ShowPage
	Film       Film
	Watch      templates.Link // on the site that has it: nothing of theirs is loaded before somebody goes there
	Transcript template.HTML
	Captions   templates.Link
}

// filmTypes are the files that browsers play.
var filmTypes = map[string]string{".mp4": "video/mp4", ".webm": "video/webm"}

// ownCaptions finds the captions of a film: a link in the text to a .vtt file of this site.
var ownCaptions = regexp.MustCompile(`\]\((/files/[^\s()<>"]+\.vtt)\)`)

// transcriptHeading begins the part of the text that says all that is said.
var transcriptHeading = regexp.MustCompile(`(?mi)^##\s+transcript\s*$`)

func newVideoPage(a Article, more []Article, known map[string]markdown.File, site web.Site, zone *time.Location) (VideoPage, error) {
	about, transcript := a.Body, ""
	if at := transcriptHeading.FindStringIndex(a.Body); at != nil {
		about, transcript = a.Body[:at[0]], a.Body[at[1]:]
	}
	whole := a.Body
	a.Body = about
	show, err := newShowPage(sectionOf(Video), a, more, known, site, zone)
	if err != nil {
		return VideoPage{}, err
	}
	p := VideoPage{ShowPage: show}
	if p.Transcript, err = render(transcript, known, site); err != nil {
		return VideoPage{}, err
	}
	captions := ""
	if m := ownCaptions.FindStringSubmatch(whole); m != nil {
		captions = m[1]
	}
	p.link(a.Link, captions)
	return p, nil
}

// link says how the film can be watched.
func (p *VideoPage) link(link, captions string) {
	u, err := url.Parse(link)
	if err != nil || link == "" {
		return
	}
	if kind := filmTypes[strings.ToLower(path.Ext(u.Path))]; u.Host == "" && kind != "" && strings.HasPrefix(u.Path, "/files/") {
		p.Film, p.Open = Film{Src: link, Type: kind, Captions: captions}, templates.Link{}
		if captions != "" {
			p.Captions = templates.Link{Href: captions, Text: "Captions (a WebVTT file)"}
		}
		return
	}
	if u.Host != "" {
		p.Watch = templates.Link{Href: link, Text: "Watch on " + strings.TrimPrefix(u.Hostname(), "www.") + " (opens their site)"}
		p.Source.Href, p.Source.Outside = "", false // the one link is enough
		if p.Source.Name == u.Hostname() {
			p.Source.Name = ""
		}
	}
}
