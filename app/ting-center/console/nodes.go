package console

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/luohu/ting/kiosk/view"
)

// A board is a view.Page. What the shell draws with its toolkit is drawn here as
// HTML and SVG, complete: a test reads the vocabulary from its source and fails
// when a kind of node or field is not drawn. Nothing on a board can be touched.

type nodesOf struct {
	Lang view.Lang
	Page view.Page
}

// nodeOf is a node with what drawing it needs beyond its own fields.
type nodeOf struct {
	Lang    view.Lang
	Kind    string // a template's choice; "" for a node that cannot be drawn
	Node    view.Node
	Drawing any
}

// In is a text in the page's language.
func (n nodeOf) In(t view.Text) string { return t.In(n.Lang) }

// T is a wording in the page's language.
func (n nodeOf) T(zh, en string) string { return view.T(zh, en).In(n.Lang) }

// drawn prepares a node for its template.
func drawn(l view.Lang, n view.Node) nodeOf {
	out := nodeOf{Lang: l, Kind: n.NodeKind(), Node: n}
	switch n := n.(type) {
	case view.TextNode, view.Notice, view.Viewfinder, view.PersonCard, view.Tiles, view.List, view.Receipt, view.QRCode:
	case view.Progress:
		out.Drawing = int(max(0, min(1, n.Done)) * 100)
	case view.Form:
		out.Drawing = answers(l, n)
	case view.Table:
		out.Drawing = aligned(n)
	case view.Steps:
		out.Drawing = stages(n)
	case view.Picture:
		out.Drawing = pictureURL(n.Data)
	case view.Video:
		out.Drawing = pictureURL(n.Still)
	case view.Chart:
		out.Drawing = drawChart(l, n)
	case view.Map:
		out.Drawing = drawMap(l, n)
	default:
		out.Kind = ""
	}
	return out
}

// answer is a field as it is read.
type answer struct {
	Label, Hint, Error, Value string
	Required                  bool
}

func answers(l view.Lang, f view.Form) (list []answer) {
	for _, fd := range f.Fields {
		list = append(list, answer{fd.Label.In(l), fd.Hint.In(l), fd.Error.In(l), valueOf(l, fd), fd.Required})
	}
	return list
}

// valueOf is what a field holds, in words; what must not be read is hidden.
func valueOf(l view.Lang, f view.Field) string {
	switch f.Kind {
	case view.FieldText, view.FieldNumber, view.FieldDate:
		return f.Value
	case view.FieldPhone, view.FieldID:
		return maskNumber(f.Value)
	case view.FieldPIN:
		if f.Value == "" {
			return ""
		}
		return "••••"
	case view.FieldChoice:
		return optionsIn(l, f, []string{f.Value})
	case view.FieldChoices:
		return optionsIn(l, f, f.Chosen)
	case view.FieldPhoto:
		return view.T("照片（只在终端上拍摄）", "a photo, taken at the terminal only").In(l)
	case view.FieldSignature:
		return view.T("签名（只在终端上书写）", "a signature, given at the terminal only").In(l)
	}
	return view.T("管理台尚不能显示此字段", "the console cannot show this field yet").In(l)
}

func optionsIn(l view.Lang, f view.Field, chosen []string) string {
	var words []string
	for _, o := range f.Options {
		if slices.Contains(chosen, o.Value) {
			words = append(words, o.Label.In(l))
		}
	}
	return strings.Join(words, view.T("、", ", ").In(l))
}

// maskNumber keeps a number's ends.
func maskNumber(s string) string {
	r := []rune(s)
	if len(r) < 7 {
		return strings.Repeat("*", len(r))
	}
	return string(r[:3]) + strings.Repeat("*", len(r)-5) + string(r[len(r)-2:])
}

// column is where a table's cells stand.
type column struct {
	Title view.Text
	Class string // "", "num" to the right, "mid"
}

func aligned(t view.Table) []column {
	cols := make([]column, len(t.Columns))
	for i, title := range t.Columns {
		a := view.AlignAuto
		if i < len(t.Align) {
			a = t.Align[i]
		}
		cols[i].Title = title
		switch {
		case a == view.AlignEnd, a == view.AlignAuto && numbers(t.Rows, i):
			cols[i].Class = "num"
		case a == view.AlignMid:
			cols[i].Class = "mid"
		}
	}
	return cols
}

// numbers reports whether a column holds numbers alone.
func numbers(rows [][]string, i int) bool {
	some := false
	for _, r := range rows[:min(len(rows), 200)] {
		if i >= len(r) || r[i] == "" || r[i] == "—" {
			continue
		}
		if _, err := strconv.ParseFloat(strings.TrimRight(strings.ReplaceAll(r[i], ",", ""), "%"), 64); err != nil {
			return false
		}
		some = true
	}
	return some
}

// stage is a step as it is drawn.
type stage struct {
	view.Step
	State string // done, now, next
	Tone  view.Tone
}

func stages(s view.Steps) (list []stage) {
	for i, st := range s.Steps {
		x := stage{Step: st, State: "next"}
		switch {
		case i < s.Now:
			x.State = "done"
		case i == s.Now:
			x.State, x.Tone = "now", s.Tone
		}
		list = append(list, x)
	}
	return list
}

// pictureURL puts a picture into the page itself; "" for one that is none.
func pictureURL(file []byte) template.URL {
	if _, _, err := view.PictureSize(file); err != nil {
		return ""
	}
	return template.URL("data:" + http.DetectContentType(file) + ";base64," + base64.StdEncoding.EncodeToString(file))
}

// coord writes a coordinate of a drawing, short.
func coord(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

func number(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if i := strings.IndexByte(s, '.'); i >= 0 && len(s)-i > 3 {
		s = fmt.Sprintf("%.2f", v)
	}
	return s
}
