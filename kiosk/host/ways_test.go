package host

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/luohu/ting/kiosk"
)

// TestFaceOnlyIsRefusedAtLoad: a host does not come up with a module that people
// could only use with their faces.
func TestFaceOnlyIsRefusedAtLoad(t *testing.T) {
	for _, tt := range []struct {
		ways []kiosk.Way
		ok   bool
	}{
		{nil, true}, {[]kiosk.Way{kiosk.WayFace}, false}, {[]kiosk.Way{kiosk.WayFace, kiosk.WayFace}, false},
		{[]kiosk.Way{"iris", kiosk.WayCard}, false}, {[]kiosk.Way{kiosk.WayFace, kiosk.WayPIN}, true}, {[]kiosk.Way{kiosk.WayCard}, true},
	} {
		_, err := New(Config{Dir: t.TempDir(), Modules: []Module{{ID: "gate", Command: []string{"/bin/gate"}, Ways: tt.ways}}})
		if (err == nil) != tt.ok {
			t.Errorf("ways %v: %v", tt.ways, err)
		}
		if faceOnly := slices.Contains(tt.ways, kiosk.WayFace) && !tt.ok && tt.ways[0] == kiosk.WayFace; faceOnly && !errors.Is(err, ErrFaceOnly) {
			t.Errorf("ways %v: %v, want ErrFaceOnly", tt.ways, err)
		}
	}
}

// asked is an Identity that notes which ways it is asked for.
type asked struct {
	Identity
	ways []kiosk.Way
}

func (a *asked) Identify(_ context.Context, _ kiosk.Visit, _ Asker, r kiosk.IdentifyRequest) (kiosk.Person, error) {
	a.ways = r.Ways
	return kiosk.Person{ID: "a"}, nil
}

func (a *asked) Watch(_ context.Context, _ kiosk.Visit, r kiosk.WatchRequest) (kiosk.Sightings, error) {
	a.ways = r.Ways
	return nil, errors.New("not here")
}

// TestSiteAllowsWays: a module gets what it asks for and the site allows.
func TestSiteAllowsWays(t *testing.T) {
	const face, card, pin = kiosk.WayFace, kiosk.WayCard, kiosk.WayPIN
	for _, tt := range []struct {
		site, module, want []kiosk.Way
		code               kiosk.Code
	}{
		{nil, nil, nil, ""},
		{nil, []kiosk.Way{pin}, []kiosk.Way{pin}, ""},
		{nil, []kiosk.Way{face}, nil, kiosk.CodeInvalid},
		{[]kiosk.Way{card, pin}, nil, []kiosk.Way{card, pin}, ""},
		{[]kiosk.Way{card, pin}, []kiosk.Way{face, pin}, []kiosk.Way{pin}, ""},
		{[]kiosk.Way{card, pin}, []kiosk.Way{kiosk.WayStaff}, nil, kiosk.CodeDenied},
		{[]kiosk.Way{face, card}, []kiosk.Way{face, pin}, nil, kiosk.CodeDenied}, // only the face would be left
	} {
		a := &asked{}
		m := kiosk.Manifest{ID: "gate", Permissions: []kiosk.Permission{kiosk.PermIdentify, kiosk.PermWatch}}
		s := NewSession(t.Context(), SessionConfig{Manifest: m, Grants: m.Permissions, Ways: tt.site, Services: Services{Identity: a}})
		_, err := s.Identify(t.Context(), kiosk.IdentifyRequest{Ways: tt.module})
		if kiosk.CodeOf(err) != tt.code || !slices.Equal(a.ways, tt.want) {
			t.Errorf("site %v, module %v: asked for %v, %v; want %v", tt.site, tt.module, a.ways, err, tt.want)
		}
		s.End()
	}
	a := &asked{}
	m := kiosk.Manifest{ID: "gate", Permissions: []kiosk.Permission{kiosk.PermWatch}}
	s := NewSession(t.Context(), SessionConfig{Manifest: m, Grants: m.Permissions, Ways: []kiosk.Way{card, pin}, Services: Services{Identity: a}})
	defer s.End()
	if _, err := s.Watch(t.Context(), kiosk.WatchRequest{}); err == nil || slices.Contains(a.ways, face) || !slices.Contains(a.ways, card) {
		t.Errorf("watched by %v, %v", a.ways, err)
	}
}
