package pages

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// TestEveryLookFits shows every page on every screen and in every look: whatever
// can be touched is on the screen and as large as a finger, and in the lower half
// for who sits before an upright screen.
func TestEveryLookFits(t *testing.T) {
	needTypeface(t)
	upright, wide, small, desk := fyne.NewSize(1080, 1920), fyne.NewSize(1280, 800), fyne.NewSize(800, 1280), fyne.NewSize(1366, 768)
	for _, c := range []struct {
		size    fyne.Size
		mode    shell.Mode
		display shell.Display
	}{
		{upright, shell.Kiosk, shell.Display{Lang: view.ZH, Variant: theme.Variant{Elder: true}}},
		{upright, shell.Kiosk, shell.Display{Lang: view.EN, Variant: theme.Variant{Seated: true, Contrast: true}}},
		{upright, shell.Kiosk, shell.Display{Lang: view.ZH, Variant: theme.Variant{Seated: true, Elder: true}}},
		{small, shell.Kiosk, shell.Display{Lang: view.ZH, Variant: theme.Variant{Seated: true}}},
		{wide, shell.Kiosk, shell.Display{Lang: view.EN}},
		{wide, shell.Kiosk, shell.Display{Lang: view.ZH, Variant: theme.Variant{Elder: true}}},
		{small, shell.Kiosk, shell.Display{Lang: view.EN, Variant: theme.Variant{Elder: true}}},
		{desk, shell.Desk, shell.Display{Lang: view.ZH}},
	} {
		t.Run(fmt.Sprintf("%gx%g/%s/%+v", c.size.Width, c.size.Height, c.display.Lang, c.display.Variant), func(t *testing.T) {
			pix, _ := sample.Picture(0)
			s, err := shell.New(shell.Options{
				Mode: c.mode, Display: c.display, Windowed: c.size, Place: sample.Place, App: testApp(), Films: films{},
				Now:        func() time.Time { return sample.Clock },
				Viewfinder: &picture{shell.Picture{Seq: 1, Pix: pix, W: sample.PictureW, H: sample.PictureH, Stride: 3 * sample.PictureW}},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Quit()
			windows := testApp().Driver().AllWindows()
			defer windows[len(windows)-1].Close()
			s.SetStatus(shell.Status{Network: shell.Online, Unsent: 3, IdleLeft: 30 * time.Second})
			for i, p := range sample.All() {
				p.Page.Rev = uint64(i + 1)
				s.Present(kiosk.Visit{ID: fmt.Sprint("visit-", i), Module: "sample"}, p.Page)
				sc, err := s.Scene(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				fits(t, p.Name, sc, c.mode)
			}
		})
	}
}

// fits checks one page.
func fits(t *testing.T, name string, sc shell.Scene, mode shell.Mode) {
	t.Helper()
	const finger, slack = 88, 1 // at scale 1; for what is rounded
	size := fyne.NewSize(float32(sc.Width), float32(sc.Height))
	least := int(finger * theme.FitFor(size).Scale)
	for _, p := range sc.Places {
		if small(p.ID, mode) {
			continue
		}
		if !p.Cut && (p.Width < least-slack || p.Height < least-slack) {
			t.Errorf("%s: %s is %dx%d, a finger wants %d", name, p.ID, p.Width, p.Height, least)
		}
		if p.X-p.Width/2 < -slack || p.X+p.Width/2 > sc.Width+slack || p.Y-p.Height/2 < -slack || p.Y+p.Height/2 > sc.Height+slack {
			t.Errorf("%s: %s reaches over the edge", name, p.ID)
		}
		if sc.Display.Seated && sc.Height > sc.Width && p.Y-p.Height/2 < sc.Height/2-slack {
			t.Errorf("%s: %s at %d is out of reach for who sits", name, p.ID, p.Y-p.Height/2)
		}
	}
}

// small holds for what is not meant for a visitor's finger: the staff's door, and
// whatever a clerk has a mouse for.
func small(id string, mode shell.Mode) bool {
	return id == "ting.door" || strings.HasPrefix(id, "rows:") || mode == shell.Desk
}
