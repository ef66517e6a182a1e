package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/identity/retention"
)

// identityRetention says whose templates' time is over, and with -delete erases them. It
// names templates, not people.
func identityRetention(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := identityFlags("retention", stderr)
	config := fs.String("config", "terminal.toml", "the terminal's configuration `file`")
	asJSON := fs.Bool("json", false, "all of it as JSON")
	carry := fs.Bool("delete", false, "delete what is over, with receipts; without it nothing changes")
	believe := fs.Bool("believe-clock", false, "take the machine's clock as right, though it is ahead by more than a year")
	rest, err := parseAround(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		fs.Usage()
		return errUsage
	}
	c, err := LoadConfig(*config)
	if err != nil {
		return err
	}
	time.Local = c.zone
	s, err := openStores(ctx, c, stderr)
	if err != nil {
		return err
	}
	kept, err := retained(ctx, s.identity, *believe, !*carry)
	if closed := s.close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(kept)
	}
	return tellKept(stdout, kept, *carry)
}

func retained(ctx context.Context, i *identity.Identity, believe, dry bool) (identity.Kept, error) {
	if believe {
		if err := i.BelieveClock(); err != nil {
			return identity.Kept{}, err
		}
	}
	return i.Retain(ctx, dry)
}

var grounds = map[retention.Ground]string{retention.Unused: "长期未使用", retention.Left: "已不在人员库", retention.Until: "到达截止日期"}

func tellKept(w io.Writer, k identity.Kept, deleted bool) error {
	fmt.Fprintf(w, "时间                %s\n模板                %d\n", k.At.Format("2006-01-02 15:04"), k.Templates)
	if k.Doubted {
		fmt.Fprintln(w, "时钟                超前一年以上,不按它删除;核对后用 -believe-clock 确认")
	}
	if len(k.Rules) == 0 {
		fmt.Fprintln(w, "规则                没有下发保存期限:模板一直保存到撤回为止")
	}
	for _, r := range k.Rules {
		fmt.Fprintf(w, "规则                %s\n", ruleText(r))
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	word := "已到期"
	if deleted {
		word = "已删除"
	}
	for _, group := range []struct {
		word string
		list []retention.Expiry
	}{{word, k.Due}, {"30 天内到期", k.Coming}} {
		for _, e := range group.list {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", group.word, e.Template, e.Purpose, grounds[e.Ground], e.At.Format(time.DateOnly))
		}
	}
	return table.Flush()
}

// ruleText says a rule in words.
func ruleText(r retention.Rule) string {
	s := r.Purpose + ":"
	if r.Purpose == retention.Every {
		s = "其他用途:"
	}
	if r.UnusedDays > 0 {
		s += fmt.Sprintf("最后一次使用后 %d 天;", r.UnusedDays)
	}
	if r.LeftDays > 0 {
		s += fmt.Sprintf("离开后 %d 天;", r.LeftDays)
	}
	if r.Until != "" {
		s += "最迟到 " + r.Until + ";"
	}
	return s
}
