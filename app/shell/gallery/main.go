// Command gallery opens the shell on sample pages, to look at every node:
//
//	go run ./app/shell/gallery                                  # space shows the next page
//	go run ./app/shell/gallery -page gate-welcome -lang en -size 1280x800
//	go run ./app/shell/gallery -list
//
// The viewfinder shows a test picture that moves; -still holds it.
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

func main() {
	page := flag.String("page", "gate-idle", "the page to begin with")
	lang := flag.String("lang", "zh", "zh or en")
	size := flag.String("size", "1080x1920", "of the window; full fills the screen")
	list := flag.Bool("list", false, "list the pages and exit")
	still := flag.Bool("still", false, "hold the picture of the viewfinder")
	unsent := flag.Int64("unsent", 3, "records not yet sent")
	idle := flag.Duration("idle", 0, "what the idle countdown shows")
	offline := flag.Bool("offline", false, "show the line to the center as down")
	trouble := flag.Bool("trouble", false, "show a device in trouble")
	variant := flag.String("variant", "", "of the look, with commas: night, contrast, elder, seated")
	mode := flag.String("mode", "gate", "kiosk, gate or desk")
	flag.Parse()
	if *list {
		for _, p := range sample.All() {
			fmt.Println(p.Name)
		}
		return
	}
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

func run(name, size, mode string, d shell.Display, still bool, st shell.Status) error {
	pages := sample.All()
	at := -1
	for i, p := range pages {
		if p.Name == name {
			at = i
		}
	}
	if at < 0 {
		return fmt.Errorf("no page %q (see -list)", name)
	}
	opts := shell.Options{
		Mode: modes[mode], Display: d, Place: sample.Place, AllowQuit: true,
		Log:        slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Viewfinder: newPattern(still),
		Shortcuts: []shell.Shortcut{
			{Module: "enrolment", Title: view.T("人脸登记", "Enrol"), Icon: "face"},
			{Module: "hall", Title: view.T("办事", "Services"), Icon: "hall"},
		},
		OnHome: func() {}, OnAnswer: func(a view.Answer) { fmt.Println("answer", a.PageID, a.Rev, a.Action, a.Fields) },
		OnCard: func(number string) { fmt.Println("a card of", len(number), "characters") },
	}
	if size != "full" {
		var w, h float32
		if _, err := fmt.Sscanf(size, "%gx%g", &w, &h); err != nil {
			return fmt.Errorf("-size %q: want 1080x1920", size)
		}
		opts.Windowed = fyne.NewSize(w, h)
	}
	var s *shell.Shell
	rev := uint64(0)
	show := func(i int) {
		rev++
		p := pages[i].Page
		p.Rev = rev
		s.Present(kiosk.Visit{ID: fmt.Sprint("visit-", rev), Module: "gallery"}, p)
		fmt.Println("page", pages[i].Name)
	}
	opts.OnStart = func(string) {
		at = (at + 1) % len(pages)
		show(at)
	}
	s, err := shell.New(opts)
	if err != nil {
		return err
	}
	s.SetStatus(st)
	show(at)
	return s.Run()
}
