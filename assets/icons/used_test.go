package icons_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/luohu/ting/assets/icons"
)

// TestEveryIconThatIsUsedExists reads the whole project for names of icons: a
// misspelt one is no error anywhere else, it is only missing on the screen.
func TestEveryIconThatIsUsedExists(t *testing.T) {
	used := 0
	check := func(where token.Position, name string) {
		if name == "" {
			return
		}
		used++
		if _, ok := icons.SVG(name, ""); !ok {
			t.Errorf("%s: there is no icon %q", where, name)
		}
	}
	files := token.NewFileSet()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "../.." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit := named(n); lit != nil {
				if name, err := strconv.Unquote(lit.Value); err == nil {
					check(files.Position(lit.Pos()), name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if used < 30 {
		t.Errorf("only %d uses of icons were found: has the way they are named changed?", used)
	}
}

// named is the literal by which n names an icon: the value of a field Icon, or
// the argument of whatever draws icons; nil when n names none.
func named(n ast.Node) *ast.BasicLit {
	var e ast.Expr
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if id, ok := n.Key.(*ast.Ident); ok && id.Name == "Icon" {
			e = n.Value
		}
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if at, ok := map[string]int{"icon": 0, "symbol": 0, "newChip": 1, "newButton": 2, "newDisplaySwitch": 2}[name]; ok && at < len(n.Args) {
			e = n.Args[at]
		}
	}
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return nil
	}
	return lit
}

// TestTheToolkitDrawsEveryIcon keeps to the part of SVG that the shell's toolkit
// draws as a browser does: it rounds no corner without ry, and takes an arc's
// flags only once after its letter.
func TestTheToolkitDrawsEveryIcon(t *testing.T) {
	round := regexp.MustCompile(`rx="([0-9.]+)"(?: ry="([0-9.]+)")?`)
	arc := regexp.MustCompile(`[aA]([^a-zA-Z"]*)`)
	number := regexp.MustCompile(`-?(?:\d+\.?\d*|\.\d+)`)
	for _, name := range icons.Names() {
		b, _ := icons.SVG(name, "currentColor")
		for _, m := range round.FindAllStringSubmatch(string(b), -1) {
			if m[1] != m[2] {
				t.Errorf("%s: rx=%q wants ry=%q", name, m[1], m[1])
			}
		}
		for _, path := range regexp.MustCompile(` d="([^"]*)"`).FindAllStringSubmatch(string(b), -1) {
			for _, m := range arc.FindAllStringSubmatch(path[1], -1) {
				if n := len(number.FindAllString(m[1], -1)); n != 7 {
					t.Errorf("%s: an arc of %d numbers, 7 are needed: %q", name, n, m[0])
				}
			}
		}
	}
}
