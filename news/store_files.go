package news

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/fault"
	"masterclass/internal/markdown"
	"masterclass/news/files"
)

// Upload is a file of an article.
type Upload struct {
	bun.BaseModel `bun:"table:article_files"`

	ArticleID     string `bun:"article_id"`
	Hash          string `bun:"hash"` // SHA-256 in hexadecimal digits
	SmallHash     string `bun:"small_hash"`
	Name          string `bun:"name"`
	Alt           string `bun:"alt"`
	Type          string `bun:"type"` // its MIME type
	Size          int64  `bun:"size"` // bytes
	Width, Height int
	SmallWidth    int   `bun:"small_width"`
	AddedAt       int64 `bun:"added_at"` // Unix milliseconds
}

// Path is where the file is served.
func (u Upload) Path() string { return filePath(u.Hash, u.Name) }

func filePath(hash, name string) string { return "/files/" + hash + "/" + name }

// Words say what it is, such as "PDF, 1.2 MB".
func (u Upload) Words() string {
	return files.ByMIME(u.Type).Words + ", " + files.Size(u.Size)
}

const uploadColumns = "u.article_id, u.hash, u.small_hash, u.name, u.alt, u.type, u.size, u.width, u.height, u.small_width, u.added_at"

// ErrNoFile is the answer to a file that is not there, or whose article cannot be seen.
var ErrNoFile = fault.New(fault.NotFound, "We could not find that file. It may have been taken down.")

// AddFile keeps a file for an article. The same file again has the new name and words.
func (n *Newsroom) AddFile(ctx context.Context, articleID string, f files.File, alt string, by Editor) (Upload, error) {
	now := n.now()
	u := Upload{ArticleID: articleID, Name: f.Name, Alt: alt, Type: f.Type.MIME, Size: int64(len(f.Body)), Width: f.Width, Height: f.Height, AddedAt: now.UnixMilli()}
	err := n.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		a, err := n.lock(ctx, tx, articleID)
		if err != nil {
			return err
		}
		if u.Hash, err = keepFile(ctx, tx, f, now); err != nil {
			return err
		}
		if f.Small != nil {
			u.SmallWidth = f.Small.Width
			if u.SmallHash, err = keepFile(ctx, tx, *f.Small, now); err != nil {
				return err
			}
		}
		if _, err = tx.NewInsert().Model(&u).On("conflict (article_id, hash) do update").Set("name = excluded.name, alt = excluded.alt").Exec(ctx); err != nil {
			return fmt.Errorf("give a file to article %s: %w", articleID, err)
		}
		by.At, by.Action, by.Subject, by.Title, by.Detail = now, "article.file-added", articleID, a.Title, u.Name
		return n.trail.Write(ctx, tx.Tx, by.Entry)
	})
	return u, err
}

// keepFile keeps the bytes. Those that are there already are as if they were new, so that no purge takes them meanwhile.
func keepFile(ctx context.Context, tx bun.Tx, f files.File, now time.Time) (string, error) {
	sum := sha256.Sum256(f.Body)
	hash := hex.EncodeToString(sum[:])
	_, err := tx.ExecContext(ctx, `insert into files (hash, type, body, added_at) values (?, ?, ?, ?)
		on conflict (hash) do update set added_at = excluded.added_at`, hash, f.Type.MIME, f.Body, now.UnixMilli())
	if err != nil {
		return "", fmt.Errorf("keep a file: %w", err)
	}
	return hash, nil
}

// RemoveFile takes a file from an article. ErrNoFile if the article does not have it.
func (n *Newsroom) RemoveFile(ctx context.Context, articleID, hash string, by Editor) error {
	return n.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		a, err := n.lock(ctx, tx, articleID)
		if errors.Is(err, ErrNoArticle) {
			return ErrNoFile
		}
		if err != nil {
			return err
		}
		var name string
		err = tx.NewRaw("delete from article_files where article_id = ? and hash = ? returning name", articleID, hash).Scan(ctx, &name)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoFile
		}
		if err != nil {
			return fmt.Errorf("take a file from article %s: %w", articleID, err)
		}
		by.At, by.Action, by.Subject, by.Title, by.Detail = n.now(), "article.file-removed", articleID, a.Title, name
		return n.trail.Write(ctx, tx.Tx, by.Entry)
	})
}

// Files are the files of an article, the newest first.
func (n *Newsroom) Files(ctx context.Context, articleID string) ([]Upload, error) {
	var list []Upload
	err := n.store.db.Read.NewRaw("select "+uploadColumns+" from article_files as u where u.article_id = ? order by u.added_at desc, u.hash", articleID).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("list the files of article %s: %w", articleID, err)
	}
	return list, nil
}

var filesNamed = regexp.MustCompile(`/files/([0-9a-f]{64})/`)

// FilesIn are the uploads whose paths stand in the text, by those paths, as Markdown needs to know them.
func (s *Store) FilesIn(ctx context.Context, text string) (map[string]markdown.File, error) {
	var hashes []string
	for _, m := range filesNamed.FindAllStringSubmatch(text, -1) {
		hashes = append(hashes, m[1])
	}
	if len(hashes) == 0 {
		return nil, nil
	}
	var list []Upload
	err := s.db.Read.NewRaw("select "+uploadColumns+" from article_files as u where u.hash in (?)", bun.List(hashes)).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("look for the files of a text: %w", err)
	}
	known := map[string]markdown.File{}
	for _, u := range list {
		f := markdown.File{Width: u.Width, Height: u.Height, Alt: u.Alt, SmallWidth: u.SmallWidth}
		if u.SmallHash != "" {
			f.Small = filePath(u.SmallHash, u.Name)
		}
		if u.Width == 0 {
			f.Note = u.Words()
		}
		known[u.Path()] = f
	}
	return known, nil
}

// Stored is a file's MIME type and its size in bytes. A file is found under its name alone, and for the public only where an article has
// it that can be seen. ErrNoFile otherwise.
func (s *Store) Stored(ctx context.Context, hash, name string, public bool, now time.Time) (mime string, size int64, err error) {
	where, args := "", []any{hash, hash, name, hash}
	if public {
		where, args = " and a.status = ? and a.published_at <= ?", []any{hash, hash, name, Published, now.UnixMilli(), hash}
	}
	err = s.db.Read.QueryRowContext(ctx, `select f.type, length(f.body) from files as f where exists (select 1 from article_files as u join articles as a on a.id = u.article_id
		where (u.hash = ? or u.small_hash = ?) and u.name = ?`+where+") and f.hash = ?", args...).Scan(&mime, &size)
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, ErrNoFile
	}
	if err != nil {
		return "", 0, fmt.Errorf("find file %s: %w", hash, err)
	}
	return mime, size, nil
}

// Part is some of what a file holds: length bytes after the first ones. Whoever asks has been shown the file by Stored.
func (s *Store) Part(ctx context.Context, hash string, after, length int64) (body []byte, err error) {
	err = s.db.Read.QueryRowContext(ctx, "select substr(body, cast(? as integer), cast(? as integer)) from files where hash = ?", after+1, length, hash).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNoFile // purged a moment ago
	}
	if err != nil {
		return nil, fmt.Errorf("read file %s: %w", hash, err)
	}
	return body, nil
}

// filesKept is how long a file stays that no article has: an upload is in its transaction for less.
const filesKept = time.Hour

// PurgeFiles deletes the files that no article has any more, nor anything else.
func (s *Store) PurgeFiles(ctx context.Context, now time.Time) error {
	_, err := s.db.NewRaw(`delete from files where added_at < ? and not exists
		(select 1 from article_files as u where u.hash = files.hash or u.small_hash = files.hash)
		and not exists (select 1 from file_holders as o where o.hash = files.hash)`, now.Add(-filesKept).UnixMilli()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete files that no article has: %w", err)
	}
	return nil
}
