package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/identity/pin"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/plugins/canteen"
	"github.com/luohu/ting/plugins/enrolment"
	"github.com/luohu/ting/plugins/example/suggestions"
	"github.com/luohu/ting/plugins/gate"
)

// passer is somebody before a terminal with its real identity. His face is before the
// camera only when he shows it.
type passer struct {
	*kiosktest.Terminal
	identity *identity.Identity
	shows    atomic.Bool
	steps    int // what he did: looks, cards, touches
}

const (
	pupilID, staffID = "2019-0317", "T-0042"
	pupilCard        = "0004711"
)

// Their PINs are hashed once: it is meant to be slow.
var (
	pupilPIN = sync.OnceValue(func() string { return pin.Hash("1234") })
	staffPIN = sync.OnceValue(func() string { return pin.Hash("9999") })
)

// walks are the visits of the modules that ask who somebody is, and one that does not.
// A module that comes adds its own.
var walks = map[string]struct {
	module func() kiosk.Module
	before [][2]string // pages and what is touched on them, until the terminal asks who is there
	on     string      // the page that stands then
	after  [][2]string
	goal   string // the page that says it is done
	opts   []kiosktest.Option
}{
	"gate":            {module: func() kiosk.Module { return gate.New() }, on: "idle", goal: "welcome", opts: []kiosktest.Option{kiosktest.WithLane("east")}},
	"withdraw":        {module: func() kiosk.Module { return enrolment.New() }, before: [][2]string{{"start", "withdraw"}}, on: "identify", after: [][2]string{{"confirm", "withdraw"}}, goal: "withdrawn"},
	"canteen account": {module: canteen.NewAccount, on: "identify", goal: "no-account"},
	"suggestion":      {module: suggestions.New, before: [][2]string{{"write", "next"}, {"confirm", "send"}}, goal: "thanks"},
}

// TestEveryVisitWithoutTheFace walks every visit by every way, where the face is one of
// them and where the site has switched it off. Each reaches its end; a card takes as
// many steps as a face; the ways that are typed take one page more; and switching
// the face off makes no other way longer.
func TestEveryVisitWithoutTheFace(t *testing.T) {
	others := []kiosk.Way{kiosk.WayCard, kiosk.WayPIN, kiosk.WayStaff}
	for name := range walks {
		t.Run(name, func(t *testing.T) {
			byFace := walk(t, name, kiosk.WayFace, nil)
			for _, way := range others {
				on, off := walk(t, name, way, nil), walk(t, name, way, others)
				most := byFace
				if (way == kiosk.WayPIN || way == kiosk.WayStaff) && walks[name].on != "" {
					most++ // the form
				}
				if on != off || off > most {
					t.Errorf("by %s %d steps, without the face %d; by face %d", way, on, off, byFace)
				}
			}
		})
	}
}

// walk walks a visit by a way and returns how many steps it took.
func walk(t *testing.T, name string, way kiosk.Way, site []kiosk.Way) (steps int) {
	synctest.Test(t, func(t *testing.T) {
		w := walks[name]
		p := newPasser(t, w.module(), site, w.opts)
		for _, b := range w.before {
			p.touch(b[0], b[1])
		}
		if w.on != "" {
			p.WantPage(w.on)
			p.identify(way)
		}
		for _, a := range w.after {
			p.touch(a[0], a[1])
		}
		p.WantPage(w.goal)
		steps = p.steps
	})
	return steps
}

func newPasser(t *testing.T, m kiosk.Module, site []kiosk.Way, opts []kiosktest.Option) *passer {
	t.Helper()
	p := &passer{}
	people := rows{
		pupilID: {ID: pupilID, Name: "李小明", Group: "三年二班", Role: "pupil", Cards: []string{pupilCard}, PIN: pupilPIN()},
		staffID: {ID: staffID, Name: "赵老师", Role: identity.RoleStaff, PIN: staffPIN()},
	}
	var err error
	p.identity, err = identity.Open(t.Context(), identity.Config{
		Dir: t.TempDir(), Terminal: "test-1", Site: "school-1", Engine: eye{p}, Feeds: people, Log: slog.New(slog.DiscardHandler),
		Cameras: map[string]func() identity.Frames{"": func() identity.Frames { return eye{p} }},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.End()
		if err := p.identity.Close(); err != nil {
			t.Error(err)
		}
	})
	frame := &camera.Frame{W: 1, H: 1, Stride: 3, Pix: make([]byte, 3)}
	consent := kiosk.Consent{TextVersion: "1", GivenBy: "self", Way: "paper", Time: time.Now()}
	p.shows.Store(true)
	_, err = p.identity.EnrolFrames(t.Context(), kiosk.Person{ID: pupilID, Name: "李小明", Role: "pupil"},
		[]*camera.Frame{frame}, consent, []string{gate.ID, enrolment.ID, canteen.ID})
	p.shows.Store(false)
	if err != nil {
		t.Fatal(err)
	}
	opts = append(slices.Clone(opts), kiosktest.WithIdentity(p.identity), kiosktest.WithWays(site...))
	p.Terminal = kiosktest.New(t, m, opts...)
	p.Start()
	return p
}

func (p *passer) touch(page, action string) {
	p.WantPage(page)
	synctest.Wait()
	p.steps++
	fields := map[string]string{}
	if page == "write" {
		fields = map[string]string{"topic": "place", "text": "请多放几把椅子"}
	}
	p.Answer(action, fields)
}

func (p *passer) identify(way kiosk.Way) {
	synctest.Wait()
	p.steps++
	switch way {
	case kiosk.WayFace:
		p.shows.Store(true)
		return
	case kiosk.WayCard:
		p.identity.Card(pupilCard)
		return
	}
	p.Answer(string(way), nil)
	p.WantPage("identify-form")
	synctest.Wait()
	p.steps++
	p.Answer("ok", map[kiosk.Way]map[string]string{
		kiosk.WayPIN:   {"number": pupilID, "pin": "1234"},
		kiosk.WayStaff: {"number": pupilID, "staff-number": staffID, "pin": "9999"},
	}[way])
}

// eye is the terminal's camera and its face engine.
type eye struct{ *passer }

// Next implements identity.Frames.
func (e eye) Next(ctx context.Context) (*camera.Frame, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(100 * time.Millisecond):
		return &camera.Frame{W: 1, H: 1, Stride: 3, Pix: make([]byte, 3), Time: time.Now()}, nil
	}
}

// Analyze implements face.Engine.
func (e eye) Analyze(context.Context, face.Request) ([]face.Face, error) {
	if !e.shows.Load() {
		return nil, nil
	}
	return []face.Face{{Rect: face.Rect{Right: 160, Bottom: 160}, Track: 1, Described: true, Descriptor: face.Descriptor{1},
		Quality: face.Quality{Size: 160, Brightness: 120, Contrast: 40, Sharpness: 90, MouthContrast: 30}}}, nil
}

// Close implements face.Engine.
func (eye) Close() error { return nil }

// rows is a people feed.
type rows map[string]kiosk.PersonRow

func (r rows) Lookup(_ context.Context, feed, key string) (kiosk.Row, error) {
	row, known := r[key]
	if feed != kiosk.FeedPeople || !known {
		return kiosk.Row{}, &kiosk.Error{Code: kiosk.CodeNotFound}
	}
	b, err := json.Marshal(row)
	return kiosk.Row{Key: key, JSON: b}, err
}

func (r rows) List(ctx context.Context, l kiosk.ListRequest) (list []kiosk.Row, err error) {
	if l.Feed != kiosk.FeedPeople {
		return nil, nil
	}
	for _, key := range slices.Sorted(maps.Keys(r)) {
		if key <= l.After {
			continue
		}
		row, err := r.Lookup(ctx, l.Feed, key)
		if err != nil {
			return nil, fmt.Errorf("row %s: %w", key, err)
		}
		list = append(list, row)
	}
	return list, nil
}
