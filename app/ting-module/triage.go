package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/luohu/ting/plugins/triage/rules"
)

const triageUsage = `usage: ting-module triage check [-cases FILE] RULES
       ting-module triage assess [-rules RULES] [< cases]

check reads a file of rules, says what is wrong with it, and tries it on the cases
that come with the program and on those of -cases. Exit code 1: do not use it.

assess reads cases, a JSON object a line as in plugins/triage/rules/cases.json, or
a plain line of text in Chinese or English, and prints for each a JSON object with
its level, department and reasons.
`

// triageTool tries rules of triage.
func triageTool(args []string, in io.Reader, out, errs io.Writer) int {
	var err error
	switch args[0] {
	case "check":
		err = checkRules(args[1:], out, errs)
	case "assess":
		err = assessCases(args[1:], in, out, errs)
	default:
		fmt.Fprint(errs, triageUsage)
		return 2
	}
	if err == nil {
		return 0
	}
	if errors.Is(err, flag.ErrHelp) {
		return 2
	}
	fmt.Fprintln(errs, "ting-module:", err)
	return 1
}

func triageFlags(name string, errs io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(errs)
	fs.Usage = func() { fmt.Fprint(errs, triageUsage) }
	return fs
}

func checkRules(args []string, out, errs io.Writer) error {
	fs := triageFlags("check", errs)
	cases := fs.String("cases", "", "`file` of the hospital's own cases")
	if fs.Parse(args) != nil || fs.NArg() != 1 {
		fs.Usage()
		return flag.ErrHelp
	}
	r, err := rules.Load(fs.Arg(0))
	if err != nil {
		return err
	}
	all, err := rules.Examples()
	if err != nil {
		return err
	}
	if *cases != "" {
		b, err := os.ReadFile(*cases)
		if err != nil {
			return err
		}
		own, err := rules.ParseExamples(b)
		if err != nil {
			return fmt.Errorf("%s: %w", *cases, err)
		}
		all = append(all, own...)
	}
	failed := 0
	for _, e := range all {
		if problem := r.Try(e); problem != "" {
			fmt.Fprintln(out, problem)
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d cases come out wrong", failed, len(all))
	}
	fmt.Fprintf(out, "version %s: %d red flags, %d complaints, %d limits; all %d cases come out right\n",
		r.Version, len(r.RedFlags), len(r.Complaints), len(r.VitalLimits), len(all))
	return nil
}

// assessment is a line of assess.
type assessment struct {
	Level          int            `json:"level"`
	LevelName      string         `json:"level_name"`
	Department     string         `json:"department"`
	DepartmentName string         `json:"department_name"`
	CallsNurse     bool           `json:"calls_nurse"`
	Reasons        []rules.Reason `json:"reasons"`
	NEWS2          *rules.NEWS2   `json:"news2,omitempty"`
	Rules          string         `json:"rules"`
}

func assessCases(args []string, in io.Reader, out, errs io.Writer) error {
	fs := triageFlags("assess", errs)
	file := fs.String("rules", "", "`file` of rules; those of the program by default")
	if fs.Parse(args) != nil || fs.NArg() != 0 {
		fs.Usage()
		return flag.ErrHelp
	}
	r := rules.Default()
	if *file != "" {
		var err error
		if r, err = rules.Load(*file); err != nil {
			return err
		}
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		c := rules.Read(line)
		if line[0] == '{' {
			c = rules.Case{AgeMonths: rules.AgeUnknown}
			if err := json.Unmarshal([]byte(line), &c); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		a := r.Assess(c)
		if err := e.Encode(assessment{Level: int(a.Level), LevelName: r.Level(a.Level).Name.ZH, Department: a.Department,
			DepartmentName: r.DepartmentName(a.Department).ZH, CallsNurse: a.CallsNurse(), Reasons: a.Reasons, NEWS2: a.NEWS2, Rules: a.Rules}); err != nil {
			return err
		}
	}
	return lines.Err()
}
