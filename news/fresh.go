package news

import "time"

// freshFor is how old a page may be that shows articles: another instance may have changed one, or the time of one may have come.
const freshFor = time.Second

// Changed says that articles were changed here: what shows them is made anew at once.
func (s *Store) Changed() { s.changes.Add(1) }

// Changed is the store's, for those who have created an article in a transaction of theirs.
func (n *Newsroom) Changed() { n.store.Changed() }

// Fresh gives what says whether a page that shows articles as they are now is still right. Ask for it before reading them.
func (s *Store) Fresh(now func() time.Time) func() bool {
	changes, made, then := s.changes.Load(), time.Now(), now()
	return func() bool {
		return s.changes.Load() == changes && time.Since(made) < freshFor && now().Sub(then).Abs() < freshFor
	}
}
