package evaluate

import (
	"fmt"
	"io"
	"math"

	"github.com/luohu/ting/kiosk/identity/scores"
)

// listed is how many problems of a kind the text names.
const listed = 20

// Write writes the report as text, in English, for a terminal or a file.
func (r *Report) Write(w io.Writer) error {
	t := &text{w: w}
	t.line("photographs         %d of %d people, %d with a face%s", r.Photos, r.People, r.Described, several(r.Several))
	t.problems("unreadable", r.Unreadable)
	t.problems("no face found", r.NoFace)
	t.line("failure to detect   %s", percent(r.FailureToDetect))
	t.line("pairs               %d of one person, %d of two", r.Genuine.N(), r.Impostor.N())
	if r.Genuine.N() == 0 || r.Impostor.N() == 0 {
		t.line("\nThere is nothing to compare: two photographs of one person, and of a second person, are needed.")
		return t.err
	}
	t.line("median distance     %.3f of one person, %.3f of two", r.Genuine.Median(), r.Impostor.Median())
	t.line("equal error rate    %.2f %% at %.3f", 100*float64(r.EER), float64(r.EERThreshold))
	t.line("rank 1              %s", percent(r.Rank1))
	t.line("")
	t.line("%-12s %-10s %-32s %s", "FAR", "threshold", "TAR (95 % interval)", "FAR measured")
	for _, o := range r.Rates {
		t.operating(fmt.Sprintf("%g", o.Target), o)
	}
	t.operating("in use", r.Default)
	t.line("")
	if r.Proposed > 0 {
		t.line("proposed threshold  %.3f: FAR below %g with 97.5 %% confidence, TAR %s",
			r.Proposed, r.ProposedFAR, percent(scores.With(r.Genuine, r.Impostor, r.Proposed).TAR))
	} else {
		t.line("proposed threshold  none: %d pairs of two people cannot show a FAR below %g (about %.0f are needed); keep %.3f",
			r.Impostor.N(), r.ProposedFAR, math.Ceil(3.84/r.ProposedFAR), r.Default.Threshold)
	}
	t.line("Intervals take pairs as independent; pairs of few people are not, and the truth is wider.")
	return t.err
}

// text writes lines until one fails.
type text struct {
	w   io.Writer
	err error
}

func (t *text) line(format string, a ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", a...)
	}
}

func (t *text) problems(what string, all []Problem) {
	if len(all) == 0 {
		return
	}
	t.line("%-19s %d", what, len(all))
	for i, p := range all {
		if i == listed {
			t.line("    … and %d more (-json has all)", len(all)-listed)
			return
		}
		t.line("    %s: %s", p.File, p.Why)
	}
}

func (t *text) operating(name string, o scores.Operating) {
	if !o.Possible {
		t.line("%-12s %-10s too few pairs: one false accept in %d is a rate of %.1g", name, "-", o.FAR.Trials, 1/float64(o.FAR.Trials))
		return
	}
	note := ""
	if !o.Enough {
		note = "  (few pairs: a rough figure)"
	}
	t.line("%-12s %-10.3f %-32s %s%s", name, o.Threshold, percent(o.TAR), rate(o.FAR), note)
}

func percent(e scores.Estimate) string {
	if e.Trials == 0 {
		return "none to measure with"
	}
	return fmt.Sprintf("%.2f %% (%.2f to %.2f, n=%d)", 100*e.Rate, 100*e.Low, 100*e.High, e.Trials)
}

func rate(e scores.Estimate) string { return fmt.Sprintf("%.2g (%d of %d)", e.Rate, e.Hits, e.Trials) }

func several(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d with several: the one in the middle was taken)", n)
}
