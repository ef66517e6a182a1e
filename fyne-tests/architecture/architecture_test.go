package architecture

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/luohu/ting/"

// rule forbids who (a folder of ours, with all below it) to depend on any of
// what, directly or through others.
type rule struct {
	who    string
	except []string // folders below who that may
	what   []string // import paths, with all below them; "=path" alone; ours without the module's path
	reason string
}

var rules = []rule{
	{
		who: "kiosk", what: []string{"fyne.io/"},
		reason: "the contract must be drawable by any renderer, and testable without a window",
	},
	{
		who: "kiosk", what: []string{"=database/sql", "github.com/mattn/go-sqlite3"},
		reason: "the runtime records through an interface; where records live is sync's business",
	},
	{
		who: "kiosk", what: []string{"plugins"},
		reason: "a terminal that knows a module by name cannot host one it has never seen",
	},
	{
		who: "plugins", what: []string{"fyne.io/"},
		reason: "modules describe pages as data; who draws them may change",
	},
	{
		who: "plugins", what: []string{"devices"},
		reason: "a module asks its session; which camera or barrier answers is the site's choice",
	},
	{
		who: "plugins", except: pluginCenters(), what: []string{"=database/sql", "github.com/mattn/go-sqlite3", "sync"},
		reason: "a module process keeps nothing itself and carries no database driver; only its center side does",
	},
	{
		who: "devices", what: []string{"kiosk", "sync", "plugins", "fyne.io/"},
		reason: "a driver knows hardware, not pages, people or records",
	},
	{
		who: "sync", what: []string{"fyne.io/", "plugins", "devices"},
		reason: "records travel the same whatever made them",
	},
	{
		who: "app", except: []string{"app/shell", "app/ting"}, what: []string{"fyne.io/"},
		reason: "app/shell is the only place that knows the toolkit; app/ting wires it in",
	},
	{
		who: "app/shell", what: []string{"plugins", "sync", "=database/sql", "devices"},
		reason: "the shell draws pages and returns answers; it holds no business rule",
	},
	{
		who: "app/ting", what: []string{"plugins", "devices/face/dlib", "assets/models"},
		reason: "modules and the face engine are processes of their own: they may crash, the shell does not",
	},
	{
		who: "app/ting-module", except: nil, what: []string{"fyne.io/", "=database/sql", "devices", "sync"},
		reason: "every module process pays for what this program links",
	},
	{
		who: "app/ting-face", what: []string{"fyne.io/", "=database/sql", "plugins", "sync", "google.golang.org/grpc"},
		reason: "the engine sees frames and answers with faces, nothing else",
	},
	{
		who: "app/ting-fleet", what: []string{"fyne.io/", "devices", "google.golang.org/grpc"},
		reason: "simulated terminals have no screen and no hardware; what they have is the real thing",
	},
	{
		who: "app/ting-center", what: []string{"fyne.io/", "devices", "google.golang.org/grpc"},
		reason: "the center draws boards as HTML and has no hardware",
	},
	{
		who: "assets", except: []string{"assets/demo"}, what: []string{"app", "kiosk", "plugins", "devices", "sync"},
		reason: "assets are data",
	},
}

func pluginCenters() []string {
	dirs, err := filepath.Glob("../../plugins/*/center")
	if err != nil {
		panic(err) // a malformed constant pattern
	}
	for i, d := range dirs {
		dirs[i] = filepath.ToSlash(strings.TrimPrefix(d, "../../"))
	}
	return dirs
}

func TestForbiddenImports(t *testing.T) {
	packages := list(t)
	checked := map[string]int{}
	for _, r := range rules {
		for path := range packages.ours {
			who := strings.TrimPrefix(path, module)
			if !under(who, r.who) || slices.ContainsFunc(r.except, func(e string) bool { return under(who, e) }) {
				continue
			}
			checked[r.who]++
			for _, what := range r.what {
				if chain := packages.chain(path, what); chain != nil {
					t.Errorf("%s must not depend on %s: %s\n\tit does through: %s",
						who, what, r.reason, strings.Join(chain, " → "))
				}
			}
		}
		if checked[r.who] == 0 {
			t.Errorf("rule for %q matched no package: has it moved?", r.who)
		}
	}
}

// TestModulesStayApart keeps each module's folder from importing another's.
func TestModulesStayApart(t *testing.T) {
	packages := list(t)
	for path := range packages.ours {
		who := strings.TrimPrefix(path, module)
		if !under(who, "plugins") {
			continue
		}
		own := strings.Split(who, "/")[1]
		for dep := range packages.closure(path) {
			if d := strings.TrimPrefix(dep, module); under(d, "plugins") && strings.Split(d, "/")[1] != own {
				t.Errorf("%s depends on %s: each module is a slice of its own, so that one can be removed or replaced", who, d)
			}
		}
	}
}

// TestPackageComments wants a sentence of purpose from every package.
func TestPackageComments(t *testing.T) {
	for path, p := range list(t).ours {
		if p.Doc == "" && len(p.GoFiles)+len(p.CgoFiles) > 0 {
			t.Errorf("%s has no package comment: say what it is for", path)
		}
	}
}

// TestSyncHoldsNoPackage keeps the folder's name from shadowing the standard package.
func TestSyncHoldsNoPackage(t *testing.T) {
	files, err := filepath.Glob("../../sync/*.go")
	if err != nil || len(files) > 0 {
		t.Errorf("no .go file directly in sync/: a package sync of ours would shadow the standard one (%v %v)", files, err)
	}
}

// TestTopLevel keeps the first thing a newcomer lists short.
func TestTopLevel(t *testing.T) {
	known := []string{"LICENSE", "Makefile", "README.md", "app", "assets", "bin", "build", "devices", "fyne-tests", "go.mod", "go.sum", "kiosk", "plugins", "sync"}
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(known, e.Name()) {
			t.Errorf("%s stands at the top level: move it into a room, or add it here with a reason", e.Name())
		}
	}
}

type pkg struct {
	ImportPath        string
	Doc               string
	GoFiles, CgoFiles []string
	Imports           []string
	Standard, DepOnly bool
}

// graph holds our packages apart from all there are, so that a chain of
// imports through foreign packages is seen too.
type graph struct {
	ours, all map[string]*pkg
}

func list(t *testing.T) graph {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Doc,GoFiles,CgoFiles,Imports,Standard,DepOnly", "./...")
	cmd.Dir = "../.."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	g := graph{ours: map[string]*pkg{}, all: map[string]*pkg{}}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(pkg)
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		g.all[p.ImportPath] = p
		if strings.HasPrefix(p.ImportPath, module) {
			g.ours[p.ImportPath] = p
		}
	}
	if len(g.ours) < 10 {
		t.Fatalf("go list found only %d packages of ours", len(g.ours))
	}
	return g
}

// closure maps every package that from depends on to one that imports it.

func (g graph) closure(from string) map[string]string {
	parent := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		p := g.all[queue[0]]
		if p == nil {
			continue
		}
		for _, imp := range p.Imports {
			if _, seen := parent[imp]; !seen {
				parent[imp] = queue[0]
				queue = append(queue, imp)
			}
		}
	}
	return parent
}

// chain is the shortest way of imports from a package to one below what (to
// exactly what, where it begins with "="), or nil.
func (g graph) chain(from, what string) []string {
	full := what
	if isOurs(what) {
		full = module + what
	}
	parent := g.closure(from)
	var found string
	for dep := range parent {
		if dep != from && matches(dep, full) && (found == "" || dep < found) {
			found = dep
		}
	}
	if found == "" {
		return nil
	}
	var chain []string
	for p := found; p != ""; p = parent[p] {
		chain = append(chain, strings.TrimPrefix(p, module))
	}
	slices.Reverse(chain)
	return chain
}

func isOurs(what string) bool {
	top, _, _ := strings.Cut(what, "/")
	return slices.Contains([]string{"app", "assets", "devices", "kiosk", "plugins", "sync"}, top)
}

func matches(path, what string) bool {
	if exact, ok := strings.CutPrefix(what, "="); ok {
		return path == exact
	}
	return under(path, strings.TrimSuffix(what, "/"))
}

// under reports whether path is folder or below it.
func under(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}
