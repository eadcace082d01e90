package learning

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/news"
)

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// Modules are those that people can see, in their order, without pages' texts.
func (l *Learning) Modules(ctx context.Context) ([]*Module, error) {
	var list []*Module
	for page := 1; ; page++ {
		articles, _, err := l.News.ByKind(ctx, news.ELearning, page, l.Now())
		if err != nil {
			return nil, err
		}
		for _, a := range articles {
			m := &Module{Article: a}
			if err := l.load(ctx, m); err != nil {
				return nil, err
			}
			list = append(list, m)
		}
		if len(articles) < news.PageSize {
			return list, nil
		}
	}
}

// Module is one that people can see.
func (l *Learning) Module(ctx context.Context, slug string) (*Module, error) {
	a, err := l.News.BySlug(ctx, news.ELearning, slug, l.Now())
	if err != nil {
		return nil, err
	}
	m := &Module{Article: a}
	return m, l.load(ctx, m)
}

// AnyModules are all modules, seen or not, for organisers.
func (l *Learning) AnyModules(ctx context.Context) ([]*Module, error) {
	return l.any(ctx, "kind = ?", news.ELearning)
}

// AnyModule is one of AnyModules.
func (l *Learning) AnyModule(ctx context.Context, slug string) (*Module, error) {
	list, err := l.any(ctx, "kind = ? and slug = ?", news.ELearning, slug)
	if err == nil && len(list) == 0 {
		err = errNoModule
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// movedTo is the present slug of the module that had this one, in any state, or errNoModule.
func (l *Learning) movedTo(ctx context.Context, slug string) (now string, err error) {
	err = l.DB.Read.QueryRowContext(ctx, `select a.slug from article_addresses o join articles a on a.id = o.article_id
		where o.kind = ? and o.slug = ? and a.kind = ?`, news.ELearning, slug, news.ELearning).Scan(&now)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errNoModule
	}
	if err != nil {
		return "", fmt.Errorf("look where a module went: %w", err)
	}
	return now, nil
}

func (l *Learning) any(ctx context.Context, where string, args ...any) ([]*Module, error) {
	var rows []struct {
		ID, Slug, Title, Summary, Note, Status string
		Position                               int
	}
	err := l.DB.Read.NewRaw("select id, slug, title, summary, note, status, position from articles where "+where+" order by position, title, id", args...).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list modules: %w", err)
	}
	list := make([]*Module, len(rows))
	for i, r := range rows {
		list[i] = &Module{Article: news.Article{ID: r.ID, Kind: news.ELearning, Slug: r.Slug, Title: r.Title, Summary: r.Summary, Note: r.Note,
			Status: news.Status(r.Status), Position: r.Position}}
		if err := l.load(ctx, list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// load reads what belongs to a module.
func (l *Learning) load(ctx context.Context, m *Module) error {
	db := l.DB.Read
	err := db.NewRaw("select opened_at from learning_modules where article_id = ?", m.ID).Scan(ctx, &m.OpenedAt)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read a module: %w", err)
	}
	if err := db.NewRaw("select id, title, body, position, version from learning_pages where module_id = ? order by position, id", m.ID).Scan(ctx, &m.Pages); err != nil {
		return fmt.Errorf("read a module's pages: %w", err)
	}
	if err := db.NewRaw("select count(*) from learning_waiting where module_id = ? and confirmed_at <> 0", m.ID).Scan(ctx, &m.Waiting); err != nil {
		return fmt.Errorf("count who waits for a module: %w", err)
	}
	var rows []struct {
		ID, Question, Answers, Correct, Explanation string
		Position, Version                           int64
	}
	err = db.NewRaw("select id, question, answers, correct, explanation, position, version from learning_questions where module_id = ? order by position, id", m.ID).Scan(ctx, &rows)
	if err != nil {
		return fmt.Errorf("read a module's questions: %w", err)
	}
	m.Questions = nil
	for _, r := range rows {
		q := Question{ID: r.ID, Text: r.Question, Explanation: r.Explanation, Position: r.Position, Version: r.Version}
		for i, text := range strings.Split(r.Answers, "\n") {
			q.Answers = append(q.Answers, Answer{text, i < len(r.Correct) && r.Correct[i] == '1'})
		}
		m.Questions = append(m.Questions, q)
	}
	return nil
}

// columns are how the table keeps answers.
func (q Question) columns() (answers, correct string) {
	texts := make([]string, len(q.Answers))
	for i, a := range q.Answers {
		texts[i] = a.Text
		mark := "0"
		if a.Right {
			mark = "1"
		}
		correct += mark
	}
	return strings.Join(texts, "\n"), correct
}

// Found is a page as the search knows it.
type Found struct{ ID, Version, Slug, Module, Title, Body, Number string }

// Stamp differs whenever a page that can be read may have changed.
func (l *Learning) Stamp(ctx context.Context) (string, error) {
	articles, err := l.News.Stamp(ctx, l.Now())
	if err != nil {
		return "", err
	}
	var modules, versions, opened int64
	err = l.DB.Read.NewRaw("select count(*), cast(coalesce(sum(version), 0) as bigint), cast(coalesce(sum(opened_at), 0) as bigint) from learning_modules").
		Scan(ctx, &modules, &versions, &opened)
	if err != nil {
		return "", fmt.Errorf("look whether modules have changed: %w", err)
	}
	return fmt.Sprint(articles, modules, versions, opened), nil
}

// Readable are the pages that anybody can read; with ids those of them alone.
func (l *Learning) Readable(ctx context.Context, ids []string) ([]Found, error) {
	var rows []struct {
		ID, Slug, Module, Title, Body string
		Position, Version, Changed    int64
	}
	query, args := `select p.id, a.slug, a.title as module, p.title, p.body, p.position, p.version, a.updated_at as changed from learning_pages p
		join learning_modules m on m.article_id = p.module_id join articles a on a.id = p.module_id
		where m.opened_at <> 0 and a.status = ? and a.published_at <= ?`, []any{news.Published, l.Now().UnixMilli()}
	if ids != nil {
		query, args = query+" and p.id in ?", append(args, bun.Tuple(ids))
	}
	if err := l.DB.Read.NewRaw(query, args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("list the pages of modules: %w", err)
	}
	list := make([]Found, len(rows))
	for i, r := range rows {
		list[i] = Found{ID: r.ID, Version: fmt.Sprint(r.Version, r.Position, r.Changed), Slug: r.Slug, Module: r.Module, Title: r.Title, Body: r.Body,
			Number: strconv.FormatInt(r.Position, 10)}
	}
	return list, nil
}
