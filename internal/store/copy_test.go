package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"masterclass/internal/store"
)

// site is a SQLite database in a folder of its own, made with the secret "one".
type site struct {
	t    *testing.T
	file string
	db   *store.DB
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, file: filepath.Join(t.TempDir(), "masterclass.db")}
	s.open()
	if _, err := s.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.db.Adopt(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) open() {
	s.t.Helper()
	var err error
	if s.db, err = store.Open(s.t.Context(), store.Options{File: s.file}); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = s.db.Close() }) // most tests have closed it
}

func (s *site) close() {
	s.t.Helper()
	if err := s.db.Close(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) exec(query string, args ...any) {
	s.t.Helper()
	if _, err := s.db.NewRaw(query, args...).Exec(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) number(query string) (n int64) {
	s.t.Helper()
	if err := s.db.NewRaw(query).Scan(s.t.Context(), &n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *site) backup() string {
	s.t.Helper()
	to := filepath.Join(s.t.TempDir(), "copy.db")
	size, err := store.Backup(s.t.Context(), s.file, to)
	if err != nil {
		s.t.Fatal(err)
	}
	info, err := os.Stat(to)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != size {
		s.t.Errorf("the copy is %v, said to be of %d bytes: %v", info, size, err)
	}
	return to
}

func entries(t *testing.T, file string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

const addEntry = "insert into audit (id, at, actor, action) values (?, 1, 'x', 'y')"

func TestABackupIsOfWhatIsCommittedWhileOthersWrite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.exec(addEntry, "committed")
	tx, err := s.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), addEntry, "under way"); err != nil {
		t.Fatal(err)
	}
	copied := &site{t: t, file: s.backup()}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if names := entries(t, copied.file); len(names) != 1 {
		t.Errorf("beside the copy there are %v", names)
	}
	copied.open()
	if n := copied.number("select count(*) from audit"); n != 1 {
		t.Errorf("the copy has %d entries, want the one that was committed", n)
	}
}

func TestABackupOverwritesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	to := s.backup()
	before, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	s.exec(addEntry, "later")
	if _, err := store.Backup(t.Context(), s.file, to); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second backup to the same file gave %v", err)
	}
	if after, err := os.ReadFile(to); err != nil || string(after) != string(before) {
		t.Errorf("the first copy has changed: %v", err)
	}
	nothing := filepath.Join(t.TempDir(), "masterclass.db")
	if _, err := store.Backup(t.Context(), nothing, to+"2"); !errors.Is(err, store.ErrNoDatabase) {
		t.Errorf("of nothing it gave %v", err)
	}
	if names := entries(t, nothing); len(names) > 0 {
		t.Errorf("it has made %v", names)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Backup(stopped, s.file, to+"3"); err == nil {
		t.Error("a backup that was stopped is whole")
	}
	if names := entries(t, to); len(names) != 1 {
		t.Errorf("backups that came to nothing have left %v", names)
	}
}

func TestARestoreRaisesTheEpochAboveBoth(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(5_000)
	for _, c := range []struct{ inCopy, replaced, want int64 }{{1, 1, 5_000}, {9_000, 1, 9_001}, {1, 12_000, 12_001}, {9_000, 9_000, 9_001}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			s := newSite(t)
			s.exec("update installation set epoch = ?", c.inCopy)
			s.exec("insert into leases (name, holder, until) values ('tend', 'who is gone', 99)")
			s.exec(addEntry, "in the copy")
			from := s.backup()
			s.exec("update installation set epoch = ?", c.replaced)
			s.exec(addEntry, "later")
			s.close()
			done, err := store.Restore(t.Context(), from, s.file, "one", now)
			if err != nil || done.Unread != nil || len(done.Missing) > 0 {
				t.Fatalf("it gave %+v, %v", done, err)
			}
			s.open()
			if epoch := s.number("select epoch from installation"); epoch != c.want {
				t.Errorf("the epoch is %d, want %d", epoch, c.want)
			}
			if n := s.number("select count(*) from audit"); n != 1 {
				t.Errorf("%d entries, want that of the copy", n)
			}
			if n := s.number("select count(*) from leases"); n != 0 {
				t.Error("somebody has a lease already")
			}
			s.close()
			before := &site{t: t, file: done.Aside}
			before.open()
			if n := before.number("select count(*) from audit"); n != 2 {
				t.Errorf("what was there has %d entries, want both", n)
			}
			before.close()
			if names := entries(t, s.file); len(names) != 2 {
				t.Errorf("the folder holds %v", names)
			}
		})
	}
}

// A server that was killed leaves its last commits in the log beside the file. They belong to the old database and to nothing else.
func TestTheLogOfAKilledServerGoesWithItsDatabase(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	from := s.backup()
	s.exec(addEntry, "in the log")
	killed := filepath.Join(t.TempDir(), "masterclass.db")
	for _, suffix := range []string{"", "-wal"} {
		text, err := os.ReadFile(s.file + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(killed+suffix, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done, err := store.Restore(t.Context(), from, killed, "one", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]int64{killed: 0, done.Aside: 1} {
		at := &site{t: t, file: file}
		at.open()
		if n := at.number("select count(*) from audit"); n != want {
			t.Errorf("%s has %d entries, want %d", file, n, want)
		}
		at.close()
	}
}

func TestADamagedDatabaseIsMovedAsideWithItsLog(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	from := s.backup()
	s.close()
	for suffix, text := range map[string]string{"": "rubbish", "-wal": "its log"} {
		if err := os.WriteFile(s.file+suffix, []byte(strings.Repeat(text, 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done, err := store.Restore(t.Context(), from, s.file, "one", time.Now())
	if err != nil || done.Unread == nil {
		t.Fatalf("it gave %+v, %v", done, err)
	}
	for suffix, text := range map[string]string{"": "rubbish", "-wal": "its log"} {
		if kept, err := os.ReadFile(done.Aside + suffix); err != nil || !strings.HasPrefix(string(kept), text) {
			t.Errorf("%s%s: %v", done.Aside, suffix, err)
		}
	}
	s.open()
	if n := s.number("select count(*) from installation"); n != 1 {
		t.Error("the copy is not in place")
	}
}

func TestOnlyACopyOfThisSiteIsRestored(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	good := s.backup()
	newer := s.backup()
	older := s.backup()
	foreign := filepath.Join(t.TempDir(), "foreign.db")
	for file, query := range map[string]string{
		newer: "insert into migrations (name, applied_at) values ('9999_later', 1)", older: "delete from migrations where name > '0001_house'",
		foreign: "create table migrations (name text)",
	} {
		at := &site{t: t, file: file}
		at.open()
		at.exec(query)
		at.close()
	}
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte(nil), content...)
	for i := 3 * 4096; i < 60*4096 && i < len(damaged); i++ {
		damaged[i] = 0xa5
	}
	made := map[string][]byte{"rubbish": []byte(strings.Repeat("rubbish ", 2000)), "empty": nil, "cut": content[:len(content)/2], "damaged": damaged}
	for name, text := range made {
		if err := os.WriteFile(filepath.Join(filepath.Dir(good), name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.exec(addEntry, "here")
	s.close()
	for _, c := range []struct {
		from, fingerprint, words string
		is                       error
	}{
		{from: filepath.Join(filepath.Dir(good), "rubbish"), fingerprint: "one", is: store.ErrNotOurs},
		{from: filepath.Join(filepath.Dir(good), "empty"), fingerprint: "one", is: store.ErrNotOurs},
		{from: filepath.Dir(good), fingerprint: "one", is: store.ErrNotOurs},
		{from: foreign, fingerprint: "one", is: store.ErrNotOurs},
		{from: filepath.Join(filepath.Dir(good), "cut"), fingerprint: "one"},
		{from: filepath.Join(filepath.Dir(good), "damaged"), fingerprint: "one"},
		{from: filepath.Join(filepath.Dir(good), "absent"), fingerprint: "one", is: fs.ErrNotExist},
		{from: good, fingerprint: "two", is: store.ErrOtherSecret},
		{from: newer, fingerprint: "one", words: "9999_later"},
		{from: s.file, fingerprint: "one", words: "itself"},
	} {
		done, err := store.Restore(t.Context(), c.from, s.file, c.fingerprint, time.Now())
		if err == nil || (c.is != nil && !errors.Is(err, c.is)) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s gave %+v, %v", c.from, done, err)
		}
	}
	if names := entries(t, s.file); len(names) != 1 {
		t.Errorf("the refused ones have left %v", names)
	}
	s.open()
	if n := s.number("select count(*) from audit"); n != 1 {
		t.Error("a refused one has changed the database")
	}
	s.close()
	if done, err := store.Restore(t.Context(), older, s.file, "one", time.Now()); err != nil || len(done.Missing) == 0 {
		t.Errorf("a copy with an older schema gave %+v, %v", done, err)
	}
}
