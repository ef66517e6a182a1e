package gallery

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
)

// Until format 2 a gallery was a file per person (faces/ID.face: oldMagic and the
// sealed JSON of oldEntry) and keys.json. It is read once, written anew, turned and
// bound to the machine, and then removed.

const (
	oldKeysFile = "keys.json"
	oldFacesDir = "faces"
	oldFaceExt  = ".face"
	oldMagic    = "TINGFACE\x01"
)

type oldKeys struct {
	Format   int               `json:"format"` // 1
	Terminal string            `json:"terminal"`
	Site     string            `json:"site"`
	Device   string            `json:"device"` // id of the device key, in hexadecimal
	Keys     map[string][]byte `json:"keys"`   // by face file: the person's key, sealed under the device's
}

type oldEntry struct {
	Person   string   `json:"person"`
	Name     string   `json:"name"`
	Group    string   `json:"group,omitempty"`
	Role     string   `json:"role,omitempty"`
	Purposes []string `json:"purposes"`
	Consent  struct {
		TextVersion string    `json:"text_version"`
		GivenBy     string    `json:"given_by"`
		Way         string    `json:"way"`
		Time        time.Time `json:"time"`
	} `json:"consent"`
	Template string `json:"template"`
	Model    string `json:"model,omitempty"`
	Shots    []byte `json:"shots"` // Dim float32 each, little endian
}

// migrate reads a gallery of the old format; found is false where there is none.
func (s *store) migrate() (all []loaded, problems []error, found bool, err error) {
	doc, err := os.ReadFile(s.path(oldKeysFile))
	if errors.Is(err, os.ErrNotExist) {
		if left, err := os.ReadDir(s.path(oldFacesDir)); err != nil || len(left) == 0 {
			return nil, nil, false, nil //nolint:nilerr // no faces of the old format: there is nothing to read
		}
	} else if err != nil {
		return nil, nil, true, err
	}
	var k oldKeys
	if err := json.Unmarshal(doc, &k); err != nil || k.Format != 1 {
		problem, err := s.setAside(oldKeysFile, oldFacesDir, deviceFile)
		if err != nil {
			return nil, nil, true, err
		}
		return nil, []error{problem}, true, s.begin()
	}
	if k.Terminal != s.bind.Terminal || k.Site != s.bind.Site {
		return nil, nil, true, fmt.Errorf("%w: it was made for terminal %q of site %q, this is %q of %q; "+
			"enrol the members here again, or put the terminal's own state directory back",
			ErrOtherDevice, k.Terminal, k.Site, s.bind.Terminal, s.bind.Site)
	}
	var id [8]byte
	if n, err := hex.Decode(id[:], []byte(k.Device)); err != nil || n != len(id) {
		k.Device = ""
	}
	device, _, err := s.findDevice(id)
	if err != nil {
		return nil, nil, true, err
	}
	site := newSecret()
	t := newTurn(&site)
	for _, name := range sortedKeys(k.Keys) {
		v, err := s.readOld(&device, name, k.Keys[name])
		if err != nil {
			where, asideErr := s.setAside(oldFacesDir + "/" + name + oldFaceExt)
			if asideErr != nil {
				return nil, nil, true, asideErr
			}
			problems = append(problems, fmt.Errorf("%w: one member has to enrol again: %w", where, err))
			continue
		}
		v.shots = t.all(v.shots)
		l := loaded{saved: v}
		if n, err := hex.Decode(l.id[:], []byte(name)); err != nil || n != len(l.id) {
			l.id = newKeyID()
		}
		all = append(all, l)
	}
	if len(k.Keys) > 0 && len(all) == 0 && len(problems) > 1 {
		return nil, nil, true, fmt.Errorf("%w: no key in %s opens; put this terminal's own state directory back, "+
			"or remove the gallery's and enrol the members again", ErrOtherDevice, s.path(oldKeysFile))
	}
	// The old device key goes with the old files: what a backup has of them stays shut.
	return all, problems, true, s.rebuild(all, newSecret(), site)
}

func sortedKeys(m map[string][]byte) (names []string) {
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (s *store) readOld(device *secret, name string, box []byte) (saved, error) {
	if len(name) != 24 || strings.Trim(name, "0123456789abcdef") != "" {
		return saved{}, errors.New("not the name of a face file")
	}
	key, err := device.sealer().open(nil, box, "ting.gallery.key.v1", s.bind.Terminal, s.bind.Site, name)
	if err != nil || len(key) != keySize {
		return saved{}, errors.New("its key is damaged")
	}
	k := secret(key)
	clear(key)
	b, err := os.ReadFile(s.path(oldFacesDir, name+oldFaceExt))
	if err != nil {
		return saved{}, err
	}
	sealed, ok := bytes.CutPrefix(b, []byte(oldMagic))
	if !ok {
		return saved{}, errNoEntry
	}
	plain, err := k.sealer().open(nil, sealed, "ting.gallery.face.v1", s.bind.Terminal, s.bind.Site, name)
	if err != nil {
		return saved{}, err
	}
	defer clear(plain)
	return decodeOld(plain)
}

func decodeOld(b []byte) (saved, error) {
	var d oldEntry
	if err := json.Unmarshal(b, &d); err != nil {
		return saved{}, errNoEntry // the cause would quote it
	}
	defer clear(d.Shots)
	if len(d.Shots)%shotSize != 0 || d.Person == "" || len(d.Purposes) == 0 {
		return saved{}, errNoEntry
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

// removeOld removes the old format's files, which keys has taken the place of.
func (s *store) removeOld() error {
	files, err := os.ReadDir(s.path(oldFacesDir))
	for _, f := range files {
		err = errors.Join(err, wipe(s.path(oldFacesDir, f.Name())))
	}
	return errors.Join(err, os.Remove(s.path(oldFacesDir)), wipe(s.path(oldKeysFile)), s.syncDir())
}
