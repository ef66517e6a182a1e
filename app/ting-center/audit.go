package main

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/store"
)

// audit reads the audit log's whole chain, as the console's button does, for who
// does not want to trust the console.
func audit(args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("ting-center audit", flag.ContinueOnError)
	state := stateFlag(fs)
	known := fs.String("known", "", "check `value` that was written down earlier, 64 hexadecimal digits: it must be in the chain")
	if err := flags(fs, args, stderr); err != nil {
		return err
	}
	hash, err := hex.DecodeString(strings.Join(strings.Fields(*known), ""))
	if err != nil || len(hash) != 0 && len(hash) != 32 {
		fmt.Fprintln(stderr, "-known is 64 hexadecimal digits")
		return errUsage
	}
	return withCenter(*state, func(ctx context.Context, c *center.Center) error {
		return c.View(ctx, func(tx *store.Tx) error {
			n, err := tx.AuditVerify(hash)
			if err != nil {
				return err
			}
			last, head, err := tx.AuditHead()
			if err == nil {
				fmt.Fprintf(stdout, "%d entries hold; the last is %d with the check value\n%x\n", n, last, head)
			}
			return err
		})
	})
}
