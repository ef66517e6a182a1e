package canteen

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// Desk is the cashier's module. Make it with NewDesk.
//
// Nobody works at it but members of the staff whose group, or number, the site
// has set as cashiers'. What he does is an entry with his number on it; a mistake
// is put right by a further entry. Cash is counted when a shift is closed.
type Desk struct {
	till     *till
	cashiers []string // groups, or numbers of persons
}

var _ kiosk.Starter = (*Desk)(nil)

// NewDesk returns the cashier's module.
func NewDesk() kiosk.Module {
	return &Desk{till: &till{book: inMemory()}, cashiers: []string{defaultCashiers}}
}

// defaultCashiers is the group whose members are cashiers, unless the setting
// "cashiers" names others.
const (
	settingCashiers = "cashiers"
	defaultCashiers = "食堂"
)

// Start implements kiosk.Starter.
func (d *Desk) Start(ctx context.Context, s kiosk.Setup) error {
	if set, ok := s.Settings[settingCashiers]; ok {
		d.cashiers = nil
		for _, c := range strings.Split(set, ",") {
			if c = strings.TrimSpace(c); c != "" {
				d.cashiers = append(d.cashiers, c)
			}
		}
	}
	return d.till.start(ctx, s)
}

// Manifest implements kiosk.Module.
func (d *Desk) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID:          DeskID,
		Version:     "1.0.0",
		Title:       view.T("食堂收银台", "Canteen cashier"),
		Icon:        "payment",
		Permissions: []kiosk.Permission{kiosk.PermIdentify, kiosk.PermRecord, kiosk.PermFeeds, kiosk.PermPrint},
		Records:     []kiosk.RecordKind{KindEntry, KindShift, KindDeskLimit, KindDeskShare},
		Feeds: []string{FeedWindows, FeedDiners, FeedAccounts, FeedShares, FeedTakings, FeedStatements,
			kiosk.FeedPeople},
	}
}

// atDesk is one cashier's visit.
type atDesk struct {
	*Desk
	s       kiosk.Session
	cashier kiosk.Person
}

// Serve implements kiosk.Module.
func (d *Desk) Serve(ctx context.Context, s kiosk.Session) error {
	p, err := s.Identify(ctx, kiosk.IdentifyRequest{Prompt: view.T("收银员请登录", "Cashier, please sign in"), Roles: []string{"staff"},
		Ways: []kiosk.Way{kiosk.WayFace, kiosk.WayCard, kiosk.WayPIN}, Purpose: ID})
	switch kiosk.CodeOf(err) {
	case "":
	case kiosk.CodeCancelled:
		return ctx.Err()
	default:
		return err
	}
	if p.Role != "staff" || !slices.Contains(d.cashiers, p.Group) && !slices.Contains(d.cashiers, p.ID) {
		_, err := s.Ask(ctx, notCashierPage())
		return err
	}
	v := &atDesk{Desk: d, s: s, cashier: p}
	return v.work(ctx)
}

// work is the cashier's page, until he signs out.
func (v *atDesk) work(ctx context.Context) error {
	for {
		if err := v.till.attend(ctx, v.s); err != nil {
			if ctx.Err() != nil || kiosk.CodeOf(err) == kiosk.CodeDenied {
				return err
			}
			slog.Error("canteen: the till is behind", "op", "attend", "code", kiosk.CodeOf(err), "cause", err)
		}
		if v.till.book.atWork().ID == "" {
			if err := v.openShift(); err != nil {
				return err
			}
		}
		day, err := v.takings(ctx)
		if err != nil {
			return err
		}
		a, err := v.s.Ask(ctx, deskPage(v.cashier, v.till.book.atWork(), day, v.mine()))
		if err != nil {
			return err
		}
		switch a.Action {
		case actionFind:
			err = v.find(ctx)
		case actionClose:
			var done bool
			if done, err = v.closeShift(ctx); done {
				return err
			}
		case actionRefresh: // somebody eats meanwhile
		default:
			return nil
		}
		if err != nil {
			if ctx.Err() != nil || kiosk.CodeOf(err) == kiosk.CodeDenied {
				return err
			}
			slog.Error("canteen: nothing was entered", "op", "desk", "code", kiosk.CodeOf(err), "cause", err)
			if _, err := v.s.Ask(ctx, notEnteredPage(err)); err != nil {
				return err
			}
		}
	}
}

func (v *atDesk) openShift() error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	if err := v.till.book.work(openShift{ID: id.String(), By: v.cashier.ID, Opened: v.s.Now()}); err != nil {
		return notWritten(err)
	}
	return nil
}

// dayTakings is what the site took in on a day, as far as the center has counted it.
type dayTakings struct {
	day   string
	meals []mealTakings
	sum   TakingsRow
}

type mealTakings struct {
	window view.Text
	TakingsRow
}

func (v *atDesk) takings(ctx context.Context) (d dayTakings, err error) {
	ws, err := windows(ctx, v.s)
	if err != nil {
		return d, err
	}
	d.day = v.s.Now().Format(time.DateOnly)
	for _, w := range ws {
		err = under(ctx, v.s, FeedTakings, MenuKey(d.day, w.ID, ""), func(_ string, r TakingsRow) {
			d.meals = append(d.meals, mealTakings{w.Title, r})
			d.sum.Count += r.Count
			d.sum.Own += r.Own
			d.sum.Subsidy += r.Subsidy
		})
		if err != nil {
			return d, err
		}
	}
	return d, nil
}

// ownEntry is an entry that was made here.
type ownEntry struct {
	Entry
	done bool // its record is stored
}

// mine are the entries of today that were made here, the newest first.
func (v *atDesk) mine() (list []ownEntry) {
	now := v.s.Now()
	for _, e := range v.till.book.recent(now.Add(-24 * time.Hour)) {
		var r Entry
		if e.Kind == KindEntry.Name && e.At.In(now.Location()).Format(time.DateOnly) == now.Format(time.DateOnly) && json.Unmarshal(e.Body, &r) == nil {
			list = append(list, ownEntry{r, e.Done})
		}
	}
	return list
}

// person is somebody at the desk.
type person struct {
	holderRow
	account
	lines []StatementRow // the newest first, refunds made here and not counted yet included
}

func (v *atDesk) person(ctx context.Context, row holderRow) (p person, why reason, err error) {
	p.holderRow = row
	v.till.mu.Lock()
	defer v.till.mu.Unlock()
	if p.account, why, err = v.till.account(ctx, v.s, row.ID); err != nil || why != none {
		return p, why, err
	}
	p.lines, err = statement(ctx, v.s, row.ID)
	if err != nil {
		return p, none, err
	}
	for _, e := range v.mine() {
		if e.Person != row.ID {
			continue
		}
		for i, l := range p.lines {
			if l.ID == e.Of {
				p.lines[i].Refunded = true
			}
		}
		if !slices.ContainsFunc(p.lines, func(l StatementRow) bool { return l.ID == e.ID }) {
			p.lines = append(p.lines, lineOf(e.Entry))
		}
	}
	slices.SortStableFunc(p.lines, func(a, b StatementRow) int { return b.At.Compare(a.At) })
	return p, none, nil
}

func lineOf(e Entry) StatementRow {
	l := StatementRow{ID: e.ID, Kind: e.Kind, Fen: e.Fen, Reason: e.Reason, At: e.At}
	if e.Sold != nil {
		l.Title = e.Sold.Title
	}
	return l
}

// statement are the lines of an account that the center has counted, the newest
// first, in the terminal's own time.
func statement(ctx context.Context, s kiosk.Session, person string) (lines []StatementRow, err error) {
	zone := s.Now().Location()
	err = under(ctx, s, FeedStatements, person+"/", func(_ string, l StatementRow) {
		l.At = l.At.In(zone)
		lines = append(lines, l)
	})
	slices.Reverse(lines)
	return lines, err
}

// people are all of the site.
func people(ctx context.Context, f feeds) (list []holderRow, err error) {
	err = under(ctx, f, kiosk.FeedPeople, "", func(_ string, r holderRow) { list = append(list, r) })
	return list, err
}
