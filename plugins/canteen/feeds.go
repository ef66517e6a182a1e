package canteen

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The feeds. The register's are kept by the district; the ledger's the center
// makes of what was recorded.
const (
	FeedWindows = "canteen-windows" // WindowRow by its ID; the register's
	FeedMenu    = "canteen-menu"    // MealRow by MenuKey; the register's
	FeedDiners  = "canteen-diners"  // DinerRow by person; the register's

	FeedAccounts   = "canteen-accounts"   // AccountRow by person; the ledger's
	FeedShares     = "canteen-shares"     // ShareRow by till; the ledger's
	FeedTakings    = "canteen-takings"    // TakingsRow by day/window/meal; the ledger's
	FeedStatements = "canteen-statements" // StatementRow by StatementKey; the ledger's
)

// WindowRow is a time of the day in which meals are sold.
type WindowRow struct {
	ID    string    `json:"id"` // "lunch"
	Title view.Text `json:"title"`
	From  string    `json:"from"`  // "11:00", in the terminal's zone
	Until string    `json:"until"` // "13:00"; later than From
	// Subsidised meals are sold in this window: at most one a day to a person.
	Subsidised bool `json:"subsidised,omitempty"`
}

// MealRow is a meal on the menu.
type MealRow struct {
	ID        string    `json:"id"` // "A"
	Title     view.Text `json:"title"`
	Dishes    view.Text `json:"dishes,omitzero"`
	Fen       int64     `json:"fen"`
	Allergens []string  `json:"allergens,omitempty"` // see Allergens
	Lanes     []string  `json:"lanes,omitempty"`     // where it is sold; none is everywhere
}

// MenuKey is a meal's key: day is a date (2006-01-02), or a weekday from 1
// (Monday) to 7 for the standing menu. A window of a date that has rows of its
// own does not use the standing menu.
func MenuKey(day, window, meal string) string { return day + "/" + window + "/" + meal }

// DinerRow is what the register knows of somebody who eats here. Whoever has
// none is not sold anything: what he must not eat is not known.
type DinerRow struct {
	Allergies []string `json:"allergies,omitempty"` // see Allergens
	// Subsidy is what the district pays of a subsidised meal, at most its price; in fen.
	Subsidy int64 `json:"subsidy,omitempty"`
	// GuardianCode is the argon2id hash of the guardian's code, in PHC form. With
	// none the daily limit is set at the cashier's.
	GuardianCode string `json:"guardian_code,omitempty"`
}

// AccountRow is an account as the center has counted it.
type AccountRow struct {
	Fen   int64 `json:"fen"`             // below 0 is overdrawn
	Limit int64 `json:"limit,omitempty"` // a day, of the diner's own money; 0 is none
	// Meals are those of the newest days, the newest last, at most 16.
	Meals []SoldMeal `json:"meals,omitempty"`
	// Counted is the number of the newest entry of each book that is in Fen: all
	// entries of the account with that number or a smaller one are.
	Counted map[string]int64 `json:"counted,omitempty"`
}

// SoldMeal is a meal that somebody was sold.
type SoldMeal struct {
	Sale     string    `json:"sale"` // its ID
	Day      string    `json:"day"`
	Window   string    `json:"window"`
	Own      int64     `json:"own"`
	Subsidy  int64     `json:"subsidy,omitempty"`
	At       time.Time `json:"at"`
	Refunded bool      `json:"refunded,omitempty"`
}

// ShareRow is a till's share of the site's quota.
type ShareRow struct {
	Fen    int64 `json:"fen"`
	Serial int64 `json:"serial"` // rises with every change of the till's share
}

// TakingsRow is what a meal brought in on a day, refunds taken off.
type TakingsRow struct {
	Title   string `json:"title"`
	Count   int64  `json:"count"`
	Own     int64  `json:"own"`
	Subsidy int64  `json:"subsidy"`
}

// StatementRow is a line of an account's statement.
type StatementRow struct {
	ID     string    `json:"id"`
	Kind   string    `json:"kind"` // "sale", a kind of Entry, or a source of TopUp
	Fen    int64     `json:"fen"`  // added to the account
	Title  string    `json:"title,omitempty"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
	// Sold and Refunded are of a sale.
	Sold     *Sold `json:"sold,omitempty"`
	Refunded bool  `json:"refunded,omitempty"`
}

// StatementKey is a line's key: a person's lines are in order of time.
func StatementKey(person string, at time.Time, id string) string {
	return person + "/" + at.UTC().Format("20060102T150405.000000") + "/" + id
}

// feeds is the part of a Session that reads what came down.
type feeds interface {
	Lookup(ctx context.Context, feed, key string) (kiosk.Row, error)
	List(ctx context.Context, r kiosk.ListRequest) ([]kiosk.Row, error)
}

// lookup reads a row into v; false when there is none.
func lookup(ctx context.Context, f feeds, feed, key string, v any) (bool, error) {
	row, err := f.Lookup(ctx, feed, key)
	if kiosk.CodeOf(err) == kiosk.CodeNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(row.JSON, v); err != nil {
		return false, &kiosk.Error{Code: kiosk.CodeInternal, Op: "lookup " + feed,
			Cause: fmt.Errorf("revision %d cannot be read: %T", row.Revision, err), Hint: "correct the row at the center"}
	}
	return true, nil
}

// under lists the rows whose keys begin with a prefix, in key order. A row that
// cannot be read is left out, and logged.
func under[T any](ctx context.Context, f feeds, feed, prefix string, each func(key string, v T)) error {
	after := prefix
	for {
		rows, err := f.List(ctx, kiosk.ListRequest{Feed: feed, After: after})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if !strings.HasPrefix(r.Key, prefix) {
				return nil
			}
			var v T
			if err := json.Unmarshal(r.JSON, &v); err != nil {
				slog.Warn("canteen: a row cannot be read", "op", "list "+feed, "revision", r.Revision)
				continue
			}
			each(r.Key, v)
		}
		if len(rows) < 500 {
			return nil
		}
		after = rows[len(rows)-1].Key
	}
}

// windows are the site's, those that make sense, by their beginning.
func windows(ctx context.Context, f feeds) (ws []WindowRow, err error) {
	err = under(ctx, f, FeedWindows, "", func(_ string, w WindowRow) {
		if w.ID != "" && w.From < w.Until && minutes(w.From) >= 0 && minutes(w.Until) >= 0 {
			ws = append(ws, w)
		}
	})
	slices.SortFunc(ws, func(a, b WindowRow) int { return strings.Compare(a.From, b.From) })
	return ws, err
}

// menu is what is sold in a window of a day at a lane.
func menu(ctx context.Context, f feeds, now time.Time, window, lane string) (meals []MealRow, err error) {
	for _, day := range []string{now.Format(time.DateOnly), fmt.Sprint(weekday(now))} {
		dated := false
		err := under(ctx, f, FeedMenu, day+"/"+window+"/", func(_ string, m MealRow) {
			dated = true
			if m.ID != "" && m.Fen >= 0 && (len(m.Lanes) == 0 || slices.Contains(m.Lanes, lane)) {
				meals = append(meals, m)
			}
		})
		if err != nil || dated {
			return meals, err
		}
	}
	return nil, nil
}

// weekday counts from 1, Monday.
func weekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }
