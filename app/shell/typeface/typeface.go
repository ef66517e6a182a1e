// Package typeface finds the terminal's typeface: Noto Sans CJK in its
// Simplified Chinese form, regular and bold.
//
// Debian ships the family as two collections (.ttc) of ten faces each. A
// toolkit that opens such a file takes the first face, the Japanese one, in
// which 直, 骨 and 门 are drawn as a Chinese reader would not write them. So
// Load cuts the SC face out of each collection, in memory: a cut costs some ten
// milliseconds, which is less than the care a cache on disk would need.
//
// Nothing here knows the user interface. Collections are read as outside bytes:
// every offset is checked, and FuzzCollection tries to break it.
package typeface

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Face is one cut of the typeface, as the bytes of a font file.
type Face struct {
	Name string // "Noto Sans CJK SC Bold"
	Data []byte
}

// Typeface is what Load found.
type Typeface struct{ Regular, Bold Face }

// ErrMissing is wrapped by Load's error when no folder holds the collections.
var ErrMissing = errors.New("the typeface Noto Sans CJK is not installed (apt-get install fonts-noto-cjk)")

// Dirs are the folders Load looks into when it is given none.
func Dirs() []string {
	dirs := []string{"/usr/share/fonts", "/usr/local/share/fonts"}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Join(home, ".local/share/fonts"), filepath.Join(home, ".fonts"))
	}
	return dirs
}

// Load finds the collections below dirs (Dirs when there are none) and cuts out
// the Simplified Chinese faces.
func Load(dirs ...string) (Typeface, error) {
	if len(dirs) == 0 {
		dirs = Dirs()
	}
	var tf Typeface
	var errs [2]error
	var both sync.WaitGroup
	both.Go(func() { tf.Regular, errs[0] = loadFace(dirs, "NotoSansCJK-Regular.ttc", "Noto Sans CJK SC") })
	both.Go(func() { tf.Bold, errs[1] = loadFace(dirs, "NotoSansCJK-Bold.ttc", "Noto Sans CJK SC Bold") })
	both.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return Typeface{}, err
	}
	return tf, nil
}

func loadFace(dirs []string, file, name string) (Face, error) {
	path := find(dirs, file)
	if path == "" {
		return Face{}, fmt.Errorf("%s: %w", file, ErrMissing)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Face{}, fmt.Errorf("read the typeface: %w", err)
	}
	c, err := ParseCollection(data)
	if err != nil {
		return Face{}, fmt.Errorf("%s: %w", path, err)
	}
	for i := range c.Faces() {
		// "Noto Sans CJK SC Regular" in some releases, without the weight in others.
		if strings.TrimSuffix(c.Name(i), " Regular") != name {
			continue
		}
		cut, err := c.Cut(i)
		if err != nil {
			return Face{}, fmt.Errorf("%s: %w", path, err)
		}
		return Face{Name: name, Data: cut}, nil
	}
	return Face{}, fmt.Errorf("%s: %w: no face is named %q", path, ErrFont, name)
}

// find returns the first file of that name below dirs. Folders that cannot be
// read are passed over.
func find(dirs []string, file string) string {
	// Where Debian puts it, so that the usual start walks no tree.
	for _, dir := range dirs {
		path := filepath.Join(dir, "opentype/noto", file)
		if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() {
			return path
		}
	}
	for _, dir := range dirs {
		found := ""
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, unreadable error) error {
			switch {
			case unreadable != nil && d != nil && d.IsDir():
				return fs.SkipDir
			case unreadable != nil:
				return unreadable // dir itself: there is nothing below it
			case d.Name() == file && d.Type().IsRegular():
				found = path
				return fs.SkipAll
			}
			return nil
		})
		if found != "" {
			return found
		}
	}
	return ""
}
