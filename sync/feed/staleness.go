package feed

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// Limits say how old each feed may be, by its name: what the center last said of it
// is no ground for a decision any more when that was longer ago. A feed that is not
// named may be of any age.
type Limits map[string]time.Duration

// Stale names the feeds that are older than their limits at this moment, sorted. One
// that has never arrived is as old as the time since began, when the terminal began
// to ask.
func (c *Cache) Stale(ctx context.Context, limits Limits, began time.Time) (stale []string, err error) {
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		age, ok, e := c.Age(ctx, name)
		if e != nil {
			err = errors.Join(err, e)
			continue
		}
		if !ok {
			age = c.o.Clock().Sub(began)
		}
		if age > limits[name] {
			stale = append(stale, name)
		}
	}
	return stale, err
}
