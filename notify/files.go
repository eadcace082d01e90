package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
)

// Files delivers by writing one .eml file a message into Dir, which it makes when it is missing.
type Files struct{ Dir string }

// halfWritten is the pattern of the names that files have until they are whole.
const halfWritten = ".message-*"

// Deliver writes the message whole or not at all. The name is when the row was queued (UTC) and the row's id, so that
// the same row always has the same name and the folder sorts by time; nothing in it is personal or secret.
func (f Files) Deliver(_ context.Context, _, _ string, raw []byte, id string) error {
	if err := f.write(raw, fileName(id)); err != nil {
		return fmt.Errorf("write a message to a file: %w", err)
	}
	return nil
}

func (f Files) write(raw []byte, name string) error {
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(f.Dir, halfWritten) // mode 0600
	if err != nil {
		return err
	}
	_, err = tmp.Write(raw)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(f.Dir, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return f.sync()
}

// sync makes the new name last through a power cut.
func (f Files) sync() error {
	dir, err := os.Open(f.Dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func fileName(id string) string {
	u, err := uuid.Parse(id)
	if err != nil || u.Version() != 7 {
		sum := sha256.Sum256([]byte(id))
		return hex.EncodeToString(sum[:16]) + ".eml"
	}
	sec, nsec := u.Time().UnixTime()
	return time.Unix(sec, nsec).UTC().Format("20060102-150405") + "-" + u.String() + ".eml"
}
