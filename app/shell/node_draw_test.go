package shell

import (
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/kiosk/view"
)

// only shows a page with one node and returns what draws it.
func only[N node](b *bench, n view.Node) N {
	b.t.Helper()
	b.present(view.Page{ID: "p", Body: []view.Node{n}})
	return b.s.page.order[0].(N)
}

func colourAt(img image.Image, x, y float32) color.NRGBA {
	return color.NRGBAModel.Convert(img.At(int(x), int(y))).(color.NRGBA)
}

func near(a, b color.NRGBA) bool {
	d := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return d(a.R, b.R) < 12 && d(a.G, b.G) < 12 && d(a.B, b.B) < 12
}

func TestChart_LinePassesThroughItsValues(t *testing.T) {
	b := newBench(t, nil)
	c := only[*chart](b, view.Chart{
		Type: view.ChartLine, Labels: make([]view.Text, 5),
		Series: []view.Series{{Name: view.Same("a"), Values: []float64{0, 10, 5, 10}}, {Name: view.Same("b"), Values: []float64{10, 0, 0, 0}}},
	}).plot.(*lines)
	size := c.raster.Size()
	img := c.draw(int(size.Width), int(size.Height))
	edge := b.s.look.Trace
	for i, v := range c.node.Series[0].Values {
		p := c.at(i, v, size.Width-2*edge, size.Height-2*edge)
		if got := colourAt(img, p.x+edge, p.y+edge); !near(got, b.s.look.Chart.Series[0]) && i > 0 {
			t.Errorf("value %d: %v at %v", i, got, p)
		}
	}
	if p := c.at(4, 10, size.Width, size.Height); colourAt(img, p.x-edge, p.y+edge).A != 0 {
		t.Error("something is drawn where there is no value yet")
	}
}

func TestChart_ShareTurnsAsFarAsItsPart(t *testing.T) {
	b := newBench(t, nil)
	s := only[*chart](b, view.Chart{
		Type: view.ChartShare, Labels: make([]view.Text, 3), Series: []view.Series{{Values: []float64{50, 25, 25}}},
	}).plot.(*shares)
	img := s.draw(400, 400)
	for i, at := range []spot{{360, 200}, {110, 310}, {110, 90}} { // to the right, lower left, upper left
		if got := colourAt(img, at.x, at.y); !near(got, b.s.look.Chart.Series[i]) {
			t.Errorf("part %d: %v", i, got)
		}
	}
	if colourAt(img, 200, 200).A != 0 {
		t.Error("the ring is no ring")
	}
	if !b.says("50%") || !b.says("25%") {
		t.Errorf("on screen: %q", b.words())
	}
}

func TestChart_BarsAreAsTallAsTheirValues(t *testing.T) {
	b := newBench(t, nil)
	c := only[*chart](b, view.Chart{
		Type: view.ChartBar, Labels: []view.Text{view.Same("a"), view.Same("b"), view.Same("c")}, Series: []view.Series{{Values: []float64{10, 20, -10}}},
	}).plot.(*bars)
	one, two, below := c.bars[0][0], c.bars[0][1], c.bars[0][2]
	if h := two.Size().Height / one.Size().Height; h < 1.99 || h > 2.01 {
		t.Errorf("twice the value is %.2f times as tall", h)
	}
	if below.Position().Y < one.Position().Y+one.Size().Height-1 || below.Size().Height != one.Size().Height {
		t.Error("a value below zero does not hang from the line of zero")
	}
}

func TestChart_LongNamesLieAndTimesAreThinned(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Windowed = fyne.NewSize(540, 960) })
	names := []view.Text{view.Same("不动产登记窗口"), view.Same("社会保险窗口"), view.Same("出入境管理窗口"), view.Same("公积金窗口"), view.Same("医疗保障窗口")}
	c := only[*chart](b, view.Chart{Type: view.ChartBar, Labels: names, Series: []view.Series{{Values: []float64{1, 2, 3, 4, 5}}}}).plot.(*bars)
	if !c.lying(c.axes.grid[0].Size().Height) && c.axes.labels[0].Hidden {
		t.Error("long names are left out instead of the bars lying down")
	}
	var hours []view.Text
	values := make([]float64, 24)
	for h := range values {
		hours, values[h] = append(hours, view.Same(fmt.Sprintf("%02d:00", h))), float64(h)
	}
	c = only[*chart](b, view.Chart{Type: view.ChartBar, Labels: hours, Series: []view.Series{{Values: values}}}).plot.(*bars)
	end := float32(-1)
	for _, l := range c.axes.labels {
		if l.Hidden {
			continue
		}
		if l.Position().X < end {
			t.Errorf("%q touches the label before it", l.Text)
		}
		end = l.Position().X + l.Size().Width
	}
	if c.axes.labels[23].Hidden {
		t.Error("the newest hour has no label")
	}
}

func TestChart_WithoutValuesSaysSo(t *testing.T) {
	b := newBench(t, nil)
	for _, kind := range []view.ChartKind{view.ChartBar, view.ChartLine, view.ChartShare} {
		only[*chart](b, view.Chart{Type: kind, Empty: view.T("还没有数据", "No figures yet")})
		if !b.says("还没有数据") {
			t.Errorf("%s: %q", kind, b.words())
		}
	}
}

// mapTap touches the map where a place lies.
func (b *bench) mapTap(m *mapNode, lon, lat float64) {
	p := m.frame.spot(project(view.Position{lon, lat}))
	e := &fyne.PointEvent{Position: fyne.NewPos(p.x, p.y)}
	m.face.Tapped(e)
}

func TestMap_TouchedPlaceAnswersWithItsID(t *testing.T) {
	b := newBench(t, nil)
	b.sample("map")
	m := b.s.page.order[0].(*mapNode)
	for _, f := range m.node.Layers[6].Features {
		p := f.Geometry.Parts[0][0][0]
		b.mapTap(m, p[0], p[1])
		if a := b.answer(); a.Action != f.ID {
			t.Errorf("%s answers %q", f.ID, a.Action)
		}
	}
	b.mapTap(m, 119.95, 30.2468) // a house
	b.noAnswer()
}

func TestMap_TouchedAreaAnswersWithItsID(t *testing.T) {
	b := newBench(t, nil)
	b.sample("map-districts")
	m := b.s.page.order[0].(*mapNode)
	b.mapTap(m, 119.947, 30.238)
	if a := b.answer(); a.Action != "oldtown" {
		t.Errorf("action = %q", a.Action)
	}
}

func TestMap_ClusterOpens(t *testing.T) {
	b := newBench(t, nil)
	b.sample("map-districts")
	m := b.s.page.order[0].(*mapNode)
	count := func() (marks, points int) {
		for _, k := range m.marks {
			marks, points = marks+1, points+k.many
		}
		return marks, points
	}
	before, points := count()
	if points != 260 || before >= points {
		t.Fatalf("%d marks of %d points", before, points)
	}
	var big mapMark
	for _, k := range m.marks {
		if k.many > big.many {
			big = k
		}
	}
	scale := m.frame.scale
	p := m.frame.spot(big.at)
	m.face.Tapped(&fyne.PointEvent{Position: fyne.NewPos(p.x, p.y)})
	if m.frame.scale <= scale {
		t.Error("touching a cluster does not zoom in")
	}
	if after, _ := count(); after <= before {
		t.Errorf("%d marks, then %d", before, after)
	}
	b.noAnswer()
}

func TestMap_StaysWhereItWasMovedTo(t *testing.T) {
	b := newBench(t, nil)
	b.sample("map")
	m := b.s.page.order[0].(*mapNode)
	start := m.frame
	b.tap("map:in")
	m.face.Dragged(&fyne.DragEvent{Dragged: fyne.Delta{DX: 120, DY: -40}})
	m.face.DragEnd()
	moved := m.frame
	if moved.scale != 2*start.scale || moved.mid.x >= start.mid.x || moved.mid.y <= start.mid.y {
		t.Fatalf("%v, then %v", start, moved)
	}
	b.sample("map")
	b.tap("ting.language")
	if b.s.page.order[0] != node(m) || m.frame != moved {
		t.Errorf("an update moved the map: %v, then %v", moved, m.frame)
	}
	if g := m.ground; g == nil || !m.covers(g.frame, m.look.pixels) {
		t.Error("the ground does not cover what is seen")
	}
	b.tap("map:all")
	if m.frame != start {
		t.Errorf("%v, want %v", m.frame, start)
	}
}

func TestMap_NamesDoNotCoverEachOther(t *testing.T) {
	b := newBench(t, nil)
	for _, name := range []string{"map", "map-districts"} {
		b.sample(name)
		m := b.s.page.order[0].(*mapNode)
		var taken []box
		for _, o := range m.over.Objects {
			t0, ok := o.(*canvas.Text)
			if !ok || strings.Trim(t0.Text, "0123456789+") == "" {
				continue
			}
			p, s := t0.Position(), t0.Size()
			this := box{p.X, p.Y, p.X + s.Width, p.Y + s.Height}
			for _, other := range taken {
				if this.meets(other) {
					t.Errorf("%s: %q lies on another name", name, t0.Text)
				}
			}
			taken = append(taken, this)
		}
		if len(taken) < 3 {
			t.Errorf("%s: only %d names", name, len(taken))
		}
	}
}

func TestMap_AreaIsFilledAndItsHoleIsNot(t *testing.T) {
	b := newBench(t, nil)
	m := only[*mapNode](b, view.Map{Alt: view.Same("x"), Layers: []view.Layer{{Role: view.RoleWater, Features: view.Features{{Geometry: view.Area(
		[]view.Position{{0, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}}, []view.Position{{1, 1}, {3, 1}, {3, 3}, {1, 3}, {1, 1}},
	)}}}}})
	img := m.draw(int(m.frame.w), int(m.frame.h))
	at := func(lon, lat float64) color.NRGBA {
		p := m.frame.spot(project(view.Position{lon, lat}))
		return colourAt(img, p.x, p.y)
	}
	if !near(at(0.5, 0.5), b.s.look.Map.Water) || !near(at(2, 2), b.s.look.Map.Paper) || !near(at(3.5, 2), b.s.look.Map.Water) {
		t.Errorf("water %v, hole %v", at(0.5, 0.5), at(2, 2))
	}
}

func TestPicture_ThatCannotBeDecodedSaysWhatItShows(t *testing.T) {
	b := newBench(t, nil)
	whole := sample.Landscape()
	p := only[*picture](b, view.Picture{Data: whole, Alt: view.T("湖", "A lake")})
	if p.drawn == nil || b.says("湖") {
		t.Error("a picture is not drawn")
	}
	p = only[*picture](b, view.Picture{Data: whole[:600], Alt: view.T("湖", "A lake")})
	if p.drawn != nil || !b.says("湖") || !strings.Contains(b.log.String(), "cannot be decoded") {
		t.Errorf("on screen: %q; log: %s", b.words(), b.log)
	}
}

type testFilms struct {
	pic    Picture
	opened []string
	closed int
}

func (f *testFilms) Open(name string) (Film, error) {
	f.opened = append(f.opened, name)
	if name != "card.mjpeg" {
		return nil, fmt.Errorf("no film %q", name)
	}
	return testFilm{&still{f.pic}, f}, nil
}

type testFilm struct {
	*still
	films *testFilms
}

func (f testFilm) Close() error {
	f.films.closed++
	return nil
}

func TestVideo_PlaysWhileItIsOnThePage(t *testing.T) {
	films := &testFilms{pic: samplePicture().pic}
	b := newBench(t, func(o *Options) { o.Films = films })
	b.sample("video")
	v := b.s.page.order[0].(*video)
	if v.shown != nil || len(films.opened) != 1 {
		t.Fatal("no still before the first picture")
	}
	b.s.Beat()
	if v.shown == nil || v.shown.Rect.Dx() != sample.PictureW {
		t.Fatal("the film's picture is not shown")
	}
	b.sample("video") // an update goes on
	if len(films.opened) != 1 || films.closed != 0 {
		t.Errorf("an update begins the film anew: %v, %d closed", films.opened, films.closed)
	}
	b.sample("gate-idle")
	if films.closed != 1 {
		t.Error("the film plays on though its page is gone")
	}
	b.sample("video-missing")
	if !b.says("短片暂时不能播放") || !b.says("一只手把卡贴在读卡器上") {
		t.Errorf("on screen: %q", b.words())
	}
}

func TestSteps_TellWhereOneIs(t *testing.T) {
	b := newBench(t, nil)
	s := only[*stages](b, view.Steps{Now: 1, Steps: []view.Step{{Title: view.Same("提交")}, {Title: view.Same("审核")}, {Title: view.Same("领取")}}})
	if !b.says("2") || !b.says("3") || b.says("|1|") {
		t.Errorf("on screen: %q", b.words())
	}
	if !s.beside(960) || s.beside(160) {
		t.Error("short titles stand side by side where there is room, and below each other where there is none")
	}
}

func TestDrawingsAreReadOut(t *testing.T) {
	b := newBench(t, nil)
	for name, says := range map[string]string{
		"steps": "审核", "picture": "启明湖畔的市民中心", "video": "一只手把卡贴在读卡器上", "map": "六个服务点", "chart-share": "社会保险 412 件", "chart-line": "16:00 17 人",
	} {
		p, _ := sample.Find(name)
		if got := b.s.look.spoken(p); !strings.Contains(got, says) {
			t.Errorf("%s is read out as %q, without %q", name, got, says)
		}
	}
}

func TestTable_ChosenRowAnswersWithItsID(t *testing.T) {
	b := newBench(t, nil)
	b.sample("table-choose")
	b.tap("gas")
	if a := b.answer(); a.Action != "gas" {
		t.Errorf("action = %q", a.Action)
	}
	tb := b.s.page.order[1].(*table)
	if tb.aligned[2] != view.AlignEnd || tb.aligned[1] != view.AlignAuto || tb.aligned[4] != view.AlignMid {
		t.Errorf("columns stand %q", tb.aligned)
	}
}

func TestTable_BroadColumnsGiveWayFirst(t *testing.T) {
	tb := &table{natural: []float32{100, 400, 100}}
	if ws := tb.widths(400); ws[0] < 99 || ws[2] < 99 || ws[1] > 201 {
		t.Errorf("widths %v", ws)
	}
	if ws := tb.widths(1200); ws[0] != 200 || ws[1] != 800 {
		t.Errorf("widths %v", ws)
	}
}

// TestHundredThousandRows draws the largest list and table there are: only what
// is on the screen exists.
func TestHundredThousandRows(t *testing.T) {
	const many = 100_000
	items := make([]view.ListItem, many)
	rows := make([][]string, many)
	for i := range items {
		items[i] = view.ListItem{ID: fmt.Sprint("i", i), Title: view.Same(fmt.Sprint("第 ", i, " 项"))}
		rows[i] = []string{fmt.Sprint(i), "x"}
	}
	b := newBench(t, nil)
	for _, n := range []view.Node{view.List{Items: items}, view.Table{Columns: []view.Text{view.Same("a"), view.Same("b")}, Rows: rows}} {
		b.present(view.Page{ID: n.NodeKind(), Body: []view.Node{n}})
		exist := 0
		walk(b.s.root, func(o fyne.CanvasObject) {
			if _, ok := o.(*row); ok {
				exist++
			}
		})
		if exist == 0 || exist > 60 {
			t.Errorf("%s: %d rows exist", n.NodeKind(), exist)
		}
		var r *rolls
		walk(b.s.root, func(o fyne.CanvasObject) {
			if found, ok := o.(*rolls); ok {
				r = found
			}
		})
		r.at(many - 1)
		if !b.says(fmt.Sprint(many - 1)) {
			t.Errorf("%s: the last row is not shown", n.NodeKind())
		}
	}
}

// TestAside_LatestWorkOfAnOwnerWins holds the goroutine back and piles work up.
func TestAside_LatestWorkOfAnOwnerWins(t *testing.T) {
	release, done := make(chan bool), make(chan int, 200)
	a := &aside{post: func(f func()) { f() }}
	a.do("first", func() func() {
		<-release
		return func() { done <- -1 }
	})
	for i := range 1000 {
		a.do("map", func() func() { return func() { done <- i } })
	}
	a.do("gone", func() func() { return func() { done <- -2 } })
	a.forget("gone")
	close(release)
	var got []int
	for range 2 {
		select {
		case v := <-done:
			got = append(got, v)
		case <-time.After(5 * time.Second):
			t.Fatal("the work was not done")
		}
	}
	if fmt.Sprint(got) != "[-1 999]" {
		t.Errorf("done: %v", got)
	}
}

// FuzzSketch: no line or area, however far out, breaks the pen.
func FuzzSketch(f *testing.F) {
	f.Add(float32(-5), float32(3), float32(1e9), float32(-1e9), float32(4))
	f.Fuzz(func(t *testing.T, a, b, c, d, width float32) {
		for _, v := range []float32{a, b, c, d} {
			if v != v || v > 1e12 || v < -1e12 {
				return
			}
		}
		room := box{0, 0, 64, 64}
		ring := clipRing([]spot{{a, b}, {c, d}, {b, c}}, room)
		sk := newSketch(64, 64)
		if len(ring) > 2 {
			sk.fill(ring, color.NRGBA{A: 0xff})
		}
		for _, piece := range clipLine([]spot{{a, b}, {c, d}}, room) {
			sk.stroke(piece, min(max(width, 0), 64), color.NRGBA{A: 0xff})
		}
	})
}
