package kiosktest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/view"
)

// Morning is when a terminal's time stands still unless WithNow says otherwise:
// a school day, before the first lesson.
var Morning = time.Date(2026, time.March, 2, 7, 42, 0, 0, time.FixedZone("CST", 8*60*60))

type options struct {
	visit  kiosk.Visit
	now    time.Time
	grants []kiosk.Permission // nil: whatever the manifest declares
	feeds  map[string][]kiosk.Row
	// settings are what a kiosk.Starter is started with
	settings map[string]string
	ways     []kiosk.Way
	identity host.Identity // stands in for the script; nil is the script
}

// Option changes the terminal that New makes.
type Option func(*options)

// WithGrants is what the site grants, instead of all that the manifest asks for.
// WithGrants() grants nothing.
func WithGrants(p ...kiosk.Permission) Option {
	return func(o *options) { o.grants = append([]kiosk.Permission{}, p...) }
}

// WithFeed fills a feed; rows are made with Row, and kept in key order.
func WithFeed(feed string, rows ...kiosk.Row) Option {
	return func(o *options) { o.feeds[feed] = append(o.feeds[feed], rows...) }
}

// WithSettings are the module's own settings, as of terminal.toml. A module that
// is a kiosk.Starter is started with them and an empty directory.
func WithSettings(s map[string]string) Option { return func(o *options) { o.settings = s } }

// WithLane is the visit's lane.
func WithLane(lane string) Option { return func(o *options) { o.visit.Lane = lane } }

// WithPlace is the visit's place.
func WithPlace(place view.Text) Option { return func(o *options) { o.visit.Place = place } }

// WithNow is when the visit begins.
func WithNow(now time.Time) Option { return func(o *options) { o.now = now } }

// WithWays is what the site lets the module ask people for, instead of every way.
func WithWays(w ...kiosk.Way) Option { return func(o *options) { o.ways = w } }

// WithIdentity puts a terminal's own identity in the place of the script: Sees,
// Identifies and Enrols then have nothing to do. What the visitor shows the camera or
// the reader is the test's to give it.
func WithIdentity(i host.Identity) Option { return func(o *options) { o.identity = i } }

// Row is a row of a feed: key, and value as JSON.
func Row(key string, value any) kiosk.Row {
	b, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("kiosktest: row %q: %v", key, err)) // a test's own mistake
	}
	return kiosk.Row{Key: key, Revision: 1, JSON: b}
}
