package search

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"masterclass/internal/fault"
)

// ErrNotReady is the answer while an instance that has just started reads what there is.
var ErrNotReady = fault.New(fault.Unavailable, "The search is being prepared. Please try again in a few seconds.")

// Index finds documents by their words. Safe for concurrent use.
type Index struct {
	analysis *index.AnalysisQueue
	ready    chan struct{} // closed when every source has been read
	started  sync.Once
	wanted   chan struct{} // closed when somebody searches for the first time
	asked    sync.Once

	mu      sync.RWMutex // guards what follows; a search holds it for reading
	docs    map[string]*Document
	shelf   shelf
	changes int // that the shelf has taken since it was made
}

// shelf is what is searched: all documents as they were at one moment.
type shelf struct {
	index  index.Index
	reader index.IndexReader
	table  []numbered // by the reader's numbers
	groups []string   // of the documents
	stems  vocabulary
	words  vocabulary // as they are written
}

// New makes an empty index. Close it.
func New() (*Index, error) {
	x := &Index{analysis: index.NewAnalysisQueue(1), ready: make(chan struct{}), wanted: make(chan struct{}), docs: map[string]*Document{}}
	return x, x.rebuild(nil)
}

// Close lets go of what the index holds; nothing may use it any more.
func (x *Index) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.shelf.close()
	x.analysis.Close()
	return err
}

func (s shelf) close() error {
	if s.index == nil {
		return nil
	}
	return errors.Join(s.reader.Close(), s.index.Close())
}

// maxChanges is how many changes a shelf takes before a new one is made: each leaves a small piece in it that every search must look at.
const maxChanges = 32

// batchSize bounds what is indexed at a time, and so the memory that it takes. Each batch is a piece of the index that every search must look
// at: four pieces of 10,000 documents are searched in a third of the time of twenty.
const batchSize = 2500

// Put takes over documents, new ones and such as are known in an older version, and drops those with the ids in gone.
func (x *Index) Put(docs []Document, gone []string) error {
	if len(docs)+len(gone) == 0 {
		return nil
	}
	x.mu.RLock()
	all := make(map[string]*Document, len(x.docs)+len(docs))
	for id, d := range x.docs {
		all[id] = d
	}
	changes, many := x.changes, len(docs) > len(x.docs)/2+maxChanges
	x.mu.RUnlock()
	for _, id := range gone {
		delete(all, id)
	}
	for _, d := range docs {
		all[d.ID] = &d
	}
	if many || changes >= maxChanges {
		return x.rebuild(all)
	}
	return x.add(all, docs, gone)
}

// add changes the shelf that is there. Only Put calls it, which Follow calls from one goroutine.
func (x *Index) add(all map[string]*Document, docs []Document, gone []string) error {
	batch := index.NewBatch()
	for _, id := range gone {
		batch.Delete(id)
	}
	for _, d := range docs {
		batch.Update(indexed(all[d.ID]))
	}
	if err := x.shelf.index.Batch(batch); err != nil {
		return fmt.Errorf("change the search index: %w", err)
	}
	next := shelf{index: x.shelf.index}
	if err := next.read(all); err != nil {
		return err
	}
	x.mu.Lock()
	old := x.shelf.reader
	x.docs, x.shelf = all, next
	x.changes++
	x.mu.Unlock()
	return old.Close()
}

// rebuild makes a new shelf of all documents.
func (x *Index) rebuild(all map[string]*Document) error {
	next, err := x.build(all)
	if err != nil {
		return err
	}
	x.mu.Lock()
	old := x.shelf
	x.docs, x.shelf, x.changes = all, next, 0
	x.mu.Unlock()
	err = old.close()
	if len(all) > 0 {
		debug.FreeOSMemory() // making it takes several times as much as keeping it, and an idle program would hold on to that
	}
	return err
}

func (x *Index) build(all map[string]*Document) (shelf, error) {
	// With an empty path scorch keeps everything in memory.
	made, err := scorch.NewScorch(scorch.Name, map[string]any{"path": ""}, x.analysis)
	if err == nil {
		err = made.Open()
	}
	if err != nil {
		return shelf{}, fmt.Errorf("make the search index: %w", err)
	}
	s := shelf{index: made}
	ids := make([]string, 0, len(all))
	for id := range all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for part := range slices.Chunk(ids, batchSize) {
		batch := index.NewBatch()
		for _, id := range part {
			batch.Update(indexed(all[id]))
		}
		if err := made.Batch(batch); err != nil {
			return shelf{}, errors.Join(fmt.Errorf("fill the search index: %w", err), made.Close())
		}
	}
	if err := s.read(all); err != nil {
		return shelf{}, errors.Join(err, made.Close())
	}
	return s, nil
}

// read opens the shelf's index as it is now, and finds which document each of its numbers stands for.
func (s *shelf) read(all map[string]*Document) (err error) {
	if s.reader, err = s.index.Reader(); err != nil {
		return fmt.Errorf("open the search index: %w", err)
	}
	s.table, s.groups, err = tableOf(s.reader, all)
	if err == nil {
		s.stems, err = vocabularyOf(s.reader, allField)
	}
	if err == nil {
		s.words, err = vocabularyOf(s.reader, plainField)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("read the search index: %w", err), s.reader.Close())
	}
	return nil
}

// numbered is a document, nil for one that has been replaced, with the number of its group.
type numbered struct {
	*Document
	group int
}

func tableOf(reader index.IndexReader, all map[string]*Document) (table []numbered, groups []string, err error) {
	ids, err := reader.DocIDReaderAll()
	if errors.Is(err, io.EOF) || ids == nil {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	groupOf := map[string]int{}
	for {
		number, err := ids.Next()
		if err != nil || number == nil {
			return table, groups, errors.Join(err, ids.Close())
		}
		id, err := reader.ExternalID(number)
		if err != nil {
			return nil, nil, errors.Join(err, ids.Close())
		}
		for uint64(len(table)) <= number.Value() {
			table = append(table, numbered{})
		}
		if d := all[id]; d != nil {
			group, known := groupOf[d.Group]
			if !known {
				group = len(groups)
				groupOf[d.Group], groups = group, append(groups, d.Group)
			}
			table[number.Value()] = numbered{d, group}
		}
	}
}

// Len is how many documents can be found.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.docs)
}

// await waits until every source has been read, or ctx ends.
func (x *Index) await(ctx context.Context) error {
	x.asked.Do(func() { close(x.wanted) })
	select {
	case <-x.ready:
		return nil
	default:
	}
	select {
	case <-x.ready:
		return nil
	case <-ctx.Done():
		return ErrNotReady.Because(ctx.Err())
	}
}
