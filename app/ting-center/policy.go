package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/retention"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/store"
)

// policyRetention begins the keys of retention rules in the policy feed, as
// kiosk/identity reads them.
const policyRetention = "retention/"

// retentionRules shows a site's retention rules, sets one, or takes one away. Terminals
// carry them out by themselves, also without a network.
func retentionRules(args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("ting-center retention", flag.ContinueOnError)
	state := stateFlag(fs)
	site := fs.String("site", "", "`ID` of the site")
	purpose := fs.String("purpose", "", "module `ID` that templates are kept for, or \"*\" for all without a rule of their own; none shows the rules")
	var r retention.Rule
	fs.IntVar(&r.UnusedDays, "unused", 0, "`days` after the last use")
	fs.IntVar(&r.LeftDays, "left", 0, "`days` after the person was first missing from the register")
	fs.StringVar(&r.Until, "until", "", "last `day`, as 2027-07-31")
	drop := fs.Bool("drop", false, "take the purpose's rule away")
	if err := flags(fs, args, stderr); err != nil {
		return err
	}
	limits := r.UnusedDays != 0 || r.LeftDays != 0 || r.Until != ""
	r.Purpose = *purpose
	switch {
	case *site == "":
		fmt.Fprintln(stderr, "-site is needed")
		return errUsage
	case *purpose == "" && (limits || *drop), *drop && limits:
		fmt.Fprintln(stderr, "a rule has a -purpose and limits, or -drop")
		return errUsage
	case *purpose != "" && !*drop && !limits:
		fmt.Fprintln(stderr, "say -unused, -left or -until; -drop takes a rule away")
		return errUsage
	}
	if *purpose != "" {
		if err := r.Check(); err != nil {
			fmt.Fprintln(stderr, err)
			return errUsage
		}
	}
	return withCenter(*state, func(ctx context.Context, c *center.Center) error {
		if *purpose != "" {
			change := center.FeedChange{Site: *site, Feed: kiosk.FeedPolicy, Key: policyRetention + *purpose, Value: r}
			if *drop {
				change.Value = nil
			}
			if err := c.Register(ctx, []center.FeedChange{change}); err != nil {
				return err
			}
			if err := c.Note(ctx, "command", "policy.retention", *site, fmt.Sprintf("%s: unused %d, left %d, until %q, dropped %t", *purpose, r.UnusedDays, r.LeftDays, r.Until, *drop)); err != nil {
				return err
			}
		}
		return c.View(ctx, func(tx *store.Tx) error {
			return tx.Feed(*site, kiosk.FeedPolicy, func(key string, value []byte) error {
				if len(key) <= len(policyRetention) || key[:len(policyRetention)] != policyRetention {
					return nil
				}
				var r retention.Rule
				if err := json.Unmarshal(value, &r); err != nil {
					return err
				}
				_, err := fmt.Fprintf(stdout, "%s\tunused %d\tleft %d\tuntil %s\n", key[len(policyRetention):], r.UnusedDays, r.LeftDays, r.Until)
				return err
			})
		})
	})
}
