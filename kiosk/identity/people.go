package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
)

// people reads the people feed: one row for a number, an index for cards and
// for numbers typed without their letters and dashes.
type people struct {
	feeds host.Feeds
	now   func() time.Time

	mu       sync.Mutex
	changes  uint64    // how often changed was called
	read     time.Time // when the index was read; zero when it has to be
	byCard   map[string]string
	byDigits map[string]string // digits of an ID to the ID; "" where several share them
}

// peopleFor is how long the index holds when nobody calls changed.
const peopleFor = time.Minute

func newPeople(f host.Feeds, now func() time.Time) *people { return &people{feeds: f, now: now} }

func (p *people) changed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changes++
	p.read = time.Time{}
}

func notFound(op string) error { return &kiosk.Error{Code: kiosk.CodeNotFound, Op: op} }

// row reads the row of a person by his exact number.
func (p *people) row(ctx context.Context, id string) (kiosk.PersonRow, error) {
	if p.feeds == nil || id == "" {
		return kiosk.PersonRow{}, notFound("people")
	}
	r, err := p.feeds.Lookup(ctx, kiosk.FeedPeople, id)
	if err != nil {
		return kiosk.PersonRow{}, err
	}
	return decodePerson(r)
}

func decodePerson(r kiosk.Row) (kiosk.PersonRow, error) {
	var row kiosk.PersonRow
	if err := json.Unmarshal(r.JSON, &row); err != nil || row.ID != r.Key {
		return row, &kiosk.Error{Code: kiosk.CodeInternal, Op: "people",
			Cause: fmt.Errorf("row of revision %d is no person", r.Revision)}
	}
	return row, nil
}

func personOf(r kiosk.PersonRow) kiosk.Person {
	return kiosk.Person{ID: r.ID, Name: r.Name, Group: r.Group, Role: r.Role}
}

func (p *people) byID(ctx context.Context, id string) (kiosk.Person, error) {
	r, err := p.row(ctx, id)
	if err != nil {
		return kiosk.Person{}, err
	}
	return personOf(r), nil
}

// typed reads the row of a person whose number was typed on a keypad.
func (p *people) typed(ctx context.Context, number string) (kiosk.PersonRow, error) {
	if r, err := p.row(ctx, number); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		return r, err
	}
	if err := p.index(ctx); err != nil {
		return kiosk.PersonRow{}, err
	}
	p.mu.Lock()
	id := p.byDigits[digits(number)]
	p.mu.Unlock()
	return p.row(ctx, id)
}

// card reads the row of the person who holds a card.
func (p *people) card(ctx context.Context, number string) (kiosk.PersonRow, error) {
	if err := p.index(ctx); err != nil {
		return kiosk.PersonRow{}, err
	}
	p.mu.Lock()
	id := p.byCard[number]
	p.mu.Unlock()
	return p.row(ctx, id)
}

// empty reports whether the feed has no row at all: it has never come.
func (p *people) empty(ctx context.Context) bool {
	if p.feeds == nil {
		return true
	}
	rows, err := p.feeds.List(ctx, kiosk.ListRequest{Feed: kiosk.FeedPeople, Limit: 1})
	return err == nil && len(rows) == 0
}

// index reads the whole feed when it has changed or may have.
func (p *people) index(ctx context.Context) error {
	p.mu.Lock()
	fresh := !p.read.IsZero() && p.now().Sub(p.read).Abs() < peopleFor
	changes := p.changes
	p.mu.Unlock()
	if fresh || p.feeds == nil {
		return nil
	}
	began := p.now()
	cards, byDigits := map[string]string{}, map[string]string{}
	for after := ""; ; {
		rows, err := p.feeds.List(ctx, kiosk.ListRequest{Feed: kiosk.FeedPeople, After: after})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		for _, r := range rows {
			after = r.Key
			row, err := decodePerson(r)
			if err != nil {
				continue // one bad row does not shut everybody out
			}
			for _, c := range row.Cards {
				cards[c] = row.ID
			}
			d := digits(row.ID)
			if _, shared := byDigits[d]; shared {
				byDigits[d] = ""
			} else {
				byDigits[d] = row.ID
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byCard, p.byDigits, p.read = cards, byDigits, began
	if p.changes != changes {
		p.read = time.Time{} // a row read early may have changed meanwhile
	}
	return nil
}

// digits is what a keypad can type of an ID.
func digits(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if '0' <= s[i] && s[i] <= '9' {
			b = append(b, s[i])
		}
	}
	return string(b)
}
