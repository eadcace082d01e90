package registrations

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"masterclass/events"
	"masterclass/internal/typed"
)

// attendee is a registration in small: what organisers look for, choose and sort by.
type attendee struct {
	id         string
	text       string // what is searched, in small letters without accents; name and employer are parts of it
	name       string // the last name first
	employer   string
	status     Status
	placeID    string
	profession string // as typed
	trade      string // the profession in small letters: whoever typed it so or so does the same work
	created    int64
	came       bool   // where somebody has asked who did
	gave       uint8  // which of the answers that somebody has asked for
	gone       bool   // something newer is in its place
	found      uint64 // the number of the last search that found it
}

func newAttendee(id, first, last, email, employer, reference string) *attendee {
	name, work := typed.Folded(last+" "+first), typed.Folded(employer)
	text := name + "\n" + work + "\n" + typed.Folded(email) + "\n" + strings.ToLower(reference)
	return &attendee{id: id, text: text, name: text[:len(name)], employer: text[len(name)+1 : len(name)+1+len(work)]}
}

// The orders of a list of attendees.
const (
	byName     = "name"
	byTime     = "time"
	byEmployer = "employer"
)

// orders compare two attendees; no two are equal, so that each has its one position.
var orders = map[string]func(a, b *attendee) int{
	byName: func(a, b *attendee) int { return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.id, b.id)) },
	byTime: func(a, b *attendee) int {
		return cmp.Or(cmp.Compare(b.created, a.created), strings.Compare(b.id, a.id))
	}, // the newest first
	byEmployer: func(a, b *attendee) int {
		return cmp.Or(strings.Compare(a.employer, b.employer), strings.Compare(a.name, b.name), strings.Compare(a.id, b.id))
	},
}

// roll is all of an event's registrations in small, in memory, in every order: a page of the list takes as long for fifty thousand as for five
// hundred. It follows the record by the versions of the event's places, of which each changed registration gets the next. Safe for concurrent use.
type roll struct {
	mu          sync.Mutex
	seen        map[string]int64 // by place: the version up to which the record was read
	byID        map[string]*attendee
	sorted      map[string][]*attendee // by the name of the order
	texts       []passage
	searches    uint64
	statuses    map[Status]int
	professions map[string]*typings // by what they have in common
	came        visitors
	answered    []answerIs // whose bits attendees have
}

// typings are the ways in which one profession was typed, and how often.
type typings struct {
	n  int
	as map[string]int
}

// most is how it was typed most often.
func (t *typings) most() (best string) {
	for as, n := range t.as {
		if most := t.as[best]; n > most || (n == most && as < best) {
			best = as
		}
	}
	return best
}

// tradeOf is what all ways to type a profession have in common.
func tradeOf(profession string) string { return strings.ToLower(strings.TrimSpace(profession)) }

func newRoll() *roll {
	return &roll{seen: map[string]int64{}, byID: map[string]*attendee{}, sorted: map[string][]*attendee{}, statuses: map[Status]int{}, professions: map[string]*typings{}}
}

// fewChanges are put in their places one by one; more than these are sorted all together.
const fewChanges = 200

// put takes changed registrations over. The caller has locked the roll.
func (r *roll) put(changed []*attendee) {
	few := len(changed) <= fewChanges && len(r.byID) > 0
	for _, a := range changed {
		old := r.byID[a.id]
		if old != nil {
			old.gone = true
			r.count(old, -1)
		}
		r.byID[a.id], a.came = a, r.came.visits[a.id] > 0
		r.count(a, 1)
		if few {
			r.place(old, a)
		}
	}
	if !few {
		r.sortAll()
	}
	r.texts = append(r.texts, newPassage(changed))
	if len(r.texts) > maxPassages {
		r.texts = []passage{newPassage(r.sorted[byName])}
	}
}

func (r *roll) count(a *attendee, n int) {
	r.statuses[a.status] += n
	t := r.professions[a.trade]
	if t == nil {
		t = &typings{as: map[string]int{}}
		r.professions[a.trade] = t
	}
	if t.n += n; t.n == 0 {
		delete(r.professions, a.trade)
	}
	if t.as[a.profession] += n; t.as[a.profession] == 0 {
		delete(t.as, a.profession)
	}
}

// place puts an attendee where it belongs in each order, and takes out what it was before.
func (r *roll) place(old, a *attendee) {
	for name, compare := range orders {
		list := r.sorted[name]
		if old != nil {
			if i, found := slices.BinarySearchFunc(list, old, compare); found {
				list = slices.Delete(list, i, i+1)
			}
		}
		i, _ := slices.BinarySearchFunc(list, a, compare)
		r.sorted[name] = slices.Insert(list, i, a)
	}
}

func (r *roll) sortAll() {
	for name, compare := range orders {
		list := make([]*attendee, 0, len(r.byID)+len(r.byID)/8)
		for _, a := range r.byID {
			list = append(list, a)
		}
		slices.SortFunc(list, compare)
		r.sorted[name] = list
	}
}

// Look is what an organiser wants to see of an event's registrations.
type Look struct {
	Status     Status // "" for every status
	Search     string // words that all stand in the name, employer, address or reference
	PlaceID    string // "" for every place
	Profession string // in whatever letters; "" for every profession
	Attendance Attendance
	Answer     answerIs
	Sort       string // "name", "time" (the newest first) or "employer"; "name" for anything else
	Page       int    // from 1
	size       int    // how many a page has; 0: pageOf

	event  *events.Event
	trade  string // of the profession
	answer uint8  // the answer among those that the roll follows, 0 for none
	found  uint64 // the number of the search, where it is by that number that the list says who was found
}

// pageOf is how many registrations a page shows.
const pageOf = 50

// Found is a page of what was looked for.
type Found struct {
	IDs         []string
	Counts      map[Status]int // of what agrees with all but the status
	All         int            // the sum of the counts
	Total       int            // what agrees with the status too
	Page, Pages int
	Presence    map[string]Presence // of those on the page who came, by their ids
	Professions []string            // those that are typed most often, in the order of the alphabet
}

// words are what a search looks for, in small letters without accents.
func (l Look) words() []string { return strings.Fields(typed.Folded(l.Search)) }

// plain says that everything agrees but for the status.
func (l Look) plain() bool {
	return l.Search == "" && l.PlaceID == "" && l.Profession == "" && l.Attendance == "" && l.Answer == answerIs{}
}

// agrees says whether an attendee is meant, whatever the status.
func (l *Look) agrees(a *attendee, words []string) bool {
	if (l.PlaceID != "" && a.placeID != l.PlaceID) || (l.Profession != "" && a.trade != l.trade) {
		return false
	}
	if l.Attendance != "" && !l.Attendance.means(a.status, a.came, l.Attendance == DidNotCome && l.event.FromAfar(a.placeID)) {
		return false
	}
	if l.answer != 0 && a.gave&l.answer == 0 {
		return false
	}
	for _, w := range words {
		if !strings.Contains(a.text, w) {
			return false
		}
	}
	return true
}

// find gives a page. The caller has locked the roll.
func (r *roll) find(l Look) Found {
	if orders[l.Sort] == nil {
		l.Sort = byName
	}
	list := r.sorted[l.Sort]
	f := Found{Counts: map[Status]int{}, Professions: r.frequent()}
	if l.plain() {
		for s, n := range r.statuses {
			f.Counts[s] = n
		}
	} else {
		list, l.found = r.narrow(list, l, f.Counts)
	}
	for _, n := range f.Counts {
		f.All += n
	}
	f.Total = f.All
	if l.Status != "" {
		f.Total = f.Counts[l.Status]
	}
	size := cmp.Or(l.size, pageOf)
	f.Pages = max(1, (f.Total+size-1)/size)
	f.Page = min(max(1, l.Page), f.Pages)
	skip := (f.Page - 1) * size
	for _, a := range list {
		if (l.Status != "" && a.status != l.Status) || (l.found > 0 && a.found != l.found) {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if f.IDs = append(f.IDs, a.id); len(f.IDs) == size {
			break
		}
	}
	return f
}

// narrow gives those of an ordered list who agree, and counts them by their status. Where many do, it gives the whole list and the number by which
// to tell them: to go through the list up to one page of them takes less than to pick them all out of it.
func (r *roll) narrow(list []*attendee, l Look, counts map[Status]int) (narrowed []*attendee, found uint64) {
	rare, others := rarest(l.words())
	r.searches++
	var few []*attendee
	most := len(list) / 16
	take := func(a *attendee) {
		if !l.agrees(a, others) {
			return
		}
		a.found = r.searches
		counts[a.status]++
		if len(few) <= most {
			few = append(few, a)
		}
	}
	if rare == "" {
		for _, a := range list {
			take(a)
		}
	} else {
		for _, p := range r.texts {
			p.search(rare, take)
		}
	}
	if len(few) > most {
		return list, r.searches
	}
	slices.SortFunc(few, orders[l.Sort])
	return few, 0
}

// maxChoices is how many professions there are to choose from at most: people type what they like.
const maxChoices = 50

func (r *roll) frequent() []string {
	trades := make([]*typings, 0, len(r.professions))
	for _, t := range r.professions {
		trades = append(trades, t)
	}
	if len(trades) > maxChoices {
		slices.SortFunc(trades, func(a, b *typings) int { return cmp.Or(cmp.Compare(b.n, a.n), strings.Compare(a.most(), b.most())) })
		trades = trades[:maxChoices]
	}
	list := make([]string, 0, len(trades))
	for _, t := range trades {
		list = append(list, t.most())
	}
	slices.Sort(list)
	return list
}

// rollRows is how many registrations are kept in small at most, besides those of the event that was looked at last.
const rollRows = 100_000

// rolls are those of the events that were looked at lately.
type rolls struct {
	mu   sync.Mutex
	kept map[string]*roll
	last []string // event ids, the one looked at last at the end
}

// of gives an event's roll, an empty one the first time.
func (rs *rolls) of(eventID string) *roll {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.kept == nil {
		rs.kept = map[string]*roll{}
	}
	r := rs.kept[eventID]
	if r == nil {
		r = newRoll()
		rs.kept[eventID] = r
	}
	rs.last = append(slices.DeleteFunc(rs.last, func(id string) bool { return id == eventID }), eventID)
	return r
}

// trim forgets the rolls that were not looked at for longest, until few enough registrations are kept.
func (rs *rolls) trim() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	total := 0
	for i := len(rs.last) - 1; i >= 0; i-- {
		if total += rs.kept[rs.last[i]].size(); total > rollRows && i < len(rs.last)-1 {
			for _, id := range rs.last[:i+1] {
				delete(rs.kept, id)
			}
			rs.last = slices.Clone(rs.last[i+1:])
			return
		}
	}
}

func (r *roll) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.byID)
}
