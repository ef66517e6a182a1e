package center

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/library"
	"github.com/luohu/ting/plugins/library/sip2"
	"github.com/luohu/ting/sync/center/projection"
)

// Ledger is what a Desk needs of the center.
type Ledger interface {
	// Record makes a record durable in the site's own chain and says where in the log it is.
	Record(ctx context.Context, site string, r kiosk.Record) (position int64, err error)
	// Projected waits until a projection has seen the log up to a position.
	Projected(ctx context.Context, name string, position int64) error
	// Querier reads.
	Querier(ctx context.Context, fn func(projection.Querier) error) error
	// People are a site's.
	People(ctx context.Context, site string) ([]kiosk.PersonRow, error)
	// CheckPIN compares a PIN with the hash of the people feed.
	CheckPIN(hash, pin string) bool
	Now() time.Time
}

// Institution is a site as its self-checks know it.
type Institution struct {
	Site     string
	ID       string // AO; "" is the site's ID
	Name     string // AM
	Location string // AN: where the self-check stands
	English  bool   // screen messages are in English
}

// Desk lends a district's books to self-checks of any maker, over SIP2. What it
// does are records of the center's own, like those of a terminal, and it answers
// once the projection has understood them: so the projection stays the truth, and
// the next message finds it.
//
// Of one site it does one thing at a time. Another center on the same database may
// lend the same copy in the same moment, as a terminal that is offline may: both
// loans are kept, and a librarian has a task.
type Desk struct {
	ledger Ledger
	zone   *time.Location

	mu    sync.Mutex
	sites map[string]*deskSite
}

// deskSite is what a desk remembers of a site.
type deskSite struct {
	mu    sync.Mutex
	cards map[string]string // person by card number
	read  time.Time
}

// NewDesk returns a desk.
func NewDesk(ledger Ledger, zone *time.Location) *Desk {
	return &Desk{ledger: ledger, zone: zone, sites: map[string]*deskSite{}}
}

// SelfCheck serves one self-check of an institution.
func (d *Desk) SelfCheck(i Institution) sip2.Handler {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sites[i.Site]
	if s == nil {
		s = &deskSite{}
		d.sites[i.Site] = s
	}
	i.ID = cmp.Or(i.ID, i.Site)
	return &selfCheck{Desk: d, site: s, inst: i}
}

// selfCheck is one self-check.
type selfCheck struct {
	*Desk
	site *deskSite
	inst Institution
}

// patience is how long one message may take.
const patience = 20 * time.Second

// Handle implements sip2.Handler.
func (c *selfCheck) Handle(ctx context.Context, m sip2.Message) sip2.Message {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !c.ready(ctx) {
		return c.status(false)
	}
	c.site.mu.Lock()
	defer c.site.mu.Unlock()
	switch m := m.(type) {
	case *sip2.SCStatus:
		return c.status(true)
	case *sip2.PatronStatusRequest:
		return c.patronStatus(ctx, m.Language, m.Patron, m.PatronPassword, "")
	case *sip2.BlockPatron:
		return c.patronStatus(ctx, sip2.LangUnknown, m.Patron, "", c.say("本系统不接受自助机停卡", "Cards are not blocked from here"))
	case *sip2.PatronEnable:
		return c.enable(ctx, m)
	case *sip2.PatronInformation:
		return c.patronInformation(ctx, m)
	case *sip2.ItemInformation:
		return c.itemInformation(ctx, m)
	case *sip2.ItemStatusUpdate:
		return &sip2.ItemStatusUpdateResponse{At: c.now(), Item: m.Item, Screen: []string{c.say("不支持", "Not supported")}}
	case *sip2.Checkout:
		return c.checkout(ctx, m)
	case *sip2.Checkin:
		return c.checkin(ctx, m)
	case *sip2.Renew:
		return c.renew(ctx, m)
	case *sip2.RenewAll:
		return c.renewAll(ctx, m)
	case *sip2.Hold:
		return c.hold(ctx, m)
	case *sip2.FeePaid:
		return c.feePaid(ctx, m)
	case *sip2.EndSession:
		return &sip2.EndSessionResponse{Ended: sip2.Yes, At: c.now(), Institution: c.inst.ID, Patron: m.Patron}
	}
	return nil
}

// readyWithin is how long a message waits for a projection that is being built: at
// the center's start, and anew after a change. Until it is, the system is off-line.
const readyWithin = 5 * time.Second

func (c *selfCheck) ready(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	return c.ledger.Projected(ctx, library.ID, 0) == nil
}

func (c *selfCheck) now() time.Time { return c.ledger.Now().In(c.zone).Truncate(time.Microsecond) }

func (c *selfCheck) say(zh, en string) string {
	if c.inst.English {
		return en
	}
	return zh
}

func screen(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func (c *selfCheck) status(online bool) sip2.Message {
	on := sip2.Is(online)
	return &sip2.ACSStatus{Online: on, CheckinOK: on, CheckoutOK: on, RenewalOK: on, UpdateOK: sip2.No, OfflineOK: sip2.Yes,
		Timeout: 100, Retries: 3, At: c.now(), Version: sip2.Version, Institution: c.inst.ID, Library: c.inst.Name,
		Supported:    sip2.Supported("23", "11", "09", "99", "97", "93", "63", "35", "37", "17", "15", "29", "65"),
		TerminalSite: c.inst.Location}
}

// reader is somebody as the rules see him. known is false for nobody's number.
type reader struct {
	row      kiosk.PersonRow
	account  library.Account
	told     library.ReaderRow
	known    bool
	password sip2.Flag // "" where none was sent
	trouble  bool      // the center could not be read
}

// find reads a reader by his number or that of his card.
func (c *selfCheck) find(ctx context.Context, id, password string) (r reader) {
	id = strings.TrimSpace(id)
	r = c.byNumber(ctx, id, password)
	if !r.known && !r.trouble {
		if person := c.byCard(ctx, id); person != "" {
			r = c.byNumber(ctx, person, password)
		}
	}
	return r
}

func (c *selfCheck) byNumber(ctx context.Context, id, password string) (r reader) {
	err := c.ledger.Querier(ctx, func(q projection.Querier) error {
		raw, err := q.Row(c.inst.Site, kiosk.FeedPeople, id)
		if errors.Is(err, projection.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &r.row); err != nil {
			return err
		}
		r.known = true
		r.account, r.told, err = account(q, c.zone, c.inst.Site, r.row)
		return err
	})
	if err != nil {
		slog.Error("library: a reader cannot be read", "op", "sip2", "cause", err)
		r.trouble, r.known = true, false
		return r
	}
	if password != "" && r.known {
		r.password = sip2.Is(c.ledger.CheckPIN(r.row.PIN, password))
	}
	return r
}

// account is what the center knows of a reader.
func account(q projection.Querier, zone *time.Location, site string, p kiosk.PersonRow) (a library.Account, told library.ReaderRow, err error) {
	a = library.Account{Person: p.ID, Class: p.Role}
	patron, err := find(q, site, library.FeedPatrons, p.ID, map[string]library.Patron{}, library.Patron{})
	if err != nil {
		return a, told, err
	}
	a.Born, a.Blocked, a.Class = patron.Born, patron.Blocked, cmp.Or(patron.Class, p.Role)
	if a.Terms, err = find(q, site, library.FeedTerms, a.Class, map[string]library.Terms{}, library.UsualTerms(a.Class)); err != nil {
		return a, told, err
	}
	told, err = readerRow(q, zone, site, p.ID)
	a.Loans, a.Holds, a.Owes = told.Loans, told.Holds, max(0, told.Owes)
	return a, told, err
}

// cardsLast is how long the site's cards are looked for as they were read.
const cardsLast = 10 * time.Second

// byCard is whose card it is; "" is nobody's.
func (c *selfCheck) byCard(ctx context.Context, card string) string {
	if now := c.now(); c.site.cards == nil || now.Sub(c.site.read).Abs() > cardsLast {
		people, err := c.ledger.People(ctx, c.inst.Site)
		if err != nil {
			return ""
		}
		c.site.cards, c.site.read = map[string]string{}, now
		for _, p := range people {
			for _, number := range p.Cards {
				c.site.cards[number] = p.ID
			}
		}
	}
	return c.site.cards[card]
}

// item is a copy as it stands.
type item struct {
	copy    library.Copy
	known   bool // it is in the holdings
	where   library.Where
	waiting []library.Waiting
	trouble bool
}

func (c *selfCheck) item(ctx context.Context, barcode string) (it item) {
	clean, ok := library.CleanBarcode(barcode)
	if !ok {
		it.copy.Barcode = barcode
		return it
	}
	err := c.ledger.Querier(ctx, func(q projection.Querier) error {
		raw, err := q.Row(c.inst.Site, library.FeedHoldings, clean)
		switch {
		case err == nil:
			it.known = true
			if err := json.Unmarshal(raw, &it.copy); err != nil {
				return err
			}
		case !errors.Is(err, projection.ErrNotFound):
			return err
		}
		it.copy.Barcode = clean
		row, err := copyRow(q, c.zone, cmp.Or(it.copy.Site, c.inst.Site), clean)
		if err != nil && !errors.Is(err, projection.ErrNotFound) {
			return err
		}
		it.where = library.Where{Loan: row.Loan, HeldFor: row.HeldFor}
		if it.copy.ID != "" {
			it.waiting, err = queue(q, c.zone, c.inst.Site, it.copy.ID)
			return err
		}
		return nil
	})
	if err != nil {
		slog.Error("library: a copy cannot be read", "op", "sip2", "cause", err)
		it.trouble = true
	}
	return it
}

// record makes a record and waits until it is understood.
func (c *selfCheck) record(ctx context.Context, r kiosk.Record) error {
	position, err := c.ledger.Record(ctx, c.inst.Site, r)
	if err == nil {
		err = c.ledger.Projected(ctx, library.ID, position)
	}
	if err != nil {
		slog.Error("library: what a self-check did is not recorded", "op", "sip2", "kind", r.RecordKind().Name, "cause", err)
	}
	return err
}
