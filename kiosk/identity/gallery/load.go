package gallery

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// loaded is an entry as it was read, or why it could not be.
type loaded struct {
	id     keyID
	record record
	at     int64 // of the record in keys
	saved
	err error
}

// load reads what there is, or makes an empty gallery.
func (s *store) load() (all []loaded, problems []error, err error) {
	doc, err := os.ReadFile(s.path(keysFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
		if all, problems, found, err := s.migrate(); found || err != nil {
			return all, problems, err
		}
		if left, err := s.templatesFiles(); err == nil && len(left) > 0 {
			// keys is gone but templates are not: not a first start.
			problem, err := s.setAside(append(left, deviceFile)...)
			if err != nil {
				return nil, nil, err
			}
			problems = append(problems, problem)
		}
		return nil, problems, s.begin()
	case err != nil:
		return nil, nil, err
	}
	h, records, err := decodeHeader(doc)
	if err != nil {
		left, err := s.templatesFiles()
		if err != nil {
			return nil, nil, err
		}
		problem, err := s.setAside(append(left, keysFile, deviceFile)...)
		if err != nil {
			return nil, nil, err
		}
		return nil, []error{problem}, s.begin()
	}
	if err := s.adopt(h); err != nil {
		return nil, nil, err
	}
	if s.shots, err = os.OpenFile(s.path(templatesFile(h.generation)), os.O_RDWR, 0o600); errors.Is(err, os.ErrNotExist) {
		problem, err := s.setAside(keysFile, deviceFile)
		if err != nil {
			return nil, nil, err
		}
		return nil, []error{fmt.Errorf("%w: %s is missing", problem, templatesFile(h.generation))}, s.begin()
	} else if err != nil {
		return nil, nil, err
	}
	if s.keys, err = os.OpenFile(s.path(keysFile), os.O_RDWR, 0o600); err != nil {
		return nil, nil, err
	}
	all, problems, err = s.loadRecords(int64(len(doc)-len(records)), records)
	if err != nil {
		return nil, nil, err
	}
	if err := s.removeStrays(); err != nil {
		return nil, nil, err
	}
	return all, problems, s.tidy(h, all, len(problems) > 0)
}

// adopt checks that keys belongs here, and opens what its header holds.
func (s *store) adopt(h header) error {
	if h.terminal != s.bind.Terminal || h.site != s.bind.Site {
		return fmt.Errorf("%w: it was made for terminal %q of site %q, this is %q of %q; "+
			"enrol the members here again, or put the terminal's own state directory back",
			ErrOtherDevice, h.terminal, h.site, s.bind.Terminal, s.bind.Site)
	}
	bound := s.bind
	if len(h.machine) == 0 {
		bound.Machine = "" // tidy binds it to this one
	} else if string(h.machine) != string(machineMark(s.bind.Machine)) {
		return fmt.Errorf("%w: it was made on another machine, and templates do not leave the machine they were taken on; "+
			"remove %s and enrol the members here again, or put the directory back where it belongs", ErrOtherDevice, s.dir)
	}
	device, promoting, err := s.findDevice(h.device)
	if err != nil {
		return err
	}
	wrapping := device.wrapping(bound)
	wrap := wrapping.sealer()
	site, err := wrap.open(nil, h.secret, siteLabel)
	if err != nil || len(site) != keySize {
		return fmt.Errorf("%w: %s does not open with %s; put this terminal's own state directory back, "+
			"or remove the gallery's and enrol the members again", ErrOtherDevice, s.path(keysFile), deviceFile)
	}
	s.device, s.wrap, s.site, s.generation = device, wrap, secret(site), h.generation
	clear(site)
	s.turn = newTurn(&s.site)
	if promoting {
		s.promoting = true
		return s.settle()
	}
	os.Remove(s.path(nextFile)) // of a change that did not come far
	return os.Chmod(s.path(deviceFile), 0o600)
}

// findDevice reads the device key of that id: the current one, or the next one where
// a crash came between the renames of a change.
func (s *store) findDevice(id [8]byte) (key secret, promoting bool, err error) {
	for _, name := range []string{deviceFile, nextFile} {
		b, err := os.ReadFile(s.path(name))
		if err != nil || len(b) != keySize {
			continue
		}
		key := secret(b)
		clear(b)
		if key.id() == id {
			return key, name == nextFile, nil
		}
	}
	return secret{}, false, fmt.Errorf("%w: %s is missing or another device's; put this terminal's own back, "+
		"or remove the gallery's directory and enrol the members again", ErrOtherDevice, s.path(deviceFile))
}

// begin makes the first device key, the site's secret and empty files.
func (s *store) begin() error {
	s.slots = map[keyID]slot{}
	return s.rebuild(nil, newSecret(), newSecret())
}

// loadRecords reads the records after a header and the entries they lead to. What
// cannot be read is set aside with its problem.
func (s *store) loadRecords(at int64, b []byte) (all []loaded, problems []error, err error) {
	live, damaged := s.live(at, b)
	s.open(live)
	aside := func(name string, b []byte, why error) error {
		where, err := s.keepAside(name, b)
		problems = append(problems, fmt.Errorf("%w: one member has to enrol again: %w", where, why))
		return err
	}
	for i, raw := range damaged {
		if err := aside(fmt.Sprintf("record-%d", i), raw, errors.New("its key is damaged")); err != nil {
			return nil, nil, err
		}
	}
	for i := range live {
		l := &live[i]
		if l.err == nil {
			continue
		}
		box := make([]byte, l.record.length)
		n, _ := s.shots.ReadAt(box, l.record.offset)
		if err := aside(l.id.String(), box[:n], l.err); err != nil {
			return nil, nil, err
		}
	}
	all = slices.DeleteFunc(live, func(l loaded) bool { return l.err != nil })
	info, err := s.shots.Stat()
	if err != nil {
		return nil, nil, err
	}
	s.dead = info.Size()
	for i := range all {
		r := &all[i].record
		s.dead -= int64(r.length)
		s.shotsEnd = max(s.shotsEnd, r.offset+int64(r.length))
	}
	return all, problems, nil
}

// live finds the records that count: of one ID the last, and none that another takes
// the place of. Those that are no records are returned as they are.
func (s *store) live(at int64, b []byte) (all []loaded, damaged [][]byte) {
	s.keysEnd = at
	most := len(b)/recordSize + 1
	all = make([]loaded, 0, most)
	byID := make(map[keyID]int, most)
	replaced := map[keyID]bool{}
	for len(b) > 0 {
		raw := b[:min(recordSize, len(b))]
		r, err := decodeRecord(raw)
		switch {
		case err != nil && torn(b, true):
			s.unsettled = true // the end of a Put that nobody was told of
			b = raw
		case err != nil:
			damaged = append(damaged, raw)
		case r.kind == recordErased:
			s.owed = true
		case r.kind == recordEntry:
			if before, twice := byID[r.id]; twice {
				all[before].record.kind = recordReplaced
			}
			if r.replaces != (keyID{}) {
				replaced[r.replaces] = true
			}
			byID[r.id] = len(all)
			all = append(all, loaded{id: r.id, record: r, at: s.keysEnd})
		}
		b = b[len(raw):]
		s.keysEnd += int64(len(raw))
	}
	return slices.DeleteFunc(all, func(l loaded) bool {
		return l.record.kind != recordEntry || replaced[l.id]
	}), damaged
}

// open unwraps the keys of records and opens their entries, on every processor.
func (s *store) open(all []loaded) {
	const stride = 256
	keys := make([]secret, len(all))
	var next atomic.Int64
	var running sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		running.Go(func() {
			var box, plain []byte
			for from := int(next.Add(stride)) - stride; from < len(all); from = int(next.Add(stride)) - stride {
				for i := from; i < min(from+stride, len(all)); i++ {
					l := &all[i]
					box, plain, l.err = s.openOne(l, &keys[i], box, plain)
				}
			}
			clear(plain[:cap(plain)])
		})
	}
	running.Wait()
	s.slots = make(map[keyID]slot, len(all))
	for i := range all {
		if l := &all[i]; l.err == nil {
			s.slots[l.id] = slot{key: keys[i], record: l.at, offset: l.record.offset, length: l.record.length}
		}
	}
	clear(keys)
}

// openOne opens an entry with buffers that are used again.
func (s *store) openOne(l *loaded, key *secret, box, plain []byte) (_, _ []byte, err error) {
	k, err := s.wrap.open(plain[:0], l.record.key[:], keyLabels(l.id)...)
	if err != nil {
		return box, plain, fmt.Errorf("its key: %w", err)
	}
	*key = secret(k)
	clear(k)
	n := int(l.record.length)
	box = slices.Grow(box[:0], n)[:n]
	if _, err := s.shots.ReadAt(box, l.record.offset); err != nil {
		return box, plain, fmt.Errorf("its entry is cut off: %w", err)
	}
	plain, err = key.sealer().open(plain[:0], box, s.entryLabels(l.id)...)
	if err != nil {
		return box, plain, err
	}
	l.saved, err = decodeEntry(plain)
	return box, plain, err
}

// tidy brings the files in order after a start: it binds them to this machine, drops
// what was lost or torn, and leaves behind what takes up more room than it should.
func (s *store) tidy(h header, all []loaded, lost bool) error {
	switch {
	case s.dead > (s.dead+s.shotsEnd)/2 && s.dead > 4<<20:
		return s.rebuild(all, s.device, s.site)
	case s.owed:
		// An erasure that a power cut ended; its key and entry are overwritten.
		if err := s.settle(); err != nil {
			return err
		}
		return s.repay()
	case lost, s.unsettled, len(h.machine) == 0 && s.bind.Machine != "":
		s.unsettled = true
		return s.settle()
	}
	return nil
}

// rebuild writes everything anew, in a new generation: every entry under a new key,
// the keys under a device key, which may be a new one, and turned by a site's
// secret, which may be one too.
func (s *store) rebuild(all []loaded, device, site secret) (err error) {
	if err := s.settle(); err != nil {
		return err
	}
	generation := s.generation + 1
	name := templatesFile(generation)
	f, err := os.OpenFile(s.path(name), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	slots, old := s.slots, s.shots
	defer func() {
		if err != nil && s.generation != generation {
			s.slots, s.shots = slots, old
			f.Close()
			if !s.unsettled { // else keys may lead to it already; settle decides
				os.Remove(f.Name())
			}
		}
	}()
	s.slots = make(map[keyID]slot, len(all))
	end, err := s.writeEntries(f, all)
	if err != nil {
		return err
	}
	if device == s.device {
		s.unsettled = true
		if err = s.writeKeys(device, site, generation); err == nil {
			s.unsettled = false
		}
	} else {
		err = s.rotate(device, site, generation)
	}
	if err != nil && !s.promoting {
		return err
	}
	// keys is renamed: from here on the new generation is the gallery.
	s.shots, s.shotsEnd, s.dead, s.generation = f, end, 0, generation
	s.site, s.turn, s.owed = site, newTurn(&site), false
	if old != nil {
		old.Close()
	}
	return errors.Join(err, s.removeStrays())
}

// writeEntries writes entries under new keys to a new file, and returns its length.
func (s *store) writeEntries(f *os.File, all []loaded) (end int64, err error) {
	const together = 4 << 20
	var out, plain []byte
	flush := func() error {
		_, err := f.WriteAt(out, end)
		end += int64(len(out))
		out = out[:0]
		return err
	}
	for i := range all {
		l := &all[i]
		key := newSecret()
		plain = appendEntry(plain[:0], l.saved)
		from := len(out)
		out = key.sealer().seal(out, plain, s.entryLabels(l.id)...)
		s.slots[l.id] = slot{key: key, offset: end + int64(from), length: uint32(len(out) - from)}
		if len(out) > together {
			if err := flush(); err != nil {
				return 0, err
			}
		}
	}
	clear(plain)
	if err := flush(); err != nil {
		return 0, err
	}
	return end, errors.Join(f.Sync(), s.syncDir())
}

func (s *store) templatesFiles() (names []string, err error) {
	files, err := os.ReadDir(s.dir)
	for _, f := range files {
		if strings.HasPrefix(f.Name(), templatesPrefix) {
			names = append(names, f.Name())
		}
	}
	return names, err
}

// removeStrays removes what other generations and formats left behind.
func (s *store) removeStrays() error {
	names, err := s.templatesFiles()
	if err != nil {
		return err
	}
	for _, n := range names {
		if n != templatesFile(s.generation) {
			err = errors.Join(err, wipe(s.path(n)))
		}
	}
	if _, statErr := os.Stat(s.path(oldFacesDir)); statErr == nil {
		err = errors.Join(err, s.removeOld())
	}
	return err
}

// keepAside keeps a copy of what could not be read, and says where it is.
func (s *store) keepAside(name string, b []byte) (problem, err error) {
	dir, err := os.MkdirTemp(s.dir, "set-aside-")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		return nil, err
	}
	return fmt.Errorf("%w: it is now in %s", ErrSetAside, dir), nil
}
