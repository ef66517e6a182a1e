package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/luohu/ting/kiosk/identity/calibration"
	"github.com/luohu/ting/kiosk/identity/decision"
	"github.com/luohu/ting/kiosk/identity/scores"
)

// calibrated is what `ting identity calibrate` says, as JSON.
type calibrated struct {
	*calibration.Counts
	InUse    scores.Operating   `json:"in_use"`
	Rates    []scores.Operating `json:"rates"`
	Proposed float64            `json:"proposed_threshold"` // 0: too few distances, keep the one in use
	FAR      float64            `json:"proposed_far"`
}

// identityCalibrate proposes a threshold from what a terminal has counted.
func identityCalibrate(_ context.Context, args []string, stdout, stderr io.Writer) error {
	fs := identityFlags("calibrate", stderr)
	state := fs.String("state", "", "the terminal's state `directory` (terminal.state in terminal.toml)")
	plot := fs.String("plot", "distances.png", "`file` for the picture of the distances; \"\" for none")
	jsonFile := fs.String("json", "", "`file` for all figures as JSON; - for standard output, in the text's place")
	far := fs.Float64("far", 1e-3, "false-accept `rate` of one comparison to propose a threshold for")
	threshold := fs.Float64("threshold", decision.Defaults().Threshold, "threshold in use, to be judged too")
	rest, err := parseAround(fs, args)
	if err != nil {
		return err
	}
	if *state == "" || len(rest) > 0 {
		fs.Usage()
		return errUsage
	}
	if err := checkRate(*far, stderr); err != nil {
		return err
	}
	counts, err := calibration.Read(filepath.Join(*state, identityDir))
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("nothing was counted yet in %s: a terminal counts while it recognises people, and writes after every 50: %w", *state, err)
	}
	if err != nil {
		return err
	}
	genuine, confirmed := counts.Genuine()
	c := calibrated{Counts: counts, InUse: scores.With(genuine, counts.Others, *threshold), FAR: *far}
	for _, target := range []float64{1e-2, 1e-3, 1e-4, 1e-5} {
		c.Rates = append(c.Rates, scores.At(genuine, counts.Others, target))
	}
	if proposed, ok := scores.Propose(counts.Others, *far); ok {
		c.Proposed = proposed
	}
	write := func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(c)
	}
	if *jsonFile == "-" {
		err = write(stdout)
	} else {
		c.text(stdout, confirmed)
		if *jsonFile != "" {
			err = writeOutput(*jsonFile, write)
		}
	}
	if *plot == "" || err != nil {
		return err
	}
	lines := []scores.Line{{At: *threshold, Name: "in use"}}
	if c.Proposed > 0 {
		lines = append(lines, scores.Line{At: c.Proposed, Name: fmt.Sprintf("proposed, FAR %g", *far)})
	}
	title := fmt.Sprintf("this site, since %s", counts.Since.Format("2006-01-02"))
	if err := writePlot(*plot, title, genuine, counts.Others, lines); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "picture of the distances: %s\n", *plot)
	return nil
}

// text says it in words.
func (c *calibrated) text(w io.Writer, confirmed bool) {
	fmt.Fprintf(w, "since               %s, weights %s\n", c.Since.Format("2006-01-02"), c.Model)
	fmt.Fprintf(w, "counted             %d recognised, %d confirmed by card or PIN, %d distances to others\n",
		c.Recognised.N(), c.Confirmed.N(), c.Others.N())
	if confirmed {
		fmt.Fprintln(w, "one person          from those confirmed: near and far alike")
	} else {
		fmt.Fprintln(w, "one person          from those recognised: none beyond the threshold in use, so TAR looks better than it is")
	}
	if n := c.NearestOther.N(); n > 0 {
		e := scores.NewEstimate(c.NearestOther.Within(c.InUse.Threshold), n)
		fmt.Fprintf(w, "a double nearby     %.2f %% of those recognised had another member within the threshold\n", 100*e.Rate)
	}
	fmt.Fprintf(w, "\n%-10s %-10s %-24s %s\n", "FAR", "threshold", "FAR counted", "TAR")
	row := func(name string, o scores.Operating) {
		if !o.Possible {
			fmt.Fprintf(w, "%-10s %-10s too few distances (%d)\n", name, "-", o.FAR.Trials)
			return
		}
		note := ""
		if !o.Enough {
			note = "  (few: a rough figure)"
		}
		fmt.Fprintf(w, "%-10s %-10.3f %-24s %s%s\n", name, o.Threshold,
			fmt.Sprintf("%.2g (%d of %d)", o.FAR.Rate, o.FAR.Hits, o.FAR.Trials), accepted(o.TAR), note)
	}
	for _, o := range c.Rates {
		row(fmt.Sprintf("%g", o.Target), o)
	}
	row("in use", c.InUse)
	fmt.Fprintln(w)
	if c.Proposed == 0 {
		fmt.Fprintf(w, "proposed            none: about %.0f distances to others are needed to show a FAR below %g; keep %.3f\n",
			3.84/c.FAR, c.FAR, c.InUse.Threshold)
		return
	}
	fmt.Fprintf(w, "proposed            %.3f: FAR below %g for one comparison, with 97.5 %% confidence. In terminal.toml:\n\n[face]\nthreshold = %.3f\n",
		c.Proposed, c.FAR, c.Proposed)
}

func accepted(e scores.Estimate) string {
	if e.Trials == 0 {
		return "nobody to measure with"
	}
	return fmt.Sprintf("%.2f %% (n=%d)", 100*e.Rate, e.Trials)
}
