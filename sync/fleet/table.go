package fleet

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/sync/fleet/network"
)

// table writes a line a second of how the fleet is, with a head now and then.
func (f *Fleet) table(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if n%20 == 0 {
			fmt.Fprintf(f.o.Out, "\n%-10s %9s %9s %9s %8s %8s %7s %6s %6s %6s  %s\n",
				"day time", "said done", "at center", "unsent", "online", "commit", "slowest", "cuts", "kills", "center", "lines")
		}
		f.row(ctx)
	}
}

func (f *Fleet) row(ctx context.Context) {
	at, now := f.days.At(time.Now()), f.sum()
	stored := "-"
	if v, ok := f.o.Center.Gauge(ctx, "ting_center_log_position"); ok {
		stored = fmt.Sprint(int64(v))
	}
	mean := time.Duration(0)
	if n := now.Commits.Count; n > 0 {
		mean = now.Commits.Total / time.Duration(n)
	}
	year, month, date := f.o.Start.Date()
	day := int(at.Sub(time.Date(year, month, date, 0, 0, 0, 0, f.o.Start.Location())).Hours()/24) + 1
	if at.After(f.o.Start.Add(time.Duration(f.o.Days) * 24 * time.Hour)) {
		day = 0
	}
	fmt.Fprintf(f.o.Out, "%-10s %9d %9s %9d %4d/%-4d %6.1fms %5dms %6d %6d %6d  %s\n",
		clock(day, at), f.ledger.Told(), stored, now.Unsent, now.Online, f.o.Terminals,
		float64(mean.Microseconds())/1000, now.Commits.Most.Milliseconds(),
		f.done.cuts.Load(), f.done.kills.Load(), f.done.restarts.Load(), f.weather())
}

// clock is the day and time of day, or that the days are over.
func clock(day int, at time.Time) string {
	if day == 0 {
		return "settling"
	}
	return fmt.Sprintf("%d. %s", day, at.Format("15:04"))
}

// weather sums up the lines: "21 fair, 3 cut".
func (f *Fleet) weather() string {
	count := map[network.Weather]int{}
	for _, l := range f.lines {
		count[l.Weather()]++
	}
	var words []string
	for _, w := range slices.Sorted(maps.Keys(count)) {
		words = append(words, fmt.Sprintf("%d %s", count[w], w))
	}
	return strings.Join(words, ", ")
}
