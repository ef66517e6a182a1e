package tour

import (
	"fmt"
	"html/template"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/luohu/ting/fyne-tests/district"
)

// album is a folder of numbered pictures, chapter by chapter.
type album struct {
	t   testing.TB
	dir string

	mu       sync.Mutex
	chapters []*chapter
	count    int
}

// chapter is the pictures of one walk.
type chapter struct {
	ID, Title, About string
	Wide             bool // its pictures are wider than tall
	Pictures         []picture

	size  string // of its display
	album *album
}

type picture struct {
	Number        int
	File, Caption string
}

func newAlbum(t testing.TB, dir string) *album {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range old {
		_ = os.Remove(f) // what stays is overwritten, or seen to be old
	}
	return &album{t: t, dir: dir}
}

// chapter begins a chapter; size is that of its display.
func (a *album) chapter(id, title, about, size string) *chapter {
	a.mu.Lock()
	defer a.mu.Unlock()
	var w, h int
	if _, err := fmt.Sscanf(size, "%dx%d", &w, &h); err != nil {
		a.t.Fatal(err)
	}
	c := &chapter{ID: id, Title: title, About: about, Wide: w > h, size: size, album: a}
	a.chapters = append(a.chapters, c)
	return c
}

// add takes a picture of what a display shows now.
func (c *chapter) add(t testing.TB, display, name, caption string) {
	t.Helper()
	district.Need(t, "import")
	a := c.album
	a.mu.Lock()
	a.count++
	n := a.count
	file := fmt.Sprintf("%03d-%s-%s.png", n, c.ID, name)
	c.Pictures = append(c.Pictures, picture{n, file, caption})
	a.mu.Unlock()
	cmd := exec.Command("import", "-display", display, "-window", "root",
		"-define", "png:compression-level=4", filepath.Join(a.dir, file))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("picture: %v\n%s", err, out)
	}
}

var indexPage = template.Must(template.New("").Funcs(template.FuncMap{"join": strings.Join}).Parse(`<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Ting 厅: a tour</title>
<style>
:root{--brand:#0a3f80;--line:#d3deea;--ink:#13233b;--soft:#52647d}
*{box-sizing:border-box}
body{font:16px/1.55 system-ui,"Noto Sans CJK SC",sans-serif;margin:0;background:#f3f6fa;color:var(--ink)}
header{background:var(--brand);color:#fff;padding:2.5rem 3rem 2rem;border-bottom:4px solid #f2b23e}
h1{margin:0 0 .25rem;font-size:2.2rem}header p{margin:0;color:#c4d9f2}
nav{position:sticky;top:0;background:#fff;border-bottom:1px solid var(--line);padding:.75rem 3rem;display:flex;flex-wrap:wrap;gap:.35rem 1.25rem;z-index:1}
nav a{color:#0f56a8;text-decoration:none;white-space:nowrap}nav a small{color:var(--soft)}
section{padding:2rem 3rem 0;scroll-margin-top:4rem}
h2{margin:0}section>p{margin:.1rem 0 1rem;color:var(--soft)}
.row{display:flex;flex-wrap:wrap;gap:1.25rem}
figure{margin:0;background:#fff;border:1px solid var(--line);border-radius:.6rem;padding:.6rem;width:15.5rem}
.wide figure{width:25rem}
img{width:100%;display:block;border-radius:.3rem}
figcaption{padding:.5rem .2rem 0;font-size:.9rem}figcaption b{color:#0f56a8;margin-right:.4rem}
footer{padding:3rem;color:var(--soft)}
</style>
<header><h1>Ting 厅</h1><p>A tour: {{.Count}} pictures of real windows, touched from outside.</p></header>
<nav>{{range .Chapters}}<a href="#{{.ID}}">{{.Title}} <small>{{len .Pictures}}</small></a>{{end}}</nav>
{{range .Chapters}}<section id="{{.ID}}"{{if .Wide}} class="wide"{{end}}><h2>{{.Title}}</h2><p>{{.About}}</p>
<div class="row">{{range .Pictures}}
<figure><a href="{{.File}}"><img src="{{.File}}" alt="{{.Caption}}" loading="lazy"></a><figcaption><b>{{printf "%03d" .Number}}</b>{{.Caption}}</figcaption></figure>{{end}}
</div></section>
{{end}}<footer>Made by make tour.</footer></html>
`))

// close writes the index page.
func (a *album) close() {
	a.t.Helper()
	f, err := os.Create(filepath.Join(a.dir, "index.html"))
	if err == nil {
		err = indexPage.Execute(f, struct {
			Count    int
			Chapters []*chapter
		}{a.count, a.chapters})
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		a.t.Fatal(err)
	}
}
