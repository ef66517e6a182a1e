package gallery

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// store is the gallery on disk, in a directory of mode 0700:
//
//	device.key      32 bytes, mode 0600; with terminal, site and machine it makes the
//	                key that wraps the keys of the persons
//	keys            one wrapped key per person, and where his entry lies (keys.go)
//	templates-N     the entries, each sealed under its person's key
//	set-aside-*/    what could not be read
//	lock            held while a process has the gallery open
//
// Both files are appended to: an entry first, its key when that is durable. What has
// no key is nothing, the leftover of a power cut or of an erasure. Taking the place of
// an entry appends a new one, under a new key, whose record names the old one; both
// parts of the old one are then overwritten where they lie.
//
// Erasing overwrites the person's key and entry where they lie, which works on a full
// disk too, and then writes keys anew under a new device key (device.key.next first, so
// that a crash between the two renames leaves a pair that fits) and overwrites the old
// device key: a wrapped key that a disk or a backup still holds is then of no use to
// anybody.
//
// One file per person lost: a hundred thousand of them take seconds to open, and
// rewriting all keys with every Put makes enrolling a school quadratic. Damage still
// concerns whom it hits alone, for every record and every entry has its own check.
type store struct {
	dir    string
	bind   Binding
	device secret
	wrap   sealer // of device and bind
	site   secret // what turn is made of
	turn   *turn
	lock   *os.File

	generation uint32
	slots      map[keyID]slot
	keys       *os.File
	keysEnd    int64
	shots      *os.File // the templates file
	shotsEnd   int64
	dead       int64 // bytes of it that belong to nobody

	owed      bool // a key was overwritten, and the device key has still to change
	unsettled bool // keys may be under a key that is not device, or have a torn end
	promoting bool // device is still in nextFile
}

// slot is where a person's key and entry lie.
type slot struct {
	key    secret
	record int64 // offset in keys
	offset int64 // of the entry in the templates file
	length uint32
}

const (
	deviceFile      = "device.key"
	nextFile        = "device.key.next"
	keysFile        = "keys"
	templatesPrefix = "templates-"
)

func openStore(dir string, b Binding) (_ *store, all []loaded, problems []error, err error) {
	if b.Terminal == "" || b.Site == "" {
		return nil, nil, nil, errors.New("a gallery needs a terminal and a site")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, nil, err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, nil, nil, err
	}
	s := &store{dir: dir, bind: b, slots: map[keyID]slot{}}
	if err := s.acquire(); err != nil {
		return nil, nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	all, problems, err = s.load()
	return s, all, problems, err
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
	clear(s.slots)
	s.device, s.site, s.wrap, s.turn = secret{}, secret{}, sealer{}, nil
	err := s.lock.Close()
	for _, f := range []*os.File{s.keys, s.shots} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	s.keys, s.shots = nil, nil
	return err
}

func (s *store) path(name ...string) string {
	return filepath.Join(append([]string{s.dir}, name...)...)
}

func templatesFile(generation uint32) string {
	return fmt.Sprintf("%s%08x", templatesPrefix, generation)
}

// machineMark tells machines apart without telling their IDs.
func machineMark(machine string) []byte {
	if machine == "" {
		return nil
	}
	sum := sha256.Sum256([]byte("ting.gallery.machine.v1" + machine))
	return sum[:8]
}

// Labels that boxes are authenticated with; the wrapping key is bound to the rest.
func keyLabels(id keyID) []string { return []string{"ting.gallery.key.v2", string(id[:])} }

func (s *store) entryLabels(id keyID) []string {
	return []string{"ting.gallery.entry.v2", s.bind.Terminal, s.bind.Site, string(id[:])}
}

const siteLabel = "ting.gallery.site.v2"

// put stores a person under a new key and forgets the entry before, if any.
func (s *store) put(id keyID, v saved, old keyID) error {
	if err := s.mend(); err != nil {
		return err
	}
	key := newSecret()
	return s.append(id, &key, v, old)
}

// rewrite replaces the entry of a person under the key he has.
func (s *store) rewrite(id keyID, v saved) error {
	if err := s.mend(); err != nil {
		return err
	}
	before, known := s.slots[id]
	if !known {
		return os.ErrNotExist
	}
	return s.append(id, &before.key, v, id)
}

// append makes an entry durable, then its key, then forgets old, which it takes the
// place of. Where it fails nothing has changed.
func (s *store) append(id keyID, key *secret, v saved, old keyID) (err error) {
	plain := appendEntry(make([]byte, 0, entrySize(v)), v)
	box := key.sealer().seal(make([]byte, 0, len(plain)+boxOver), plain, s.entryLabels(id)...)
	clear(plain)
	if len(box) > maxEntry {
		return errors.New("an entry this long cannot be stored")
	}
	defer func() {
		if err != nil {
			// What was written is nobody's; a next entry may lie over it. A torn record
			// that cannot be taken back is: keys are then written anew.
			s.unsettled = s.keys.Truncate(s.keysEnd) != nil || s.unsettled
			_ = s.shots.Truncate(s.shotsEnd)
		}
	}()
	if err := writeSync(s.shots, box, s.shotsEnd); err != nil {
		return err
	}
	r := record{kind: recordEntry, length: uint32(len(box)), offset: s.shotsEnd, id: id}
	if old != id {
		r.replaces = old
	}
	copy(r.key[:], s.wrap.seal(nil, key[:], keyLabels(id)...))
	if err := writeSync(s.keys, r.encode(), s.keysEnd); err != nil {
		return err
	}
	before, replaces := s.slots[old]
	delete(s.slots, old)
	s.slots[id] = slot{key: *key, record: s.keysEnd, offset: r.offset, length: r.length}
	s.keysEnd += recordSize
	s.shotsEnd += int64(len(box))
	if replaces {
		// The new entry stands whatever happens to the old one: the next start, or the
		// next erasure, leaves it behind.
		_ = s.overwriteSlot(before, recordReplaced)
	}
	return nil
}

func writeSync(f *os.File, b []byte, at int64) error {
	if _, err := f.WriteAt(b, at); err != nil {
		return err
	}
	return f.Sync()
}

// overwriteSlot overwrites a record of keys and its entry where they lie.
func (s *store) overwriteSlot(at slot, kind byte) error {
	s.dead += int64(at.length)
	_, err := s.keys.WriteAt(record{kind: kind}.encode(), at.record)
	_, err2 := s.shots.WriteAt(make([]byte, at.length), at.offset)
	return errors.Join(err, err2)
}

// erase removes the keys and entries of persons, and changes the device key.
func (s *store) erase(ids ...keyID) error {
	var failed []error
	for _, id := range ids {
		at, known := s.slots[id]
		if !known {
			continue
		}
		delete(s.slots, id)
		s.owed = true
		failed = append(failed, s.overwriteSlot(at, recordErased))
	}
	failed = append(failed, s.keys.Sync(), s.shots.Sync())
	return errors.Join(append(failed, s.repay())...)
}

// repay changes the device key after erasures, unless that is done.
func (s *store) repay() error {
	if !s.owed {
		return nil
	}
	if err := s.rotate(newSecret(), s.site, s.generation); err != nil {
		return err
	}
	s.owed = false
	return nil
}

// mend brings keys in order where an earlier change failed midway.
func (s *store) mend() error {
	if err := s.settle(); err != nil {
		return err
	}
	return s.repay()
}

// rotate writes keys under a new device key, with the site's secret and of the
// generation given. At every moment the key that keys is under lies in deviceFile or
// nextFile.
func (s *store) rotate(next, site secret, generation uint32) error {
	if err := s.settle(); err != nil {
		return err
	}
	if err := s.writeFile(nextFile, next[:]); err != nil {
		return err
	}
	s.unsettled = true
	if err := s.writeKeys(next, site, generation); err != nil {
		return err
	}
	s.unsettled = false
	s.device, s.promoting = next, true
	return s.settle()
}

// settle finishes what an earlier change had to leave.
func (s *store) settle() error {
	if s.unsettled {
		if err := s.writeKeys(s.device, s.site, s.generation); err != nil {
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
	return s.syncDir()
}

// writeKeys writes keys anew: everybody's key under a device key, and nothing else.
func (s *store) writeKeys(device, site secret, generation uint32) (err error) {
	wrapping := device.wrapping(s.bind)
	wrap := wrapping.sealer()
	h := header{
		generation: generation, device: device.id(), terminal: s.bind.Terminal, site: s.bind.Site,
		machine: machineMark(s.bind.Machine), secret: wrap.seal(nil, site[:], siteLabel),
	}
	b := h.encode()
	at := make(map[keyID]int64, len(s.slots))
	for id, sl := range s.slots {
		r := record{kind: recordEntry, length: sl.length, offset: sl.offset, id: id}
		copy(r.key[:], wrap.seal(nil, sl.key[:], keyLabels(id)...))
		at[id] = int64(len(b))
		b = append(b, r.encode()...)
	}
	if err := s.writeFile(keysFile, b); err != nil {
		return err
	}
	f, err := os.OpenFile(s.path(keysFile), os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if s.keys != nil {
		s.keys.Close()
	}
	s.keys, s.keysEnd, s.wrap = f, int64(len(b)), wrap
	for id, sl := range s.slots {
		sl.record = at[id]
		s.slots[id] = sl
	}
	return nil
}
