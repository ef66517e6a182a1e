package shell

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/kiosk/view"
)

func TestSettingFollowsWhatThePageSays(t *testing.T) {
	l := newBench(t, nil).s.look
	few, many := view.Same("请把卡贴近读卡器"), view.Same(strings.Repeat("读", 101))
	for name, c := range map[string]struct {
		page view.Page
		want setting
	}{
		"title alone":       {view.Page{}, onPoster},
		"a notice":          {view.Page{Body: []view.Node{view.Notice{Text: few}}}, onPoster},
		"waiting":           {view.Page{Body: []view.Node{view.Progress{Done: -1, Label: few}}}, onPoster},
		"a live picture":    {view.Page{Body: []view.Node{view.Notice{Text: many}, view.Viewfinder{}}}, onStage},
		"long words":        {view.Page{Body: []view.Node{view.TextNode{Text: many}}}, onSheet},
		"a step of several": {view.Page{Step: 1, Steps: 2, Body: []view.Node{view.TextNode{Text: few}}}, onSheet},
		"many notices":      {view.Page{Body: []view.Node{view.Notice{}, view.Notice{}, view.Notice{}, view.Notice{}}}, onSheet},
		"a receipt":         {view.Page{Body: []view.Node{view.Receipt{}}}, onSheet},
		"a form":            {view.Page{Body: []view.Node{view.TextNode{Text: few}, view.Form{}}}, onSheet},
	} {
		if got := setFor(c.page, l); got != c.want {
			t.Errorf("%s: stands on %d, want %d", name, got, c.want)
		}
	}
}

// TestLargestSentence: on a poster nothing is larger than the sentence the page
// is about.
func TestLargestSentence(t *testing.T) {
	for _, p := range sample.Posters() {
		b := newBench(t, nil)
		b.present(p.Page)
		v := b.s.page
		about := v.title.ty.Size
		for _, n := range v.order {
			switch n := n.(type) {
			case *text:
				if n.large {
					about = n.words.ty.Size
				}
			case *personCard:
				if got := n.words[0].ty.Size; got >= about {
					t.Errorf("%s: a name of %g beside a sentence of %g", p.Name, got, about)
				}
			case *notice:
				if got := n.words[0].ty.Size; got >= about {
					t.Errorf("%s: a notice of %g beside a sentence of %g", p.Name, got, about)
				}
			}
		}
		if about != v.shell.look.Headline.Size {
			t.Errorf("%s: the sentence is drawn at %g, not as the headline", p.Name, about)
		}
	}
}

// TestPlaceIsNeverCut draws the header in both languages at every size in use.
func TestPlaceIsNeverCut(t *testing.T) {
	places := []view.Text{sample.Place, view.T("第一小学 东门", "First Primary School, East Gate"),
		view.T("罗湖区莲塘街道公共法律服务中心 一楼大厅", "Liantang Subdistrict Public Legal Service Center, Ground Floor Hall")}
	for _, size := range []fyne.Size{{Width: 1080, Height: 1920}, {Width: 1280, Height: 800}, {Width: 800, Height: 1280}, {Width: 1100, Height: 780}} {
		for _, lang := range []view.Lang{view.ZH, view.EN} {
			for _, place := range places {
				b := newBench(t, func(o *Options) { o.Place, o.Display.Lang, o.Windowed = place, lang, size })
				b.s.SetStatus(Status{Network: Offline, Unsent: 12345})
				h := b.s.header
				want := oneLine(b.s.look.say(place))
				got := strings.Join(h.where.lines, " ")
				if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
					t.Errorf("%v %s: %q is drawn as %q", size, lang, want, got)
				}
				if at, y := h.where.box.Position(), h.where.box.Size().Height; at.Y < 0 || at.Y+y > h.date.Position().Y+1 {
					t.Errorf("%v %s: %q reaches from %g to %g, over the date at %g", size, lang, want, at.Y, at.Y+y, h.date.Position().Y)
				}
				if end, chip := h.date.Position().X+h.date.MinSize().Width, h.unsent.object().Position().X; end > chip {
					t.Errorf("%v %s: the date %q ends at %g, under the chip at %g", size, lang, h.date.Text, end, chip)
				}
			}
		}
	}
}
