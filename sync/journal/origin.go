package journal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/luohu/ting/sync/record"
)

// origin is the content of path.origin: what this machine knows of the journal
// besides the journal itself. See the package comment.
type origin struct {
	Device     string           `json:"device"`
	Generation string           `json:"generation"`
	Previous   string           `json:"previous,omitempty"` // while an Open is changing the generation
	Epoch      int64            `json:"epoch"`
	Heads      map[string]int64 `json:"heads"` // of Epoch, by lane
}

// readOrigin returns nil when there is none, or none that can be read.
func readOrigin(path string) *origin {
	b, err := os.ReadFile(path)
	o := new(origin)
	if err != nil || json.Unmarshal(b, o) != nil || o.Generation == "" {
		return nil
	}
	return o
}

// write replaces the file. Without durable it may be lost in a power cut, which
// leaves the one before: that one knows less, and nothing false.
func (o *origin) write(path string, durable bool) error {
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	next := path + ".next"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	if err == nil && durable {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(next, path)
	}
	if err == nil && durable {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		os.Remove(next)
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// differs says why a database cannot be the one that this machine wrote last,
// or "" when it can.
func (o *origin) differs(device, generation string, epoch int64, head func(record.Lane) int64) string {
	switch {
	case o == nil:
		return "its origin file is missing: restored or copied"
	case o.Device != device:
		return "it was written on another machine: cloned or moved"
	case generation != o.Generation && (o.Previous == "" || generation != o.Previous):
		return "an older copy was put back"
	case epoch < o.Epoch:
		return fmt.Sprintf("it is of epoch %d but %d was reached: an older copy was put back", epoch, o.Epoch)
	}
	for _, l := range record.Lanes {
		if want := o.Heads[l.String()]; epoch == o.Epoch && head(l) < want {
			return fmt.Sprintf("it ends at %s record %d but %d was reached: an older copy was put back", l, head(l), want)
		}
	}
	return ""
}

func newGeneration() string { return rand.Text() }

// deviceID is a digest that stays the same on one installed machine.
func deviceID() string {
	id := []byte("no machine-id")
	for _, p := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		if b, err := os.ReadFile(p); err == nil && len(bytes.TrimSpace(b)) > 0 {
			id = bytes.TrimSpace(b)
			break
		}
	}
	h := sha256.Sum256(append([]byte("ting.device.v1\x00"), id...))
	return hex.EncodeToString(h[:16])
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
