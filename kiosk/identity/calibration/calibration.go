// Package calibration counts, on a terminal at work, how far faces are from their
// own templates and from others', so that the site can choose a threshold for the
// people it really has. `ting identity calibrate` reads what was counted.
//
// What is kept is four histograms in one small file: no person, no template, no
// time of a visit can be read from it. Counting never disturbs a visit: a file that
// cannot be read begins anew, one that cannot be written is told of by Save alone.
package calibration

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk/identity/scores"
)

// File is the name of the file, in the identity's directory.
const File = "distances.json"

// Counts is what was counted.
type Counts struct {
	Format int       `json:"format"`
	Model  string    `json:"model"` // the weights; others' distances mean something else
	Since  time.Time `json:"since"` // the day the counting began

	// Confirmed is of people who proved with a card or a PIN who they are, to their own
	// template: what the true distances are like, near and far.
	Confirmed *scores.Distribution `json:"confirmed"`
	// Recognised is of people recognised by face, to their own template: many, but none
	// beyond the threshold that was in use.
	Recognised *scores.Distribution `json:"recognised"`
	// Others is of both, to other members' templates drawn at random.
	Others *scores.Distribution `json:"others"`
	// NearestOther is of people recognised, to the nearest other member.
	NearestOther *scores.Distribution `json:"nearest_other"`
}

const format = 1

func newCounts(model string, now time.Time) *Counts {
	return &Counts{
		Format: format, Model: model, Since: now.Truncate(24 * time.Hour),
		Confirmed: new(scores.Distribution), Recognised: new(scores.Distribution),
		Others: new(scores.Distribution), NearestOther: new(scores.Distribution),
	}
}

// Genuine is the distances to the own template: the confirmed ones where there are
// enough of them to say something, else those recognised, which end at the threshold.
func (c *Counts) Genuine() (d *scores.Distribution, confirmed bool) {
	if c.Confirmed.N() >= 30 || c.Recognised.N() == 0 {
		return c.Confirmed, true
	}
	return c.Recognised, false
}

// Read reads what a terminal has counted.
func Read(dir string) (*Counts, error) {
	b, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		return nil, err
	}
	c := newCounts("", time.Time{})
	if err := json.Unmarshal(b, c); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", File, err)
	}
	if c.Format != format || c.Confirmed == nil || c.Recognised == nil || c.Others == nil || c.NearestOther == nil {
		return nil, fmt.Errorf("%s is damaged, or another version's", File)
	}
	return c, nil
}

// saveEvery is how many people are counted between two writings of the file.
const saveEvery = 50

// Counter counts. It is safe for several goroutines.
type Counter struct {
	dir string
	now func() time.Time

	mu      sync.Mutex
	counts  *Counts // nil before the first distance
	unsaved int
}

// NewCounter continues what was counted in dir.
func NewCounter(dir string, now func() time.Time) *Counter { return &Counter{dir: dir, now: now} }

// Recognised counts somebody recognised by face: the distance to his own template,
// to the nearest other member's, and to some others'.
func (c *Counter) Recognised(model string, own, nearest float64, others []float64) error {
	return c.count(model, func(k *Counts) {
		k.Recognised.Add(own)
		if nearest <= 2 { // not where there is nobody else
			k.NearestOther.Add(nearest)
		}
		for _, d := range others {
			k.Others.Add(d)
		}
	})
}

// Confirmed counts somebody who proved himself another way while his face was seen.
func (c *Counter) Confirmed(model string, own float64, others []float64) error {
	return c.count(model, func(k *Counts) {
		k.Confirmed.Add(own)
		for _, d := range others {
			k.Others.Add(d)
		}
	})
}

func (c *Counter) count(model string, add func(*Counts)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		if c.counts, _ = Read(c.dir); c.counts == nil {
			c.counts = newCounts(model, c.now())
		}
	}
	if c.counts.Model != model {
		c.counts = newCounts(model, c.now())
	}
	add(c.counts)
	if c.unsaved++; c.unsaved < saveEvery {
		return nil
	}
	return c.save()
}

// Save writes what was counted since the file was written.
func (c *Counter) Save() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unsaved == 0 {
		return nil
	}
	return c.save()
}

func (c *Counter) save() error {
	c.unsaved = 0 // a full disk is not asked again for every face
	b, err := json.Marshal(c.counts)
	if err != nil {
		return err
	}
	path := filepath.Join(c.dir, File)
	err = os.WriteFile(path+".new", b, 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keep the counted distances: %w", err), os.Remove(path+".new"))
	}
	return nil
}
