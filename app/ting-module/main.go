// Command ting-module is one of Ting's own modules, in a process of its own:
//
//	ting-module gate
//
// It is started by a terminal, once per module it runs; all of them share the
// program's text pages. Started by hand it says how to put the module into
// terminal.toml. Exit code 2 is wrong usage.
//
//	ting-module triage check FILE
//	ting-module triage assess < cases
//
// try a hospital's rules of triage before they are used (see plugins/triage).
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/rpc"
	"github.com/luohu/ting/plugins/triage"
)

func main() {
	if args := os.Args[1:]; len(args) > 1 && args[0] == triage.ID {
		os.Exit(triageTool(args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	m, err := find(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "ting-module:", err)
		os.Exit(2)
	}
	rpc.Serve(m)
}

// find is the module that the arguments name.
func find(args []string) (kiosk.Module, error) {
	var names []string
	for _, b := range builtIn {
		if len(args) == 1 && b.name == args[0] {
			return b.make(), nil
		}
		names = append(names, b.name)
	}
	all := strings.Join(names, ", ")
	if len(args) != 1 {
		return nil, fmt.Errorf("one name is needed, one of: %s", all)
	}
	return nil, fmt.Errorf("there is no module %q, there are: %s", args[0], all)
}
