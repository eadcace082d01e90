package news

import (
	"strings"
	"time"
)

// Change is a line of a difference: "same", "gone" or "new".
type Change struct{ Op, Text string }

// Changed is a part of an article that two versions say differently.
type Changed struct {
	Name  string
	Lines []Change
}

// difference names what differs between two versions, part by part.
func difference(from, to Article, zone *time.Location) (list []Changed) {
	yes := map[bool]string{true: "Yes", false: "No"}
	for _, p := range []struct{ name, from, to string }{
		{"Title", from.Title, to.Title}, {"Address", from.Path(), to.Path()}, {"State", string(from.Status), string(to.Status)},
		{"Published", stamp(from.PublishedAt, zone), stamp(to.PublishedAt, zone)},
		{"Summary", from.Summary, to.Summary}, {"Text", from.Body, to.Body},
		{"Topics", strings.Join(from.Topics, ", "), strings.Join(to.Topics, ", ")}, {"Author", from.Author, to.Author},
		{"Source", from.Source, to.Source}, {"Link", from.Link, to.Link}, {"Note", from.Note, to.Note},
		{"First on the home page", yes[from.Pinned], yes[to.Pinned]},
	} {
		if p.from != p.to {
			list = append(list, Changed{p.name, lines(p.from, p.to)})
		}
	}
	return list
}

func stamp(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2 January 2006 at 15:04")
}

// linesCompared bounds the work: two longer texts are shown one after the other.
const linesCompared = 2000

// lines compares two texts by their longest common subsequence of lines.
func lines(from, to string) []Change {
	a, b := split(from), split(to)
	if len(a) > linesCompared || len(b) > linesCompared {
		return append(all("gone", a), all("new", b)...)
	}
	common := make([][]int16, len(a)+1) // how many lines are common from here on
	for i := range common {
		common[i] = make([]int16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var list []Change
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			list = append(list, Change{"same", a[i]})
			i, j = i+1, j+1
		case common[i+1][j] >= common[i][j+1]:
			list = append(list, Change{"gone", a[i]})
			i++
		default:
			list = append(list, Change{"new", b[j]})
			j++
		}
	}
	return append(append(list, all("gone", a[i:])...), all("new", b[j:])...)
}

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}

func all(op string, texts []string) []Change {
	list := make([]Change, len(texts))
	for i, t := range texts {
		list[i] = Change{op, t}
	}
	return list
}
