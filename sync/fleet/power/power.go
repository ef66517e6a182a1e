// Package power is the plug and the disk of a simulated machine.
//
// A process that runs with a [Disk]'s environment writes as always; beside its
// directory a second one holds what a power cut would leave: of every file only
// the bytes that were there at its last fsync. After the process was killed,
// [Disk.Cut] puts that in the place of the first. While the disk is broken,
// writes or fsyncs fail as those of a full or a dying one.
//
// It works by a library preloaded into the process, compiled on first use. Go's
// own writes do not pass through it: what a program writes by itself (keys, the
// journal's origin) is taken as it is, since such files are fsynced when they are
// made, and never changed in place.
package power

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed shim/power.c
var shim []byte

// Library compiles the library into a directory and returns its path.
func Library(dir string) (string, error) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		return "", errors.New("there is no C compiler: apt-get install gcc")
	}
	source, library := filepath.Join(dir, "power.c"), filepath.Join(dir, "power.so")
	if err := os.WriteFile(source, shim, 0o644); err != nil {
		return "", err
	}
	if out, err := exec.Command(cc, "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl").CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile the disk's library: %w\n%s", err, out)
	}
	return library, os.Chmod(library, 0o755)
}

// Disk is the disk below one directory.
type Disk struct {
	Live    string // the process's directory
	kept    string
	fault   string
	library string
	through func(path string) bool // whether a file is written through the library
}

// Fault is what is wrong with a disk.
type Fault string

// The faults.
const (
	NoSpace   Fault = "N" // writes find no space
	WriteFail Fault = "E" // writes fail with an I/O error
	SyncFail  Fault = "F" // fsyncs fail, and make nothing durable
)

// SQLite reports whether a file is one of SQLite's, by its name.
func SQLite(path string) bool {
	base := filepath.Base(path)
	return strings.HasSuffix(base, ".db") || strings.HasSuffix(base, ".db-wal") || strings.HasSuffix(base, ".db-journal")
}

// All reports that every file is written through the library.
func All(string) bool { return true }

// NewDisk puts a disk below a directory. Everything there already counts as
// durable. through reports which files are written by code that calls the C
// library: SQLite, or All for a program such as PostgreSQL.
func NewDisk(library, live string, through func(path string) bool) (*Disk, error) {
	live, err := filepath.Abs(live)
	if err != nil {
		return nil, err
	}
	d := &Disk{Live: live, kept: live + ".kept", fault: live + ".fault", library: library, through: through}
	return d, d.Prime()
}

// Prime takes everything that is there now for durable: what was written by
// processes without the disk's environment.
func (d *Disk) Prime() error { return mirror(d.Live, d.kept, All) }

// Env is what a process needs in its environment to write to this disk.
func (d *Disk) Env() []string {
	return []string{"LD_PRELOAD=" + d.library, "POWER_LIVE=" + d.Live, "POWER_KEPT=" + d.kept, "POWER_FAULT=" + d.fault}
}

// Kept is the directory that a cut would leave.
func (d *Disk) Kept() string { return d.kept }

// Break makes the disk fail from now on.
func (d *Disk) Break(f Fault) error {
	next := d.fault + ".next"
	if err := os.WriteFile(next, []byte(f), 0o644); err != nil {
		return err
	}
	return os.Rename(next, d.fault)
}

// Mend ends that.
func (d *Disk) Mend() error {
	if err := os.Remove(d.fault); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Cut leaves of the directory what was durable. Every process that wrote to it
// must be dead.
func (d *Disk) Cut() error {
	if err := mirror(d.Live, d.kept, func(path string) bool { return !d.through(path) && !strings.HasSuffix(path, "-shm") }); err != nil {
		return err
	}
	if err := clear(d.Live); err != nil {
		return err
	}
	return mirror(d.kept, d.Live, func(path string) bool {
		// A copy that was being made when the process died.
		return !strings.HasPrefix(filepath.Base(path), ".")
	})
}

// clear removes everything in a directory.
func clear(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// mirror copies the files of a tree that it is asked for, with their modes and
// owners.
func mirror(from, to string, which func(path string) bool) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a process that goes on has removed it
		}
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rest)
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case e.IsDir():
			if err := os.MkdirAll(target, 0o700); err != nil {
				return err
			}
			return own(target, info)
		case !info.Mode().IsRegular() || !which(path):
			return nil
		}
		if err := copyFile(path, target, info.Mode().Perm()); err != nil {
			return err
		}
		return own(target, info)
	})
}

func copyFile(from, to string, mode fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
