package gallery

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// setAside moves files into a directory of their own, never to be read again by
// this program, and says where they are.
func (s *store) setAside(names ...string) (problem, err error) {
	dir, err := os.MkdirTemp(s.dir, "set-aside-")
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		to := filepath.Join(dir, filepath.Base(n))
		if err := os.Rename(s.path(n), to); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	return fmt.Errorf("%w: %s is now in %s", ErrSetAside, strings.Join(names, " and "), dir), s.syncDir()
}

// writeFile makes b the content of a file, all of it or nothing, mode 0600.
func (s *store) writeFile(name string, b []byte) error {
	path := s.path(name)
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
		return err
	}
	return s.syncDir()
}

func (s *store) syncDir() error {
	d, err := os.Open(s.dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// wipe overwrites a file and removes it. A flash disk may keep the old blocks:
// what makes an erasure real is that the key is gone.
func wipe(path string) error {
	err := overwrite(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return errors.Join(err, os.Remove(path))
}

func overwrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(make([]byte, size), 0); err != nil {
		return err
	}
	return f.Sync()
}
