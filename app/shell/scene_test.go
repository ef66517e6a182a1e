package shell

import (
	"encoding/json"
	"net"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
)

func TestSceneTellsWhereToTouch(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Windowed = fyne.NewSize(800, 1280) })
	b.sample("gate-idle")
	sc, err := b.s.Scene(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	spot, ok := sc.Find("card")
	if !ok || sc.Page != "idle" || sc.Width != 800 || sc.Height != 1280 || sc.Over != "" {
		t.Fatalf("scene %+v", sc)
	}
	b.tapAt(fyne.NewPos(float32(spot.X), float32(spot.Y)))
	if a := b.answer(); a.Action != "card" {
		t.Errorf("there is %q", a.Action)
	}
	b.tap("ting.display")
	if sc, _ = b.s.Scene(t.Context()); sc.Over != "panel" {
		t.Errorf("over the page lies %q", sc.Over)
	}
}

func TestSceneHasOnlyWhatIsSeen(t *testing.T) {
	b := newBench(t, nil)
	b.sample("list")
	sc, err := b.s.Scene(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, p := range sc.Places {
		if p.Y < 0 || p.Y > sc.Height {
			t.Errorf("%s lies at %d", p.ID, p.Y)
		}
		if len(p.ID) > 5 && p.ID[:5] == "book-" {
			rows++
		}
	}
	if rows < 4 || rows > 30 {
		t.Errorf("%d rows of a long list", rows)
	}
	spot, _ := sc.Find("book-2")
	b.tapAt(fyne.NewPos(float32(spot.X), float32(spot.Y)))
	if a := b.answer(); a.Action != "book-2" {
		t.Errorf("there is %q", a.Action)
	}
}

func TestScenesAreServedOnASocket(t *testing.T) {
	b := newBench(t, nil)
	b.sample("gate-idle")
	path := filepath.Join(t.TempDir(), "scenes")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); b.s.ServeScenes(l) }()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var sc Scene
	if err := json.NewDecoder(c).Decode(&sc); err != nil || sc.Page != "idle" {
		t.Errorf("scene %+v, %v", sc, err)
	}
	l.Close()
	<-done
}
