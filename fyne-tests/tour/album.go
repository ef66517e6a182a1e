package tour

import (
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"testing"

	"github.com/luohu/ting/fyne-tests/district"
)

// album is a folder of numbered pictures.
type album struct {
	t        testing.TB
	dir      string
	pictures []picture
}

type picture struct{ File, Caption string }

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
		os.Remove(f)
	}
	return &album{t: t, dir: dir}
}

// add takes a picture of what the display shows now.
func (a *album) add(d *district.District, name, caption string) {
	a.t.Helper()
	file := fmt.Sprintf("%02d-%s.png", len(a.pictures)+1, name)
	d.Screenshot(filepath.Join(a.dir, file))
	a.pictures = append(a.pictures, picture{file, caption})
}

var indexPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="zh"><meta charset="utf-8"><title>Ting 厅: a tour</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;margin:2rem;background:#f3f5f8;color:#1d2733}
main{display:flex;flex-wrap:wrap;gap:1.5rem}figure{margin:0;background:#fff;padding:.75rem;border-radius:.5rem}
img{height:32rem;display:block}figcaption{padding-top:.5rem}
</style>
<h1>Ting 厅: a tour</h1><main>
{{range .}}<figure><a href="{{.File}}"><img src="{{.File}}" alt=""></a><figcaption>{{.File}}<br>{{.Caption}}</figcaption></figure>
{{end}}</main></html>
`))

// close writes the index page.
func (a *album) close() {
	a.t.Helper()
	f, err := os.Create(filepath.Join(a.dir, "index.html"))
	if err == nil {
		err = indexPage.Execute(f, a.pictures)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		a.t.Fatal(err)
	}
}
