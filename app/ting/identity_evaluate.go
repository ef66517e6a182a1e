package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/luohu/ting/devices/face/engine"
	"github.com/luohu/ting/kiosk/identity/decision"
	"github.com/luohu/ting/kiosk/identity/evaluate"
	"github.com/luohu/ting/kiosk/identity/scores"
)

// identityEvaluate measures the face engine on a folder of photographs.
func identityEvaluate(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := identityFlags("evaluate", stderr)
	plot := fs.String("plot", "distances.png", "`file` for the picture of the distances; \"\" for none")
	jsonFile := fs.String("json", "", "`file` for all figures as JSON; - for standard output, in the text's place")
	far := fs.Float64("far", 1e-3, "false-accept `rate` of one comparison to propose a threshold for")
	threshold := fs.Float64("threshold", decision.Defaults().Threshold, "threshold in use, to be judged too")
	program := fs.String("engine", "", "face engine's `program` (default: ting-face beside this one)")
	weights := fs.String("weights", "", "`file` of recognition weights (default: built in)")
	landmarks := fs.String("landmarks", "", "`file` of the landmarks' model (default: Debian's)")
	rest, err := parseAround(fs, args)
	if err != nil {
		return err
	}
	dir, err := alone(rest, fs)
	if err != nil {
		return err
	}
	if err := checkRate(*far, stderr); err != nil {
		return err
	}
	photos, problems, err := evaluate.Folder(dir)
	if err != nil {
		return err
	}
	if len(photos) == 0 {
		return fmt.Errorf("no photographs in %s: they are to lie in a folder for each person, as in %s/li/1.jpg", dir, dir)
	}
	if *program == "" {
		if *program, err = beside("ting-face"); err != nil {
			return err
		}
	}
	e := engine.New(engine.Options{
		Command: []string{*program}, Weights: *weights, Landmarks: *landmarks,
		RequestTimeout: time.Minute, Log: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	defer func() { _ = e.Close() }() // never fails
	if err := ready(ctx, e); err != nil {
		return err
	}
	bar := newProgress(stderr, len(photos), "photographs")
	described, err := evaluate.Describe(ctx, e, photos, bar.tell)
	bar.end()
	if err != nil {
		return err
	}
	described.Unreadable = append(problems, described.Unreadable...)
	fmt.Fprintln(stderr, "comparing …")
	r, err := evaluate.Measure(ctx, described, *threshold, *far)
	if err != nil {
		return err
	}
	return errors.Join(writeEvaluation(r, *jsonFile, stdout), plotEvaluation(r, *plot, stderr))
}

// ready waits until the engine is, or says why it is not.
func ready(ctx context.Context, e *engine.Engine) error {
	waiting, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := e.Ready(waiting); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if why := e.Status().Err; why != nil {
			err = why
		}
		return fmt.Errorf("the face engine does not start: %w", err)
	}
	return nil
}

func writeEvaluation(r *evaluate.Report, jsonFile string, stdout io.Writer) error {
	asJSON := func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(r)
	}
	if jsonFile == "-" {
		return asJSON(stdout)
	}
	err := r.Write(stdout)
	if jsonFile != "" {
		err = errors.Join(err, writeOutput(jsonFile, asJSON))
	}
	return err
}

func plotEvaluation(r *evaluate.Report, path string, stderr io.Writer) error {
	if path == "" {
		return nil
	}
	lines := []scores.Line{{At: r.Default.Threshold, Name: "in use"}}
	for _, o := range r.Rates {
		if o.Possible {
			lines = append(lines, scores.Line{At: o.Threshold, Name: fmt.Sprintf("FAR %g", o.Target)})
		}
	}
	title := fmt.Sprintf("%d photographs of %d people", r.Described, r.People)
	if err := writePlot(path, title, r.Genuine, r.Impostor, lines); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "picture of the distances: %s\n", path)
	return nil
}

// progress says how far a long work has come: on a terminal in one line, elsewhere
// every tenth.
type progress struct {
	w           io.Writer
	of          int
	what        string
	began, told time.Time
	live        bool
	tenth       int
}

func newProgress(w io.Writer, of int, what string) *progress {
	p := &progress{w: w, of: of, what: what, began: time.Now()}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.live = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

func (p *progress) tell(done int) {
	now := time.Now()
	if p.live && (now.Sub(p.told) > 200*time.Millisecond || done == p.of) {
		p.told = now
		fmt.Fprintf(p.w, "\r%s\x1b[K", p.line(done, now))
	}
	if tenth := 10 * done / p.of; !p.live && tenth > p.tenth {
		p.tenth = tenth
		fmt.Fprintln(p.w, p.line(done, now))
	}
}

func (p *progress) line(done int, now time.Time) string {
	took := now.Sub(p.began)
	left := time.Duration(float64(took) / float64(done) * float64(p.of-done))
	return fmt.Sprintf("%d of %d %s, %.1f a second, %v left", done, p.of, p.what, float64(done)/took.Seconds(), left.Round(time.Second))
}

func (p *progress) end() {
	if p.live {
		fmt.Fprintln(p.w)
	}
}
