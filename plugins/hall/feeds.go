package hall

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/hall/catalog"
	"github.com/luohu/ting/plugins/hall/workday"
)

// each calls f with every row of a feed. A row that cannot be read is said in the
// log and left out.
func each(ctx context.Context, s kiosk.Session, feed string, f func(kiosk.Row) error) error {
	after := ""
	for {
		rows, err := s.List(ctx, kiosk.ListRequest{Feed: feed, After: after})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := f(r); err != nil {
				slog.Warn("hall: a row of a feed cannot be used", "op", "list "+feed, "revision", r.Revision, "cause", err)
			}
			after = r.Key
		}
		if len(rows) == 0 {
			return nil
		}
	}
}

// readServices is the catalog, in the order of its names' codes.
func readServices(ctx context.Context, s kiosk.Session) ([]catalog.Service, error) {
	services := []catalog.Service{}
	err := each(ctx, s, FeedServices, func(r kiosk.Row) error {
		one, err := catalog.Parse(r.JSON)
		if err == nil {
			services = append(services, one)
		}
		return err
	})
	slices.SortFunc(services, func(a, b catalog.Service) int { return strings.Compare(a.BasicCode+a.ID, b.BasicCode+b.ID) })
	return services, err
}

// readCalendar is the built-in calendar with the years that came down.
func readCalendar(ctx context.Context, s kiosk.Session) (workday.Calendar, error) {
	c := workday.BuiltIn()
	err := each(ctx, s, FeedCalendar, func(r kiosk.Row) error {
		var y workday.Year
		err := json.Unmarshal(r.JSON, &y)
		if err == nil {
			c, err = c.With(y)
		}
		return err
	})
	return c, err
}

// readQueue is the day's queue as the center knows it.
func readQueue(ctx context.Context, s kiosk.Session, day string) (Queue, error) {
	var q Queue
	err := each(ctx, s, FeedQueue, func(r kiosk.Row) error {
		var t Ticket
		if err := json.Unmarshal(r.JSON, &t); err != nil {
			return err
		}
		if t.Taken.Day == day {
			q = append(q, t)
		}
		return nil
	})
	return q, err
}

// lookup reads a row into what it is; false when there is none.
func lookup[T any](ctx context.Context, s kiosk.Session, feed, key string) (v T, found bool, err error) {
	row, err := s.Lookup(ctx, feed, key)
	switch kiosk.CodeOf(err) {
	case "":
	case kiosk.CodeNotFound:
		return v, false, nil
	default:
		return v, false, err
	}
	if err := json.Unmarshal(row.JSON, &v); err != nil {
		slog.Warn("hall: a row of a feed cannot be used", "op", "lookup "+feed, "revision", row.Revision, "cause", err)
		return v, false, nil
	}
	return v, true, nil
}

// decode reads a row into what it is.
func decode[T any](r kiosk.Row) (v T, err error) {
	err = json.Unmarshal(r.JSON, &v)
	return v, err
}
