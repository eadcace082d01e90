package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrInUse means that another process serves from the data folder.
var ErrInUse = errors.New("another masterclass is using this data folder; stop it first, or set MASTERCLASS_DATA_DIR to another folder")

// DataDir is the folder with the SQLite file, the secret and the mail written to disk.
type DataDir struct {
	Path string
	lock *os.File
}

// OpenDataDir makes the folder when it is missing, for this user alone, and makes sure that it can be written to.
func OpenDataDir(path string) (*DataDir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder %s: %w", path, reason(err))
	}
	probe, err := os.CreateTemp(path, ".probe-*")
	if err != nil {
		return nil, fmt.Errorf("write to the data folder %s: %w", path, reason(err))
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return nil, fmt.Errorf("write to the data folder %s: %w", path, err)
	}
	return &DataDir{Path: path}, nil
}

// Lock keeps every other process from serving from this folder until Unlock or the end of the process.
func (d *DataDir) Lock() error {
	f, err := os.OpenFile(d.Join("lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("lock the data folder %s: %w", d.Path, reason(err))
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if cerr := f.Close(); cerr != nil {
			return errors.Join(ErrInUse, cerr)
		}
		return ErrInUse
	}
	d.lock = f
	return nil
}

// Unlock lets another process in.
func (d *DataDir) Unlock() error {
	if d.lock == nil {
		return nil
	}
	err := d.lock.Close()
	d.lock = nil
	return err
}

// Join is a path in the folder.
func (d *DataDir) Join(parts ...string) string {
	return filepath.Join(append([]string{d.Path}, parts...)...)
}

// Free is how many bytes this user can still write to the folder's disk, and how many that holds in all.
func (d *DataDir) Free() (free, total uint64, err error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(d.Path, &disk); err != nil {
		return 0, 0, fmt.Errorf("look how full the disk of %s is: %w", d.Path, err)
	}
	return disk.Bavail * uint64(disk.Bsize), disk.Blocks * uint64(disk.Bsize), nil
}

// WriteFile writes a small file for this user alone, whole or not at all, and on the disk when it returns.
func WriteFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
