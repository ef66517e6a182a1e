// Package center is what the district's center makes of a gate's records: who is
// in, who passed today, and why gates stayed shut.
//
// Presence follows from the passes alone: of a day's passes of a person the one
// with the latest time counts, and among equals the one with the greatest record
// ID. So the order in which records arrive never changes a day's result, and
// records that come days late put it right.
//
// The newest pass of everybody also goes back down to the site's gates, as
// gate.FeedPresence, by the same rule.
//
// A day is one of the district's time zone, whatever the terminal's is. Names are
// looked up in the people feed when a board is drawn, and stored nowhere else.
//
// Test it with a Tx of your own over SQLite, as the tests here do.
package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/sync/center/projection"
)

// Presence is the gate's projection. Make it with New.
type Presence struct{ zone *time.Location }

var (
	_ projection.Projection = (*Presence)(nil)
	_ projection.Board      = (*Presence)(nil)
	_ projection.Teller     = (*Presence)(nil)
	_ projection.Publisher  = (*Presence)(nil)
)

// New returns the projection for a district in a time zone.
func New(zone *time.Location) *Presence { return &Presence{zone: zone} }

// Name implements projection.Projection.
func (p *Presence) Name() string { return gate.ID }

// Kinds implements projection.Projection.
func (p *Presence) Kinds() []string { return []string{gate.KindPass.Name, gate.KindRefused.Name} }

// Feeds implements projection.Publisher.
func (p *Presence) Feeds() []string { return []string{gate.FeedPresence} }

// Schema implements projection.Projection.
func (p *Presence) Schema() projection.Schema {
	return projection.Schema{
		Tables: []string{"gate_passes", "gate_refused"},
		SQL: `
CREATE TABLE gate_passes (
  id        BLOB PRIMARY KEY,
  site      TEXT NOT NULL,
  day       TEXT NOT NULL,    -- 2006-01-02
  person    TEXT NOT NULL,
  direction TEXT NOT NULL,
  way       TEXT NOT NULL,
  lane      TEXT NOT NULL,
  at        INTEGER NOT NULL  -- µs since 1970
) WITHOUT ROWID;
CREATE INDEX gate_passes_day ON gate_passes (site, day, person, at, id);
CREATE INDEX gate_passes_person ON gate_passes (site, person, at, id);
CREATE TABLE gate_refused (
  id      BLOB PRIMARY KEY,
  site    TEXT NOT NULL,
  day     TEXT NOT NULL,
  verdict TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX gate_refused_day ON gate_refused (site, day, verdict);`,
	}
}

// Apply implements projection.Projection.
func (p *Presence) Apply(_ context.Context, tx projection.Tx, r projection.Received) error {
	if r.Version != 1 {
		return projection.UnknownVersion(r.Kind, r.Version)
	}
	switch r.Kind {
	case gate.KindPass.Name:
		pass, err := decodePass(r)
		if err != nil {
			return projection.Permanent(err)
		}
		_, err = tx.Exec(`INSERT INTO gate_passes (id, site, day, person, direction, way, lane, at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
			r.ID[:], r.Site, p.day(pass.At), pass.Person, pass.Direction, pass.Way, pass.Lane, pass.At.UnixMicro())
		if err != nil {
			return err
		}
		return p.publish(tx, r.Site, pass.Person)
	case gate.KindRefused.Name:
		var refused gate.Refused
		if err := json.Unmarshal(r.Body, &refused); err != nil {
			return projection.Permanent(err)
		}
		if refused.At.IsZero() || refused.Verdict == "" {
			return projection.Permanent(errors.New("a refusal without a time or a verdict"))
		}
		_, err := tx.Exec(`INSERT INTO gate_refused (id, site, day, verdict) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
			r.ID[:], r.Site, p.day(refused.At), refused.Verdict)
		return err
	}
	return projection.Permanent(fmt.Errorf("kind %q is not the gate's", r.Kind))
}

// publish tells the site's gates a person's newest pass, whichever came last.
func (p *Presence) publish(tx projection.Tx, site, person string) error {
	var row gate.PresenceRow
	var at int64
	err := tx.One(`SELECT direction, at, lane FROM gate_passes WHERE site = ? AND person = ? ORDER BY at DESC, id DESC LIMIT 1`,
		[]any{site, person}, &row.Direction, &at, &row.Lane)
	if err != nil {
		return err
	}
	row.At = time.UnixMicro(at).In(p.zone)
	return tx.PutFeed(site, gate.FeedPresence, person, row)
}

func decodePass(r projection.Received) (gate.Pass, error) {
	var pass gate.Pass
	if err := json.Unmarshal(r.Body, &pass); err != nil {
		return pass, err
	}
	switch {
	case pass.Person == "":
		return pass, errors.New("a pass of nobody")
	case pass.Direction != gate.In && pass.Direction != gate.Out:
		return pass, fmt.Errorf("a pass neither %s nor %s", gate.In, gate.Out)
	case pass.At.IsZero():
		return pass, errors.New("a pass without a time")
	}
	return pass, nil
}

func (p *Presence) day(t time.Time) string { return t.In(p.zone).Format(time.DateOnly) }

// Tell implements projection.Teller.
func (p *Presence) Tell(r projection.Received) (projection.Line, bool) {
	if r.Version != 1 || r.Kind != gate.KindPass.Name {
		return projection.Line{}, false
	}
	pass, err := decodePass(r)
	if err != nil {
		return projection.Line{}, false
	}
	return projection.Line{At: pass.At.In(p.zone), Person: pass.Person, Text: directionText(pass.Direction), Tone: tone(pass.Direction)}, true
}

func directionText(d string) view.Text {
	if d == gate.Out {
		return view.T("离校", "out")
	}
	return view.T("进校", "in")
}

func tone(d string) view.Tone {
	if d == gate.Out {
		return view.Calm
	}
	return view.Success
}
