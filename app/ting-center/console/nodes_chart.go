package console

import (
	"fmt"
	"math"
	"strings"

	"github.com/luohu/ting/kiosk/view"
)

// The drawing's own units.
const (
	chartWide, chartHigh  = 720.0, 300.0
	chartLeft, chartRight = 52.0, 12.0
	chartTop, chartFoot   = 14.0, 34.0
)

// chart is a view.Chart as lines and shapes.
type chart struct {
	Empty            bool
	Ticks            []tick
	Bars             []bar
	Lines            []line
	Arcs             []arc
	Labels           []label
	Legend           []legend
	Columns          []string // the same numbers as a table, for who does not see it
	Rows             [][]string
	Zero, Foot, Side string
	Total            string
}

type (
	tick   struct{ Y, Text string }
	bar    struct{ X, Y, W, H, Class, Title string }
	line   struct{ Points, Class, Title string }
	arc    struct{ D, Class, Title string }
	label  struct{ X, Y, Text string }
	legend struct{ Class, Text, Value string }
)

func seriesClass(i int) string { return fmt.Sprintf("c%d", i%8) }

func drawChart(l view.Lang, n view.Chart) (c chart) {
	c.Columns = []string{view.T("项目", "Item").In(l)}
	some := false
	for i, s := range n.Series {
		name := s.Name.In(l)
		if name == "" {
			name = n.Unit.In(l)
		}
		if name == "" {
			name = view.T("数值", "Value").In(l)
		}
		c.Columns = append(c.Columns, name)
		if len(n.Series) > 1 {
			c.Legend = append(c.Legend, legend{Class: seriesClass(i), Text: name})
		}
		some = some || len(s.Values) > 0
	}
	for i, lb := range n.Labels {
		row := []string{lb.In(l)}
		for _, s := range n.Series {
			if i < len(s.Values) {
				row = append(row, number(s.Values[i]))
			} else {
				row = append(row, "")
			}
		}
		c.Rows = append(c.Rows, row)
	}
	if c.Empty = !some || len(n.Labels) == 0; c.Empty {
		return c
	}
	c.Side, c.Foot = coord(chartWide-chartRight), coord(chartHigh-chartFoot)
	switch n.Type {
	case view.ChartShare:
		c.shares(l, n)
	case view.ChartLine:
		c.axes(l, n, false)
	default:
		c.axes(l, n, true)
	}
	return c
}

// shares are parts of a ring.
func (c *chart) shares(l view.Lang, n view.Chart) {
	values := n.Series[0].Values
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	c.Total = number(sum)
	const x, y, outer, inner = 130.0, 130.0, 118.0, 74.0
	from := -math.Pi / 2
	for i, v := range values {
		share := 0.0
		if sum > 0 {
			share = v / sum
		}
		name, class := n.Labels[i].In(l), seriesClass(i)
		c.Legend = append(c.Legend, legend{class, name, fmt.Sprintf("%s%s · %.0f%%", number(v), n.Unit.In(l), share*100)})
		if share == 0 {
			continue
		}
		to := from + share*2*math.Pi
		// A whole ring begins and ends at one point, where an arc has no length.
		until := math.Min(to, from+2*math.Pi-0.0001)
		large := 0
		if share > 0.5 {
			large = 1
		}
		at := func(r, a float64) string { return coord(x+r*math.Cos(a)) + " " + coord(y+r*math.Sin(a)) }
		c.Arcs = append(c.Arcs, arc{fmt.Sprintf("M%s A%v %v 0 %d 1 %s L%s A%v %v 0 %d 0 %s Z", at(outer, from), outer, outer, large, at(outer, until),
			at(inner, until), inner, inner, large, at(inner, from)), class, fmt.Sprintf("%s: %s", name, number(v))})
		from = to
	}
}

// axes draws bars or lines between a least and a greatest value.
func (c *chart) axes(l view.Lang, n view.Chart, bars bool) {
	low, high := 0.0, 0.0
	for i := range n.Labels {
		sum := 0.0
		for _, s := range n.Series {
			if i < len(s.Values) {
				low, high = math.Min(low, s.Values[i]), math.Max(high, s.Values[i])
				sum += s.Values[i]
			}
		}
		if n.Stacked && bars {
			high = math.Max(high, sum)
		}
	}
	step := niceStep((high - low) / 4)
	low, high = math.Floor(low/step)*step, math.Ceil(high/step)*step
	if high == low {
		high = low + step
	}
	y := func(v float64) float64 {
		return chartHigh - chartFoot - (v-low)/(high-low)*(chartHigh-chartFoot-chartTop)
	}
	for v := low; v <= high+step/2; v += step {
		c.Ticks = append(c.Ticks, tick{coord(y(v)), number(math.Round(v/step) * step)})
	}
	c.Zero = coord(y(0))
	room := (chartWide - chartLeft - chartRight) / float64(len(n.Labels))
	// So many labels stand beside each other without touching.
	every := int(math.Ceil(float64(len(n.Labels)) / 10))
	for i, lb := range n.Labels {
		if i%every == 0 {
			c.Labels = append(c.Labels, label{coord(chartLeft + room*(float64(i)+0.5)), coord(chartHigh - 12), cutText(lb.In(l), 10)})
		}
	}
	title := func(s view.Series, i int) string {
		return strings.TrimSpace(fmt.Sprintf("%s %s: %s%s", s.Name.In(l), n.Labels[i].In(l), number(s.Values[i]), n.Unit.In(l)))
	}
	if !bars {
		for k, s := range n.Series {
			var b strings.Builder
			for i, v := range s.Values {
				fmt.Fprintf(&b, "%s,%s ", coord(chartLeft+room*(float64(i)+0.5)), coord(y(v)))
			}
			c.Lines = append(c.Lines, line{strings.TrimSpace(b.String()), seriesClass(k), s.Name.In(l)})
		}
		return
	}
	beside := len(n.Series)
	if n.Stacked {
		beside = 1
	}
	width := math.Min(room*0.72/float64(beside), 64)
	for i := range n.Labels {
		stack := 0.0
		for k, s := range n.Series {
			if i >= len(s.Values) {
				continue
			}
			v, place := s.Values[i], k
			from, to := 0.0, v
			if n.Stacked {
				from, to, place = stack, stack+v, 0
				stack = to
			}
			top, foot := math.Min(y(from), y(to)), math.Max(y(from), y(to))
			x := chartLeft + room*(float64(i)+0.5) + width*(float64(place)-float64(beside)/2)
			c.Bars = append(c.Bars, bar{coord(x), coord(top), coord(width * 0.92), coord(foot - top), seriesClass(k), title(s, i)})
		}
	}
}

// niceStep is 1, 2 or 5 times a power of ten, not below the step wanted.
func niceStep(want float64) float64 {
	if want <= 0 || math.IsInf(want, 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(want)))
	for _, m := range []float64{1, 2, 5, 10} {
		if want <= m*power*1.0000001 {
			return m * power
		}
	}
	return 10 * power
}
