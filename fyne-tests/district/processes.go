package district

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Running lists the processes whose program is in this district's folder of
// programs and named name: "ting-module gate" → their PIDs. Tests of other
// packages may run the same programs, so that only those which mention this
// district's directory, or descend from one of its processes, count.
func (d *District) Running(name string) []int {
	var pids []int
	for pid, p := range d.descendants() {
		if strings.Contains(p.command, name) {
			pids = append(pids, pid)
		}
	}
	return pids
}

type process struct {
	parent  int
	command string
}

// descendants are all processes below the terminal and the center.
func (d *District) descendants() map[int]process {
	all := table()
	below := map[int]process{}
	roots := map[int]bool{}
	for _, p := range []*Process{d.Terminal, d.Center} {
		if p != nil {
			roots[p.PID()] = true
		}
	}
	for pid, p := range all {
		for up := p.parent; up > 1; up = all[up].parent {
			if roots[up] {
				below[pid] = p
				break
			}
		}
	}
	return below
}

// table reads every process of the machine.
func table() map[int]process {
	all := map[int]process{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		// "pid (name) state ppid …", where the name may hold anything.
		rest := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if len(rest) < 2 || rest[0] == "Z" {
			continue
		}
		parent, _ := strconv.Atoi(rest[1])
		cmdline, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		all[pid] = process{parent, strings.ReplaceAll(string(cmdline), "\x00", " ")}
	}
	return all
}

// Alive reports whether a process still runs.
func Alive(pid int) bool {
	_, ok := table()[pid]
	return ok
}
