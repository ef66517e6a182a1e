package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/record"
)

// journalUsage is in both languages: whoever stands before a broken terminal may not
// have chosen the one that it was set up in.
const journalUsage = `用法: ting journal status|verify|export|backup|salvage|restore -state 目录 [选项]

查看终端的记录账本。终端可以继续运行,不会改动任何内容。

  status   各通道、中心已收到哪里、还有什么待上传,以及曾经抢救过什么
  verify   读完整个文件,逐条核对每条哈希链
  export   把仍在本机的每条记录各写成一行 JSON(属于个人信息)
  backup   把核验过的副本写到 -to 指定的文件,应放在另一块介质上(属于个人信息)

需先停止终端:

  salvage  打开损坏的账本: 把原文件移到一旁,保留哈希链能证明的记录
           (以及 -from 副本中仍有的),并逐号列出可能缺失的记录
  restore  用 -from 副本替换账本,并开始新的纪元

退出码: 0 正常; 1 失败,或有错误、缺失; 2 用法不对。

usage: ting journal status|verify|export|backup|salvage|restore -state DIR [flags]

Looks into a terminal's journal. The terminal may run on: nothing is changed.

  status   the lanes, how far the center has them, what waits, and what was salvaged
  verify   reads the whole file and walks every chain
  export   writes every record that is still here as a line of JSON
  backup   writes a verified copy to the file -to, which should lie on another medium

With the terminal stopped:

  salvage  opens a damaged journal: sets the file aside, keeps what its chains prove
           (and what the copy -from still has), and says exactly what may be missing
  restore  puts the copy -from in the journal's place; a new epoch begins

Exit codes: 0 in order; 1 it failed, or something is wrong or missing; 2 wrong usage.

选项 flags:
`

// journalFile is where a terminal's state directory keeps its journal.
const journalFile = "journal.db"

func runJournal(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return journalCommand(ctx, args, os.Stdout, os.Stderr)
}

func journalCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("journal", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() { fmt.Fprint(stderr, journalUsage); fs.PrintDefaults() }
	var j journalFlags
	fs.StringVar(&j.state, "state", "", "终端的状态目录 (terminal.toml 的 terminal.state); the terminal's state `directory`")
	fs.StringVar(&j.to, "to", "", "backup: 要写入的文件,核验后才替换旧的; the `file` to write, which takes the place of an older one once it is verified")
	fs.StringVar(&j.from, "from", "", "restore, salvage: backup 或 journal.copy 写下的文件; the `file` that either has written")
	what := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		what, args = args[0], args[1:]
	}
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	do := journalCommands[what]
	if do == nil || j.state == "" || fs.NArg() > 0 || (what == "backup") != (j.to != "") || what == "restore" && j.from == "" {
		fs.Usage()
		return errUsage
	}
	j.path = filepath.Join(j.state, journalFile)
	return do(ctx, j, stdout, stderr)
}

// journalFlags are what the commands are given.
type journalFlags struct{ state, to, from, path string }

var journalCommands = map[string]func(context.Context, journalFlags, io.Writer, io.Writer) error{
	"status": looking(journalStatus), "verify": looking(journalVerify), "export": looking(journalExport),
	"backup": journalBackup, "restore": journalRestore, "salvage": journalSalvage,
}

// looking makes a command of a look into a journal that may be in use.
func looking(look func(context.Context, *journal.Reader, io.Writer, io.Writer) error) func(context.Context, journalFlags, io.Writer, io.Writer) error {
	return func(ctx context.Context, j journalFlags, stdout, stderr io.Writer) error {
		r, err := journal.OpenReader(ctx, j.path)
		if err != nil {
			return j.absent(err)
		}
		return errors.Join(look(ctx, r, stdout, stderr), r.Close())
	}
}

func (j journalFlags) absent(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no journal in %s: give the terminal's state directory with -state: %w", j.state, err)
	}
	return err
}

func journalStatus(ctx context.Context, r *journal.Reader, stdout, _ io.Writer) error {
	o, err := r.Overview(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "terminal  %s\n", o.Terminal)
	fmt.Fprintf(stdout, "epoch     %d, since %s: %s\n", o.Epoch, o.Began.Format(time.DateTime), o.Why)
	fmt.Fprintf(stdout, "size      %d KiB\n", (o.Size+1023)>>10)
	fmt.Fprintf(stdout, "unsent    %d\n", o.Unsent())
	for _, l := range o.Lanes {
		if l.Unsent > 0 {
			fmt.Fprintf(stdout, "          %s: %d, the oldest of %s\n", l.Lane, l.Unsent, l.Oldest.Format(time.DateTime))
		}
	}
	fmt.Fprintf(stdout, "\n%-9s %6s %9s %9s %9s %9s  %s\n", "lane", "epoch", "head", "center", "safe", "kept", "hash of the head")
	for _, c := range o.Chains {
		fmt.Fprintf(stdout, "%-9s %6d %9d %9d %9d %9d  %x\n", c.Lane, c.Epoch, c.Head, c.Acked, c.Safe, c.Kept, c.Hash[:8])
	}
	for _, f := range o.SetAside {
		fmt.Fprintf(stdout, "\ndamaged and salvaged: %s\n", f)
	}
	return printReports(r.Path(), stdout)
}

func journalVerify(ctx context.Context, r *journal.Reader, stdout, _ io.Writer) error {
	v, err := r.Verify(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "in order: %d records in %d chains\n", v.Records, v.Chains)
	return nil
}

// exported is a record as a line of JSON.
type exported struct {
	Kind  string          `json:"kind"`
	Key   string          `json:"key"`
	Seq   int64           `json:"seq"`
	Lane  string          `json:"lane"`
	Epoch int64           `json:"epoch"`
	ID    string          `json:"id"`
	Time  time.Time       `json:"time"`
	Body  json.RawMessage `json:"body"` // a base64 string should it not be JSON
}

func journalExport(ctx context.Context, r *journal.Reader, stdout, stderr io.Writer) error {
	fmt.Fprintln(stderr, "ting journal: this is personal data: keep it where only those who may see it can, and delete it when it has served")
	out := bufio.NewWriter(stdout)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	err := r.Each(ctx, func(c record.Chain, rec record.Record) error {
		body := json.RawMessage(rec.Body)
		if !json.Valid(body) {
			var err error
			if body, err = json.Marshal(rec.Body); err != nil {
				return err
			}
		}
		return enc.Encode(exported{Kind: rec.Kind, Key: rec.Key, Seq: rec.Seq, Lane: c.Lane.String(), Epoch: c.Epoch,
			ID: rec.ID.String(), Time: rec.Time().UTC(), Body: body})
	})
	return errors.Join(err, out.Flush())
}
