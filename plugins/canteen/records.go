package canteen

import (
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
)

// The kinds of record. What changes an account carries the till's own number and
// an ID made before it was recorded: recorded twice, after a crash, it counts once.
var (
	KindSale    = kiosk.RecordKind{Name: "canteen.sale", Version: 1}
	KindRefused = kiosk.RecordKind{Name: "canteen.refused", Version: 1}
	KindShare   = kiosk.RecordKind{Name: "canteen.share", Version: 1}
	KindTopUp   = kiosk.RecordKind{Name: "canteen.topup", Version: 1}
	KindQuota   = kiosk.RecordKind{Name: "canteen.quota", Version: 1}

	KindEntry     = kiosk.RecordKind{Name: "canteen-desk.entry", Version: 1}
	KindDeskShare = kiosk.RecordKind{Name: "canteen-desk.share", Version: 1}
	KindShift     = kiosk.RecordKind{Name: "canteen-desk.shift", Version: 1}
	KindDeskLimit = kiosk.RecordKind{Name: "canteen-desk.limit", Version: 1}

	KindAccountLimit = kiosk.RecordKind{Name: "canteen-account.limit", Version: 1}
)

// Sale says that somebody was sold a meal. Own and Subsidy add up to Price.
type Sale struct {
	ID     string `json:"id"`   // UUIDv7, the till's
	Book   string `json:"book"` // of the till that sold
	No     int64  `json:"no"`   // in that book
	Person string `json:"person"`
	Day    string `json:"day"`    // 2006-01-02, in the terminal's zone
	Window string `json:"window"` // a WindowRow.ID
	Meal   string `json:"meal"`   // a MealRow.ID
	Title  string `json:"title"`  // of the meal, in Chinese: menus change, statements do not
	// Price is what the meal costs, Own what the account pays, Subsidy what the
	// district pays; in fen.
	Price   int64 `json:"price"`
	Own     int64 `json:"own"`
	Subsidy int64 `json:"subsidy"`

	Way string `json:"way"`          // a kiosk.Way
	By  string `json:"by,omitempty"` // the staff member who vouched
	// Confirmed are the allergens of the meal that the diner may not have, sold all
	// the same because ConfirmedBy, of the staff, said so.
	Confirmed   []string  `json:"confirmed,omitempty"`
	ConfirmedBy string    `json:"confirmed_by,omitempty"`
	Lane        string    `json:"lane"`
	At          time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Sale) RecordKind() kiosk.RecordKind { return KindSale }

// AggregateKey implements kiosk.Record.
func (s Sale) AggregateKey() string { return "account/" + s.Person }

// Refused says that a counter sold nothing to somebody it knew, and why. It
// holds nothing of the person.
type Refused struct {
	Why    string    `json:"why"` // a reason: "balance", "limit", …
	Window string    `json:"window,omitempty"`
	Lane   string    `json:"lane"`
	At     time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Refused) RecordKind() kiosk.RecordKind { return KindRefused }

// AggregateKey implements kiosk.Record.
func (r Refused) AggregateKey() string { return "lane/" + r.Lane }

// Share says that a till has taken a share of the site's quota, and will not
// spend more before it has taken another (see ShareRow).
type Share struct {
	Till   string    `json:"till"`
	Book   string    `json:"book"`
	Serial int64     `json:"serial"`
	Fen    int64     `json:"fen"`
	At     time.Time `json:"at"`
}

// RecordKind implements kiosk.Record: it is of the till's module.
func (s Share) RecordKind() kiosk.RecordKind {
	if strings.HasSuffix(s.Till, "/"+DeskID) {
		return KindDeskShare
	}
	return KindShare
}

// AggregateKey implements kiosk.Record.
func (s Share) AggregateKey() string { return "till/" + s.Till }

// The sources of a TopUp.
const (
	SourceOnline  = "online"  // a guardian paid by telephone
	SourceOpening = "opening" // what stood on the account in the system before
)

// TopUp says that money came into an account by another way than a desk. The
// center's administration records it, no terminal does.
type TopUp struct {
	ID     string    `json:"id"` // the payment's own number: paid once, counted once
	Person string    `json:"person"`
	Fen    int64     `json:"fen"` // above 0, but for SourceOpening
	Source string    `json:"source"`
	At     time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (TopUp) RecordKind() kiosk.RecordKind { return KindTopUp }

// AggregateKey implements kiosk.Record.
func (t TopUp) AggregateKey() string { return "account/" + t.Person }

// Quota says how much the tills of a site may together have spent without the
// center having counted it, and how it is shared. Recorded at the center; the
// newest one counts.
type Quota struct {
	Fen    int64            `json:"fen"`    // of the site
	Shares map[string]int64 `json:"shares"` // by till; their sum is at most Fen
	// Retired are tills that will never spend again: destroyed, or erased by hand.
	// A till that is merely switched off is no such one.
	Retired []string  `json:"retired,omitempty"`
	At      time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Quota) RecordKind() kiosk.RecordKind { return KindQuota }

// AggregateKey implements kiosk.Record.
func (Quota) AggregateKey() string { return "quota" }

// The kinds of Entry.
const (
	EntryTopUp  = "topup"  // cash received
	EntryPayout = "payout" // cash given back
	EntryRefund = "refund" // a sale taken back, whole
	EntryAdjust = "adjust" // a correction with a reason; no cash moves
)

// Entry says what a cashier did to an account. A mistake is corrected by a new
// entry; none is ever changed.
type Entry struct {
	ID     string `json:"id"`
	Book   string `json:"book"`
	No     int64  `json:"no"`
	Kind   string `json:"kind"`
	Person string `json:"person"`
	Fen    int64  `json:"fen"` // added to the account; below 0 for what is taken
	// Of and Sold are the sale that an EntryRefund takes back: its ID, and what was
	// sold, so that the refund can be booked before the sale has arrived.
	Of     string    `json:"of,omitempty"`
	Sold   *Sold     `json:"sold,omitempty"`
	Reason string    `json:"reason,omitempty"` // needed for EntryRefund, EntryPayout and EntryAdjust
	By     string    `json:"by"`               // the cashier
	Shift  string    `json:"shift"`
	At     time.Time `json:"at"`
}

// Sold is what a refund has to know of the sale.
type Sold struct {
	Day     string `json:"day"`
	Window  string `json:"window"`
	Meal    string `json:"meal"`
	Title   string `json:"title"`
	Price   int64  `json:"price"`
	Own     int64  `json:"own"`
	Subsidy int64  `json:"subsidy"`
}

// RecordKind implements kiosk.Record.
func (Entry) RecordKind() kiosk.RecordKind { return KindEntry }

// AggregateKey implements kiosk.Record.
func (e Entry) AggregateKey() string { return "account/" + e.Person }

// Shift says that a cashier closed a shift: the cash that must be in the drawer
// by the till's entries, and the cash that was counted.
type Shift struct {
	ID       string    `json:"id"`
	Till     string    `json:"till"`
	By       string    `json:"by"`
	Opened   time.Time `json:"opened"`
	Closed   time.Time `json:"closed"`
	Entries  int64     `json:"entries"`
	In       int64     `json:"in"`       // cash received, in fen
	Out      int64     `json:"out"`      // cash given back
	Counted  int64     `json:"counted"`  // in the drawer
	Variance int64     `json:"variance"` // Counted - (In - Out): below 0 is missing
	Reason   string    `json:"reason,omitempty"`
}

// RecordKind implements kiosk.Record.
func (Shift) RecordKind() kiosk.RecordKind { return KindShift }

// AggregateKey implements kiosk.Record.
func (s Shift) AggregateKey() string { return "till/" + s.Till }

// Limit says how much of his own money a diner may spend a day.
type Limit struct {
	Person string `json:"person"`
	Fen    int64  `json:"fen"` // 0 is no limit
	// GivenBy is who decided: "guardian" by the guardian's code, or the guardian's
	// name as a cashier wrote it down.
	GivenBy string    `json:"given_by"`
	By      string    `json:"by,omitempty"` // the cashier
	At      time.Time `json:"at"`

	kind kiosk.RecordKind
}

// RecordKind implements kiosk.Record.
func (l Limit) RecordKind() kiosk.RecordKind {
	if l.kind.Name == "" {
		return KindAccountLimit
	}
	return l.kind
}

// AggregateKey implements kiosk.Record.
func (l Limit) AggregateKey() string { return "account/" + l.Person }
