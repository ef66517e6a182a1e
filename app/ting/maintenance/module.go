// Package maintenance is what a member of the staff meets behind the terminal's
// hidden door: how its devices, records and network are, its log, and what may
// be done about them.
//
// It is a kiosk.Module that the terminal serves itself (host.Attend). Nobody gets
// in without a staff member's number and PIN, checked and locked by the terminal's
// identity as anywhere else; who came in and what he did is recorded. Nothing
// here shows a visitor's name, number or words.
//
// Test with kiosk/kiosktest.
package maintenance

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// Config is what the pages tell of, and what may be done. A nil function is
// something this terminal does not have or does not allow.
type Config struct {
	Staff    []string // IDs of the staff who may come in; empty is every one of the site
	Version  string
	Started  time.Time
	Devices  func() []State
	Modules  func() []State
	Journal  func(context.Context) (Journal, error)
	Verify   func(context.Context) (records int64, err error) // reads every record anew
	Network  func() Network
	Log      func() []Line  // the newest last
	Prints   func() []Print // the newest first; nil without a printer
	Reprint  func(context.Context, int64) error
	Speak    func(context.Context, view.Lang) error
	Restart  func()                      // ends the program so that it is started again
	Reboot   func(context.Context) error // the machine
	Shutdown func(context.Context) error // the machine
	Leave    func()                      // ends the program for good
}

// State is one thing and how it is.
type State struct {
	Name  view.Text
	State view.Text
	Good  bool
}

// Journal is how the terminal's records are.
type Journal struct {
	Unsent    int64
	Oldest    time.Time // of the unsent; zero for none
	Size      int64     // bytes
	Free      int64     // bytes on its file system
	FullSince time.Time // zero while records are taken
	Epoch     int64
	Failure   error
}

// Network is how the line to the center is.
type Network struct {
	Center      string // its address; "" for none
	Enrolled    bool
	Online      bool
	LastContact time.Time
	Trouble     string // in the log's words
	Hint        string
	ClockError  time.Duration
	Certificate time.Time // when it expires; zero when unknown
	Addresses   []string  // of this machine
	// QR and Digits are shown while the terminal waits to be let in without a code:
	// by either, an administrator tells it from others in the console.
	QR, Digits string
}

// Print is something that was printed, without what stands on it.
type Print struct {
	ID    int64
	At    time.Time
	What  view.Text // of which module
	State view.Text
	Good  bool
	Again bool // it can be printed again
}

// Line is a line of the log.
type Line struct {
	Time  time.Time
	Level slog.Level
	Text  string
}

// Module implements kiosk.Module.
type Module struct{ c Config }

// New makes the module.
func New(c Config) *Module { return &Module{c} }

// ID is the module's name, and the first part of its record's kind.
const ID = "ting"

// Manifest implements kiosk.Module.
func (m *Module) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID: ID, Version: m.c.Version, Title: view.T("本机维护", "Maintenance"), Icon: "tool",
		Permissions: []kiosk.Permission{kiosk.PermIdentify, kiosk.PermRecord},
		Records:     []kiosk.RecordKind{Maintained{}.RecordKind()},
	}
}

// Maintained is the record of what a member of the staff did behind the door.
type Maintained struct {
	Terminal string    `json:"terminal"`
	By       string    `json:"by"`     // the staff member's ID
	Action   string    `json:"action"` // enter, refused, verify, reprint, restart, reboot, shutdown, leave
	At       time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Maintained) RecordKind() kiosk.RecordKind {
	return kiosk.RecordKind{Name: ID + ".maintained", Version: 1}
}

// AggregateKey implements kiosk.Record.
func (r Maintained) AggregateKey() string { return "terminal/" + r.Terminal }

// Serve implements kiosk.Module.
func (m *Module) Serve(ctx context.Context, s kiosk.Session) error {
	who, err := s.Identify(ctx, kiosk.IdentifyRequest{
		Prompt: view.T("工作人员入口", "Staff only"),
		Ways:   []kiosk.Way{kiosk.WayPIN},
		Roles:  []string{"staff"},
	})
	if err != nil {
		return err
	}
	v := &visit{Module: m, s: s, by: who.ID}
	if len(m.c.Staff) > 0 && !slices.Contains(m.c.Staff, who.ID) {
		if err := v.record(ctx, "refused"); err != nil {
			return err
		}
		_, err := s.Ask(ctx, refusedPage())
		return err
	}
	if err := v.record(ctx, "enter"); err != nil {
		return err
	}
	return v.menu(ctx)
}

// visit is one visit of a member of the staff.
type visit struct {
	*Module
	s  kiosk.Session
	by string
}

func (v *visit) record(ctx context.Context, action string) error {
	_, err := v.s.Record(ctx, Maintained{Terminal: v.s.Visit().Terminal, By: v.by, Action: action, At: v.s.Now()})
	if err != nil && action == "enter" && kiosk.CodeOf(err) != kiosk.CodeCancelled {
		// A full disk is what he may have come for. What he does is still refused
		// without a record, except looking.
		slog.Warn("maintenance: the staff's coming in could not be recorded", "op", "record", "code", kiosk.CodeOf(err))
		return nil
	}
	return err
}

// menu is where everything else is reached from.
func (v *visit) menu(ctx context.Context) error {
	looks := map[string]func(context.Context) error{
		tileDevices: v.devices, tileJournal: v.journal, tileNetwork: v.network,
		tileVersions: v.versions, tileLog: v.log,
	}
	if len(v.allowed()) > 0 {
		looks[tileOperate] = v.operate
	}
	for {
		j, err := v.c.Journal(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		a, err := v.s.Ask(ctx, v.menuPage(j, err))
		if err != nil {
			return err
		}
		look := looks[a.Action]
		if look == nil {
			return nil
		}
		if err := look(ctx); err != nil {
			return err
		}
	}
}

// look shows a page until he goes back; it is made anew when he asks for that.
// Other actions are done.
func (v *visit) look(ctx context.Context, page func() view.Page, do map[string]func(context.Context) error) error {
	for {
		a, err := v.s.Ask(ctx, page())
		if err != nil {
			return err
		}
		if a.Action == actionAgain {
			continue
		}
		f := do[a.Action]
		if f == nil {
			return nil
		}
		if err := f(ctx); err != nil {
			return err
		}
	}
}

func (v *visit) devices(ctx context.Context) error {
	return v.look(ctx, v.devicesPage, map[string]func(context.Context) error{actionPrints: v.prints})
}

// prints shows what was printed; touching one has it printed again.
func (v *visit) prints(ctx context.Context) error {
	for {
		all := v.c.Prints()
		a, err := v.s.Ask(ctx, printsPage(all))
		if err != nil {
			return err
		}
		if a.Action == actionAgain {
			continue
		}
		i := slices.IndexFunc(all, func(p Print) bool { return printID(p) == a.Action && p.Again })
		if i < 0 {
			return nil
		}
		if err := v.reprint(ctx, all[i]); err != nil {
			return err
		}
	}
}

// reprint asks once more, records it, and prints.
func (v *visit) reprint(ctx context.Context, p Print) error {
	a, err := v.s.Ask(ctx, reprintPage(p))
	if err != nil || a.Action != actionConfirm {
		return err
	}
	if err := v.record(ctx, "reprint"); err != nil {
		return err
	}
	if err := v.s.Show(ctx, busyPage(view.T("正在补打", "Printing it again"))); err != nil {
		return err
	}
	if err := v.c.Reprint(ctx, p.ID); err != nil && ctx.Err() == nil {
		_, err = v.s.Ask(ctx, failedPage(err))
		return err
	}
	return ctx.Err()
}

func (v *visit) network(ctx context.Context) error {
	return v.look(ctx, func() view.Page { return v.networkPage(v.c.Network()) }, nil)
}

func (v *visit) versions(ctx context.Context) error {
	return v.look(ctx, v.versionsPage, nil)
}

func (v *visit) log(ctx context.Context) error {
	return v.look(ctx, func() view.Page { return logPage(v.c.Log()) }, nil)
}

func (v *visit) journal(ctx context.Context) error {
	return v.look(ctx, func() view.Page {
		j, err := v.c.Journal(ctx)
		return v.journalPage(j, err)
	}, map[string]func(context.Context) error{actionVerify: v.verify})
}

// verify reads every record anew, which may take a while.
func (v *visit) verify(ctx context.Context) error {
	if err := v.record(ctx, "verify"); err != nil {
		return err
	}
	if err := v.s.Show(ctx, busyPage(view.T("正在逐条校验,请稍候", "Checking every record, please wait"))); err != nil {
		return err
	}
	records, err := v.c.Verify(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	_, err = v.s.Ask(ctx, verifiedPage(records, err))
	return err
}

func (v *visit) operate(ctx context.Context) error {
	return v.look(ctx, v.operatePage, map[string]func(context.Context) error{
		operateSpeak: v.speak,
		operateRestart: func(ctx context.Context) error {
			return v.confirmed(ctx, operateRestart, func(context.Context) error { v.c.Restart(); return nil })
		},
		operateReboot:   func(ctx context.Context) error { return v.confirmed(ctx, operateReboot, v.c.Reboot) },
		operateShutdown: func(ctx context.Context) error { return v.confirmed(ctx, operateShutdown, v.c.Shutdown) },
		operateLeave: func(ctx context.Context) error {
			return v.confirmed(ctx, operateLeave, func(context.Context) error { v.c.Leave(); return nil })
		},
	})
}

func (v *visit) speak(ctx context.Context) error {
	if err := v.s.Show(ctx, busyPage(view.T("正在播放:您好,欢迎使用", "Playing: hello, you are welcome"))); err != nil {
		return err
	}
	err := v.c.Speak(ctx, view.ZH)
	if err == nil {
		err = v.c.Speak(ctx, view.EN)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	_, err = v.s.Ask(ctx, spokenPage(err))
	return err
}

// confirmed asks once more, records, and does it.
func (v *visit) confirmed(ctx context.Context, what string, do func(context.Context) error) error {
	a, err := v.s.Ask(ctx, confirmPage(what))
	if err != nil || a.Action != actionConfirm {
		return err
	}
	if err := v.record(ctx, what); err != nil {
		return err
	}
	if err := v.s.Show(ctx, busyPage(operations[what].done)); err != nil {
		return err
	}
	if err := do(ctx); err != nil && ctx.Err() == nil {
		_, err = v.s.Ask(ctx, failedPage(err))
		return err
	}
	<-ctx.Done() // the end comes from outside
	return ctx.Err()
}
