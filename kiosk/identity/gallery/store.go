package gallery

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/devices/face"
)

// store is the gallery on disk, in a directory of mode 0700:
//
//	device.key      32 bytes, mode 0600; wraps the keys of the persons
//	keys.json       one wrapped key per person, bound to terminal and site
//	faces/ID.face   one person's entry and shots under his key; a new ID with every Put
//	set-aside-*/    what could not be read
//	lock            held while a process has the gallery open
//
// Every file is written beside its name, fsynced and renamed. keys.json is the
// truth: a face without a key is the leftover of a crash or of an erasure, and
// removed. Erasing rewrites keys.json under a new device key (device.key.next
// first, so that a crash between the two renames leaves a pair that fits) and
// overwrites the old one: a wrapped key that a disk or a backup still holds is
// then of no use to anybody.
//
// One log for everybody lost: an append log keeps what was erased until it is
// compacted, and one damaged block of it would concern the whole school.
type store struct {
	dir    string
	bind   Binding
	device secret
	keys   map[string]secret
	lock   *os.File

	damaged   []string // faces whose key did not open at start
	owed      bool     // keys.json still has a key that was erased
	unsettled bool     // keys.json may be under a key that is not device
	promoting bool     // device is still in nextFile
}

type saved struct {
	entry Entry
	shots []face.Descriptor
}

const (
	deviceFile = "device.key"
	nextFile   = "device.key.next"
	keysFile   = "keys.json"
	facesDir   = "faces"
	faceExt    = ".face"
)

// keysDoc is keys.json.
type keysDoc struct {
	Format   int               `json:"format"` // 1
	Terminal string            `json:"terminal"`
	Site     string            `json:"site"`
	Device   string            `json:"device"` // id of the device key
	Keys     map[string][]byte `json:"keys"`   // by face file: the person's key, sealed
}

const keysFormat = 1

func openStore(dir string, b Binding) (_ *store, all map[string]saved, problems []error, err error) {
	if b.Terminal == "" || b.Site == "" {
		return nil, nil, nil, errors.New("a gallery needs a terminal and a site")
	}
	if err := os.MkdirAll(filepath.Join(dir, facesDir), 0o700); err != nil {
		return nil, nil, nil, err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, nil, nil, err
	}
	s := &store{dir: dir, bind: b, keys: map[string]secret{}}
	if err := s.acquire(); err != nil {
		return nil, nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	problem, err := s.loadKeys()
	if err != nil {
		return nil, nil, nil, err
	}
	if problem != nil {
		problems = append(problems, problem)
	}
	all, more, err := s.loadFaces()
	return s, all, append(problems, more...), err
}

func (s *store) acquire() error {
	f, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return fmt.Errorf("%w: %s", ErrInUse, s.dir)
	}
	s.lock = f
	return nil
}

func (s *store) close() error {
	clear(s.keys)
	s.device = secret{}
	return s.lock.Close()
}

// loadKeys reads the device key and keys.json. The problem returned beside a nil
// error is that everything was set aside.
func (s *store) loadKeys() (problem, err error) {
	doc, err := os.ReadFile(s.path(keysFile))
	fresh := errors.Is(err, os.ErrNotExist)
	if err != nil && !fresh {
		return nil, err
	}
	var k keysDoc
	if !fresh {
		if err := json.Unmarshal(doc, &k); err != nil || k.Format != keysFormat || k.Device == "" {
			if problem, err = s.setAside(keysFile, facesDir, deviceFile); err != nil {
				return nil, err
			}
			fresh = true
		}
	} else if left, err := os.ReadDir(s.path(facesDir)); err == nil && len(left) > 0 {
		// keys.json is gone but faces are not: not a first start.
		if problem, err = s.setAside(facesDir, deviceFile); err != nil {
			return nil, err
		}
	}
	if fresh {
		return problem, s.begin()
	}
	if k.Terminal != s.bind.Terminal || k.Site != s.bind.Site {
		return nil, fmt.Errorf("%w: it was made for terminal %q of site %q, this is %q of %q; "+
			"enrol the members here again, or put the terminal's own state directory back",
			ErrOtherDevice, k.Terminal, k.Site, s.bind.Terminal, s.bind.Site)
	}
	if err := s.loadDevice(k.Device); err != nil {
		return nil, err
	}
	return problem, s.openKeys(k.Keys)
}

// openKeys unwraps the keys of the persons. One that does not open is damaged
// and left out (loadFaces reports it); when none does, it is not damage.
func (s *store) openKeys(boxes map[string][]byte) error {
	for id, box := range boxes {
		key, err := s.device.open(box, s.keyLabels(id)...)
		if !isKeyID(id) {
			continue
		}
		if err != nil || len(key) != keySize {
			s.damaged = append(s.damaged, id)
			continue
		}
		s.keys[id] = secret(key)
		clear(key)
	}
	if len(boxes) > 0 && len(s.keys) == 0 {
		return fmt.Errorf("%w: no key in %s opens; put this terminal's own state directory back, "+
			"or remove the gallery's and enrol the members again", ErrOtherDevice, s.path(keysFile))
	}
	return nil
}

// begin makes the first device key and an empty keys.json.
func (s *store) begin() error {
	s.device = newSecret()
	s.keys = map[string]secret{}
	if err := s.writeFile(deviceFile, s.device[:]); err != nil {
		return err
	}
	return s.writeKeys(&s.device)
}

// loadDevice reads the device key that keys.json names: the current one, or the
// next one where a crash came between the renames of an erasure.
func (s *store) loadDevice(id string) error {
	for _, name := range []string{deviceFile, nextFile} {
		b, err := os.ReadFile(s.path(name))
		if err != nil || len(b) != keySize {
			continue
		}
		key := secret(b)
		clear(b)
		if key.id() != id {
			continue
		}
		s.device = key
		if name == nextFile {
			s.promoting = true
			return s.settle()
		}
		os.Remove(s.path(nextFile)) // of an erasure that did not come far
		return os.Chmod(s.path(deviceFile), 0o600)
	}
	return fmt.Errorf("%w: %s is missing or another device's; put this terminal's own back, "+
		"or remove the gallery's directory and enrol the members again", ErrOtherDevice, s.path(deviceFile))
}

func (s *store) path(name ...string) string {
	return filepath.Join(append([]string{s.dir}, name...)...)
}

func (s *store) keyLabels(id string) []string {
	return []string{"ting.gallery.key.v1", s.bind.Terminal, s.bind.Site, id}
}

func (s *store) faceLabels(id string) []string {
	return []string{"ting.gallery.face.v1", s.bind.Terminal, s.bind.Site, id}
}

func isKeyID(id string) bool {
	return len(id) == 24 && strings.Trim(id, "0123456789abcdef") == ""
}

// put stores a person under a new key and forgets the old one.
func (s *store) put(id string, v saved, old string) error {
	key := newSecret()
	if err := s.writeFace(id, &key, v); err != nil {
		return err
	}
	s.keys[id] = key
	oldKey, replaces := s.keys[old]
	delete(s.keys, old)
	if err := s.writeKeys(&s.device); err != nil {
		delete(s.keys, id)
		if replaces {
			s.keys[old] = oldKey
		}
		os.Remove(s.path(facesDir, id+faceExt))
		return err
	}
	if replaces {
		// The new entry stands whatever happens to the old file, which has no key:
		// the next start tries again.
		_ = wipe(s.path(facesDir, old+faceExt))
	}
	return nil
}

// rewrite replaces the entry of a person under the key he has.
func (s *store) rewrite(id string, v saved) error {
	key, known := s.keys[id]
	if !known {
		return os.ErrNotExist
	}
	return s.writeFace(id, &key, v)
}

// erase removes a person's key and file, and changes the device key. The file
// goes even where the keys cannot be rewritten (a full disk).
func (s *store) erase(id string) error {
	delete(s.keys, id)
	s.owed = true
	err := s.repay()
	return errors.Join(err, wipe(s.path(facesDir, id+faceExt)), s.syncDir(facesDir))
}

// repay takes out of keys.json, for good, what erase took out of s.keys.
func (s *store) repay() error {
	if !s.owed {
		return nil
	}
	if err := s.rotate(); err != nil {
		return err
	}
	s.owed = false
	return nil
}

// rotate writes keys.json under a new device key. At every moment the key that
// keys.json is under lies in deviceFile or nextFile.
func (s *store) rotate() error {
	if err := s.settle(); err != nil {
		return err
	}
	next := newSecret()
	if err := s.writeFile(nextFile, next[:]); err != nil {
		return err
	}
	s.unsettled = true
	if err := s.writeKeys(&next); err != nil {
		return err
	}
	s.unsettled = false
	s.device, s.promoting = next, true
	return s.settle()
}

// settle finishes what an earlier rotate had to leave.
func (s *store) settle() error {
	if s.unsettled {
		if err := s.writeKeys(&s.device); err != nil {
			return err
		}
		s.unsettled = false
	}
	if !s.promoting {
		return nil
	}
	if err := overwrite(s.path(deviceFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Rename(s.path(nextFile), s.path(deviceFile)); err != nil {
		return err
	}
	s.promoting = false
	return s.syncDir("")
}

func (s *store) writeKeys(device *secret) error {
	k := keysDoc{
		Format:   keysFormat,
		Terminal: s.bind.Terminal,
		Site:     s.bind.Site,
		Device:   device.id(),
		Keys:     make(map[string][]byte, len(s.keys)),
	}
	for id, key := range s.keys {
		k.Keys[id] = device.seal(key[:], s.keyLabels(id)...)
	}
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return s.writeFile(keysFile, b)
}
