package notify

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"masterclass/internal/store/storetest"
)

func TestFilesWriteTheSameNameForTheSameRow(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.SQLite(t))
	f := Files{Dir: t.TempDir() + "/mail"}
	b.w = b.worker(f)
	id := b.enqueue(to("ann@example.invalid"))
	b.drain()
	for range 2 {
		if err := f.Deliver(t.Context(), "", "", []byte("again"), id); err != nil {
			t.Fatal(err)
		}
	}
	checkFolder(t, f.Dir, id)
	if err := (Files{Dir: "/dev/null/mail"}).Deliver(t.Context(), "", "", nil, id); err == nil || errors.As(err, new(*Permanent)) {
		t.Errorf("a folder that cannot be made gives %v", err)
	}
	if got := fileName("../../etc/ann@example.org"); strings.ContainsAny(got, "/@") || got != fileName("../../etc/ann@example.org") {
		t.Errorf("the name is %s", got)
	}
}

// checkFolder wants one message, "again", in the file of the row.
func checkFolder(t *testing.T, dir, id string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v; want one file", entries, err)
	}
	name := entries[0].Name()
	if !regexp.MustCompile(`^\d{8}-\d{6}-[0-9a-f-]{36}\.eml$`).MatchString(name) || !strings.Contains(name, id) {
		t.Errorf("the file is %s", name)
	}
	info, err := entries[0].Info()
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v; want mode 0600", info.Mode(), err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || string(raw) != "again" {
		t.Errorf("%q, %v", raw, err)
	}
}
