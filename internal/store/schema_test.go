package store_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestTheSchemaIsComparedWithThePrograms(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, step := range []struct{ query, words string }{
			{"select 1", ""},
			{"delete from migrations where name > '0001_house'", "older"},
			{"insert into migrations (name, applied_at) values ('9999_later', 1)", "9999_later"},
		} {
			if _, err := db.NewRaw(step.query).Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			schema, err := db.Schema(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if said := schema.Check(); (said == nil) != (step.words == "") || (said != nil && !strings.Contains(said.Error(), step.words)) {
				t.Errorf("after %q: %v", step.query, said)
			}
		}
		if _, err := db.NewRaw("drop table migrations").Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Schema(t.Context()); !errors.Is(err, store.ErrNotOurs) {
			t.Errorf("without a list of migrations: %v", err)
		}
	})
}

func TestOpeningToReadMakesAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	db, err := store.OpenToRead(t.Context(), store.Options{File: s.file})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.NewRaw(addEntry, "x").Exec(t.Context()); err == nil {
		t.Error("it writes")
	}
	s.exec(addEntry, "beside it")
	nothing := filepath.Join(t.TempDir(), "masterclass.db")
	if _, err := store.OpenToRead(t.Context(), store.Options{File: nothing}); !errors.Is(err, store.ErrNoDatabase) {
		t.Errorf("of nothing: %v", err)
	}
	if names := entries(t, nothing); len(names) > 0 {
		t.Errorf("it has made %v", names)
	}
}
