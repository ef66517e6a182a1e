// Package library lends a library's books at a self-check: a stack of them by
// barcode, once the reader is recognised; it takes them back, renews them and
// says what is due, waiting and owed.
//
// Who keeps the loans is the site's choice. Without further settings it is Ting:
// the books are the feed "holdings", each loan is a record, and the center makes
// of the records who has what (plugins/library/center). With the setting "sip2"
// it is the library's own system, asked in SIP2 (plugins/library/sip2), and the
// records here are a trace of what was done. The visit is the same, by the
// interface system.
//
// Guarantees: a book is on the reader's list only when its loan is durable, here
// or in the library's system; a return is never refused; a loan that two
// terminals made of one copy while they were apart is kept twice and goes to a
// librarian. While the library's system is away, books are lent to whom it last
// allowed it, within a limit, taken back from anybody, and told to it afterwards
// in the order in which it happened.
//
// Records carry the person's number, never a name.
//
// Test it from a script with kiosk/kiosktest; its rules alone are in rules.go.
package library

import (
	"context"
	"errors"
	"log/slog"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// ID is the module's name in terminal.toml, and the purpose a consent names.
const ID = "library"

// Library is the module. Make it with New.
type Library struct {
	system system
	desk   *desk  // on a librarian's terminal; nil on a self-check
	shelf  *shelf // what may be searched; nil where the library's system keeps the books
}

var _ kiosk.Starter = (*Library)(nil)

// New returns the library's module.
func New() kiosk.Module {
	m := newMemory()
	return &Library{system: &own{memory: m}, shelf: &shelf{}}
}

// Manifest implements kiosk.Module.
func (l *Library) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID:          ID,
		Version:     "1.0.0",
		Title:       view.T("图书借还", "Library"),
		Icon:        "library",
		Permissions: []kiosk.Permission{kiosk.PermIdentify, kiosk.PermRecord, kiosk.PermFeeds, kiosk.PermScan, kiosk.PermPrint},
		Records:     Kinds(),
		Feeds:       append(append(RegisterFeeds(), MadeFeeds()...), kiosk.FeedPeople),
	}
}

// Start implements kiosk.Starter.
func (l *Library) Start(ctx context.Context, s kiosk.Setup) error {
	sys, err := start(ctx, s)
	if err != nil {
		return err
	}
	l.system = sys
	if _, ours := sys.(*own); !ours {
		l.shelf = nil
	}
	if s.Settings[SettingDesk] == "on" {
		l.desk = newDesk(sys, s.Settings[SettingStaff])
	}
	return nil
}

// Serve implements kiosk.Module.
func (l *Library) Serve(ctx context.Context, s kiosk.Session) error {
	if l.desk != nil {
		return l.desk.serve(ctx, s)
	}
	v := newVisit(s, l.system)
	defer v.leave()
	l.system.report(ctx, s)
	for {
		a, err := v.choose(ctx, startPage(l.shelf != nil, l.system.away()))
		if errors.Is(err, errBack) || errors.Is(err, errLeft) {
			return nil
		}
		if err != nil {
			return err
		}
		switch a.Action {
		case actionBorrow:
			err = v.borrow(ctx)
		case actionReturn:
			err = v.giveBack(ctx)
		case actionMine:
			err = v.mine(ctx)
		case actionFind:
			err = v.find(ctx, l.shelf)
		}
		switch {
		case errors.Is(err, errBack):
			continue
		case errors.Is(err, errLeft):
			return nil
		}
		return err
	}
}

// log says what went wrong without saying of whom.
func trouble(op string, err error) {
	slog.Warn("library: "+op+" failed", "op", op, "code", kiosk.CodeOf(err), "cause", err)
}
