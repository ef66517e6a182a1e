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
			fonts.Regular = &fontFile{face: tf.Regular, again: func(tf typeface.Typeface) typeface.Face { return tf.Regular }}
			fonts.Bold = &fontFile{face: tf.Bold, again: func(tf typeface.Typeface) typeface.Face { return tf.Bold }}
		})
		return fonts
	}
}()

// fontFile is a face of the typeface as Fyne reads it: once, and then it keeps
// what it parsed. The file, 16 MB, is not kept beside that; should it be asked
// for again it is cut again.
type fontFile struct {
	mu    sync.Mutex
	face  typeface.Face // without its data once that was handed out
	again func(typeface.Typeface) typeface.Face
}

// Name implements fyne.Resource.
func (f *fontFile) Name() string { return f.face.Name }

// Content implements fyne.Resource.
func (f *fontFile) Content() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	data := f.face.Data
	f.face.Data = nil
	if data != nil {
		return data
	}
	tf, err := typeface.Load()
	if err != nil { // it was removed under the running terminal
		return ftheme.DefaultTextFont().Content()
	}
	return f.again(tf).Data
}

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
