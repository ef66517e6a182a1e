package face_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goFaceAPI declares what devices/face/goface uses of github.com/Kagami/go-face.
const goFaceAPI = `package face

import "image"

type Recognizer struct{ p uintptr }

type Descriptor [128]float32

type Face struct {
	Rectangle  image.Rectangle
	Descriptor Descriptor
}

func NewRecognizer(modelDir string) (rec *Recognizer, err error) { return nil, nil }

func (rec *Recognizer) Recognize(imgData []byte) (faces []Face, err error) { return nil, nil }

func (rec *Recognizer) Close() {}
`

// stubbed imports what the compiler made, but go-face from its declaration.
type stubbed struct {
	types.Importer
	goFace *types.Package
}

func (s stubbed) Import(path string) (*types.Package, error) {
	if path == "github.com/Kagami/go-face" {
		return s.goFace, nil
	}
	return s.Importer.Import(path)
}

// TestGoFaceTypes type-checks the adapter that lies outside the build, so that it
// follows the Engine's interface. It says nothing of how the adapter runs.
func TestGoFaceTypes(t *testing.T) {
	fset := token.NewFileSet()
	from := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		out, err := exec.Command("go", "list", "-export", "-f", "{{.Export}}", path).Output()
		if err != nil {
			return nil, err
		}
		return os.Open(strings.TrimSpace(string(out)))
	})
	check := func(path string, imports types.Importer, files ...*ast.File) *types.Package {
		t.Helper()
		c := types.Config{Importer: imports, Error: func(err error) { t.Error(err) }}
		p, err := c.Check(path, fset, files, nil)
		if err != nil {
			t.FailNow()
		}
		return p
	}
	parse := func(name string, source any) *ast.File {
		t.Helper()
		f, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	stub := check("github.com/Kagami/go-face", from, parse("go-face.go", goFaceAPI))
	check("github.com/luohu/ting/devices/face/goface", stubbed{from, stub}, parse(filepath.Join("goface", "goface.go"), nil))
}
