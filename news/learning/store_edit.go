package learning

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/news"
)

// comingSoon is what an article's note says while its module has no pages to read.
const comingSoon = "Coming soon"

// The two lists of a module, whose rows are changed in the same ways.
const (
	pagesTable     = "learning_pages"
	questionsTable = "learning_questions"
)

// AddPage puts a page at the end.
func (l *Learning) AddPage(ctx context.Context, m *Module, p Page, by access.Entry) error {
	if wrong := p.check(); len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	by.Detail = p.Title
	return l.edit(ctx, m, "learning.page-added", "", by, func(ctx context.Context, tx bun.Tx) (string, error) { return l.insertPage(ctx, tx, m.ID, p) })
}

func (l *Learning) insertPage(ctx context.Context, tx bun.Tx, module string, p Page) (id string, err error) {
	id = newID()
	_, err = tx.NewRaw(`insert into learning_pages (id, module_id, position, title, body, updated_at)
		select ?, ?, coalesce(max(position), 0) + 1, ?, ?, ? from learning_pages where module_id = ?`, id, module, p.Title, p.Body, l.Now().UnixMilli(), module).Exec(ctx)
	return id, err
}

// ChangePage stores a page's texts, or gives errChanged if somebody else has changed it since the version of p.
func (l *Learning) ChangePage(ctx context.Context, m *Module, p Page, by access.Entry) error {
	if wrong := p.check(); len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	return l.edit(ctx, m, "learning.page-changed", p.ID, by, func(ctx context.Context, tx bun.Tx) (string, error) {
		return p.ID, changed(tx.NewRaw("update learning_pages set title = ?, body = ?, version = version + 1, updated_at = ? where id = ? and module_id = ? and version = ?",
			p.Title, p.Body, l.Now().UnixMilli(), p.ID, m.ID, p.Version).Exec(ctx))
	})
}

// AddQuestion puts a question at the end.
func (l *Learning) AddQuestion(ctx context.Context, m *Module, q Question, by access.Entry) error {
	if wrong := q.check(); len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	by.Detail = q.Text
	return l.edit(ctx, m, "learning.question-added", "", by, func(ctx context.Context, tx bun.Tx) (string, error) { return l.insertQuestion(ctx, tx, m.ID, q) })
}

func (l *Learning) insertQuestion(ctx context.Context, tx bun.Tx, module string, q Question) (id string, err error) {
	id = newID()
	answers, correct := q.columns()
	_, err = tx.NewRaw(`insert into learning_questions (id, module_id, position, question, answers, correct, explanation, updated_at)
		select ?, ?, coalesce(max(position), 0) + 1, ?, ?, ?, ?, ? from learning_questions where module_id = ?`,
		id, module, q.Text, answers, correct, q.Explanation, l.Now().UnixMilli(), module).Exec(ctx)
	return id, err
}

// ChangeQuestion is as ChangePage.
func (l *Learning) ChangeQuestion(ctx context.Context, m *Module, q Question, by access.Entry) error {
	if wrong := q.check(); len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	answers, correct := q.columns()
	return l.edit(ctx, m, "learning.question-changed", q.ID, by, func(ctx context.Context, tx bun.Tx) (string, error) {
		return q.ID, changed(tx.NewRaw(`update learning_questions set question = ?, answers = ?, correct = ?, explanation = ?, version = version + 1, updated_at = ?
			where id = ? and module_id = ? and version = ?`, q.Text, answers, correct, q.Explanation, l.Now().UnixMilli(), q.ID, m.ID, q.Version).Exec(ctx))
	})
}

// remove takes a page or question out, unless somebody has changed it since the version.
func (l *Learning) remove(ctx context.Context, m *Module, table, action, id string, version int64, by access.Entry) error {
	return l.edit(ctx, m, action, id, by, func(ctx context.Context, tx bun.Tx) (string, error) {
		var position int64
		err := tx.NewRaw("select coalesce(max(position), 0) from "+table+" where id = ? and module_id = ?", id, m.ID).Scan(ctx, &position)
		if err == nil {
			err = changed(tx.NewRaw("delete from "+table+" where id = ? and module_id = ? and version = ?", id, m.ID, version).Exec(ctx))
		}
		if err == nil {
			_, err = tx.NewRaw("update "+table+" set position = position - 1 where module_id = ? and position > ?", m.ID, position).Exec(ctx)
		}
		return id, err
	})
}

// move changes the turn of a page or question with the one before or after it.
func (l *Learning) move(ctx context.Context, m *Module, table, action, id string, up bool, by access.Entry) error {
	step := 1
	if up {
		step = -1
	}
	return l.edit(ctx, m, action, id, by, func(ctx context.Context, tx bun.Tx) (string, error) {
		var position int64
		err := tx.NewRaw("select coalesce(max(position), 0) from "+table+" where id = ? and module_id = ?", id, m.ID).Scan(ctx, &position)
		if err != nil || position == 0 {
			return id, errors.Join(err, errChanged)
		}
		res, err := tx.NewRaw("update "+table+" set position = ? where module_id = ? and position = ?", position, m.ID, position+int64(step)).Exec(ctx)
		if err != nil {
			return id, err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 { // it is the first or the last already
			return id, err
		}
		_, err = tx.NewRaw("update "+table+" set position = ? where id = ?", position+int64(step), id).Exec(ctx)
		return id, err
	})
}

type affected interface{ RowsAffected() (int64, error) }

func changed(res affected, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errChanged)
	}
	return nil
}

// edit raises the module's version, which keeps others from changing it meanwhile, and runs fn, which gives the id of what was changed.
func (l *Learning) edit(ctx context.Context, m *Module, action, subject string, by access.Entry, fn func(ctx context.Context, tx bun.Tx) (string, error)) error {
	err := l.DB.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := l.touch(ctx, tx, m.ID); err != nil {
			return err
		}
		id, err := fn(ctx, tx)
		if err != nil {
			return err
		}
		entry := by
		entry.At, entry.Action, entry.Subject, entry.Title, entry.Detail = l.Now(), action, id, m.Title, cmp.Or(by.Detail, m.called(id))
		return l.Trail.Write(ctx, tx.Tx, entry)
	})
	if _, ok := fault.Of(err); err != nil && !ok {
		return fmt.Errorf("%s %s: %w", action, subject, err)
	}
	return err
}

// called is what a page or a question of the module says first, "" for the module itself.
func (m *Module) called(id string) string {
	for _, p := range m.Pages {
		if p.ID == id {
			return p.Title
		}
	}
	for _, q := range m.Questions {
		if q.ID == id {
			return q.Text
		}
	}
	return ""
}

func (l *Learning) touch(ctx context.Context, tx bun.Tx, module string) error {
	_, err := tx.NewRaw(`insert into learning_modules (article_id, updated_at) values (?, ?) on conflict (article_id)
		do update set version = learning_modules.version + 1, updated_at = excluded.updated_at`, module, l.Now().UnixMilli()).Exec(ctx)
	return err
}

// Publish opens the module, and tells everybody who wanted to know; their addresses go with that.
func (l *Learning) Publish(ctx context.Context, m *Module, by access.Entry) error {
	err := l.edit(ctx, m, "learning.published", m.ID, by, func(ctx context.Context, tx bun.Tx) (string, error) {
		var pages int
		if err := tx.NewRaw("select count(*) from learning_pages where module_id = ?", m.ID).Scan(ctx, &pages); err != nil {
			return "", err
		}
		if pages == 0 {
			return "", errNoPages
		}
		var shown bool
		if err := tx.NewRaw("select count(*) > 0 from articles where id = ? and status = ? and published_at <= ?", m.ID, news.Published, l.Now().UnixMilli()).Scan(ctx, &shown); err != nil {
			return "", err
		}
		if !shown {
			return "", errNotShown
		}
		if _, err := tx.NewRaw("update learning_modules set opened_at = ? where article_id = ? and opened_at = 0", l.Now().UnixMilli(), m.ID).Exec(ctx); err != nil {
			return "", err
		}
		if err := l.Room.NoteIn(ctx, tx, m.ID, comingSoon, "", "the module is published", news.Editor{Entry: by}); err != nil {
			return "", err
		}
		return m.ID, l.tellWaiting(ctx, tx, m)
	})
	l.Room.Changed() // after a failure too: a commit may have arrived all the same
	if err == nil {
		l.Mails.Wake()
	}
	return err
}

// Unpublish closes the module: it is coming soon again.
func (l *Learning) Unpublish(ctx context.Context, m *Module, by access.Entry) error {
	err := l.edit(ctx, m, "learning.unpublished", m.ID, by, func(ctx context.Context, tx bun.Tx) (string, error) {
		if _, err := tx.NewRaw("update learning_modules set opened_at = 0 where article_id = ?", m.ID).Exec(ctx); err != nil {
			return "", err
		}
		return m.ID, l.Room.NoteIn(ctx, tx, m.ID, "", comingSoon, "the module is closed", news.Editor{Entry: by})
	})
	l.Room.Changed()
	return err
}

// Fill gives a module its pages and questions and opens it, in the transaction that adds the article: for the sample.
func (l *Learning) Fill(ctx context.Context, tx bun.Tx, slug string, pages []Page, questions []Question) error {
	var id string
	if err := tx.NewRaw("select id from articles where kind = 'e-learning' and slug = ?", slug).Scan(ctx, &id); err != nil {
		return fmt.Errorf("find the module %s: %w", slug, err)
	}
	if err := l.touch(ctx, tx, id); err != nil {
		return err
	}
	for _, p := range pages {
		if _, err := l.insertPage(ctx, tx, id, p); err != nil {
			return fmt.Errorf("add a page to %s: %w", slug, err)
		}
	}
	for _, q := range questions {
		if _, err := l.insertQuestion(ctx, tx, id, q); err != nil {
			return fmt.Errorf("add a question to %s: %w", slug, err)
		}
	}
	_, err := tx.NewRaw("update learning_modules set opened_at = ? where article_id = ?", l.Now().UnixMilli(), id).Exec(ctx)
	return err
}
