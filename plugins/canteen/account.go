package canteen

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/pin"
	"github.com/luohu/ting/kiosk/view"
)

// Account is the module on which a diner sees his account, and his guardian the
// statement and the daily limit. Make it with NewAccount.
//
// The diner says who he is as anywhere else. What only a guardian may do asks for
// the guardian's code besides; after some wrong ones it is locked for a while, for
// this diner. It shows what the center has counted: a meal just eaten may be on
// its way.
type Account struct {
	codes *codeTries
}

// NewAccount returns the account module.
func NewAccount() kiosk.Module { return &Account{codes: &codeTries{of: map[string]tries{}}} }

// Manifest implements kiosk.Module.
func (m *Account) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID:          AccountID,
		Version:     "1.0.0",
		Title:       view.T("餐卡账户", "Canteen account"),
		Icon:        "wallet",
		Permissions: []kiosk.Permission{kiosk.PermIdentify, kiosk.PermRecord, kiosk.PermFeeds, kiosk.PermPrint},
		Records:     []kiosk.RecordKind{KindAccountLimit},
		Feeds:       []string{FeedDiners, FeedAccounts, FeedStatements},
	}
}

// Serve implements kiosk.Module.
func (m *Account) Serve(ctx context.Context, s kiosk.Session) error {
	p, err := s.Identify(ctx, kiosk.IdentifyRequest{Prompt: view.T("请看镜头,查看餐卡账户", "Please look at the camera to see your account"), Purpose: ID})
	switch kiosk.CodeOf(err) {
	case "":
	case kiosk.CodeCancelled:
		return ctx.Err()
	default:
		return err
	}
	row := holderRow{ID: p.ID, Name: p.Name, Group: p.Group}
	for {
		var diner DinerRow
		known, err := lookup(ctx, s, FeedDiners, p.ID, &diner)
		if err != nil {
			return err
		}
		if !known {
			_, err := s.Ask(ctx, noAccountHerePage(p))
			return err
		}
		var a AccountRow
		if _, err := lookup(ctx, s, FeedAccounts, p.ID, &a); err != nil {
			return err
		}
		lines, err := statement(ctx, s, p.ID)
		if err != nil {
			return err
		}
		answer, err := s.Ask(ctx, myAccountPage(p, diner, a, lines, s.Now()))
		if err != nil {
			return err
		}
		switch answer.Action {
		case actionLimit:
			err = m.limit(ctx, s, p, diner, a.Limit)
		case actionPrint:
			if err := s.Print(ctx, statementSlip(row, a.Fen, a.Limit, lines, s.Now())); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if _, err := s.Ask(ctx, notPrintedPage(err)); err != nil {
					return err
				}
			}
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// limit sets the daily limit, once the guardian's code was typed.
func (m *Account) limit(ctx context.Context, s kiosk.Session, p kiosk.Person, d DinerRow, limit int64) error {
	var wrong view.Text
	for {
		if until := m.codes.lockedUntil(p.ID, s.Now()); !until.IsZero() {
			_, err := s.Ask(ctx, codeLockedPage(until))
			return err
		}
		a, err := s.Ask(ctx, codePage(wrong))
		if err != nil || a.Action != actionNext {
			return err
		}
		right, err := pin.Check(d.GuardianCode, a.Text(fieldCode))
		if err != nil {
			return &kiosk.Error{Code: kiosk.CodeInternal, Op: "check a guardian's code", Cause: err, Hint: "set a new code at the center"}
		}
		if right {
			break
		}
		m.codes.wrong(p.ID, s.Now())
		wrong = view.T("监护人密码不对", "This is not the guardian's code")
	}
	m.codes.right(p.ID)
	typed := ""
	if limit > 0 {
		typed = strings.TrimSuffix(Yuan(limit)[len("¥"):], ".00")
	}
	wrong = view.Text{}
	for {
		a, err := s.Ask(ctx, myLimitPage(typed, wrong))
		if err != nil || a.Action != actionNext {
			return err
		}
		typed = strings.TrimSpace(a.Text(fieldFen))
		fen, ok := parseFen(typed)
		if !ok || fen < 0 || fen > most {
			wrong = view.T("请输入每天最多花多少元,0 为不限", "How many yuan a day, at most? 0 is no limit")
			continue
		}
		if _, err := s.Record(ctx, Limit{Person: p.ID, Fen: fen, GivenBy: "guardian", At: s.Now()}); err != nil {
			return err
		}
		_, err = s.Ask(ctx, limitSetPage(fen))
		return err
	}
}

// How often a guardian's code may be wrong, and for how long it is then locked.
const (
	codesMost   = 5
	codesLocked = 15 * time.Minute
)

// codeTries counts wrong codes by diner. It forgets with the process, which no
// visitor can end.
type codeTries struct {
	mu sync.Mutex
	of map[string]tries
}

type tries struct {
	wrong int
	last  time.Time
}

// lockedUntil is when a diner's guardian may try again; zero for now.
func (c *codeTries) lockedUntil(person string, now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.of[person]
	if until := t.last.Add(codesLocked); t.wrong >= codesMost {
		if now.Before(until) {
			return until
		}
		delete(c.of, person)
	}
	return time.Time{}
}

func (c *codeTries) wrong(person string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[person] = tries{c.of[person].wrong + 1, now}
}

func (c *codeTries) right(person string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.of, person)
}

// fieldCode is the guardian's code.
const fieldCode = "code"

// myLines is how many lines of a statement are on a page.
const myLines = 30

func myAccountPage(p kiosk.Person, d DinerRow, a AccountRow, lines []StatementRow, now time.Time) view.Page {
	tone := view.Calm
	if a.Fen < 0 {
		tone = view.Warning
	}
	var spent int64
	for _, m := range today(now.Format(time.DateOnly), now, a.Meals, nil) {
		spent += m.Own
	}
	limit := view.T("不限", "None")
	if a.Limit > 0 {
		limit = yuan(a.Limit)
	}
	facts := []view.Fact{
		{Label: view.T("今日已用", "Spent today"), Value: yuan(spent)},
		{Label: view.T("每日限额", "Daily limit"), Value: limit},
	}
	if len(d.Allergies) > 0 {
		facts = append(facts, view.Fact{Label: view.T("过敏", "Allergies"), Value: allergenNames(d.Allergies)})
	}
	l := view.List{Key: view.Key{Key: "lines"}, Empty: view.T("还没有记录。", "There is nothing yet.")}
	for _, s := range lines[:min(len(lines), myLines)] {
		l.Items = append(l.Items, view.ListItem{Title: view.Same(Yuan(s.Fen)), Detail: s.line(), Icon: lineIcon(s)})
	}
	page := view.Page{
		ID:    "my-account",
		Title: view.T("餐卡账户", "Canteen account"),
		Body: []view.Node{
			card(p, tone, view.Tf("余额 %s", "Balance %s", Yuan(a.Fen))),
			view.Receipt{Key: view.Key{Key: "facts"}, Facts: facts},
			l,
		},
	}
	if d.GuardianCode != "" {
		page.Actions = append(page.Actions, view.Action{ID: actionLimit, Label: view.T("监护人设限额", "Guardian: daily limit"), Icon: "staff"})
	}
	page.Actions = append(page.Actions,
		view.Action{ID: actionPrint, Label: view.T("打印对账单", "Print statement"), Icon: "printer"},
		view.Action{ID: actionDone, Label: view.T("完成", "Done"), Primary: true})
	return page
}

// line is what a line of a statement is about, for a screen that others see.
func (l StatementRow) line() view.Text {
	at, k := l.At.Format("01-02 15:04"), KindText(l.Kind)
	t := view.T(at+"  "+k.ZH+" "+l.Title, at+"  "+k.EN)
	if l.Refunded {
		t.ZH, t.EN = t.ZH+"(已退)", t.EN+" (taken back)"
	}
	return view.T(strings.TrimSpace(t.ZH), t.EN)
}

func lineIcon(l StatementRow) string {
	if slices.Contains([]string{"sale", EntryRefund}, l.Kind) {
		return "meal"
	}
	return "wallet"
}

func noAccountHerePage(p kiosk.Person) view.Page {
	return view.Page{
		ID: string(noAccount), Title: view.T("还没有餐卡账户", "There is no account yet"), Tone: view.Refusal,
		Body: []view.Node{card(p, view.Refusal, view.Text{}), view.Notice{Tone: view.Refusal,
			Text:   view.T("食堂还没有您的登记", "The canteen does not have you in its register"),
			Detail: view.T("请到收银台办理。", "Please go to the cashier's.")}},
		Actions: done(), Timeout: 20 * time.Second,
	}
}

func codePage(wrong view.Text) view.Page {
	return view.Page{
		ID: "code", Title: view.T("监护人密码", "The guardian's code"), Step: 1, Steps: 2,
		Body: []view.Node{
			view.TextNode{Text: view.T("每日限额只有监护人能改。忘记密码请到收银台。", "Only a guardian changes the daily limit. Forgot the code? Please go to the cashier's.")},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{ID: fieldCode, Kind: view.FieldPIN, Label: view.T("监护人密码", "Guardian's code"),
				Error: wrong, Required: true, MinLen: 4, MaxLen: 8}}},
		},
		Actions: next(),
	}
}

func codeLockedPage(until time.Time) view.Page {
	return said("code-locked", view.T("请稍后再试", "Please try again later"), view.T("监护人密码输错太多次", "Too many wrong codes"),
		view.Tf("%s 以后可以再试,或到收银台办理。", "Try again after %s, or go to the cashier's.", until.Format("15:04")))
}

func myLimitPage(typed string, wrong view.Text) view.Page {
	return view.Page{
		ID: "limit", Title: view.T("每日限额", "Daily limit"), Step: 2, Steps: 2,
		Body: []view.Node{
			view.TextNode{Text: view.T("孩子每天最多花多少钱。补助不算在内;0 为不限。", "How much the child may spend a day. Subsidies do not count; 0 is no limit.")},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{fenField(view.T("每天最多(元)", "Yuan a day"), typed, wrong)}},
		},
		Actions: next(),
	}
}
