package center

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/canteen"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const school = "school-1"

var (
	zone = time.FixedZone("CST", 8*60*60)
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, zone)
)

// ledger is a center with this projection.
type ledger struct {
	*center.Center
	t *testing.T
}

func open(t *testing.T) ledger {
	t.Helper()
	c, err := center.Open(t.Context(), center.Options{Dir: t.TempDir(), Database: pgtest.Database(t), Log: slog.New(slog.DiscardHandler),
		Projections: []projection.Projection{New(zone)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	l := ledger{c, t}
	var people []center.FeedChange
	for id, name := range map[string]string{"1": "林知夏", "2": "周景行", "T": "罗惠芳"} {
		people = append(people, center.FeedChange{Site: school, Feed: kiosk.FeedPeople, Key: id, Value: kiosk.PersonRow{ID: id, Name: name, Group: "六年级(1)班"}})
	}
	if err := c.Register(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	return l
}

// take lets the center take records in, one after the other.
func (l ledger) take(records ...kiosk.Record) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Minute)
	defer cancel()
	for _, r := range records {
		position, err := l.Record(ctx, school, r)
		if err == nil {
			err = l.Projected(ctx, canteen.ID, position)
		}
		if err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l ledger) deadLetters() (n int64) {
	l.t.Helper()
	if err := l.View(l.t.Context(), func(tx *store.Tx) (err error) {
		n, err = tx.CountDeadLetters()
		return err
	}); err != nil {
		l.t.Fatal(err)
	}
	return n
}

func feedOf[T any](l ledger, feed string) map[string]T {
	l.t.Helper()
	rows := map[string]T{}
	if err := l.View(l.t.Context(), func(tx *store.Tx) error {
		return tx.Feed(school, feed, func(key string, value []byte) error {
			var row T
			err := json.Unmarshal(value, &row)
			rows[key] = row
			return err
		})
	}); err != nil {
		l.t.Fatal(err)
	}
	return rows
}

func (l ledger) account(person string) canteen.AccountRow {
	return feedOf[canteen.AccountRow](l, canteen.FeedAccounts)[person]
}

func (l ledger) board() view.Page {
	l.t.Helper()
	var page view.Page
	if err := l.Querier(l.t.Context(), func(q projection.Querier) (err error) {
		page, err = New(zone).Board(l.t.Context(), q, school, noon.Add(time.Hour))
		return err
	}); err != nil {
		l.t.Fatal(err)
	}
	if err := page.Validate(); err != nil {
		l.t.Error(err)
	}
	return page
}

// wantAgree checks that the board finds nothing that does not add up.
func (l ledger) wantAgree() view.Page {
	l.t.Helper()
	p := l.board()
	for _, n := range p.Body {
		if n, ok := n.(view.Notice); ok && n.NodeKey() == "agree" && n.Tone != view.Success {
			l.t.Errorf("the books disagree: %s\n%s", n.Text.ZH, table(p, "ledger"))
		}
	}
	return p
}

func table(p view.Page, key string) string {
	for _, n := range p.Body {
		if n, ok := n.(view.Table); ok && n.NodeKey() == key {
			var lines []string
			for _, r := range n.Rows {
				lines = append(lines, strings.Join(r, " | "))
			}
			return strings.Join(lines, "\n")
		}
	}
	return "no such table"
}

func sale(no int64, person string, own, subsidy int64) canteen.Sale {
	return canteen.Sale{ID: fmt.Sprintf("sale-%d", no), Book: "book", No: no, Person: person, Day: "2026-03-02", Window: "lunch",
		Meal: "A", Title: "鸡块", Price: own + subsidy, Own: own, Subsidy: subsidy, Way: "face", At: noon.Add(time.Duration(no) * time.Minute)}
}

func refund(id string, no int64, s canteen.Sale) canteen.Entry {
	return canteen.Entry{ID: id, Book: "desk", No: no, Kind: canteen.EntryRefund, Person: s.Person, Fen: s.Own, Of: s.ID,
		Sold:   &canteen.Sold{Day: s.Day, Window: s.Window, Meal: s.Meal, Title: s.Title, Price: s.Price, Own: s.Own, Subsidy: s.Subsidy},
		Reason: "没有取餐", By: "T", At: noon.Add(time.Hour)}
}

func cash(id string, no, fen int64, person string) canteen.Entry {
	e := canteen.Entry{ID: id, Book: "desk", No: no, Kind: canteen.EntryTopUp, Person: person, Fen: fen, By: "T", At: noon}
	if fen < 0 {
		e.Kind, e.Reason = canteen.EntryPayout, "转学"
	}
	return e
}

func opening(person string, fen int64) canteen.TopUp {
	return canteen.TopUp{ID: "opening-" + person, Person: person, Fen: fen, Source: canteen.SourceOpening, At: noon.AddDate(0, 0, -1)}
}

func TestDay(t *testing.T) { pgtest.Both(t, testDay) }

func testDay(t *testing.T) {
	l := open(t)
	one, two := sale(1, "1", 700, 500), sale(2, "2", 1200, 0)
	two.Confirmed, two.ConfirmedBy = []string{"egg"}, "T"
	l.take(opening("1", 5000), opening("2", 1000), one, two, refund("r1", 1, one), cash("c1", 2, 3000, "1"), cash("c2", 3, -500, "1"),
		canteen.Entry{ID: "a1", Book: "desk", No: 4, Kind: canteen.EntryAdjust, Person: "1", Fen: -100, Reason: "多充", By: "T", At: noon},
		canteen.Shift{ID: "s1", Till: "t/canteen-desk", By: "T", Opened: noon, Closed: noon.Add(time.Hour), Entries: 4, In: 3000, Out: 500, Counted: 2450, Variance: -50, Reason: "找零"},
		canteen.Limit{Person: "1", Fen: 2500, GivenBy: "guardian", At: noon},
		canteen.Refused{Why: "limit", Lane: "1", At: noon})
	if n := l.deadLetters(); n > 0 {
		t.Fatalf("%d records could not be applied", n)
	}
	want := canteen.AccountRow{Fen: 5000 + 3000 - 500 - 100, Limit: 2500, Counted: map[string]int64{"book": 1, "desk": 4},
		Meals: []canteen.SoldMeal{{Sale: "sale-1", Day: "2026-03-02", Window: "lunch", Own: 700, Subsidy: 500, At: one.At, Refunded: true}}}
	if diff := cmp.Diff(want, l.account("1")); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	if got := l.account("2").Fen; got != -200 {
		t.Errorf("the other account has %d", got)
	}
	p := l.wantAgree()
	for key, want := range map[string]string{
		"takings":   "lunch | 鸡块 | 1 | ¥12.00 | ¥0.00 | ¥12.00",
		"overdrawn": "周景行 | 六年级(1)班 | -¥2.00",
		"refused":   "超过限额 Over the limit | 1",
		"shifts":    "03-02 12:00 | 03-02 13:00 | 罗惠芳 | 4 | ¥30.00 | ¥5.00 | ¥24.50 | -¥0.50 | 找零",
		"balances":  "1 | 林知夏 | 六年级(1)班 | ¥74.00 | ¥25.00\n2 | 周景行 | 六年级(1)班 | -¥2.00 | —",
		"doubts":    "03-02 12:02 | 周景行 | 用餐 鸡块 | 过敏原(蛋类)经 罗惠芳 确认 Allergen confirmed",
		"ledger": "用餐人余额 Diners' balances | ¥72.00 | ¥72.00\n抽屉现金 Cash in the drawers | ¥0.00 | ¥0.00\n" +
			"已上交现金 Cash handed over | -¥24.50 | -¥24.50\n长短款 Variance | -¥0.50 | -¥0.50\n线上充值 Online top-ups | ¥0.00 | ¥0.00\n" +
			"期初结转 Opening balances | -¥60.00 | -¥60.00\n应收补助 Subsidy due | ¥0.00 | ¥0.00\n餐费收入 Takings | ¥12.00 | ¥12.00\n" +
			"更正 Corrections | ¥1.00 | ¥1.00\n合计 Sum | ¥0.00 | ¥0.00",
	} {
		if diff := cmp.Diff(want, table(p, key)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	takings := feedOf[canteen.TakingsRow](l, canteen.FeedTakings)
	if diff := cmp.Diff(map[string]canteen.TakingsRow{"2026-03-02/lunch/A": {Title: "鸡块", Count: 1, Own: 1200}}, takings); diff != "" {
		t.Errorf("takings (-want +got):\n%s", diff)
	}
	lines := feedOf[canteen.StatementRow](l, canteen.FeedStatements)
	if len(lines) != 8 || !lines[canteen.StatementKey("1", one.At, "sale-1")].Refunded {
		t.Errorf("statements %+v", lines)
	}
}

// TestOrderOfArrivalNeverChangesTheBalances, nor what a till is told.
func TestOrderOfArrivalNeverChangesTheBalances(t *testing.T) { pgtest.Both(t, testOrder) }

func testOrder(t *testing.T) {
	one, two, three := sale(1, "1", 700, 500), sale(2, "1", 1200, 0), sale(3, "2", 900, 0)
	records := []kiosk.Record{opening("1", 5000), opening("2", 500), one, two, three, refund("r1", 1, one), refund("r2", 2, three),
		cash("c1", 3, 1000, "1"), canteen.Limit{Person: "1", Fen: 100, GivenBy: "guardian", At: noon}, canteen.Limit{Person: "1", Fen: 200, GivenBy: "guardian", At: noon.Add(time.Second)},
		one, refund("r1", 1, one)} // and two that come again
	random := rand.New(rand.NewPCG(3, 4))
	var accounts map[string]canteen.AccountRow
	var lines map[string]canteen.StatementRow
	for i := range 4 {
		l := open(t)
		l.take(records...)
		if n := l.deadLetters(); n > 0 {
			t.Fatalf("%d records could not be applied", n)
		}
		l.wantAgree()
		a, s := feedOf[canteen.AccountRow](l, canteen.FeedAccounts), feedOf[canteen.StatementRow](l, canteen.FeedStatements)
		if i == 0 {
			accounts, lines = a, s
			if a["1"].Fen != 5000-1200+1000 || a["1"].Limit != 200 || a["2"].Fen != 500 {
				t.Errorf("accounts %+v", a)
			}
		}
		if diff := cmp.Diff(accounts, a); diff != "" {
			t.Fatalf("accounts in the order %v:\n%s", records, diff)
		}
		if diff := cmp.Diff(lines, s); diff != "" {
			t.Fatalf("statements in the order %v:\n%s", records, diff)
		}
		random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	}
}

// TestSecondRefund moves nothing, and is shown.
func TestSecondRefund(t *testing.T) { pgtest.Both(t, testSecondRefund) }

func testSecondRefund(t *testing.T) {
	l := open(t)
	s := sale(1, "1", 700, 500)
	l.take(opening("1", 1000), s, refund("r1", 1, s), refund("r2", 2, s))
	if got := l.account("1"); got.Fen != 1000 || got.Counted["desk"] != 2 {
		t.Errorf("account %+v", got)
	}
	if p := l.wantAgree(); !strings.Contains(table(p, "doubts"), "重复退餐") || strings.Contains(table(p, "doubts"), "尚未到达") {
		t.Errorf("doubts:\n%s", table(p, "doubts"))
	}
}

// TestAnotherUnderTheSameID is laid among the dead letters.
func TestAnotherUnderTheSameID(t *testing.T) { pgtest.Both(t, testAnotherUnderTheSameID) }

func testAnotherUnderTheSameID(t *testing.T) {
	l := open(t)
	other := sale(1, "1", 900, 0)
	l.take(opening("1", 1000), sale(1, "1", 700, 0), other)
	if got := l.account("1").Fen; got != 300 || l.deadLetters() != 1 {
		t.Errorf("balance %d, %d dead letters", got, l.deadLetters())
	}
	l.wantAgree()
}

// TestLongStatement keeps the newest lines.
func TestLongStatement(t *testing.T) { pgtest.Both(t, testLongStatement) }

func testLongStatement(t *testing.T) {
	l := open(t)
	for i := range int64(newestLines + 5) {
		l.take(sale(i+1, "1", 10, 0))
	}
	lines := feedOf[canteen.StatementRow](l, canteen.FeedStatements)
	_, first := lines[canteen.StatementKey("1", sale(1, "1", 10, 0).At, "sale-1")]
	if len(lines) != newestLines || first {
		t.Errorf("%d lines, the oldest among them: %v", len(lines), first)
	}
	if m := l.account("1").Meals; len(m) != newestMeals || m[newestMeals-1].Sale != fmt.Sprintf("sale-%d", newestLines+5) {
		t.Errorf("meals %+v", m)
	}
}

func TestRefusedForGood(t *testing.T) {
	good := sale(1, "1", 700, 500)
	crooked, nobody, minus, noBook := good, good, good, good
	crooked.Price++
	nobody.Person = ""
	minus.Own, minus.Price = -700, -200
	noBook.No = 0
	noSold := refund("r", 1, good)
	noSold.Sold = nil
	tooMuch := refund("r", 1, good)
	tooMuch.Fen++
	noReason := refund("r", 1, good)
	noReason.Reason = " "
	for name, r := range map[string]kiosk.Record{
		"price": crooked, "nobody": nobody, "below 0": minus, "no book": noBook, "no sale": noSold, "more than paid": tooMuch, "no reason": noReason,
		"variance": canteen.Shift{ID: "s", Till: "t/d", By: "T", Closed: noon, In: 5, Counted: 5, Variance: 1},
		"payout":   canteen.Entry{ID: "e", Book: "b", No: 1, Kind: canteen.EntryPayout, Person: "1", Fen: 5, Reason: "x", By: "T", At: noon},
		"huge":     canteen.Entry{ID: "e", Book: "b", No: 1, Kind: canteen.EntryTopUp, Person: "1", Fen: largest + 1, By: "T", At: noon},
		"limit":    canteen.Limit{Person: "1", Fen: -1, GivenBy: "x", At: noon},
		"share":    canteen.Share{Till: "other/canteen", Serial: 1},
		"topup":    canteen.TopUp{ID: "x", Person: "1", Fen: 100, Source: canteen.SourceOnline, At: noon}, // from a terminal
		"quota":    canteen.Quota{Fen: 100},                                                               // likewise
		"refused":  canteen.Refused{},
	} {
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		got := projection.Received{Terminal: "canteen-1", Site: school}
		got.Kind, got.Version, got.Body = r.RecordKind().Name, 1, body
		if err := New(zone).Apply(t.Context(), nil, got); !projection.IsPermanent(err) || projection.IsUnknownVersion(err) {
			t.Errorf("%s: %v", name, err)
		}
		if _, ok := New(zone).Tell(got); ok {
			t.Errorf("%s is told", name)
		}
		got.Version = 2
		if err := New(zone).Apply(t.Context(), nil, got); !projection.IsUnknownVersion(err) {
			t.Errorf("%s: version 2: %v", name, err)
		}
	}
}
