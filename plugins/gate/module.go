// Package gate lets pupils and staff pass a school's gate.
//
// One visit runs for ever, without a visitor of its own: the page rests on the
// viewfinder, every sighting of a member becomes a pass, and whoever the camera
// does not know goes on by card, PIN or with the staff, from the same page.
//
// Guarantees: a gate opens only after its pass is durable on the terminal; no
// verdict but Recognised, and no way but those of the terminal's identity, ever
// opens it; nobody waits for the page of the person before. Records carry the
// person's number, never a name.
//
// Callers must not take a pass's direction for more than the terminal knew: its
// own passes of the day, and those of other gates that had come down from the
// center (FeedPresence). Without a center two gates may say "in" one after the
// other. See rules.go.
//
// Test it from a script with kiosk/kiosktest.
package gate

import (
	"context"
	"log/slog"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// ID is the module's name in terminal.toml, and the purpose a consent names.
const ID = "gate"

// Gate is the module. Make it with New.
type Gate struct {
	passes   *passes
	refusals *refusals
	rules    []Rule
	oneWay   map[string]string // direction by lane, for those that lead one way
}

// New returns the gate's module, with a school's own rules about who may pass.
func New(rules ...Rule) kiosk.Module {
	return &Gate{passes: newPasses(), refusals: newRefusals(), rules: rules, oneWay: map[string]string{}}
}

// Manifest implements kiosk.Module.
func (g *Gate) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID:      ID,
		Version: "1.0.0",
		Title:   view.T("校门通行", "School gate"),
		Icon:    "gate",
		Permissions: []kiosk.Permission{
			kiosk.PermIdentify, kiosk.PermWatch, kiosk.PermRecord, kiosk.PermFeeds, kiosk.PermBarrier,
		},
		Records:    []kiosk.RecordKind{KindPass, KindRefused},
		Feeds:      []string{FeedPresence},
		Unattended: true,
	}
}

// Serve implements kiosk.Module. It returns when ctx ends, or when the site has
// not granted what the gate needs.
func (g *Gate) Serve(ctx context.Context, s kiosk.Session) error {
	ctx, cancel := context.WithCancel(ctx)
	v := &visit{
		Gate:      g,
		s:         s,
		sightings: make(chan kiosk.Sighting),
		answers:   make(chan answer),
		named:     make(chan named),
		failed:    make(chan error, 1),
	}
	defer v.running.Wait()
	defer cancel()
	v.running.Go(func() {
		if err := v.watch(ctx); err != nil {
			v.failed <- err
		}
	})
	v.ask(ctx, idlePage())
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err = <-v.failed:
		case sg := <-v.sightings:
			err = v.sighted(ctx, sg)
		case a := <-v.answers:
			err = v.answered(ctx, a)
		case n := <-v.named:
			err = v.identified(ctx, n)
		}
		if err != nil {
			return err
		}
	}
}

// retry is the pause before the camera's stream is asked for again.
const retry = time.Second

// watch feeds v.sightings until ctx ends. A stream that breaks is opened again;
// only a refusal for good (not granted, not declared) is returned.
func (v *visit) watch(ctx context.Context) error {
	for {
		err := v.stream(ctx)
		if code := kiosk.CodeOf(err); code == kiosk.CodeDenied {
			return err
		} else if ctx.Err() == nil {
			slog.Warn("gate: sightings ended", "op", "watch", "code", code, "cause", err)
			v.tell(ctx, kiosk.Sighting{Verdict: kiosk.NoCamera, Time: v.s.Now(), Detail: "watch ended"})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retry):
		}
	}
}

func (v *visit) stream(ctx context.Context) error {
	st, err := v.s.Watch(ctx, kiosk.WatchRequest{})
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() // a stream that is over has nothing more to say
	for {
		sg, err := st.Next()
		if err != nil {
			return err
		}
		v.tell(ctx, sg)
	}
}

func (v *visit) tell(ctx context.Context, sg kiosk.Sighting) {
	select {
	case v.sightings <- sg:
	case <-ctx.Done():
	}
}
