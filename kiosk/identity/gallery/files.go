package gallery

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
)

// faceMagic begins every face file; the last byte is the format's version.
const faceMagic = "TINGFACE\x01"

// faceDoc is the content of a face file, before it is sealed.
type faceDoc struct {
	Person   string     `json:"person"`
	Name     string     `json:"name"`
	Group    string     `json:"group,omitempty"`
	Role     string     `json:"role,omitempty"`
	Purposes []string   `json:"purposes"`
	Consent  consentDoc `json:"consent"`
	Template string     `json:"template"`
	Model    string     `json:"model,omitempty"`
	Shots    []byte     `json:"shots"` // Dim float32 each, little endian
}

type consentDoc struct {
	TextVersion string    `json:"text_version"`
	GivenBy     string    `json:"given_by"`
	Way         string    `json:"way"`
	Time        time.Time `json:"time"`
}

func encodeFace(v saved) ([]byte, error) {
	e := v.entry
	d := faceDoc{
		Person: e.Person.ID, Name: e.Person.Name, Group: e.Person.Group, Role: e.Person.Role,
		Purposes: e.Purposes,
		Consent:  consentDoc(e.Consent),
		Template: e.Template,
		Model:    e.Model,
		Shots:    make([]byte, 0, len(v.shots)*shotSize),
	}
	defer func() { clear(d.Shots) }()
	for i := range v.shots {
		for _, x := range v.shots[i] {
			d.Shots = binary.LittleEndian.AppendUint32(d.Shots, math.Float32bits(x))
		}
	}
	return json.Marshal(d)
}

const shotSize = face.Dim * 4

func decodeFace(b []byte) (saved, error) {
	var d faceDoc
	if err := json.Unmarshal(b, &d); err != nil {
		return saved{}, errors.New("not an entry") // the cause would quote it
	}
	defer clear(d.Shots)
	if len(d.Shots)%shotSize != 0 || d.Person == "" || len(d.Purposes) == 0 {
		return saved{}, errors.New("not an entry")
	}
	v := saved{
		entry: Entry{
			Person:   kiosk.Person{ID: d.Person, Name: d.Name, Group: d.Group, Role: d.Role},
			Purposes: d.Purposes,
			Consent:  kiosk.Consent(d.Consent),
			Template: d.Template,
			Model:    d.Model,
		},
		shots: make([]face.Descriptor, len(d.Shots)/shotSize),
	}
	for i := range v.shots {
		for j := range v.shots[i] {
			v.shots[i][j] = math.Float32frombits(binary.LittleEndian.Uint32(d.Shots[i*shotSize+j*4:]))
		}
	}
	if err := checkShots(v.shots); err != nil {
		return saved{}, err
	}
	v.entry.Shots = len(v.shots)
	return v, nil
}

func (s *store) writeFace(id string, key *secret, v saved) error {
	sealed, err := s.sealFace(id, key, v)
	if err != nil {
		return err
	}
	return s.writeFile(filepath.Join(facesDir, id+faceExt), sealed)
}

// sealFace is the content of a face file.
func (s *store) sealFace(id string, key *secret, v saved) ([]byte, error) {
	plain, err := encodeFace(v)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return append([]byte(faceMagic), key.seal(plain, s.faceLabels(id)...)...), nil
}

func (s *store) readFace(id string) (saved, error) {
	b, err := os.ReadFile(s.path(facesDir, id+faceExt))
	if err != nil {
		return saved{}, err
	}
	box, ok := bytes.CutPrefix(b, []byte(faceMagic))
	if !ok {
		return saved{}, errors.New("not a face file of this version")
	}
	key := s.keys[id]
	plain, err := key.open(box, s.faceLabels(id)...)
	if err != nil {
		return saved{}, err
	}
	defer clear(plain)
	return decodeFace(plain)
}

// loadFaces reads every face that has a key. What cannot be read is set aside
// with its problem; what has no key is removed.
func (s *store) loadFaces() (all map[string]saved, problems []error, err error) {
	files, err := os.ReadDir(s.path(facesDir))
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		id := strings.TrimSuffix(f.Name(), faceExt)
		if _, keyed := s.keys[id]; f.Name() == id+faceExt && (keyed || slices.Contains(s.damaged, id)) {
			continue
		}
		if err := wipe(s.path(facesDir, f.Name())); err != nil {
			return nil, nil, err
		}
	}
	all = make(map[string]saved, len(s.keys))
	lost := len(s.damaged) > 0
	for _, id := range s.damaged {
		where, err := s.setAside(filepath.Join(facesDir, id+faceExt))
		if err != nil {
			return nil, nil, err
		}
		problems = append(problems, fmt.Errorf("%w: one member has to enrol again: its key is damaged", where))
	}
	s.damaged = nil
	for id, read := range s.readFaces() {
		err := read.err
		if err == nil {
			all[id] = read.saved
			continue
		}
		lost = true
		delete(s.keys, id)
		if errors.Is(err, os.ErrNotExist) {
			problems = append(problems, fmt.Errorf("%w: file %s%s is missing; one member has to enrol again", ErrSetAside, id, faceExt))
			continue
		}
		where, asideErr := s.setAside(filepath.Join(facesDir, id+faceExt))
		if asideErr != nil {
			return nil, nil, asideErr
		}
		problems = append(problems, fmt.Errorf("%w: one member has to enrol again: %w", where, err))
	}
	if lost {
		err = s.writeKeys(&s.device)
	}
	return all, problems, err
}

// readFaces reads the face of every key, on every processor: a hundred thousand
// files take one of them seconds.
func (s *store) readFaces() map[string]readFace {
	ids := slices.Collect(maps.Keys(s.keys))
	read := make([]readFace, len(ids))
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(ids)); i = next.Add(1) - 1 {
				read[i].saved, read[i].err = s.readFace(ids[i])
			}
		})
	}
	all.Wait()
	byID := make(map[string]readFace, len(ids))
	for i, id := range ids {
		byID[id] = read[i]
	}
	return byID
}

// readFace is a face file's content, or why there is none.
type readFace struct {
	saved
	err error
}

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
	if err := os.MkdirAll(s.path(facesDir), 0o700); err != nil {
		return nil, err
	}
	return fmt.Errorf("%w: %s is now in %s", ErrSetAside, strings.Join(names, " and "), dir), s.syncDir("")
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
	return s.syncDir(filepath.Dir(name))
}

func (s *store) syncDir(name string) error {
	d, err := os.Open(s.path(name))
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
