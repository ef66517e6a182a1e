package library

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/pinyin"
	"github.com/luohu/ting/kiosk/view"
)

// book is a title with its copies.
type book struct {
	Copy          // of the first one
	copies []Copy // by barcode
}

// shelf is what can be searched: the holdings, read once in a while.
type shelf struct {
	mu    sync.Mutex
	books []book
	read  time.Time
}

// shelfLasts is how long the holdings are searched as they were read.
const shelfLasts = 5 * time.Minute

func (sh *shelf) all(ctx context.Context, s kiosk.Session) ([]book, error) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if now := s.Now(); sh.books == nil || now.Sub(sh.read).Abs() > shelfLasts {
		books, err := readBooks(ctx, s)
		if err != nil {
			return nil, err
		}
		sh.books, sh.read = books, now
	}
	return sh.books, nil
}

// readBooks reads the holdings, title by title.
func readBooks(ctx context.Context, s kiosk.Session) ([]book, error) {
	var books []book
	at := map[string]int{}
	for after := ""; ; {
		rows, err := s.List(ctx, kiosk.ListRequest{Feed: FeedHoldings, After: after})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			after = row.Key
			var c Copy
			if err := json.Unmarshal(row.JSON, &c); err != nil || c.ID == "" {
				continue // one bad row does not hide the others
			}
			i, known := at[c.ID]
			if !known {
				i = len(books)
				at[c.ID] = i
				books = append(books, book{Copy: c})
			}
			books[i].copies = append(books[i].copies, c)
		}
		if len(rows) == 0 {
			return books, nil
		}
	}
}

// foundMost is how many books a search lists.
const foundMost = 30

// find searches the shelves, and lets somebody wait for what is out.
func (v *visit) find(ctx context.Context, sh *shelf) error {
	books, err := sh.all(ctx, v.s)
	if err != nil {
		return v.failed(ctx, "read the holdings", err)
	}
	typed := ""
	for {
		a, err := v.choose(ctx, findPage(typed, search(books, typed)))
		if err != nil {
			return err
		}
		id, chosen := strings.CutPrefix(a.Action, actionBook)
		if !chosen {
			typed = a.Text(fieldTitle)
			continue
		}
		typed = a.Text(fieldTitle)
		i := slices.IndexFunc(books, func(b book) bool { return b.ID == id })
		if i < 0 {
			continue
		}
		if err := v.book(ctx, books[i]); err != nil && !errors.Is(err, errBack) {
			return err
		}
	}
}

// search finds books by title, author or pinyin.
func search(books []book, typed string) []book {
	if strings.TrimSpace(typed) == "" {
		return nil
	}
	var found []book
	for _, r := range pinyin.Rank(typed, books, func(b book) []string { return []string{b.Title, b.Author} }) {
		if found = append(found, r.Item); len(found) == foundMost {
			break
		}
	}
	return found
}

// standing is how many copies of a book are here, and when the first comes back.
type standing struct {
	here, lent, stays int
	due               string
	waiting           int
}

// book shows where a book's copies are.
func (v *visit) book(ctx context.Context, b book) error {
	o, ours := v.system.(*own)
	if !ours {
		return errBack
	}
	st, waiting, err := v.standing(ctx, o, b)
	if err != nil {
		return v.failed(ctx, "look for the copies", err)
	}
	a, err := v.choose(ctx, bookPage(b, st))
	if err != nil {
		return err
	}
	if a.Action != actionHold {
		return errBack
	}
	if v.reader == nil {
		if err := v.identify(ctx, view.T("请先认证,再预约", "First show who you are, then the book is kept for you")); err != nil {
			return err
		}
	}
	if why := mayHold(*v.reader, b, waiting); why != "" {
		return v.say(ctx, noHoldPage(b, why, v.reader.Terms))
	}
	at := moment(v.s)
	receipt, err := o.hold(ctx, v.s, Hold{Title: b.ID, Person: v.reader.Person, At: at})
	if err != nil {
		return v.failed(ctx, "place a hold", err)
	}
	v.reader.Holds = append(v.reader.Holds, ReaderHold{Title: b.ID, At: at})
	return v.say(ctx, heldPage(b, receipt, len(waiting)+1))
}

func (v *visit) standing(ctx context.Context, o *own, b book) (st standing, waiting []Waiting, err error) {
	if waiting, err = o.waiting(ctx, v.s, b.ID); err != nil {
		return st, nil, err
	}
	st.waiting = len(waiting)
	for _, c := range b.copies {
		w, err := o.where(ctx, v.s, c.Barcode)
		switch {
		case err != nil:
			return st, nil, err
		case w.Loan != nil:
			st.lent++
			if st.due == "" || w.Loan.Due < st.due {
				st.due = w.Loan.Due
			}
		case c.Stays:
			st.stays++
		case w.HeldFor == "":
			st.here++
		}
	}
	return st, waiting, nil
}

// Why somebody cannot wait for a book.
const (
	holdAlready Reason = "hold-already"
	holdMine    Reason = "hold-mine" // he has it
	holdTooMany Reason = "hold-too-many"
)

func mayHold(a Account, b book, waiting []Waiting) Reason {
	switch {
	case a.Blocked != "":
		return Blocked
	case slices.ContainsFunc(a.Loans, func(l OpenLoan) bool { return l.Title == b.ID }):
		return holdMine
	case slices.ContainsFunc(a.Holds, func(h ReaderHold) bool { return h.Title == b.ID }),
		slices.ContainsFunc(waiting, func(w Waiting) bool { return w.Person == a.Person }):
		return holdAlready
	case len(a.Holds) >= a.Terms.Holds:
		return holdTooMany
	}
	return ""
}
