// Command ting-center is the center of a district: it takes in what the
// terminals record, sends them what they must know, and shows the staff both in
// a browser.
//
// It keeps everything in one directory: center.db, the district's authority
// (ca.pem, ca-key.pem) and its own keys. With -database the records are in
// PostgreSQL instead, and several of it may serve one behind a load balancer, each
// with a directory of its own and copies of the same keys. Terminals and browsers
// use one TLS port.
// See the package sync/center for what it promises.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `usage: ting-center COMMAND [flags]

commands:
  run          serve terminals and the console
  enrol-code   make a one-time code that lets a terminal in
  retention    show or set how long a site's terminals may keep face templates
  export-person  write everything known about a person, to hand to him
  passwd       give the console's administrator a new password
  pass         make a QR pass for a phone, or print the key that terminals know passes by
  backup       copy the database, verify the copy, and tell terminals what is safe
  verify       read a database or a backup whole, and walk every chain in it
  audit        read the audit log and verify that nobody changed it
  restore      make a database from a backup, where there is none

ting-center COMMAND -h lists a command's flags.
`

// Exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
)

// errUsage is returned after the mistake was explained.
var errUsage = errors.New("wrong usage")

func main() {
	os.Exit(command(os.Args[1:], os.Stdout, os.Stderr))
}

func command(args []string, stdout, stderr io.Writer) int {
	commands := map[string]func([]string, io.Writer, io.Writer) error{
		"run": run, "enrol-code": enrolCode, "passwd": passwd, "pass": makePass,
		"backup": backup, "verify": verify, "restore": restore, "audit": audit, "retention": retentionRules,
		"export-person": exportPerson,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprint(stderr, usage)
		if len(args) == 1 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help" || args[0] == "help") {
			return 0
		}
		return exitUsage
	}
	err := commands[args[0]](args[1:], stdout, stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return exitUsage
	}
	fmt.Fprintf(stderr, "ting-center %s: %v\n", args[0], err)
	return exitFailed
}

// flags parses a command's flags; there are no other arguments.
func flags(fs *flag.FlagSet, args []string, stderr io.Writer) error {
	fs.SetOutput(stderr)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if fs.NArg() > 0 {
		fmt.Fprintf(stderr, "unexpected argument %q\n", fs.Arg(0))
		return errUsage
	}
	return nil
}
