// Command ting is the terminal: the shell, the modules' host, the journal and
// all that is attached.
//
//	ting run -config terminal.toml    runs this machine as a terminal
//	ting check -config terminal.toml  says whether a configuration can be used
//	ting doctor -config terminal.toml examines this machine and its devices
//	ting demo                         shows a district on one machine
//	ting journal status -state DIR    looks into a terminal's records
//	ting identity evaluate DIR        measures the face engine on photographs
//
// Exit codes: 0 ended in order, 1 failed, 2 wrong usage, 3 somebody on a roster was not
// enrolled, 78 the configuration
// cannot be used (starting again will not help), 70 the shell hung and ended
// itself, 75 the staff asked for a new start (starting again will, for both).
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

const (
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3
	exitConfig  = 78 // EX_CONFIG of sysexits.h
	exitAgain   = 75 // EX_TEMPFAIL: start it again
)

const usage = `Ting, the terminal.

usage:
  ting run -config terminal.toml     run this machine as a terminal
  ting check -config terminal.toml   say whether a configuration can be used
  ting doctor -config terminal.toml  examine this machine and its devices, and say what to do
  ting demo [-state DIR]             show the demo district on this machine
  ting journal status -state DIR     look into a terminal's records; also verify, export
  ting identity evaluate DIR         measure the face engine on photographs; also calibrate
`

func main() {
	commands := map[string]func([]string) error{"run": runTerminal, "check": runCheck, "doctor": runDoctor, "demo": runDemo, "journal": runJournal, "identity": runIdentity}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(exitUsage)
	}
	err := commands[os.Args[1]](os.Args[2:])
	var config *ConfigError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.As(err, &config):
		fmt.Fprintln(os.Stderr, "ting:", err)
		os.Exit(exitConfig)
	case errors.Is(err, errRefused):
		fmt.Fprintln(os.Stderr, "ting:", err)
		os.Exit(exitRefused)
	case errors.Is(err, errRestart):
		os.Exit(exitAgain)
	case errors.Is(err, errUsage):
		os.Exit(exitUsage)
	default:
		fmt.Fprintln(os.Stderr, "ting:", err)
		os.Exit(exitFailed)
	}
}

var errUsage = errors.New("wrong usage")

// usageError passes on what flag has already told the user.
func usageError(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	return errUsage
}

func runCheck(args []string) error {
	fs := flag.NewFlagSet("check", flag.ContinueOnError)
	path := fs.String("config", "terminal.toml", "configuration `file`")
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	c, err := LoadConfig(*path)
	if err != nil {
		return err
	}
	fmt.Printf("%s can be used: terminal %s of %s, %d modules\n", *path, c.Terminal.ID, c.Terminal.Site, len(c.Modules))
	return nil
}
