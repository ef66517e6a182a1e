package center

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/plugins/canteen"
	"github.com/luohu/ting/sync/center/projection"
)

// largest is the largest amount that is taken for one: a million yuan, in fen.
const largest = 100_000_000

func within(fens ...int64) error {
	for _, f := range fens {
		if f > largest || f < -largest {
			return fmt.Errorf("an amount of %d fen", f)
		}
	}
	return nil
}

// common checks what every transaction has.
func common(id, person string, at time.Time, fens ...int64) error {
	switch {
	case id == "":
		return errors.New("a transaction without an ID")
	case person == "":
		return errors.New("a transaction of nobody")
	case at.IsZero():
		return errors.New("a transaction without a time")
	}
	return within(fens...)
}

func checkSold(s canteen.Sold) error {
	_, err := time.Parse(time.DateOnly, s.Day)
	switch {
	case err != nil:
		return errors.New("a meal without a day")
	case s.Own < 0 || s.Subsidy < 0 || s.Own+s.Subsidy != s.Price:
		return fmt.Errorf("a price of %d, of which %d is the diner's and %d the district's", s.Price, s.Own, s.Subsidy)
	}
	return within(s.Price, s.Own, s.Subsidy)
}

func checkSale(_ projection.Received, s canteen.Sale) error {
	if s.Book == "" || s.No < 1 {
		return errors.New("a sale of no book")
	}
	return errors.Join(common(s.ID, s.Person, s.At),
		checkSold(canteen.Sold{Day: s.Day, Price: s.Price, Own: s.Own, Subsidy: s.Subsidy}))
}

func checkEntry(_ projection.Received, e canteen.Entry) error {
	if err := common(e.ID, e.Person, e.At, e.Fen); err != nil {
		return err
	}
	switch {
	case e.Book == "" || e.No < 1:
		return errors.New("an entry of no book")
	case e.By == "":
		return errors.New("an entry that nobody made")
	case e.Kind != canteen.EntryTopUp && strings.TrimSpace(e.Reason) == "":
		return fmt.Errorf("a %s without a reason", e.Kind)
	}
	switch e.Kind {
	case canteen.EntryTopUp:
		if e.Fen <= 0 {
			return fmt.Errorf("a top-up of %d fen", e.Fen)
		}
	case canteen.EntryPayout:
		if e.Fen >= 0 {
			return fmt.Errorf("a payout of %d fen", e.Fen)
		}
	case canteen.EntryAdjust:
		if e.Fen == 0 {
			return errors.New("a correction of nothing")
		}
	case canteen.EntryRefund:
		switch {
		case e.Of == "" || e.Sold == nil:
			return errors.New("a refund of no sale")
		case e.Fen != e.Sold.Own:
			return fmt.Errorf("a refund of %d fen, for a meal that the diner paid %d for", e.Fen, e.Sold.Own)
		}
		return checkSold(*e.Sold)
	default:
		return fmt.Errorf("an entry of kind %q", e.Kind)
	}
	return nil
}

// own reports whether the center itself made a record: no terminal sets quotas or
// says what was paid by telephone.
func own(r projection.Received) bool { return r.Terminal == "center/"+r.Site }

func checkTopUp(r projection.Received, t canteen.TopUp) error {
	switch {
	case !own(r):
		return errors.New("a top-up that the center did not record")
	case t.Source != canteen.SourceOnline && t.Source != canteen.SourceOpening:
		return fmt.Errorf("a top-up from %q", t.Source)
	case t.Fen == 0 || t.Fen < 0 && t.Source != canteen.SourceOpening:
		return fmt.Errorf("a top-up of %d fen", t.Fen)
	}
	return common(t.ID, t.Person, t.At, t.Fen)
}

func checkShift(_ projection.Received, s canteen.Shift) error {
	switch {
	case s.ID == "" || s.Till == "" || s.By == "" || s.Closed.IsZero():
		return errors.New("a shift without an ID, a till, a cashier or an end")
	case s.In < 0 || s.Out < 0 || s.Counted < 0 || s.Entries < 0:
		return errors.New("a shift with an amount below 0")
	case s.Variance != s.Counted-(s.In-s.Out):
		return errors.New("a variance that is not what was counted less what is due")
	}
	return within(s.In, s.Out, s.Counted)
}

func checkLimit(_ projection.Received, m canteen.Limit) error {
	switch {
	case m.Fen < 0:
		return errors.New("a limit below 0")
	case m.GivenBy == "":
		return errors.New("a limit that nobody gave")
	}
	return common("limit", m.Person, m.At, m.Fen)
}

func checkQuota(r projection.Received, q canteen.Quota) error {
	if !own(r) {
		return errors.New("a quota that the center did not set")
	}
	sum := int64(0)
	for till, fen := range q.Shares {
		if till == "" || fen < 0 || fen > largest {
			return fmt.Errorf("a share of %d fen for till %q", fen, till)
		}
		if slices.Contains(q.Retired, till) {
			return fmt.Errorf("till %q has a share and is retired", till)
		}
		sum += fen
	}
	if q.Fen < 0 || sum > q.Fen {
		return fmt.Errorf("shares of %d fen in a quota of %d", sum, q.Fen)
	}
	return within(q.Fen)
}

func checkShare(r projection.Received, s canteen.Share) error {
	terminal, _, ok := strings.Cut(s.Till, "/")
	switch {
	case !ok || terminal != r.Terminal:
		return fmt.Errorf("a share of till %q, from another terminal", s.Till)
	case s.Serial < 1:
		return errors.New("a share that was never given")
	}
	return nil
}

func checkRefused(_ projection.Received, f canteen.Refused) error {
	if f.At.IsZero() || f.Why == "" {
		return errors.New("a refusal without a time or a reason")
	}
	return nil
}

func joined(codes []string) string { return strings.Join(codes, ",") }
