package evaluate

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Photo is a photograph of a folder.
type Photo struct {
	Person string // the folder it lies in, relative: "li", "class-2/wang"
	Name   string // relative: "li/1.jpg"
	Path   string
}

// extensions of files that are taken for photographs; what they hold is seen when
// they are read.
var extensions = []string{".jpg", ".jpeg", ".jpe", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

// Folder lists the photographs of dir, as person/n.jpg in folders as deep as they
// may be, in order. Names that begin with "." or "_" are passed over, and so are
// other files; photographs in no person's folder, and folders that cannot be read,
// are among the problems.
func Folder(dir string) (photos []Photo, problems []Problem, err error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, nil, err
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name, relErr := filepath.Rel(root, path)
		if relErr != nil {
			return relErr
		}
		if err != nil {
			if name == "." {
				return err
			}
			problems = append(problems, Problem{name, bare(err).Error()})
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if base := d.Name(); name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() || !slices.Contains(extensions, strings.ToLower(filepath.Ext(name))) {
			return nil
		}
		person := filepath.Dir(name)
		if person == "." {
			problems = append(problems, Problem{name, "not in a person's folder"})
			return nil
		}
		photos = append(photos, Photo{Person: filepath.ToSlash(person), Name: name, Path: path})
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read the folder of photographs: %w", err)
	}
	return photos, problems, nil
}
