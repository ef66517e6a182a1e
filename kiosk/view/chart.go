package view

import "math"

// Limits of a chart: more cannot be told apart.
const (
	maxSeries = 6
	maxShares = 8
	maxBars   = 48
	maxPoints = 2000 // of a line
)

// ChartKind is what a chart looks like.
type ChartKind string

// The kinds of chart.
const (
	ChartBar   ChartKind = "bar"   // amounts beside each other: how many by class
	ChartLine  ChartKind = "line"  // a course over time
	ChartShare ChartKind = "share" // parts of a whole, as a ring: one series, at most 8 values
)

// Chart draws numbers. Axes, ticks, legend and colours are the renderer's; the
// values are also readable as text by who does not see it.
type Chart struct {
	Key
	Type ChartKind `json:"type"`
	// Title says what is shown: "今日各时段进校人数".
	Title Text `json:"title,omitzero"`
	// Labels name the values along the axis, or the shares.
	Labels []Text   `json:"labels"`
	Series []Series `json:"series"`
	// Unit is what is counted: "人", "km/h".
	Unit Text `json:"unit,omitzero"`
	// Stacked puts the bars of several series on top of each other: their sum counts.
	Stacked bool `json:"stacked,omitempty"`
	// Empty is said in place of a chart without values.
	Empty Text `json:"empty,omitzero"`
}

// Series is one row of values.
type Series struct {
	Name Text `json:"name,omitzero"` // in the legend; needed where there are several
	// Values, one for each label. They may end early: what is not there yet is
	// not drawn.
	Values []float64 `json:"values"`
}

// NodeKind implements Node.
func (Chart) NodeKind() string { return "chart" }

func (c *checker) chart(where string, n Chart) {
	c.text(where, n.Title, n.Unit, n.Empty)
	c.text(where, n.Labels...)
	most := maxBars
	switch n.Type {
	case ChartBar:
	case ChartLine:
		most = maxPoints
	case ChartShare:
		most = maxShares
		if len(n.Series) > 1 {
			c.fail("%s: a chart of shares has one series, not %d", where, len(n.Series))
		}
	default:
		c.fail("%s: unknown type %q", where, n.Type)
	}
	if len(n.Labels) > most {
		c.fail("%s: %d labels, at most %d", where, len(n.Labels), most)
	}
	if len(n.Series) > maxSeries {
		c.fail("%s: %d series, at most %d", where, len(n.Series), maxSeries)
	}
	for i, s := range n.Series {
		c.text(where, s.Name)
		if len(n.Series) > 1 && s.Name.IsZero() {
			c.fail("%s: series %d has no name", where, i)
		}
		if len(s.Values) > len(n.Labels) {
			c.fail("%s: series %d has %d values, the chart %d labels", where, i, len(s.Values), len(n.Labels))
		}
		for k, v := range s.Values {
			const largest = 1e15 // what a float64 still counts by ones
			switch {
			case math.IsNaN(v) || math.Abs(v) > largest:
				c.fail("%s: value %d of series %d is %v: a number between -1e15 and 1e15 is needed", where, k, i, v)
			case v < 0 && (n.Type == ChartShare || n.Stacked):
				c.fail("%s: value %d of series %d is %v: a part cannot be below 0", where, k, i, v)
			}
		}
	}
}
