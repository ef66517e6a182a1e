// Package center is what the district's center makes of a canteen's records: a
// double-entry ledger, and what tills have to know of it.
//
// The ledger. Every record that moves money is one transaction of two or more
// legs whose sum is 0, in whole fen. An account's balance is the sum of its legs;
// it is kept beside them, and the board compares the two. A diner's balance is
// what the school owes him; what came in as cash, by telephone or from the
// district stands on the other side, below 0. Nothing is ever changed: what was
// wrong is put right by a further transaction.
//
// The same transaction may arrive twice, after a till's crash, and counts once,
// by its own ID. In whatever order they arrive the balances are the same; a
// refund may come before its sale. Of two refunds of one sale the second is kept,
// moves nothing, and is shown to the staff.
//
// What tills have to know goes down as feeds: accounts, shares of the quota
// (quota.go), takings and statements.
//
// Test it with pgtest.Both, as the tests here do.
package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/canteen"
	"github.com/luohu/ting/sync/center/projection"
)

// Ledger is the canteen's projection. Make it with New.
type Ledger struct{ zone *time.Location }

var (
	_ projection.Projection = (*Ledger)(nil)
	_ projection.Board      = (*Ledger)(nil)
	_ projection.Teller     = (*Ledger)(nil)
	_ projection.Publisher  = (*Ledger)(nil)
)

// New returns the projection for a district in a time zone.
func New(zone *time.Location) *Ledger { return &Ledger{zone: zone} }

// Name implements projection.Projection.
func (l *Ledger) Name() string { return canteen.ID }

// Kinds implements projection.Projection.
func (l *Ledger) Kinds() []string {
	return []string{
		canteen.KindSale.Name, canteen.KindRefused.Name, canteen.KindShare.Name, canteen.KindTopUp.Name, canteen.KindQuota.Name,
		canteen.KindDeskShare.Name, canteen.KindEntry.Name, canteen.KindShift.Name, canteen.KindDeskLimit.Name, canteen.KindAccountLimit.Name,
	}
}

// Feeds implements projection.Publisher.
func (l *Ledger) Feeds() []string {
	return []string{canteen.FeedAccounts, canteen.FeedShares, canteen.FeedTakings, canteen.FeedStatements}
}

// Schema implements projection.Projection.
func (l *Ledger) Schema() projection.Schema {
	return projection.Schema{
		Tables: []string{"canteen_transactions", "canteen_legs", "canteen_balances", "canteen_counted", "canteen_limits",
			"canteen_shifts", "canteen_refused", "canteen_quotas", "canteen_shares", "canteen_issues"},
		SQL: `
CREATE TABLE canteen_transactions (
  site        TEXT NOT NULL,
  id          TEXT NOT NULL,
  kind        TEXT NOT NULL,    -- sale, topup, payout, refund, adjust, online, opening
  person      TEXT NOT NULL,
  book        TEXT NOT NULL,    -- of the till; empty for the center's own
  number      INTEGER NOT NULL, -- in that book
  fen         INTEGER NOT NULL, -- added to the diner's account
  day         TEXT NOT NULL,    -- of the meal for a sale or refund, else of the transaction
  meal_window TEXT NOT NULL,
  meal        TEXT NOT NULL,
  title       TEXT NOT NULL,
  price       INTEGER NOT NULL,
  own         INTEGER NOT NULL,
  subsidy     INTEGER NOT NULL,
  sale        TEXT NOT NULL,    -- of a refund: the sale it takes back
  moved       INTEGER NOT NULL, -- 0 for a second refund of one sale
  terminal    TEXT NOT NULL,
  way         TEXT NOT NULL,
  cashier     TEXT NOT NULL,
  reason      TEXT NOT NULL,
  allergens   TEXT NOT NULL,    -- sold all the same, by codes
  confirmed   TEXT NOT NULL,    -- who of the staff said so
  at          INTEGER NOT NULL, -- µs since 1970, by the till's clock
  ahead       INTEGER NOT NULL, -- 1 where the till's clock was ahead of the center's
  PRIMARY KEY (site, id)
) WITHOUT ROWID;
CREATE INDEX canteen_transactions_person ON canteen_transactions (site, person, at, id);
CREATE INDEX canteen_transactions_day ON canteen_transactions (site, day, meal_window, meal);
CREATE INDEX canteen_transactions_sale ON canteen_transactions (site, sale, moved);
CREATE TABLE canteen_legs (
  site    TEXT NOT NULL,
  id      TEXT NOT NULL,
  account TEXT NOT NULL,        -- diner/…, cash, online, opening, subsidy, takings, corrections, bank, variance
  fen     INTEGER NOT NULL,
  PRIMARY KEY (site, id, account)
) WITHOUT ROWID;
CREATE INDEX canteen_legs_account ON canteen_legs (site, account);
CREATE TABLE canteen_balances (
  site    TEXT NOT NULL,
  account TEXT NOT NULL,
  fen     INTEGER NOT NULL,
  PRIMARY KEY (site, account)
) WITHOUT ROWID;
CREATE TABLE canteen_counted (
  site   TEXT NOT NULL,
  person TEXT NOT NULL,
  book   TEXT NOT NULL,
  number INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (site, person, book)
) WITHOUT ROWID;
CREATE TABLE canteen_limits (
  site     TEXT NOT NULL,
  person   TEXT NOT NULL,
  fen      INTEGER NOT NULL,
  given_by TEXT NOT NULL,
  at       INTEGER NOT NULL,
  id       BLOB NOT NULL,       -- of the record: between two of the same time the greater counts
  PRIMARY KEY (site, person)
) WITHOUT ROWID;
CREATE TABLE canteen_shifts (
  site      TEXT NOT NULL,
  id        TEXT NOT NULL,
  till      TEXT NOT NULL,
  cashier   TEXT NOT NULL,
  opened    INTEGER NOT NULL,
  closed    INTEGER NOT NULL,
  entries   INTEGER NOT NULL,
  cash_in   INTEGER NOT NULL,
  cash_out  INTEGER NOT NULL,
  counted   INTEGER NOT NULL,
  variance  INTEGER NOT NULL,
  reason    TEXT NOT NULL,
  PRIMARY KEY (site, id)
) WITHOUT ROWID;
CREATE INDEX canteen_shifts_closed ON canteen_shifts (site, closed);
CREATE TABLE canteen_refused (
  id   BLOB PRIMARY KEY,
  site TEXT NOT NULL,
  day  TEXT NOT NULL,
  why  TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX canteen_refused_day ON canteen_refused (site, day, why);
CREATE TABLE canteen_quotas (
  site TEXT PRIMARY KEY,
  fen  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE canteen_shares (
  site   TEXT NOT NULL,
  till   TEXT NOT NULL,
  wanted INTEGER NOT NULL,      -- what the quota says it is to have
  fen    INTEGER NOT NULL,      -- what it was given last
  serial INTEGER NOT NULL,
  taken  INTEGER NOT NULL,      -- the newest serial that it said to have taken
  PRIMARY KEY (site, till)
) WITHOUT ROWID;
CREATE TABLE canteen_issues (
  site   TEXT NOT NULL,
  till   TEXT NOT NULL,
  serial INTEGER NOT NULL,
  fen    INTEGER NOT NULL,
  PRIMARY KEY (site, till, serial)
) WITHOUT ROWID;`,
	}
}

// Apply implements projection.Projection.
func (l *Ledger) Apply(_ context.Context, tx projection.Tx, r projection.Received) error {
	if r.Version != 1 {
		return projection.UnknownVersion(r.Kind, r.Version)
	}
	switch r.Kind {
	case canteen.KindSale.Name:
		return decoded(r, checkSale, func(s canteen.Sale) error { return l.sale(tx, r, s) })
	case canteen.KindEntry.Name:
		return decoded(r, checkEntry, func(e canteen.Entry) error { return l.entry(tx, r, e) })
	case canteen.KindTopUp.Name:
		return decoded(r, checkTopUp, func(t canteen.TopUp) error { return l.topUp(tx, r, t) })
	case canteen.KindShift.Name:
		return decoded(r, checkShift, func(s canteen.Shift) error { return l.shift(tx, r, s) })
	case canteen.KindDeskLimit.Name, canteen.KindAccountLimit.Name:
		return decoded(r, checkLimit, func(m canteen.Limit) error { return l.limit(tx, r, m) })
	case canteen.KindQuota.Name:
		return decoded(r, checkQuota, func(q canteen.Quota) error { return l.quota(tx, r, q) })
	case canteen.KindShare.Name, canteen.KindDeskShare.Name:
		return decoded(r, checkShare, func(s canteen.Share) error { return l.share(tx, r, s) })
	case canteen.KindRefused.Name:
		return decoded(r, checkRefused, func(f canteen.Refused) error {
			_, err := tx.Exec(`INSERT INTO canteen_refused (id, site, day, why) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
				r.ID[:], r.Site, l.day(f.At), f.Why)
			return err
		})
	}
	return projection.Permanent(fmt.Errorf("kind %q is not the canteen's", r.Kind))
}

// decoded reads a record's body, refuses for good what cannot be one, and applies it.
func decoded[T any](r projection.Received, check func(projection.Received, T) error, apply func(T) error) error {
	var v T
	if err := json.Unmarshal(r.Body, &v); err != nil {
		return projection.Permanent(err)
	}
	if err := check(r, v); err != nil {
		return projection.Permanent(err)
	}
	return apply(v)
}

func (l *Ledger) day(t time.Time) string { return t.In(l.zone).Format(time.DateOnly) }

// transaction is a row of canteen_transactions.
type transaction struct {
	id, kind, person, book string
	number, fen            int64
	sold                   canteen.Sold
	sale                   string
	way, cashier, reason   string
	allergens, confirmed   string
	at                     time.Time
	moved                  bool
	withSold               bool
}

// leg is one side of a transaction.
type leg struct {
	account string
	fen     int64
}

// The accounts besides the diners'.
const (
	accountCash        = "cash"        // in the drawers: below 0 is what is there
	accountOnline      = "online"      // came by telephone
	accountOpening     = "opening"     // stood in the system before
	accountSubsidy     = "subsidy"     // the district owes
	accountTakings     = "takings"     // meals sold
	accountCorrections = "corrections" // put right by cashiers
	accountBank        = "bank"        // counted and handed over
	accountVariance    = "variance"    // counted too much, or too little
)

func dinerAccount(person string) string { return "diner/" + person }

func (l *Ledger) sale(tx projection.Tx, r projection.Received, s canteen.Sale) error {
	return l.book(tx, r, transaction{
		id: s.ID, kind: "sale", person: s.Person, book: s.Book, number: s.No, fen: -s.Own, withSold: true,
		sold: canteen.Sold{Day: s.Day, Window: s.Window, Meal: s.Meal, Title: s.Title, Price: s.Price, Own: s.Own, Subsidy: s.Subsidy},
		way:  s.Way, cashier: s.By, allergens: joined(s.Confirmed), confirmed: s.ConfirmedBy, at: s.At, moved: true,
	}, []leg{{dinerAccount(s.Person), -s.Own}, {accountSubsidy, -s.Subsidy}, {accountTakings, s.Price}})
}

func (l *Ledger) topUp(tx projection.Tx, r projection.Received, t canteen.TopUp) error {
	return l.book(tx, r, transaction{id: t.ID, kind: t.Source, person: t.Person, fen: t.Fen, at: t.At, moved: true},
		[]leg{{dinerAccount(t.Person), t.Fen}, {t.Source, -t.Fen}})
}

func (l *Ledger) entry(tx projection.Tx, r projection.Received, e canteen.Entry) error {
	t := transaction{id: e.ID, kind: e.Kind, person: e.Person, book: e.Book, number: e.No, fen: e.Fen,
		sale: e.Of, cashier: e.By, reason: e.Reason, at: e.At, moved: true}
	other := accountCash
	switch e.Kind {
	case canteen.EntryAdjust:
		other = accountCorrections
	case canteen.EntryRefund:
		t.sold, t.withSold = *e.Sold, true
		var before int64
		if err := tx.One(`SELECT COUNT(*) FROM canteen_transactions WHERE site = ? AND sale = ? AND moved = 1 AND id <> ?`,
			[]any{r.Site, e.Of, e.ID}, &before); err != nil {
			return err
		}
		if before > 0 {
			t.moved = false
			return l.book(tx, r, t, nil)
		}
		return l.book(tx, r, t, []leg{{dinerAccount(e.Person), e.Sold.Own}, {accountSubsidy, e.Sold.Subsidy}, {accountTakings, -e.Sold.Price}})
	}
	return l.book(tx, r, t, []leg{{dinerAccount(e.Person), e.Fen}, {other, -e.Fen}})
}

// clockAhead is how far a till's clock may be ahead of the center's before it is said.
const clockAhead = 10 * time.Minute

// book makes a transaction, once, and tells the tills.
func (l *Ledger) book(tx projection.Tx, r projection.Received, t transaction, legs []leg) error {
	day := t.sold.Day
	if !t.withSold {
		day = l.day(t.at)
	}
	n, err := tx.Exec(`INSERT INTO canteen_transactions (site, id, kind, person, book, number, fen, day, meal_window, meal, title,
		price, own, subsidy, sale, moved, terminal, way, cashier, reason, allergens, confirmed, at, ahead)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (site, id) DO NOTHING`,
		r.Site, t.id, t.kind, t.person, t.book, t.number, t.fen, day, t.sold.Window, t.sold.Meal, t.sold.Title,
		t.sold.Price, t.sold.Own, t.sold.Subsidy, t.sale, truth(t.moved), r.Terminal, t.way, t.cashier, t.reason,
		t.allergens, t.confirmed, t.at.UnixMicro(), truth(!r.ReceivedAt.IsZero() && t.at.Sub(r.ReceivedAt) > clockAhead))
	if err != nil {
		return err
	}
	if n == 0 {
		return l.sameAgain(tx, r, t)
	}
	if err := post(tx, r.Site, t.id, legs); err != nil {
		return err
	}
	if t.book != "" {
		if _, err := tx.Exec(`INSERT INTO canteen_counted (site, person, book, number, at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (site, person, book) DO UPDATE SET number = excluded.number, at = excluded.at
			WHERE excluded.number > canteen_counted.number`, r.Site, t.person, t.book, t.number, t.at.UnixMicro()); err != nil {
			return err
		}
	}
	return l.tell(tx, r.Site, t, day)
}

// sameAgain lets a transaction pass that has arrived before. Another one under
// its ID is a fault that nobody can put right by trying again.
func (l *Ledger) sameAgain(tx projection.Tx, r projection.Received, t transaction) error {
	var kind, person, book string
	var number, fen int64
	err := tx.One(`SELECT kind, person, book, number, fen FROM canteen_transactions WHERE site = ? AND id = ?`,
		[]any{r.Site, t.id}, &kind, &person, &book, &number, &fen)
	if err != nil {
		return err
	}
	if kind != t.kind || person != t.person || book != t.book || number != t.number || fen != t.fen {
		return projection.Permanent(fmt.Errorf("%s %s differs from the one booked under its ID", t.kind, t.id))
	}
	return nil
}

// post writes the legs of a transaction. They must add up to nothing.
func post(tx projection.Tx, site, id string, legs []leg) error {
	var sum int64
	for _, g := range legs {
		sum += g.fen
		if g.fen == 0 {
			continue
		}
		if _, err := tx.Exec(`INSERT INTO canteen_legs (site, id, account, fen) VALUES (?, ?, ?, ?)`, site, id, g.account, g.fen); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO canteen_balances (site, account, fen) VALUES (?, ?, ?)
			ON CONFLICT (site, account) DO UPDATE SET fen = canteen_balances.fen + excluded.fen`, site, g.account, g.fen); err != nil {
			return err
		}
	}
	if sum != 0 {
		return projection.Permanent(fmt.Errorf("transaction %s does not balance by %d fen", id, sum))
	}
	return nil
}

func (l *Ledger) shift(tx projection.Tx, r projection.Received, s canteen.Shift) error {
	n, err := tx.Exec(`INSERT INTO canteen_shifts (site, id, till, cashier, opened, closed, entries, cash_in, cash_out, counted, variance, reason)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (site, id) DO NOTHING`,
		r.Site, s.ID, s.Till, s.By, s.Opened.UnixMicro(), s.Closed.UnixMicro(), s.Entries, s.In, s.Out, s.Counted, s.Variance, s.Reason)
	if err != nil || n == 0 {
		return err
	}
	expected := s.In - s.Out
	return post(tx, r.Site, s.ID, []leg{{accountCash, expected}, {accountBank, -s.Counted}, {accountVariance, s.Counted - expected}})
}

func (l *Ledger) limit(tx projection.Tx, r projection.Received, m canteen.Limit) error {
	n, err := tx.Exec(`INSERT INTO canteen_limits (site, person, fen, given_by, at, id) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (site, person) DO UPDATE SET fen = excluded.fen, given_by = excluded.given_by, at = excluded.at, id = excluded.id
		WHERE excluded.at > canteen_limits.at OR excluded.at = canteen_limits.at AND excluded.id > canteen_limits.id`,
		r.Site, m.Person, m.Fen, m.GivenBy, m.At.UnixMicro(), r.ID[:])
	if err != nil || n == 0 {
		return err
	}
	return l.publishAccount(tx, r.Site, m.Person)
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Tell implements projection.Teller.
func (l *Ledger) Tell(r projection.Received) (projection.Line, bool) {
	if r.Version != 1 {
		return projection.Line{}, false
	}
	switch r.Kind {
	case canteen.KindSale.Name:
		var s canteen.Sale
		if err := errors.Join(json.Unmarshal(r.Body, &s), checkSale(r, s)); err != nil {
			return projection.Line{}, false
		}
		line := projection.Line{At: s.At.In(l.zone), Person: s.Person, Tone: view.Success,
			Text: view.T("用餐 "+s.Title+" "+canteen.Yuan(s.Own), "meal "+canteen.Yuan(s.Own))}
		if s.ConfirmedBy != "" {
			line.Tone = view.Warning
			line.Text = view.T("用餐 "+s.Title+",过敏原经老师确认", "meal with an allergen, confirmed by the staff")
		}
		return line, true
	case canteen.KindEntry.Name:
		var e canteen.Entry
		if err := errors.Join(json.Unmarshal(r.Body, &e), checkEntry(r, e)); err != nil {
			return projection.Line{}, false
		}
		k := canteen.KindText(e.Kind)
		return projection.Line{At: e.At.In(l.zone), Person: e.Person,
			Text: view.T(k.ZH+" "+canteen.Yuan(e.Fen), k.EN+" "+canteen.Yuan(e.Fen))}, true
	case canteen.KindShift.Name:
		var s canteen.Shift
		if err := errors.Join(json.Unmarshal(r.Body, &s), checkShift(r, s)); err != nil {
			return projection.Line{}, false
		}
		line := projection.Line{At: s.Closed.In(l.zone), Person: s.By, Text: view.T("交班,差额 "+canteen.Yuan(s.Variance), "shift closed, variance "+canteen.Yuan(s.Variance))}
		if s.Variance != 0 {
			line.Tone = view.Warning
		}
		return line, true
	}
	return projection.Line{}, false
}
