package library

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/outbox"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/library/sip2"
)

// remote is a library's own system, asked in SIP2. What cannot be asked because it
// is away is done by what it last said, kept in an outbox, and told to it in the
// order in which it happened; until that is done, what follows waits behind it.
type remote struct {
	client   *sip2.Client
	box      *outbox.Outbox // what happened while it was away: deeds
	refused  *outbox.Outbox // what it then did not accept, until the next visit records it
	known    *known
	down     atomic.Bool
	replayed chan struct{} // for tests: told after each delivery; nil otherwise

	name                            string
	institution, location, terminal string
	byCard                          bool
	offlineMost, offlineDays        int
}

// askWithin is how long a visitor waits for the library's system before the
// terminal goes on without it.
const askWithin = 12 * time.Second

// The kinds of a replay.
const (
	didLoan   = "loan"
	didReturn = "return"
)

// replay is something that happened while the system was away.
type replay struct {
	Did    string    `json:"did"`
	Patron string    `json:"patron,omitempty"` // as the system knows him
	Person string    `json:"person,omitempty"`
	Copy   string    `json:"copy"`
	At     time.Time `json:"at"`
	Due    string    `json:"due,omitempty"`
	Undo   bool      `json:"undo,omitempty"`
}

// isAway reports whether an error means that the system is not to be had.
func isAway(err error) bool {
	return errors.Is(err, sip2.ErrAway) || errors.Is(err, sip2.ErrOffline) || errors.Is(err, sip2.ErrLogin) || errors.Is(err, context.DeadlineExceeded)
}

// ask sends a message and remembers whether the system was there.
func (r *remote) ask(ctx context.Context, m sip2.Message) (sip2.Answer, error) {
	within, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	a, err := r.client.Do(within, m)
	if ctx.Err() != nil {
		return a, ctx.Err()
	}
	if err != nil {
		if !r.down.Swap(true) {
			slog.Warn("library: the library's system is away", "op", "sip2", "cause", err)
		}
		return a, err
	}
	if r.down.Swap(false) {
		slog.Info("library: the library's system is back", "op", "sip2")
	}
	return a, nil
}

// apart reports whether the terminal goes on by itself: because the system is away,
// or because what happened before has not been told to it yet.
func (r *remote) apart() bool { return r.box.Len() > 0 }

func (r *remote) away() view.Text {
	if r.down.Load() || r.apart() {
		return view.T("图书馆系统暂时连不上", "The library's system is away")
	}
	return view.Text{}
}

// patron is what the system knows a person by.
func (r *remote) patron(ctx context.Context, s kiosk.Session, person string) (string, error) {
	if !r.byCard {
		return person, nil
	}
	row, found, err := lookup[kiosk.PersonRow](ctx, s, kiosk.FeedPeople, person)
	if err != nil {
		return "", err
	}
	if !found || len(row.Cards) == 0 {
		return "", &Refusal{Reason: Blocked, Say: "没有借书卡号 No library card"}
	}
	return row.Cards[0], nil
}

// account implements system.
func (r *remote) account(ctx context.Context, s kiosk.Session, p kiosk.Person) (*Account, error) {
	patron, err := r.patron(ctx, s, p.ID)
	if err != nil {
		return nil, err
	}
	a := &Account{Person: p.ID, Patron: patron, Class: p.Role}
	answer, err := r.ask(ctx, &sip2.PatronInformation{Language: sip2.LangChinese, At: s.Now(), Summary: sip2.ChargedItems, Institution: r.institution,
		Patron: patron, TerminalPassword: r.terminal})
	if isAway(err) {
		r.offline(a)
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	m := answer.Message.(*sip2.PatronInformationResponse)
	a.Say = strings.Join(m.Screen, " ")
	a.Terms = Terms{Most: 9999, Days: r.offlineDays}
	if m.ChargedLimit != nil && *m.ChargedLimit > 0 {
		a.Terms.Most = int(*m.ChargedLimit)
	}
	if fen, err := ParseYuan(m.Fees); err == nil {
		a.Owes = fen
	}
	for _, item := range m.ChargedItems {
		a.Loans = append(a.Loans, OpenLoan{Copy: barcodeOf(item), Person: p.ID})
	}
	for _, item := range m.HoldItems {
		a.Holds = append(a.Holds, ReaderHold{Title: item, Ready: item})
	}
	if m.Status.Has(sip2.ChargeDenied) || m.Valid == sip2.No {
		a.Blocked = cmp.Or(a.Say, "blocked")
	}
	k := knownReader{At: s.Now(), Denied: a.Blocked != "", Say: a.Say, Charged: max(int(m.Charged), len(a.Loans))}
	if m.ChargedLimit != nil {
		k.Most = int(*m.ChargedLimit)
	}
	r.known.learn(p.ID, k, r.client.Status().OfflineOK.Yes())
	return a, nil
}

// barcodeOf is the barcode in a list's entry: some systems write the title behind it.
func barcodeOf(item string) string {
	code, _, _ := strings.Cut(strings.TrimSpace(item), " ")
	if clean, ok := CleanBarcode(code); ok {
		return clean
	}
	return code
}

// offline makes an account of what the system last said.
func (r *remote) offline(a *Account) {
	a.Offline = true
	k, ok := r.known.reader(a.Person)
	switch {
	case !ok || !r.known.offlineOK() || r.offlineMost == 0:
		a.Unknown = true
		return
	case k.Denied:
		a.Blocked, a.Say = cmp.Or(k.Say, "blocked"), k.Say
	}
	a.Terms = Terms{Most: r.offlineMost, Days: r.offlineDays}
	if k.Most > 0 {
		a.Terms.Most = min(r.offlineMost, max(0, k.Most-k.Charged))
	}
	for _, d := range r.waiting() {
		if d.Did == didLoan && d.Person == a.Person && !d.Undo {
			a.Loans = append(a.Loans, OpenLoan{Copy: d.Copy, Person: d.Person, At: d.At, Due: d.Due})
		}
	}
}

// waiting is what the system does not know yet, without what was taken back.
func (r *remote) waiting() []replay {
	var all []replay
	for _, item := range r.box.Waiting() {
		var d replay
		if json.Unmarshal(item, &d) != nil {
			continue
		}
		if d.Did == didReturn {
			all = slices.DeleteFunc(all, func(l replay) bool { return l.Copy == d.Copy })
		}
		all = append(all, d)
	}
	return all
}

// mayBorrow implements system.
func (r *remote) mayBorrow(a *Account, _ time.Time) Reason {
	switch {
	case a.Unknown:
		return UnknownNow
	case a.Blocked != "":
		return Blocked
	case a.Offline && len(a.Loans) >= a.Terms.Most:
		return OfflineMost
	case len(a.Loans) >= a.Terms.Most:
		return TooMany
	}
	return ""
}

// lend implements system.
func (r *remote) lend(ctx context.Context, s kiosk.Session, a *Account, o order) (Item, error) {
	now := moment(s)
	c := Copy{Barcode: o.barcode}
	if o.override != "" {
		return Item{}, &Refusal{Reason: SystemSays, Copy: c, Say: "请在图书馆系统中办理 Please use the library's system"}
	}
	if !r.apart() {
		answer, err := r.ask(ctx, &sip2.Checkout{RenewalPolicy: sip2.Yes, NoBlock: sip2.No, At: now, Institution: r.institution, Patron: a.Patron, Item: o.barcode,
			TerminalPassword: r.terminal, FeeAcknowledged: sip2.No, Cancel: sip2.No})
		if err == nil {
			return r.lent(ctx, s, a, o, answer)
		}
		if !isAway(err) {
			return Item{}, err
		}
	}
	if !a.Offline {
		r.offline(a)
	}
	if why := r.mayBorrow(a, now); why != "" {
		return Item{}, &Refusal{Reason: why, Copy: c, Most: a.Terms.Most, Say: a.Say}
	}
	if slices.ContainsFunc(a.Loans, func(l OpenLoan) bool { return l.Copy == o.barcode }) {
		return Item{}, &Refusal{Reason: LentToYou, Copy: c}
	}
	due := a.Terms.DueOn(now)
	if err := r.later(replay{Did: didLoan, Patron: a.Patron, Person: a.Person, Copy: o.barcode, At: now, Due: due}); err != nil {
		return Item{}, err
	}
	it := Item{Copy: c, Loan: OpenLoan{Copy: o.barcode, Person: a.Person, At: now, Due: due}, Due: due, Offline: true, Left: -1}
	a.Loans = append(a.Loans, it.Loan)
	it.Number = r.trace(ctx, s, Loan{Copy: o.barcode, Person: a.Person, At: now, Due: due, Way: o.way, By: o.by, Lane: s.Visit().Lane, System: r.name, Offline: true})
	return it, nil
}

// lent makes of the system's answer what the reader is told.
func (r *remote) lent(ctx context.Context, s kiosk.Session, a *Account, o order, answer sip2.Answer) (Item, error) {
	m := answer.Message.(*sip2.CheckoutResponse)
	now := moment(s)
	it := Item{Copy: Copy{Barcode: o.barcode, Title: m.Title}, Due: r.due(m.Due, now.Location()), Renewed: m.Renewed.Yes(), Left: -1}
	if !m.OK && (!answer.Again || !r.has(ctx, s, a.Patron, o.barcode)) {
		say := strings.Join(m.Screen, " ")
		if fen, err := ParseYuan(m.Fee); err == nil && fen > 0 {
			say = strings.TrimSpace(say + fmt.Sprintf(" 需付 %s 元,请到服务台办理 (%s yuan: please ask at the desk)", Yuan(fen), Yuan(fen)))
		}
		return Item{}, &Refusal{Reason: SystemSays, Copy: it.Copy, Say: say}
	}
	it.Loan = OpenLoan{Copy: o.barcode, Person: a.Person, At: now, Due: it.Due}
	a.Loans = slices.DeleteFunc(a.Loans, func(l OpenLoan) bool { return l.Copy == o.barcode })
	a.Loans = append(a.Loans, it.Loan)
	it.Number = r.trace(ctx, s, Loan{Copy: o.barcode, Title: m.Title, Person: a.Person, At: now, Due: it.Due, Way: o.way, By: o.by, Lane: s.Visit().Lane, System: r.name})
	return it, nil
}

// due is a due date as a day, where it is one, or as the system wrote it.
func (r *remote) due(s string, zone *time.Location) string {
	if t, ok := sip2.ParseDue(s, zone); ok {
		return t.Format(time.DateOnly)
	}
	return s
}

// has reports whether the system has a copy on a patron's account.
func (r *remote) has(ctx context.Context, s interface{ Now() time.Time }, patron, copyID string) bool {
	answer, err := r.ask(ctx, &sip2.PatronInformation{Language: sip2.LangChinese, At: s.Now(), Summary: sip2.ChargedItems, Institution: r.institution,
		Patron: patron, TerminalPassword: r.terminal})
	if err != nil {
		return false
	}
	m := answer.Message.(*sip2.PatronInformationResponse)
	return slices.ContainsFunc(m.ChargedItems, func(item string) bool { return barcodeOf(item) == copyID })
}

// trace records what was done. The library's system has it, or the outbox: a
// record that fails is logged and holds nobody up.
func (r *remote) trace(ctx context.Context, s kiosk.Session, rec kiosk.Record) string {
	receipt, err := s.Record(ctx, rec)
	if err != nil {
		trouble("trace "+rec.RecordKind().Name, err)
		return s.Now().Format("0102-1504")
	}
	return receipt.Short()
}

// later keeps something for when the system is back; it is on the disk when it returns.
func (r *remote) later(d replay) error {
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return r.box.Put(b)
}

// undo implements system.
func (r *remote) undo(ctx context.Context, s kiosk.Session, a *Account, it Item) error {
	now := moment(s)
	gone := func(offline bool) error {
		a.Loans = slices.DeleteFunc(a.Loans, func(l OpenLoan) bool { return l.Copy == it.Copy.Barcode })
		r.trace(ctx, s, Return{Copy: it.Copy.Barcode, At: now, Undo: true, Lane: s.Visit().Lane, System: r.name, Offline: offline})
		return nil
	}
	if !r.apart() {
		answer, err := r.ask(ctx, &sip2.Checkin{NoBlock: sip2.No, At: now, Returned: now, Location: r.place(s), Institution: r.institution, Item: it.Copy.Barcode,
			TerminalPassword: r.terminal, Cancel: sip2.Yes})
		if err == nil {
			if m := answer.Message.(*sip2.CheckinResponse); !m.OK && !answer.Again {
				return &Refusal{Reason: SystemSays, Copy: it.Copy, Say: strings.Join(m.Screen, " ")}
			}
			return gone(false)
		}
		if !isAway(err) {
			return err
		}
	}
	if err := r.later(replay{Did: didReturn, Copy: it.Copy.Barcode, At: now, Undo: true}); err != nil {
		return err
	}
	return gone(true)
}

// place is where this terminal stands, for a checkin.
func (r *remote) place(s kiosk.Session) string { return cmp.Or(r.location, s.Visit().Lane) }

// takeBack implements system.
func (r *remote) takeBack(ctx context.Context, s kiosk.Session, barcode string) (Back, error) {
	now := moment(s)
	b := Back{Copy: Copy{Barcode: barcode}, Known: true}
	if !r.apart() {
		answer, err := r.ask(ctx, &sip2.Checkin{NoBlock: sip2.No, At: now, Returned: now, Location: r.place(s), Institution: r.institution, Item: barcode, TerminalPassword: r.terminal, Cancel: sip2.No})
		if err == nil {
			m := answer.Message.(*sip2.CheckinResponse)
			b.Copy.Title, b.Bin, b.Say = m.Title, m.Bin, strings.Join(m.Screen, " ")
			b.Known = m.OK || answer.Again || m.Title != ""
			b.Held = m.AlertType == sip2.AlertHoldHere || m.AlertType == sip2.AlertHoldBranch || m.HoldPatron != ""
			if m.AlertType == sip2.AlertSendBranch || m.AlertType == sip2.AlertHoldBranch {
				b.Held, b.Transit = false, cmp.Or(m.Destination, m.Location)
			}
			b.Number = r.trace(ctx, s, Return{Copy: barcode, At: now, Lane: s.Visit().Lane, System: r.name})
			return b, nil
		}
		if !isAway(err) {
			return Back{}, err
		}
	}
	if err := r.later(replay{Did: didReturn, Copy: barcode, At: now}); err != nil {
		return Back{}, err
	}
	b.Offline = true
	b.Number = r.trace(ctx, s, Return{Copy: barcode, At: now, Lane: s.Visit().Lane, System: r.name, Offline: true})
	return b, nil
}

// items implements system.
func (r *remote) items(ctx context.Context, s kiosk.Session, a *Account) ([]Item, error) {
	if a.Offline {
		return nil, &Refusal{Reason: SystemAway}
	}
	var all []Item
	for _, l := range a.Loans {
		answer, err := r.ask(ctx, &sip2.ItemInformation{At: s.Now(), Institution: r.institution, Item: l.Copy, TerminalPassword: r.terminal})
		if isAway(err) {
			return nil, &Refusal{Reason: SystemAway}
		}
		if err != nil {
			return nil, err
		}
		m := answer.Message.(*sip2.ItemInformationResponse)
		l.Due = r.due(m.Due, s.Now().Location())
		all = append(all, Item{Copy: Copy{Barcode: l.Copy, Title: cmp.Or(m.Title, l.Copy)}, Loan: l, Due: l.Due, Left: -1})
	}
	return all, nil
}

// renew implements system.
func (r *remote) renew(ctx context.Context, s kiosk.Session, a *Account, copyID string) (Item, error) {
	now := moment(s)
	if r.apart() {
		return Item{}, &Refusal{Reason: SystemAway, Copy: Copy{Barcode: copyID}}
	}
	answer, err := r.ask(ctx, &sip2.Renew{ThirdParty: sip2.No, NoBlock: sip2.No, At: now, Institution: r.institution, Patron: a.Patron, Item: copyID,
		TerminalPassword: r.terminal, FeeAcknowledged: sip2.No})
	if isAway(err) {
		return Item{}, &Refusal{Reason: SystemAway, Copy: Copy{Barcode: copyID}}
	}
	if err != nil {
		return Item{}, err
	}
	m := answer.Message.(*sip2.RenewResponse)
	c := Copy{Barcode: copyID, Title: cmp.Or(m.Title, copyID)}
	if !m.OK {
		return Item{}, &Refusal{Reason: SystemSays, Copy: c, Say: strings.Join(m.Screen, " ")}
	}
	due := r.due(m.Due, now.Location())
	number := r.trace(ctx, s, Renewal{Copy: copyID, Person: a.Person, At: now, Due: due, System: r.name})
	return Item{Copy: c, Loan: OpenLoan{Copy: copyID, Person: a.Person, Due: due}, Due: due, Number: number, Renewed: true, Left: -1}, nil
}

// renewAll implements system.
func (r *remote) renewAll(ctx context.Context, s kiosk.Session, a *Account, items []Item) (done, not int, err error) {
	if !r.client.Status().Supports("65") || r.apart() {
		return renewEach(ctx, s, r, a, items)
	}
	now := moment(s)
	answer, err := r.ask(ctx, &sip2.RenewAll{At: now, Institution: r.institution, Patron: a.Patron, TerminalPassword: r.terminal, FeeAcknowledged: sip2.No})
	if isAway(err) {
		return 0, 0, &Refusal{Reason: SystemAway}
	}
	if err != nil {
		return 0, 0, err
	}
	m := answer.Message.(*sip2.RenewAllResponse)
	if !m.OK {
		return 0, 0, &Refusal{Reason: SystemSays, Say: strings.Join(m.Screen, " ")}
	}
	fresh, err := r.items(ctx, s, a) // the answer names barcodes, not days
	if err != nil {
		return 0, 0, err
	}
	for i, it := range fresh {
		renewed := slices.ContainsFunc(m.Renewed, func(item string) bool { return barcodeOf(item) == it.Copy.Barcode })
		if renewed {
			r.trace(ctx, s, Renewal{Copy: it.Copy.Barcode, Person: a.Person, At: now, Due: it.Due, System: r.name})
		} else {
			fresh[i].Why = SystemSays
		}
	}
	copy(items, fresh)
	return max(int(m.RenewedCount), len(m.Renewed)), max(int(m.UnrenewedCount), len(m.Unrenewed)), nil
}

// pay implements system.
func (r *remote) pay(ctx context.Context, s kiosk.Session, a *Account, f Fee) (kiosk.Receipt, error) {
	if f.Waived {
		return kiosk.Receipt{}, &Refusal{Reason: SystemSays, Say: "请在图书馆系统中减免 Please waive it in the library's system"}
	}
	answer, err := r.ask(ctx, &sip2.FeePaid{At: f.At, FeeType: sip2.FeeOther, PaymentType: sip2.PayCash, Currency: "CNY", Amount: Yuan(f.Fen), Institution: r.institution,
		Patron: a.Patron, TerminalPassword: r.terminal, Transaction: f.Transaction})
	if isAway(err) {
		return kiosk.Receipt{}, &Refusal{Reason: SystemAway}
	}
	if err != nil {
		return kiosk.Receipt{}, err
	}
	if m := answer.Message.(*sip2.FeePaidResponse); !m.Accepted.Yes() {
		return kiosk.Receipt{}, &Refusal{Reason: SystemSays, Say: strings.Join(m.Screen, " ")}
	}
	f.System = r.name
	a.Owes = max(0, a.Owes-f.Fen)
	return s.Record(ctx, f)
}

// done implements system.
func (r *remote) done(ctx context.Context, s kiosk.Session, a *Account) {
	if a.Offline || r.down.Load() {
		return
	}
	if _, err := r.ask(ctx, &sip2.EndSession{At: s.Now(), Institution: r.institution, Patron: a.Patron, TerminalPassword: r.terminal}); err != nil {
		trouble("end the patron's session", err)
	}
}
