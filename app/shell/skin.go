package shell

import (
	"image/color"
	"log/slog"
	"sync"
	"sync/atomic"

	"fyne.io/fyne/v2"
	ftheme "fyne.io/fyne/v2/theme"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/app/shell/typeface"
)

// loadFonts cuts the typeface, once per process: faces are remembered by Fyne
// for as long as it runs.
var loadFonts = func() func(*slog.Logger) theme.Fonts {
	var once sync.Once
	var fonts theme.Fonts
	return func(log *slog.Logger) theme.Fonts {
		once.Do(func() {
			tf, err := typeface.Load()
			if err != nil {
				log.Warn("Chinese is drawn in the system's own font", "op", "load typeface", "cause", err,
					"hint", "apt-get install fonts-noto-cjk")
				return
			}
			fonts.Regular = fyne.NewStaticResource(tf.Regular.Name, tf.Regular.Data)
			fonts.Bold = fyne.NewStaticResource(tf.Bold.Name, tf.Bold.Data)
		})
		return fonts
	}
}()

// skin is the theme Fyne's own widgets ask. Giving Fyne another theme would make
// it read 35 MB of fonts again, so its theme stays and what is in it changes;
// restyle refreshes the few widgets that ask. Any goroutine may ask.
type skin struct{ now atomic.Pointer[theme.Theme] }

func (s *skin) Font(st fyne.TextStyle) fyne.Resource       { return s.now.Load().Font(st) }
func (s *skin) Icon(name fyne.ThemeIconName) fyne.Resource { return s.now.Load().Icon(name) }
func (s *skin) Size(name fyne.ThemeSizeName) float32       { return s.now.Load().Size(name) }
func (s *skin) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	return s.now.Load().Color(name, v)
}

func wear(a fyne.App, t *theme.Theme) *skin {
	if worn, ok := a.Settings().Theme().(*skin); ok {
		worn.now.Store(t)
		return worn
	}
	worn := &skin{}
	worn.now.Store(t)
	a.Settings().SetTheme(worn)
	return worn
}

// readFonts has Fyne look through the system's fonts and parse those it falls
// back to, which it does the first time one of its own fields is drawn. Run does
// it in the background after the first picture; a field that is sooner waits.
func (s *Shell) readFonts() {
	s.fallen.Do(func() { fyne.MeasureText("M", s.skin.Size(ftheme.SizeNameText), fyne.TextStyle{}) })
}
