package center

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/library"
	"github.com/luohu/ting/plugins/library/sip2"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

// ledger is a test's center as a desk needs it. A PIN is its own hash.
type ledger struct {
	d   *district
	now time.Time
}

func (l ledger) Record(ctx context.Context, site string, r kiosk.Record) (int64, error) {
	return l.d.Record(ctx, site, r)
}
func (l ledger) Projected(ctx context.Context, name string, position int64) error {
	return l.d.Projected(ctx, name, position)
}
func (l ledger) Querier(ctx context.Context, fn func(projection.Querier) error) error {
	return l.d.Querier(ctx, fn)
}
func (l ledger) People(ctx context.Context, site string) (people []kiosk.PersonRow, err error) {
	err = l.d.View(ctx, func(tx *store.Tx) error {
		return tx.Feed(site, kiosk.FeedPeople, func(_ string, value []byte) error {
			var p kiosk.PersonRow
			err := json.Unmarshal(value, &p)
			people = append(people, p)
			return err
		})
	})
	return people, err
}
func (l ledger) CheckPIN(hash, typed string) bool { return hash == typed }
func (l ledger) Now() time.Time                   { return l.now }

// selfCheckOf connects a self-check to the desk of a center over TCP.
func selfCheckOf(t *testing.T, d *district, now time.Time) func(line string) string {
	t.Helper()
	ctx := context.Background()
	var changes []center.FeedChange
	changes = append(changes, center.FeedChange{Site: site, Feed: kiosk.FeedPeople, Key: "1",
		Value: kiosk.PersonRow{ID: "1", Name: "林知夏", Role: "pupil", Cards: []string{"0009211"}, PIN: "4711"}})
	if err := d.Register(ctx, changes); err != nil {
		t.Fatal(err)
	}
	desk := NewDesk(ledger{d, now}, zone)
	server := &sip2.Server{Codec: sip2.Codec{Zone: zone}, Login: func(_ context.Context, l *sip2.Login, _ net.Addr) sip2.Handler {
		if l.Password != "pw" {
			return nil
		}
		return desk.SelfCheck(Institution{Site: site, Name: "图书室", Location: "desk-1"})
	}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		_ = server.Close()
		_ = l.Close()
	})
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	return func(line string) string {
		t.Helper()
		if _, err := conn.Write([]byte(line + "\r")); err != nil {
			t.Fatal(err)
		}
		answer, err := r.ReadString('\r')
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return strings.TrimSuffix(answer, "\r")
	}
}

// TestSelfCheckOfAnotherMaker speaks as the test suite of SIPServer does, and
// expects what it expects: the leaders, letter by letter, and the required fields.
func TestSelfCheckOfAnotherMaker(t *testing.T) {
	pgtest.Both(t, func(t *testing.T) {
		d := open(t)
		say := selfCheckOf(t, d, at(0))
		const date = `\d{8} {4}\d{6}`
		const stamp = "20260901    080000"
		for _, c := range []struct{ line, want string }{
			{"9300CNdesk|COwrong|CPhere|", `^940$`},
			{"9300CNdesk|COpw|CPhere|", `^941$`},
			{"9910302.00", `^98YYYYNY100003` + date + `2\.00AOschool-1\|AM图书室\|BXYYYNYYYYYYYNNYYY\|ANdesk-1\|$`},
			{"23001" + stamp + "AOschool-1|AA1|AD4711|AC|", `^24 {14}001` + date + `AOschool-1\|AA1\|AE林知夏\|BLY\|CQY\|BHCNY\|BV0\.00\|$`},
			{"23001" + stamp + "AOschool-1|AA0009211|AC|ADbadw|", `^24 {14}001` + date + `AOschool-1\|AA0009211\|AE林知夏\|BLY\|CQN\|`}, // by his card
			{"23001" + stamp + "AOschool-1|AAwshakespeare|AC|", `^24YYYY {10}001` + date + `AOschool-1\|AAwshakespeare\|AE\|BLN\|`},
			{"17" + stamp + "AOschool-1|ABB1|", `^18030201` + date + `ABB1\|AJ西游记\|BGschool-1\|CK001\|$`},
			{"17" + stamp + "AOschool-1|ABnone|", `^18010101` + date + `ABnone\|AJ\|$`},
			{"11YN" + stamp + "                  AOschool-1|AA1|ABB1|AC|", `^121NNY` + date + `AOschool-1\|AA1\|ABB1\|AJ西游记\|AH20261001    235959\|CK001\|$`},
			{"11YN" + stamp + "                  AOschool-1|AA1|ABB1|AC|", `^121NNY`}, // the same once more: its answer was lost
			{"11YN" + stamp + "                  AOschool-1|AA2|ABB1|AC|", `^120NUN` + date + `AOschool-1\|AA2\|ABB1\|AJ西游记\|AH\|BLY\|AF`},
			{"11YN" + stamp + "                  AOschool-1|AA1|ABno-barcode|AC|", `^120NUN` + date + `AOschool-1\|AA1\|ABno-barcode\|AJ\|AH\|BLY\|AF`},
			{"11YN" + stamp + "                  AOschool-1|AAberick|ABB2|AC|", `^120NUN` + date + `AOschool-1\|AAberick\|ABB2\|AJ红楼梦\|AH\|BLN\|AF`},
			{"17" + stamp + "AOschool-1|ABB1|", `^18040201` + date + `AH20261001    235959\|ABB1\|`},
			{"63001" + stamp + "  Y       AOschool-1|AA1|", `^64 {14}001` + date + `000000000001000000000000AOschool-1\|AA1\|AE林知夏\|BZ0003\|CB0005\|BLY\|BHCNY\|BV0\.00\|AUB1\|PCpupil\|AQschool-1\|$`},
			{"63001" + stamp + "          AOschool-1|AAnobody|", `^64YYYY {10}001` + date + `0{24}AOschool-1\|AAnobody\|AE\|BLN\|`},
			{"29NN" + stamp + "                  AOschool-1|AA1|ABB1|", `^301YNN` + date + `AOschool-1\|AA1\|ABB1\|AJ西游记\|AH20261001    235959\|`},
			{"29NN" + stamp + "                  AOschool-1|AA1|ABB1|", `^300NUN` + date + `AOschool-1\|AA1\|ABB1\|AJ西游记\|AH\|AF续借次数`},
			{"29NN" + stamp + "                  AOschool-1|AAberick|ABB1|", `^300NUN` + date + `AOschool-1\|AAberick\|ABB1\|AJ西游记\|AH\|`},
			{"65" + stamp + "AOschool-1|AA1|", `^66100000001` + date + `AOschool-1\|BNB1\|$`},
			{"65" + stamp + "AOschool-1|AA1|ADbad|", `^66000000000` + date + `AOschool-1\|AF`},
			{"15+" + stamp + "AOschool-1|AA2|ABB1|", `^161N` + date + `BR1\|AOschool-1\|AA2\|ABB1\|AJt1\|$`},
			{"09N" + stamp + stamp + "APhere|AOschool-1|ABB1|AC|", `^101YNY` + date + `AOschool-1\|ABB1\|AQ\|AJ西游记\|AA1\|CK001\|CV01\|CY2\|AF有人预约`},
			{"11YN" + stamp + "                  AOschool-1|AA1|ABB1|AC|", `^120NUN.*AF有人预约`},
			{"11YN" + stamp + "                  AOschool-1|AA2|ABB1|AC|", `^121NNY`},
			{"09N" + stamp + stamp + "APhere|AOschool-1|ABB2|AC|", `^100YNN` + date + `AOschool-1\|ABB2\|AQ\|AJ红楼梦\|`}, // it was here
			{"37" + stamp + "0400CNYBV1.00|AOschool-1|AA1|", `^38N` + date + `AOschool-1\|AA1\|AF应缴 0\.00`},
			{"01N" + stamp + "AOschool-1|ALlost|AA1|AC|", `^24`},
			{"25" + stamp + "AOschool-1|AA1|", `^26 {14}000`},
			{"19" + stamp + "AOschool-1|ABB1|CHred|", `^200` + date + `ABB1\|`},
			{"35" + stamp + "AOschool-1|AA1|", `^36Y` + date + `AOschool-1\|AA1\|$`},
		} {
			if got := say(c.line); !regexp.MustCompile(c.want).MatchString(got) {
				t.Errorf("%s\n got %s\nwant %s", c.line, got, c.want)
			}
		}
		if loans := feed[library.ReaderRow](d, library.FeedReaders); len(loans["2"].Loans) != 1 || len(loans["1"].Loans) != 0 {
			t.Errorf("the projection says otherwise: %+v", loans)
		}
	})
}

// TestSelfCheckComesBack tells what happened while the center was away: at its own
// time, whatever the rules say now, and once.
func TestSelfCheckComesBack(t *testing.T) {
	d := open(t)
	say := selfCheckOf(t, d, at(600))
	say("9300CNdesk|COpw|")
	const lent = "11YY20260901    08300020260915    235959AOschool-1|AA1|ABB1|AC|"
	for range 2 {
		if got := say(lent); !strings.HasPrefix(got, "121") {
			t.Error(got)
		}
	}
	row := feed[library.CopyRow](d, library.FeedCopies)["B1"]
	if row.Loan == nil || !row.Loan.At.Equal(at(30)) || row.Loan.Due != "2026-09-15" || row.Loan.Renewals != 0 {
		t.Errorf("%+v", row.Loan)
	}
	// It was lent to another meanwhile, by a terminal: both stand, and a librarian is told.
	d.take(lend("B2", "2", 60))
	if got := say("11YY20260901    084500                  AOschool-1|AA1|ABB2|AC|"); !strings.HasPrefix(got, "121") {
		t.Error(got)
	}
	if tasks := feed[library.TaskRow](d, library.FeedTasks); len(tasks["double/B2"].Loans) != 2 {
		t.Errorf("%+v", tasks)
	}
	if got := say("09Y20260901    09000020260901    090000APdesk|AOschool-1|ABB1|AC|"); !strings.HasPrefix(got, "101YNN") {
		t.Error(got)
	}
	if row := feed[library.CopyRow](d, library.FeedCopies)["B1"]; row.Loan != nil || !row.At.Equal(at(60)) {
		t.Errorf("%+v", row)
	}
}

// TestSelfChecksAtOnce borrow the same copy through several connections: one gets it.
func TestSelfChecksAtOnce(t *testing.T) {
	d := open(t)
	desk := NewDesk(ledger{d, at(0)}, zone)
	var got sync.Map
	var all sync.WaitGroup
	for _, person := range []string{"1", "2", "3"} {
		all.Go(func() {
			sc := desk.SelfCheck(Institution{Site: site})
			a := sc.Handle(context.Background(), &sip2.Checkout{At: at(0), Patron: person, Item: "B1"}).(*sip2.CheckoutResponse)
			got.Store(person, a.OK)
		})
	}
	all.Wait()
	lent := 0
	got.Range(func(_, ok any) bool {
		if ok.(bool) {
			lent++
		}
		return true
	})
	if tasks := feed[library.TaskRow](d, library.FeedTasks); lent != 1 || len(tasks) != 0 {
		t.Errorf("lent %d times, %d tasks", lent, len(tasks))
	}
}

// TestFeePaidOnce: the same payment told twice is one.
func TestFeePaidOnce(t *testing.T) {
	d := open(t)
	d.take(lend("B1", "1", 0), library.Return{Copy: "B1", At: time.Date(2026, 9, 15, 9, 0, 0, 0, zone)})
	sc := NewDesk(ledger{d, at(60 * 24 * 20)}, zone).SelfCheck(Institution{Site: site})
	pay := &sip2.FeePaid{At: at(0), FeeType: "04", PaymentType: "00", Currency: "CNY", Amount: "0.30", Patron: "1", Transaction: "T1"}
	for range 2 {
		if a := sc.Handle(context.Background(), pay).(*sip2.FeePaidResponse); !a.Accepted.Yes() {
			t.Errorf("%+v", a)
		}
	}
	if r := feed[library.ReaderRow](d, library.FeedReaders)["1"]; r.Owes != 20 {
		t.Errorf("owes %d", r.Owes)
	}
}
