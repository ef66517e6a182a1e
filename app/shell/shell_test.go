package shell

import (
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// bench is a shell on the test driver, with a clock and a log to look at.
type bench struct {
	t       testing.TB
	s       *Shell
	now     time.Time
	answers chan view.Answer
	cards   chan string
	told    chan string // homes, starts
	log     *logged
	rev     uint64
}

// testApp is one for all tests: a new one would read the fonts again.
var testApp = sync.OnceValue(test.NewApp)

type logged struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newBench(t testing.TB, change func(*Options)) *bench {
	t.Helper()
	b := &bench{t: t, now: sample.Clock, answers: make(chan view.Answer, 16), cards: make(chan string, 4), told: make(chan string, 16), log: &logged{}}
	opts := Options{
		Mode: Gate, Place: sample.Place, App: testApp(), Windowed: fyne.NewSize(1080, 1920),
		Now:      func() time.Time { return b.now },
		Log:      slog.New(slog.NewTextHandler(b.log, nil)),
		OnAnswer: func(a view.Answer) { b.answers <- a },
		OnCard:   func(n string) { b.cards <- n },
		OnHome:   func() { b.told <- "home" },
		OnStart:  func(m string) { b.told <- "start " + m },
	}
	if change != nil {
		change(&opts)
	}
	s, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	b.s = s
	s.wiper.after = func(time.Duration, func()) *time.Timer { return nil }
	t.Cleanup(func() {
		s.stop()
		s.window.Close()
	})
	return b
}

// present shows p as the next page of one visit.
func (b *bench) present(p view.Page) {
	b.rev++
	p.Rev = b.rev
	b.s.Present(kiosk.Visit{ID: "visit", Module: "gate"}, p)
}

func (b *bench) sample(name string) {
	b.t.Helper()
	p, ok := sample.Find(name)
	if !ok {
		b.t.Fatalf("no sample %q", name)
	}
	b.present(p)
}

// loose shows a sample whose fields may all stay empty.
func (b *bench) loose(name string) {
	b.t.Helper()
	p, ok := sample.Find(name)
	if !ok {
		b.t.Fatalf("no sample %q", name)
	}
	for i, n := range p.Body {
		if f, ok := n.(view.Form); ok {
			f.Fields = slices.Clone(f.Fields)
			for k := range f.Fields {
				f.Fields[k].Required = false
			}
			p.Body[i] = f
		}
	}
	b.present(p)
}

// walk visits every visible object.
func walk(o fyne.CanvasObject, f func(fyne.CanvasObject)) {
	if o == nil || !o.Visible() {
		return
	}
	f(o)
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			walk(c, f)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			walk(c, f)
		}
	}
}

// find returns what can be touched under an id, or nil.
func (b *bench) find(id string) fyne.Tappable {
	var found fyne.Tappable
	walk(b.s.root, func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case touchable:
			if o.touchID() == id {
				found = o
			}
		case *row:
			if o.id == id {
				found = o
			}
		}
	})
	return found
}

func (b *bench) tap(ids ...string) {
	b.t.Helper()
	for _, id := range ids {
		o := b.find(id)
		if o == nil {
			b.t.Fatalf("nothing to touch is named %q; on screen: %q", id, b.words())
		}
		test.Tap(o)
	}
}

// tapAt touches the screen at a place.
func (b *bench) tapAt(at fyne.Position) { test.TapCanvas(b.s.window.Canvas(), at) }

// words is every text on screen, in drawing order. What stands in a field is
// one, though each of its characters is drawn by itself.
func (b *bench) words() []string {
	var all []string
	drawn := map[fyne.CanvasObject]bool{}
	walk(b.s.root, func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *well:
			word := ""
			for _, g := range o.glyph {
				drawn[g] = true
				if g.Visible() {
					word += g.Text
				}
			}
			if word != "" {
				all = append(all, word)
			}
		case *canvas.Text:
			if o.Text != "" && !drawn[o] {
				all = append(all, o.Text)
			}
		}
	})
	return all
}

func (b *bench) says(sentence string) bool {
	return strings.Contains(strings.Join(b.words(), "|"), sentence)
}

func (b *bench) answer() view.Answer {
	b.t.Helper()
	select {
	case a := <-b.answers:
		return a
	case <-time.After(5 * time.Second):
		b.t.Fatal("no answer came")
		return view.Answer{}
	}
}

// settle waits until everything that was touched has been told.
func (b *bench) settle() {
	done := make(chan struct{})
	b.s.courier.send("settle", func() { close(done) })
	<-done
}

func (b *bench) noAnswer() {
	b.t.Helper()
	b.settle()
	select {
	case a := <-b.answers:
		b.t.Fatalf("an answer came: %+v", a)
	default:
	}
}

func (b *bench) typeKeys(keys string, gap time.Duration) {
	for _, r := range keys {
		b.now = b.now.Add(gap)
		b.s.typedRune(r)
	}
}

func (b *bench) press(k fyne.KeyName) { b.s.typedKey(&fyne.KeyEvent{Name: k}) }

// still is a viewfinder with one picture.
type still struct {
	pic Picture
}

func (v *still) Latest(after uint64) (Picture, bool) { return v.pic, v.pic.Seq > after }

func samplePicture(faces ...FaceBox) *still {
	pix, at := sample.Picture(0)
	for i := range faces {
		if faces[i].Rect.Empty() {
			faces[i].Rect = at
		}
	}
	return &still{Picture{Seq: 1, Pix: pix, W: sample.PictureW, H: sample.PictureH, Stride: 3 * sample.PictureW, Faces: faces}}
}
