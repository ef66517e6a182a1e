// Command gallery opens the shell on sample pages, to look at every node:
//
//	make gallery                                                # the same as the next line
//	go run ./app/shell/gallery                                  # a list of all pages to choose from
//	go run ./app/shell/gallery -page gate-welcome -lang en -size 1280x800
//	go run ./app/shell/gallery -list
//
// The display button in the header switches language and look, the footer leafs
// through the pages, Back returns to the list. Answers are printed. Pages named
// on standard input, one a line, are shown in turn. The viewfinder and the film
// show a drawing that moves; -still holds it.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

func main() {
	page := flag.String("page", "contents", "the page to begin with")
	lang := flag.String("lang", "zh", "zh or en")
	size := flag.String("size", "1080x1920", "of the window; full fills the screen")
	list := flag.Bool("list", false, "list the pages and exit")
	still := flag.Bool("still", false, "hold the picture of the viewfinder")
	unsent := flag.Int64("unsent", 3, "records not yet sent")
	idle := flag.Duration("idle", 0, "what the idle countdown shows")
	offline := flag.Bool("offline", false, "show the line to the center as down")
	trouble := flag.Bool("trouble", false, "show a device in trouble")
	variant := flag.String("variant", "", "of the look, with commas: night, contrast, elder, seated")
	scenes := flag.String("scenes", "", "a Unix socket that tells where the screen can be touched, for tours")
	mode := flag.String("mode", "kiosk", "kiosk, gate or desk")
	flag.Parse()
	if *list {
		for _, p := range sample.All() {
			fmt.Println(p.Name)
		}
		return
	}
	socket = *scenes
	if err := run(*page, *size, *mode, display(*lang, *variant), *still, status(*unsent, *idle, *offline, *trouble)); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

func display(lang, variant string) shell.Display {
	d := shell.Display{Lang: view.Lang(lang)}
	for _, v := range strings.Split(variant, ",") {
		switch v {
		case "night":
			d.Night = true
		case "contrast":
			d.Contrast = true
		case "elder":
			d.Elder = true
		case "seated":
			d.Seated = true
		}
	}
	return d
}

var socket string // of -scenes

var modes = map[string]shell.Mode{"kiosk": shell.Kiosk, "gate": shell.Gate, "desk": shell.Desk}

func status(unsent int64, idle time.Duration, offline, trouble bool) shell.Status {
	st := shell.Status{Network: shell.Online, Unsent: unsent, IdleLeft: idle}
	if offline {
		st.Network = shell.Offline
	}
	if trouble {
		st.Devices = []shell.Trouble{{Name: view.T("闸机", "Barrier"), Text: view.T("没有回应,请检查电源", "does not answer; please check its power")}}
	}
	return st
}

// gallery shows one page after another in a shell.
type gallery struct {
	shell *shell.Shell
	pages []sample.Page
	at    int
	rev   uint64
}

// show puts a page on the screen, each as a visit of its own.
func (g *gallery) show(i int) {
	g.at = (i + len(g.pages)) % len(g.pages)
	g.rev++
	p := g.pages[g.at].Page
	p.Rev = g.rev
	g.shell.Present(kiosk.Visit{ID: fmt.Sprint("visit-", g.rev), Module: "gallery"}, p)
	fmt.Println("page", g.pages[g.at].Name)
}

// find is the number of the page of that name, or -1.
func (g *gallery) find(name string) int {
	return slices.IndexFunc(g.pages, func(p sample.Page) bool { return p.Name == name })
}

// contents is the first page: a list of all others.
func contents(pages []sample.Page) sample.Page {
	list := view.List{Key: view.Key{Key: "contents"}}
	for _, p := range pages {
		title := p.Page.Title
		if title.IsZero() {
			title = view.Same(p.Name)
		}
		list.Items = append(list.Items, view.ListItem{ID: p.Name, Title: title, Detail: view.Same(p.Name), Icon: "document"})
	}
	return sample.Page{Name: "contents", Page: view.Page{ID: "contents", Title: view.T("所有页面", "Every page"), Body: []view.Node{list}}}
}

// answered opens what was touched on the contents, and prints every answer.
func (g *gallery) answered(a view.Answer) {
	switch i := g.find(a.Action); {
	case g.pages[g.at].Name == "contents" && i >= 0:
		g.show(i)
	case a.Action == view.ActionBack:
		g.show(0)
	default:
		fmt.Println("answer", a.PageID, a.Rev, a.Action)
		for _, id := range slices.Sorted(maps.Keys(a.Fields)) {
			v := a.Fields[id]
			fmt.Printf("  %s: %q %q, image of %d bytes\n", id, v.Text, v.Chosen, len(v.Image))
		}
	}
}

// follow shows the pages that are named on standard input, one a line, so that
// a script can go through them in one window.
func (g *gallery) follow(in io.Reader, turn func(func())) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if i := g.find(strings.TrimSpace(lines.Text())); i >= 0 {
			turn(func() { g.show(i) })
		} else {
			fmt.Fprintf(os.Stderr, "gallery: no page %q (see -list)\n", lines.Text())
		}
	}
}

func run(name, size, mode string, d shell.Display, still bool, st shell.Status) error {
	pages := sample.All()
	g := &gallery{pages: append([]sample.Page{contents(pages)}, pages...)}
	at := g.find(name)
	if at < 0 {
		return fmt.Errorf("no page %q (see -list)", name)
	}
	films := newFilms(still)
	var mu sync.Mutex
	turn := func(f func()) { // callbacks and standard input take turns
		mu.Lock()
		defer mu.Unlock()
		f()
	}
	opts := shell.Options{
		Mode: modes[mode], Display: d, Place: sample.Place, AllowQuit: true,
		Log:        slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Viewfinder: newPattern(still),
		Films:      films,
		Shortcuts: []shell.Shortcut{
			{Module: "previous", Title: view.T("上一页", "Previous"), Icon: "previous"},
			{Module: "next", Title: view.T("下一页", "Next"), Icon: "next"},
		},
		OnHome:   func() { turn(func() { g.show(0) }) },
		OnAnswer: func(a view.Answer) { turn(func() { g.answered(a) }) },
		OnCard:   func(number string) { fmt.Println("a card of", len(number), "characters") },
	}
	opts.OnStart = func(which string) {
		turn(func() {
			if which == "previous" {
				g.show(g.at - 1)
			} else {
				g.show(g.at + 1)
			}
		})
	}
	if size != "full" {
		var w, h float32
		if _, err := fmt.Sscanf(size, "%gx%g", &w, &h); err != nil {
			return fmt.Errorf("-size %q: want 1080x1920", size)
		}
		opts.Windowed = fyne.NewSize(w, h)
	}
	s, err := shell.New(opts)
	if err != nil {
		return err
	}
	g.shell = s
	s.SetStatus(st)
	turn(func() { g.show(at) })
	go g.follow(os.Stdin, turn)
	if socket != "" {
		l, err := net.Listen("unix", socket)
		if err != nil {
			return err
		}
		defer func() { _ = l.Close() }() // the program ends
		go s.ServeScenes(l)
	}
	return s.Run()
}
