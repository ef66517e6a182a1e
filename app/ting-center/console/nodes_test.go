package console

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/luohu/ting/kiosk/view"
)

func draw(t *testing.T, d *desk, n view.Node) string {
	t.Helper()
	var b strings.Builder
	if err := d.own.pages["board"].ExecuteTemplate(&b, "nodes", nodesOf{view.ZH, view.Page{ID: "p", Body: []view.Node{n}}}); err != nil {
		t.Errorf("%s: %v", n.NodeKind(), err)
	}
	return b.String()
}

func onePixel(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// samples are every kind of node, with markup in every text.
func samples(t *testing.T) []view.Node {
	tx, px := view.Same(evil), onePixel(t)
	place := view.Features{{Name: tx, Geometry: view.At(114.1, 22.5)}, {Name: tx, Geometry: view.At(114.2, 22.6)}, {Name: tx, Geometry: view.Line(view.Position{114.1, 22.5}, view.Position{114.3, 22.4})},
		{Name: tx, Geometry: view.Area([]view.Position{{114, 22}, {115, 22}, {115, 23}, {114, 22}})}}
	return []view.Node{
		view.TextNode{Text: tx}, view.Notice{Text: tx, Detail: tx}, view.Viewfinder{Hint: tx},
		view.PersonCard{Name: tx, Line: tx, Detail: tx}, view.Tiles{Tiles: []view.Tile{{ID: "a", Title: tx, Detail: tx}}},
		view.Form{Fields: []view.Field{{ID: "a", Kind: view.FieldText, Label: tx, Hint: tx, Value: evil, Error: tx}}},
		view.List{Items: []view.ListItem{{Title: tx, Detail: tx}}}, view.List{Empty: tx},
		view.Table{Columns: []view.Text{tx}, Rows: [][]string{{evil}}}, view.Table{Columns: []view.Text{tx}, Empty: tx},
		view.Receipt{Number: evil, Facts: []view.Fact{{Label: tx, Value: tx}}}, view.QRCode{Data: evil, Label: tx},
		view.Progress{Label: tx, Done: 0.5}, view.Progress{Label: tx, Done: -1},
		view.Steps{Steps: []view.Step{{Title: tx, Detail: tx}, {Title: tx}}, Now: 1},
		view.Picture{Data: px, Alt: tx, Caption: tx}, view.Picture{Data: []byte("none"), Alt: tx},
		view.Video{Film: "card.mp4", Still: px, Alt: tx, Caption: tx}, view.Video{Film: "card.mp4", Alt: tx},
		view.Chart{Type: view.ChartBar, Title: tx, Labels: []view.Text{tx, tx}, Unit: tx, Series: []view.Series{{Name: tx, Values: []float64{3, -1}}, {Name: tx, Values: []float64{2}}}},
		view.Chart{Type: view.ChartLine, Title: tx, Labels: []view.Text{tx, tx}, Series: []view.Series{{Values: []float64{3, 1}}}},
		view.Chart{Type: view.ChartShare, Title: tx, Labels: []view.Text{tx, tx}, Series: []view.Series{{Values: []float64{3, 1}}}},
		view.Chart{Type: view.ChartBar, Empty: tx},
		view.Map{Alt: tx, Credit: tx, Layers: []view.Layer{{Role: view.RolePlace, Name: tx, Features: place}}},
		view.Map{Alt: tx, Empty: tx},
	}
}

func TestEveryKindOfNodeIsDrawn(t *testing.T) {
	d := open(t)
	for _, n := range samples(t) {
		s := draw(t, d, n)
		if contains(s, "<script>", "<img src=x") || !strings.Contains(s, "&lt;script&gt;") || contains(s, "尚不能显示", "NaN", "Inf") {
			t.Errorf("%s: %s", n.NodeKind(), s)
		}
	}
}

// TestVocabularyIsComplete reads the vocabulary from its source: a kind of node,
// field, chart or role that is added there and not drawn here fails.
func TestVocabularyIsComplete(t *testing.T) {
	nodes, constants := vocabulary(t)
	drawnKinds := map[string]bool{}
	for _, n := range samples(t) {
		drawnKinds[reflect.TypeOf(n).Name()] = true
	}
	for _, n := range nodes {
		if !drawnKinds[n] {
			t.Errorf("view.%s is not drawn: give it a case in drawn, a template in nodes.html and a sample here", n)
		}
	}
	if len(nodes) < 16 || len(constants["FieldKind"]) < 10 {
		t.Fatalf("the vocabulary was not found: %v, %v", nodes, constants)
	}
	for _, kind := range constants["FieldKind"] {
		f := view.Field{ID: "a", Kind: view.FieldKind(kind), Value: "1", Options: []view.Option{{Value: "1", Label: view.Same("一")}}, Chosen: []string{"1"}}
		if s := valueOf(view.ZH, f); s == "" || strings.Contains(s, "尚不能显示") {
			t.Errorf("a field of kind %s is shown as %q", kind, s)
		}
	}
	for _, kind := range constants["ChartKind"] {
		c := drawChart(view.ZH, view.Chart{Type: view.ChartKind(kind), Labels: []view.Text{view.Same("a")}, Series: []view.Series{{Values: []float64{1}}}})
		if len(c.Bars)+len(c.Lines)+len(c.Arcs) == 0 {
			t.Errorf("a chart of kind %s draws nothing", kind)
		}
	}
	css, err := os.ReadFile("static/console.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range constants["Role"] {
		if !bytes.Contains(css, []byte("map-"+role)) {
			t.Errorf("a map's %s has no style", role)
		}
	}
	for _, tone := range constants["Tone"] {
		if tone != "" && tone != "busy" && !bytes.Contains(css, []byte(".notice.tone-"+tone)) {
			t.Errorf("a notice of tone %s has no style", tone)
		}
	}
}

// vocabulary reads the names of the types that are nodes, and the constants by type.
func vocabulary(t *testing.T) (nodes []string, constants map[string][]string) {
	t.Helper()
	files, err := filepath.Glob("../../../kiosk/view/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	constants = map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Recv != nil && decl.Name.Name == "NodeKind" {
					nodes = append(nodes, decl.Recv.List[0].Type.(*ast.Ident).Name)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					v, ok := spec.(*ast.ValueSpec)
					if !ok || decl.Tok != token.CONST || len(v.Values) != 1 {
						continue
					}
					name, _ := v.Type.(*ast.Ident)
					value, _ := v.Values[0].(*ast.BasicLit)
					if name != nil && value != nil && value.Kind == token.STRING {
						constants[name.Name] = append(constants[name.Name], strings.Trim(value.Value, `"`))
					}
				}
			}
		}
	}
	slices.Sort(nodes)
	return nodes, constants
}

func TestPrivateFieldsAreHidden(t *testing.T) {
	for _, f := range []view.Field{{Kind: view.FieldPIN, Value: "123456"}, {Kind: view.FieldID, Value: "11010519491231002X"}, {Kind: view.FieldPhone, Value: "13800138000"}} {
		if s := valueOf(view.ZH, f); strings.Contains(s, f.Value) || strings.Contains(s, "1949") || strings.Contains(s, "00138") {
			t.Errorf("%s is shown as %q", f.Kind, s)
		}
	}
}

func TestChartHasItsNumbersInWords(t *testing.T) {
	d := open(t)
	s := draw(t, d, view.Chart{Type: view.ChartBar, Title: view.T("今日", "today"), Labels: []view.Text{view.Same("7 点"), view.Same("8 点")}, Unit: view.T("人", "people"),
		Series: []view.Series{{Values: []float64{120, 1.2345}}}})
	for _, want := range []string{`role="img"`, `aria-label="今日"`, "<td>7 点</td>", `<td class="num">120</td>`, "1.23", "<title>7 点: 120人</title>"} {
		if !strings.Contains(s, want) {
			t.Errorf("without %q:\n%s", want, s)
		}
	}
}

func TestStepsAreNice(t *testing.T) {
	for want, step := range map[float64]float64{0: 1, 0.3: 0.5, 1: 1, 1.1: 2, 7: 10, 23: 50, 1e14: 1e14} {
		if got := niceStep(want); got != step {
			t.Errorf("for %v: %v, want %v", want, got, step)
		}
	}
}
