package canteen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// till makes entries in accounts, from what came down and what it has in its
// book. It never waits for the center.
//
// The quota. What a till took from accounts is held against its share until the
// center has counted it and the account is seen not to be overdrawn; it spends
// no more than its share. The center hands out no more than the site's quota, and
// counts a share as handed out until the till has said that it took a smaller
// one. So all tills together never hold more than the quota, however long the
// network is gone, and no more than that can be overdrawn.
type till struct {
	mu   sync.Mutex // one entry after the other
	book *Book
}

// bookFile is the book's name in the module's directory.
const bookFile = "book"

// start opens the till's book, in the module's directory.
func (t *till) start(ctx context.Context, s kiosk.Setup) error {
	if s.Dir == "" {
		return nil // a terminal that keeps nothing: the book lives as long as the process
	}
	book, err := OpenBook(filepath.Join(s.Dir, bookFile))
	if err != nil {
		return &kiosk.Error{
			Code: kiosk.CodeUnavailable, Op: "open the till's book", Cause: err,
			Hint: "if it is damaged: wait until the center has all of this terminal's records, then move the file away; a new one is begun",
		}
	}
	t.book = book
	context.AfterFunc(ctx, func() { _ = book.Close() }) // the process ends; all that counts is on disk
	return nil
}

// tillID names a till in FeedShares: a terminal may have a counter's and a desk's.
func tillID(v kiosk.Visit) string { return v.Terminal + "/" + v.Module }

// account is what the till knows of somebody.
type account struct {
	diner DinerRow
	row   AccountRow
	standing
}

// account reads what is known of a person; reason noAccount when the district
// has no account for him.
func (t *till) account(ctx context.Context, s kiosk.Session, person string) (a account, r reason, err error) {
	now := s.Now()
	ok, err := lookup(ctx, s, FeedDiners, person, &a.diner)
	if err != nil || !ok {
		return a, noAccount, err
	}
	// An account that nothing has been counted in yet has no row, and nothing on it.
	if _, err := lookup(ctx, s, FeedAccounts, person, &a.row); err != nil {
		return a, noAccount, err
	}
	if err := t.book.settle(person, a.row); err != nil {
		return a, none, notWritten(err)
	}
	own, meals := t.book.known(person, a.row)
	a.balance = a.row.Fen + own
	a.limit = a.row.Limit
	a.today = today(now.Format(time.DateOnly), now, a.row.Meals, meals)
	return a, none, nil
}

// settleSome is how many others' entries a sale looks after: more than it makes,
// so that the book does not grow while the center is there.
const settleSome = 4

// free is what the till may still take of the quota. need is what is wanted:
// everybody's entries are looked after when there is not enough.
func (t *till) free(ctx context.Context, s kiosk.Session, need int64) (int64, error) {
	share, err := t.share(ctx, s)
	if err != nil {
		return 0, err
	}
	for i, person := range t.book.holding() {
		if i >= settleSome && share.Fen-t.book.held() >= need {
			break
		}
		var row AccountRow
		ok, err := lookup(ctx, s, FeedAccounts, person, &row)
		if err != nil {
			return 0, err
		}
		if ok {
			if err := t.book.settle(person, row); err != nil {
				return 0, notWritten(err)
			}
		}
	}
	return max(0, share.Fen-t.book.held()), nil
}

// share is the till's share of the quota. A row that is older than the share the
// till has said to have taken does not count: its copy of the feed was set back.
func (t *till) share(ctx context.Context, s kiosk.Session) (ShareRow, error) {
	var row ShareRow
	ok, err := lookup(ctx, s, FeedShares, tillID(s.Visit()), &row)
	if err != nil || !ok {
		return ShareRow{}, err
	}
	if took := t.book.takes(); row.Serial < took.Serial {
		return took, nil
	}
	return row, nil
}

// attend does what is due besides sales: it records entries again that a crash
// interrupted, takes a new share of the quota, and forgets what is old.
func (t *till) attend(ctx context.Context, s kiosk.Session) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.complete(ctx, s); err != nil {
		return err
	}
	share, err := t.share(ctx, s)
	if err != nil {
		return err
	}
	if share.Serial > t.book.takes().Serial {
		if _, err := t.free(ctx, s, share.Fen+1); err != nil { // look after everybody's entries
			return err
		}
		if t.book.held() <= share.Fen {
			if err := t.book.take(share); err != nil {
				return notWritten(err)
			}
		}
	}
	if took, told := t.book.takes(), t.book.told(); took.Serial > told {
		_, err := s.Record(ctx, Share{Till: tillID(s.Visit()), Book: t.book.id, Serial: took.Serial, Fen: took.Fen, At: s.Now()})
		if err != nil {
			return err // told the next time: the promise stands already
		}
		if err := t.book.tell(took.Serial); err != nil {
			return notWritten(err)
		}
	}
	if err := t.book.tidy(s.Now()); err != nil {
		return notWritten(err)
	}
	return nil
}

// complete records again what was begun and not done.
func (t *till) complete(ctx context.Context, s kiosk.Session) error {
	for _, e := range t.book.open() {
		r, err := recordOf(e.Kind, e.Body)
		if err != nil {
			return err
		}
		if _, err := s.Record(ctx, r); err != nil {
			return err
		}
		if err := t.book.done(e.ID); err != nil {
			return notWritten(err)
		}
		slog.Info("canteen: an entry that was interrupted is recorded", "op", "complete", "no", e.No)
	}
	return nil
}

// recordOf is the record of an entry in the book.
func recordOf(kind string, body []byte) (kiosk.Record, error) {
	switch kind {
	case KindSale.Name:
		var r Sale
		err := json.Unmarshal(body, &r)
		return r, err
	case KindEntry.Name:
		var r Entry
		err := json.Unmarshal(body, &r)
		return r, err
	case KindShift.Name:
		var r Shift
		err := json.Unmarshal(body, &r)
		return r, err
	}
	return nil, fmt.Errorf("%w: a record of kind %q", ErrBook, kind)
}

// enter makes one entry: into the book, into the journal, done. When it fails
// the account is unchanged, unless nobody can know: then the entry counts here,
// and is recorded again before the next one.
func (t *till) enter(ctx context.Context, s kiosk.Session, n entry) (kiosk.Receipt, error) {
	if err := t.complete(ctx, s); err != nil {
		return kiosk.Receipt{}, err
	}
	e, r, err := t.book.begin(n, s.Now())
	if err != nil {
		return kiosk.Receipt{}, notWritten(err)
	}
	receipt, err := s.Record(ctx, r)
	if err != nil {
		switch kiosk.CodeOf(err) {
		case kiosk.CodeDiskFull, kiosk.CodeDenied, kiosk.CodeInvalid: // nothing was stored
			err = errors.Join(err, t.book.drop(e))
		}
		return receipt, err
	}
	if err := t.book.done(e.ID); err != nil {
		slog.Error("canteen: the book cannot be written", "op", "book", "cause", err) // the entry is recorded again later
	}
	return receipt, nil
}

// sell sells what is offered, if it can be paid; otherwise it says why not. makeSale
// is called with the entry's ID, the book's and its number.
func (t *till) sell(ctx context.Context, s kiosk.Session, person string, a *account, o offer, makeSale func(id, book string, no int64) kiosk.Record) (r kiosk.Receipt, why reason, err error) {
	if a.free, err = t.free(ctx, s, o.own); err != nil {
		return r, none, err
	}
	if why := refuse(o, a.standing); why != none {
		return r, why, nil
	}
	r, err = t.enter(ctx, s, entry{person: person, fen: -o.own, record: makeSale,
		meal: &SoldMeal{Day: o.day, Window: o.window.ID, Own: o.own, Subsidy: o.subsidy}})
	return r, none, err
}

// notWritten is the error of a book that cannot be written: nothing is sold then.
func notWritten(err error) error {
	return &kiosk.Error{
		Code: kiosk.CodeDiskFull, Op: "write the till's book", Cause: err,
		Hint:    "make room on the terminal's disk, and see that its state directory can be written",
		Visitor: view.T("收银机暂时不能记账,请找工作人员。", "The till cannot keep its books right now. Please ask the staff."),
	}
}
