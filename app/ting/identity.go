package main

import (
	"context"
	"flag"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/luohu/ting/kiosk/identity/scores"
)

const identityUsage = `usage: ting identity evaluate DIR     [-plot FILE] [-json FILE] [-far RATE]
       ting identity calibrate -state DIR [-plot FILE] [-json FILE] [-far RATE]
       ting identity rekey     -config terminal.toml
       ting identity enrol     -config terminal.toml -roster people.csv DIR [-report FILE]
       ting identity retention -config terminal.toml [-delete] [-json]
       ting identity assessment -config terminal.toml [-o DIR]

  evaluate   how well the face engine tells the people of DIR apart: photographs as
             DIR/person/1.jpg (or png, gif, bmp, tiff, webp; folders may be nested).
             Nothing is kept but the figures.
  calibrate  which threshold suits this site: reads the distances that the terminal
             has counted (numbers alone, no templates), and says what the threshold
             in use is worth here.
  rekey      changes every key that faces are kept under, and the secret that makes
             this terminal's templates match no other's. Nobody has to enrol again;
             what may have leaked before is worth nothing after. Stop the terminal first.
  enrol      enrols the people of a roster from a folder of photographs (ID.jpg, or
             ID/*.jpg) under the consents that the roster gives. Nothing of the
             photographs is kept. Run again, it goes on where it was stopped. Exits
             with 3 when somebody was refused; the report says who and why.
  retention  which templates' time is over by the district's rules, and which will be
             within 30 days; with -delete erases the former. A running terminal does
             so by itself.
  assessment the facts of an impact assessment, from the configuration and the gallery
             as they are, as a document in Chinese for people to judge and sign.
`

// identityDir is what a terminal's state directory keeps of faces.
const identityDir = "identity"

func runIdentity(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return identityCommand(ctx, args, os.Stdout, os.Stderr)
}

func identityCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	commands := map[string]func(context.Context, []string, io.Writer, io.Writer) error{
		"evaluate": identityEvaluate, "calibrate": identityCalibrate, "rekey": identityRekey,
		"enrol": identityEnrol, "retention": identityRetention, "assessment": identityAssessment,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprint(stderr, identityUsage)
		if len(args) > 0 && slices.Contains([]string{"-h", "-help", "--help", "help"}, args[0]) {
			return flag.ErrHelp
		}
		return errUsage
	}
	return commands[args[0]](ctx, args[1:], stdout, stderr)
}

// identityFlags is the flags of a subcommand, with its usage.
func identityFlags(name string, stderr io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("identity "+name, flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprint(stderr, identityUsage+"\nflags:\n")
		fs.PrintDefaults()
	}
	return fs
}

// parseAround parses flags before and after the arguments, which it returns.
func parseAround(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, usageError(err)
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest, args = append(rest, fs.Arg(0)), fs.Args()[1:]
	}
}

// writePlot draws the histograms into a PNG file.
func writePlot(path, title string, genuine, impostor *scores.Distribution, lines []scores.Line) error {
	picture, err := scores.Draw(title, genuine, impostor, lines)
	if err != nil {
		return err
	}
	return writeOutput(path, func(w io.Writer) error { return png.Encode(w, picture) })
}

// writeOutput writes a file whole, beside its name first; "-" is standard output.
func writeOutput(path string, write func(io.Writer) error) (err error) {
	if path == "-" {
		return write(os.Stdout)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // gone once it has its name
	err = write(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// checkRate says what is wrong with a false-accept rate, if anything.
func checkRate(far float64, stderr io.Writer) error {
	if far > 0 && far < 1 {
		return nil
	}
	fmt.Fprintln(stderr, "ting identity: -far is a rate between 0 and 1, as in -far 0.001")
	return errUsage
}

// alone says which folder was meant, when exactly one was given.
func alone(rest []string, fs *flag.FlagSet) (string, error) {
	if len(rest) != 1 || strings.TrimSpace(rest[0]) == "" {
		fs.Usage()
		return "", errUsage
	}
	return rest[0], nil
}
