package maintenance_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/luohu/ting/app/ting/maintenance"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

var now = time.Date(2026, 3, 2, 7, 42, 0, 0, time.UTC)

var teacher = kiosk.Person{ID: "T-0001", Name: "周老师", Role: "staff", Way: kiosk.WayPIN}

// full is a terminal with everything, in some trouble.
func full() maintenance.Config {
	return maintenance.Config{
		Version: "0.1.0", Started: now.Add(-50 * time.Hour),
		Devices: func() []maintenance.State {
			return []maintenance.State{{view.T("摄像头", "Camera"), view.T("正常", "works"), true}, {view.T("闸门", "Barrier"), view.T("没有响应", "does not answer"), false}}
		},
		Modules: func() []maintenance.State {
			return []maintenance.State{{view.T("校门", "Gate"), view.Same("1.2.0"), true}}
		},
		Journal: func(context.Context) (maintenance.Journal, error) {
			return maintenance.Journal{Unsent: 7, Oldest: now.Add(-3 * time.Hour), Size: 1 << 20, Free: 20 << 30, Epoch: 2}, nil
		},
		Verify: func(context.Context) (int64, error) { return 1234, nil },
		Network: func() maintenance.Network {
			return maintenance.Network{Center: "https://center.example", Enrolled: true, Trouble: "no route", Hint: "look at the cable", Addresses: []string{"10.0.0.9"}}
		},
		Log: func() []maintenance.Line {
			return []maintenance.Line{{now, slog.LevelInfo, "the terminal is open"}, {now, slog.LevelWarn, "a module was refused"}}
		},
	}
}

func open(t *testing.T, c maintenance.Config) *kiosktest.Terminal {
	t.Helper()
	tm := kiosktest.New(t, maintenance.New(c), kiosktest.WithNow(now))
	tm.Start()
	return tm
}

func enter(t *testing.T, c maintenance.Config) *kiosktest.Terminal {
	t.Helper()
	tm := open(t, c)
	r := tm.Identifies(teacher)
	if !slices.Equal(r.Ways, []kiosk.Way{kiosk.WayPIN}) || !slices.Equal(r.Roles, []string{"staff"}) {
		t.Errorf("the door asks for %v of %v, want a PIN of the staff", r.Ways, r.Roles)
	}
	tm.WantPage("maintenance")
	return tm
}

// words is everything a page says in a language.
func words(p view.Page, l view.Lang) string {
	all := []string{p.Title.In(l)}
	for _, n := range p.Body {
		switch n := n.(type) {
		case view.List:
			for _, i := range n.Items {
				all = append(all, i.Title.In(l), i.Detail.In(l))
			}
		case view.Tiles:
			for _, i := range n.Tiles {
				all = append(all, i.Title.In(l), i.Detail.In(l))
			}
		case view.Notice:
			all = append(all, n.Text.In(l), n.Detail.In(l))
		}
	}
	return strings.Join(all, "|")
}

func actions(tm *kiosktest.Terminal) (all []string) {
	for _, r := range kiosktest.Records[maintenance.Maintained](tm) {
		if r.By != teacher.ID || r.Terminal == "" || !r.At.Equal(now) {
			panic("a record without its author, place or time")
		}
		all = append(all, r.Action)
	}
	return all
}

func TestEveryPage(t *testing.T) {
	tm := enter(t, full())
	for _, c := range []struct {
		tile, page string
		zh, en     []string
	}{
		{"devices", "maintenance-devices", []string{"摄像头|正常", "闸门|没有响应"}, []string{"Barrier|does not answer"}},
		{"journal", "maintenance-journal", []string{"待上传|7 条", "最早一条|3 小时", "1024 KiB", "磁盘余量|20 GiB"}, []string{"To be sent|7 records"}},
		{"network", "maintenance-network", []string{"center.example", "未联网", "no route", "look at the cable", "10.0.0.9"}, []string{"offline; records are kept here"}},
		{"versions", "maintenance-versions", []string{"0.1.0", "已运行|2 天", "校门|1.2.0"}, []string{"Gate|1.2.0"}},
		{"log", "maintenance-log", []string{"a module was refused|2026-03-02 07:42:00  WARN|the terminal is open"}, nil},
	} {
		tm.Answer(c.tile, nil)
		p := tm.WantPage(c.page)
		for _, want := range c.zh {
			if !strings.Contains(words(p, view.ZH), want) {
				t.Errorf("%s does not say %q: %s", c.page, want, words(p, view.ZH))
			}
		}
		for _, want := range c.en {
			if !strings.Contains(words(p, view.EN), want) {
				t.Errorf("%s does not say %q in English: %s", c.page, want, words(p, view.EN))
			}
		}
		tm.Answer("again", nil)
		tm.WantPageAfter(p.Rev, c.page)
		tm.Back()
		tm.WantPage("maintenance")
	}
	menu := words(tm.Page(), view.ZH)
	for _, want := range []string{"1 项需要处理", "待上传 7 条", "未联网", "近期警告 1 条"} {
		if !strings.Contains(menu, want) {
			t.Errorf("the menu does not say %q: %s", want, menu)
		}
	}
	tm.Answer("done", nil)
	if err := tm.WantEnd(); err != nil {
		t.Error(err)
	}
	if got := actions(tm); !slices.Equal(got, []string{"enter"}) {
		t.Errorf("recorded: %v", got)
	}
}

func TestOnlyThoseWhoMay(t *testing.T) {
	c := full()
	c.Staff = []string{"T-0002"}
	tm := open(t, c)
	tm.Identifies(teacher)
	tm.WantPage("maintenance-refused")
	tm.Answer("done", nil)
	if err := tm.WantEnd(); err != nil {
		t.Error(err)
	}
	if got := actions(tm); !slices.Equal(got, []string{"refused"}) {
		t.Errorf("recorded: %v", got)
	}
	locked := open(t, full())
	locked.IdentifyFails(kiosk.CodeLocked)
	if err := locked.WantEnd(); kiosk.CodeOf(err) != kiosk.CodeLocked {
		t.Errorf("after too many wrong PINs the visit ended with %v", err)
	}
}

func TestVerify(t *testing.T) {
	c := full()
	broken := errors.New("record 12 does not continue its chain")
	results := []error{nil, broken}
	c.Verify = func(context.Context) (int64, error) {
		err := results[0]
		results = results[1:]
		return 1234, err
	}
	tm := enter(t, c)
	tm.Answer("journal", nil)
	tm.WantPage("maintenance-journal")
	tm.Answer("verify", nil)
	p := tm.WantPage("maintenance-verified")
	if p.Tone != view.Success || !strings.Contains(words(p, view.ZH), "1234") {
		t.Errorf("the page is %s", words(p, view.ZH))
	}
	tm.Answer("done", nil)
	tm.WantPageAfter(p.Rev, "maintenance-journal")
	tm.Answer("verify", nil)
	if p = tm.WantPageAfter(p.Rev, "maintenance-verified"); p.Tone != view.Warning || !strings.Contains(words(p, view.ZH), "record 12") {
		t.Errorf("the page is %s", words(p, view.ZH))
	}
}

// TestReprint has a slip printed again: asked once more, recorded, and only where its
// words are still kept.
func TestReprint(t *testing.T) {
	c := full()
	printed := make(chan int64, 1)
	c.Prints = func() []maintenance.Print {
		return []maintenance.Print{
			{ID: 2, At: now, What: view.T("政务大厅", "Hall"), State: view.T("已打印", "printed"), Good: true, Again: true},
			{ID: 1, At: now, What: view.T("政务大厅", "Hall"), State: view.T("没有打印成功", "not printed")},
		}
	}
	c.Reprint = func(_ context.Context, id int64) error { printed <- id; return nil }
	tm := enter(t, c)
	tm.Answer("devices", nil)
	tm.WantPage("maintenance-devices")
	tm.Answer("prints", nil)
	p := tm.WantPage("maintenance-prints")
	for _, i := range p.Body[1].(view.List).Items {
		if touchable := i.ID != ""; touchable != (i.ID == "print-2") {
			t.Errorf("%+v", i)
		}
	}
	tm.Answer("print-2", nil)
	if p = tm.WantPage("maintenance-reprint"); !strings.Contains(words(p, view.ZH), "政务大厅") {
		t.Errorf("it asks about %s", words(p, view.ZH))
	}
	tm.Answer("done", nil) // thought better of it
	p = tm.WantPageAfter(p.Rev, "maintenance-prints")
	tm.Answer("print-2", nil)
	p = tm.WantPageAfter(p.Rev, "maintenance-reprint")
	tm.Answer("confirm", nil)
	if id := <-printed; id != 2 {
		t.Errorf("%d was printed again", id)
	}
	tm.WantPageAfter(p.Rev, "maintenance-prints")
	if got := actions(tm); !slices.Equal(got, []string{"enter", "reprint"}) {
		t.Errorf("recorded: %v", got)
	}
}

// TestNothingIsAllowedByDefault is a terminal.toml without [maintenance].
func TestNothingIsAllowedByDefault(t *testing.T) {
	tm := enter(t, full())
	for _, tile := range tm.Page().Body[0].(view.Tiles).Tiles {
		if tile.ID == "operate" {
			t.Error("operations are offered")
		}
	}
}

func TestOperations(t *testing.T) {
	var did atomic.Value
	note := func(what string) func(context.Context) error {
		return func(context.Context) error { did.Store(what); return nil }
	}
	for _, c := range []struct {
		what  string
		allow func(*maintenance.Config)
	}{
		{"restart", func(c *maintenance.Config) { c.Restart = func() { did.Store("restart") } }},
		{"leave", func(c *maintenance.Config) { c.Leave = func() { did.Store("leave") } }},
		{"reboot", func(c *maintenance.Config) { c.Reboot = note("reboot") }},
		{"shutdown", func(c *maintenance.Config) { c.Shutdown = note("shutdown") }},
	} {
		t.Run(c.what, func(t *testing.T) {
			did.Store("")
			cfg := full()
			c.allow(&cfg)
			tm := enter(t, cfg)
			tm.Answer("operate", nil)
			p := tm.WantPage("maintenance-operate")
			tm.Answer(c.what, nil)
			p = tm.WantPageAfter(p.Rev, "maintenance-confirm")
			tm.Answer("done", nil) // he thinks better of it
			p = tm.WantPageAfter(p.Rev, "maintenance-operate")
			if did.Load() != "" {
				t.Fatalf("%v was done without being confirmed", did.Load())
			}
			tm.Answer(c.what, nil)
			p = tm.WantPageAfter(p.Rev, "maintenance-confirm")
			tm.Answer("confirm", nil)
			tm.WantPageAfter(p.Rev, "maintenance-busy")
			tm.WantRecords(2)
			if got := actions(tm); !slices.Equal(got, []string{"enter", c.what}) {
				t.Errorf("recorded: %v", got)
			}
			tm.End()
			_ = tm.WantEnd()
			if did.Load() != c.what {
				t.Errorf("done: %q", did.Load())
			}
		})
	}
}

// TestNothingIsDoneUnrecorded fills the disk: looking is allowed, doing is not.
func TestNothingIsDoneUnrecorded(t *testing.T) {
	c := full()
	c.Restart = func() { t.Error("restarted without a record") }
	tm := open(t, c)
	tm.DiskFull()
	tm.Identifies(teacher)
	tm.WantPage("maintenance")
	tm.Answer("operate", nil)
	tm.WantPage("maintenance-operate")
	tm.Answer("restart", nil)
	tm.WantPage("maintenance-confirm")
	tm.Answer("confirm", nil)
	if err := tm.WantEnd(); kiosk.CodeOf(err) != kiosk.CodeDiskFull {
		t.Errorf("the visit ended with %v", err)
	}
}

func TestFailuresAreTold(t *testing.T) {
	c := full()
	c.Reboot = func(context.Context) error { return errors.New("systemctl: access denied") }
	c.Speak = func(context.Context, view.Lang) error { return errors.New("no sound card") }
	tm := enter(t, c)
	tm.Answer("operate", nil)
	p := tm.WantPage("maintenance-operate")
	tm.Answer("speak", nil)
	if p = tm.WantPageAfter(p.Rev, "maintenance-failed"); !strings.Contains(words(p, view.ZH), "no sound card") {
		t.Errorf("the page is %s", words(p, view.ZH))
	}
	tm.Answer("done", nil)
	tm.WantPageAfter(p.Rev, "maintenance-operate")
	tm.Answer("reboot", nil)
	p = tm.WantPage("maintenance-confirm")
	tm.Answer("confirm", nil)
	if p = tm.WantPageAfter(p.Rev, "maintenance-failed"); !strings.Contains(words(p, view.ZH), "access denied") {
		t.Errorf("the page is %s", words(p, view.ZH))
	}
}
