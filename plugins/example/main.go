// Command ting-example is a module that does not come with Ting: a suggestion
// box, in a program of its own. It is the model for modules of other makers; the
// README beside it says how to write, test and register one.
package main

import (
	"github.com/luohu/ting/kiosk/rpc"
	"github.com/luohu/ting/plugins/example/suggestions"
)

func main() { rpc.Serve(suggestions.New()) }
