package center

import (
	"errors"
	"slices"
	"time"

	"github.com/luohu/ting/plugins/canteen"
	"github.com/luohu/ting/sync/center/projection"
)

// How much of an account goes down to the tills.
const (
	newestMeals = 16  // days of meals, for what was eaten today
	newestBooks = 8   // tills that somebody uses
	newestLines = 100 // of a statement
)

// tell publishes what a transaction has changed.
func (l *Ledger) tell(tx projection.Tx, site string, t transaction, day string) error {
	if err := l.publishAccount(tx, site, t.person); err != nil {
		return err
	}
	if t.withSold {
		if err := l.publishTakings(tx, site, day, t.sold); err != nil {
			return err
		}
	}
	if !t.moved {
		return nil
	}
	if err := l.publishLine(tx, site, t); err != nil {
		return err
	}
	if t.sale != "" { // the sale's own line says now that it was taken back
		return l.publishRefunded(tx, site, t.sale)
	}
	return nil
}

func (l *Ledger) publishAccount(tx projection.Tx, site, person string) error {
	var row canteen.AccountRow
	if err := tx.One(`SELECT COALESCE(SUM(fen), 0) FROM canteen_balances WHERE site = ? AND account = ?`,
		[]any{site, dinerAccount(person)}, &row.Fen); err != nil {
		return err
	}
	err := tx.One(`SELECT fen FROM canteen_limits WHERE site = ? AND person = ?`, []any{site, person}, &row.Limit)
	if err != nil && !errors.Is(err, projection.ErrNotFound) {
		return err
	}
	err = tx.Each(`SELECT s.id, s.day, s.meal_window, s.own, s.subsidy, s.at,
		(SELECT COUNT(*) FROM canteen_transactions r WHERE r.site = s.site AND r.sale = s.id AND r.moved = 1)
		FROM canteen_transactions s WHERE s.site = ? AND s.person = ? AND s.kind = 'sale' ORDER BY s.at DESC, s.id DESC LIMIT ?`,
		[]any{site, person, newestMeals}, func(scan func(...any) error) error {
			var m canteen.SoldMeal
			var at, refunds int64
			err := scan(&m.Sale, &m.Day, &m.Window, &m.Own, &m.Subsidy, &at, &refunds)
			m.At, m.Refunded = time.UnixMicro(at).In(l.zone), refunds > 0
			row.Meals = append(row.Meals, m)
			return err
		})
	if err != nil {
		return err
	}
	slices.Reverse(row.Meals)
	row.Counted = map[string]int64{}
	err = tx.Each(`SELECT book, number FROM canteen_counted WHERE site = ? AND person = ? ORDER BY at DESC, book LIMIT ?`,
		[]any{site, person, newestBooks}, func(scan func(...any) error) error {
			var book string
			var number int64
			err := scan(&book, &number)
			row.Counted[book] = number
			return err
		})
	if err != nil {
		return err
	}
	return tx.PutFeed(site, canteen.FeedAccounts, person, row)
}

func (l *Ledger) publishTakings(tx projection.Tx, site, day string, s canteen.Sold) error {
	row := canteen.TakingsRow{Title: s.Title}
	err := tx.One(`SELECT COALESCE(SUM(CASE WHEN kind = 'sale' THEN 1 ELSE -1 END), 0),
		COALESCE(SUM(CASE WHEN kind = 'sale' THEN own ELSE -own END), 0),
		COALESCE(SUM(CASE WHEN kind = 'sale' THEN subsidy ELSE -subsidy END), 0)
		FROM canteen_transactions WHERE site = ? AND day = ? AND meal_window = ? AND meal = ? AND moved = 1 AND kind IN ('sale', 'refund')`,
		[]any{site, day, s.Window, s.Meal}, &row.Count, &row.Own, &row.Subsidy)
	if err != nil {
		return err
	}
	return tx.PutFeed(site, canteen.FeedTakings, canteen.MenuKey(day, s.Window, s.Meal), row)
}

// publishLine adds a line to a statement, and takes the oldest off a long one.
func (l *Ledger) publishLine(tx projection.Tx, site string, t transaction) error {
	row := canteen.StatementRow{ID: t.id, Kind: t.kind, Fen: t.fen, Title: t.sold.Title, Reason: t.reason, At: t.at.In(l.zone)}
	if t.kind == "sale" {
		sold := t.sold
		row.Sold = &sold
		var refunds int64
		if err := tx.One(`SELECT COUNT(*) FROM canteen_transactions WHERE site = ? AND sale = ? AND moved = 1`,
			[]any{site, t.id}, &refunds); err != nil {
			return err
		}
		row.Refunded = refunds > 0
	}
	if err := tx.PutFeed(site, canteen.FeedStatements, canteen.StatementKey(t.person, t.at, t.id), row); err != nil {
		return err
	}
	var id string
	var at int64
	err := tx.One(`SELECT id, at FROM canteen_transactions WHERE site = ? AND person = ? AND moved = 1 ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?`,
		[]any{site, t.person, newestLines}, &id, &at)
	if errors.Is(err, projection.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.DeleteFeed(site, canteen.FeedStatements, canteen.StatementKey(t.person, time.UnixMicro(at), id))
}

// publishRefunded marks a sale's line, if the sale has arrived and has one.
func (l *Ledger) publishRefunded(tx projection.Tx, site, sale string) error {
	var t transaction
	var at int64
	err := tx.One(`SELECT person, fen, day, meal_window, meal, title, price, own, subsidy, at FROM canteen_transactions
		WHERE site = ? AND id = ? AND kind = 'sale'`, []any{site, sale}, &t.person, &t.fen, &t.sold.Day, &t.sold.Window, &t.sold.Meal,
		&t.sold.Title, &t.sold.Price, &t.sold.Own, &t.sold.Subsidy, &at)
	if errors.Is(err, projection.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	key := canteen.StatementKey(t.person, time.UnixMicro(at), sale)
	if _, err := tx.Row(site, canteen.FeedStatements, key); errors.Is(err, projection.ErrNotFound) {
		return nil // taken off: the statement is a long one
	} else if err != nil {
		return err
	}
	return tx.PutFeed(site, canteen.FeedStatements, key, canteen.StatementRow{ID: sale, Kind: "sale", Fen: t.fen, Title: t.sold.Title,
		At: time.UnixMicro(at).In(l.zone), Sold: &t.sold, Refunded: true})
}
