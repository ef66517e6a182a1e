package district

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
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

// Usage is what a process has used.
type Usage struct {
	Name      string        // program and, for a module, which
	Processor time.Duration // user and system time so far
	Memory    int64         // bytes; pages shared with other processes counted in part (PSS)
}

// Usage is what the terminal's processes have used so far, by PID.
func (d *District) Usage() map[int]Usage {
	usage := map[int]Usage{}
	all := table()
	for pid, p := range d.descendants() {
		if up := p.parent; up != d.Terminal.PID() && all[up].parent != d.Terminal.PID() {
			continue // the center's
		}
		usage[pid] = usageOf(pid, p.command)
	}
	usage[d.Terminal.PID()] = usageOf(d.Terminal.PID(), "ting")
	return usage
}

// UsageBelow is what a process and all below it have used so far, by PID.
func UsageBelow(root int) map[int]Usage {
	usage := map[int]Usage{}
	all := table()
	for pid, p := range all {
		for up := pid; up > 1; up = all[up].parent {
			if up == root {
				usage[pid] = usageOf(pid, p.command)
				break
			}
		}
	}
	return usage
}

// tick is the unit of times in /proc/PID/stat, which Linux fixes for programs.
const tick = 10 * time.Millisecond

func usageOf(pid int, command string) Usage {
	u := Usage{}
	for i, word := range strings.Fields(command) {
		if i == 0 {
			u.Name = filepath.Base(word)
		} else if i == 1 && !strings.HasPrefix(word, "-") {
			u.Name += " " + word
		}
	}
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	if b, err := os.ReadFile(filepath.Join(dir, "stat")); err == nil {
		f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		user, _ := strconv.Atoi(f[11])
		system, _ := strconv.Atoi(f[12])
		u.Processor = time.Duration(user+system) * tick
	}
	b, _ := os.ReadFile(filepath.Join(dir, "smaps_rollup"))
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			u.Memory = kb << 10
		}
	}
	return u
}

// Kill ends any process as a power cut would.
func Kill(t testing.TB, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill %d: %v", pid, err)
	}
}
