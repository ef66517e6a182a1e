package shell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestColoursAndSizesAreTheThemes reads the shell's own code: no colour is made
// outside package theme, and no measure of the screen is a number. A number may
// scale a measure of the theme (2*l.M, l.XS/2) or be a share of the room there
// is; it may not be one.
func TestColoursAndSizesAreTheThemes(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil || len(paths) < 30 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	files := token.NewFileSet()
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if what := literal(n); what != "" {
				t.Errorf("%s: %s: name it in app/shell/theme", files.Position(n.Pos()), what)
			}
			return true
		})
	}
}

// drawn are the calls whose arguments are measures of the screen, and from which
// argument on.
var drawn = map[string]int{"put": 1, "NewSize": 0, "NewPos": 0, "NewSquareSize": 0}

// measured are the fields that hold one.
var measured = map[string]bool{
	"TextSize": true, "StrokeWidth": true, "CornerRadius": true, "TopLeftCornerRadius": true, "TopRightCornerRadius": true,
	"BottomLeftCornerRadius": true, "BottomRightCornerRadius": true,
}

// literal says which colour or measure n writes as a number; "" when it writes none.
func literal(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CompositeLit:
		sel, ok := n.Type.(*ast.SelectorExpr)
		if ok && isName(sel.X, "color") && len(n.Elts) > 0 {
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					e = kv.Value
				}
				if _, ok := numeral(e); ok {
					return "a colour written as numbers"
				}
			}
		}
	case *ast.SelectorExpr:
		if isName(n.X, "color") && (n.Sel.Name == "White" || n.Sel.Name == "Black" || n.Sel.Name == "Opaque") {
			return "color." + n.Sel.Name
		}
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if from, ok := drawn[name]; ok {
			for _, arg := range n.Args[min(from, len(n.Args)):] {
				if v, ok := numeral(arg); ok && v != 0 {
					return "a measure written as a number in " + name
				}
			}
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			sel, ok := left.(*ast.SelectorExpr)
			if ok && measured[sel.Sel.Name] && i < len(n.Rhs) {
				if v, ok := numeral(n.Rhs[i]); ok && v != 0 {
					return sel.Sel.Name + " is a number"
				}
			}
		}
	}
	return ""
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// numeral is the value of a literal, with its sign.
func numeral(e ast.Expr) (float64, bool) {
	if u, ok := e.(*ast.UnaryExpr); ok {
		return numeral(u.X)
	}
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.INT && lit.Kind != token.FLOAT {
		return 0, false
	}
	v, err := strconv.ParseFloat(lit.Value, 64)
	if err != nil { // a hexadecimal one
		return 1, true
	}
	return v, true
}

func TestLiteralsAreSeen(t *testing.T) {
	for src, want := range map[string]bool{
		"color.NRGBA{R: 1}": true, "color.NRGBA{0xff, 1, 2, 3}": true, "color.White": true, "color.Transparent": false, "color.NRGBA{}": false,
		"put(o, 0, 12, w, h)": true, "put(o, 0, 0, 2*l.M, h)": false, "fyne.NewSize(10, 2)": true, "fyne.NewPos(0, y)": false,
	} {
		e, err := parser.ParseExpr(src)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			found = found || literal(n) != ""
			return true
		})
		if found != want {
			t.Errorf("%s: seen %v", src, found)
		}
	}
}
