package canteen

import (
	"context"

	"github.com/luohu/ting/kiosk"
)

// TestTill is a till for tests that need the center's side too.
type TestTill struct{ till *till }

// NewTestTill opens a till with its book in dir.
func NewTestTill(ctx context.Context, dir string) (*TestTill, error) {
	t := &TestTill{till: &till{book: inMemory()}}
	return t, t.till.start(ctx, kiosk.Setup{Dir: dir})
}

// Close closes the book.
func (t *TestTill) Close() error { return t.till.book.Close() }

// Held is what the till holds of the quota.
func (t *TestTill) Held() int64 { return t.till.book.held() }

// Attend does what is due besides sales.
func (t *TestTill) Attend(ctx context.Context, s kiosk.Session) error { return t.till.attend(ctx, s) }

// Sell sells a meal of that price as a counter does, and says why not.
func (t *TestTill) Sell(ctx context.Context, s kiosk.Session, person string, fen int64) (string, error) {
	a, why, err := t.till.account(ctx, s, person)
	if err != nil || why != none {
		return string(why), err
	}
	now := s.Now()
	o := price(a.diner, WindowRow{ID: "lunch", Subsidised: true}, MealRow{ID: "A", Fen: fen}, now.Format("2006-01-02"), a.today)
	_, why, err = t.till.sell(ctx, s, person, &a, o, func(id, book string, no int64) kiosk.Record {
		return Sale{ID: id, Book: book, No: no, Person: person, Day: o.day, Window: "lunch", Meal: "A", Title: "A",
			Price: fen, Own: o.own, Subsidy: o.subsidy, At: now}
	})
	return string(why), err
}
