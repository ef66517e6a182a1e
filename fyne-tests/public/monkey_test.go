package public

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMonkey lets nobody in particular loose on the real program: touches,
// drags, long presses and every key that leads out of other programs. It must
// stay full screen, alive and within its memory, and complain of nothing.
//
// TING_MONKEY is how many actions, TING_MONKEY_SEED which. make monkey takes 20,000.
func TestMonkey(t *testing.T) {
	actions, seed := number("TING_MONKEY", 1200), uint64(number("TING_MONKEY_SEED", 20260302))
	h := open(t, "720x1280", "[visit]\nidle = \"5s\"\nattract = \"5s\"\n")
	pid := h.Terminal.PID()
	m := &monkey{hall: h, rand: rand.New(rand.NewPCG(seed, 7))}
	t.Logf("%d actions of seed %d", actions, seed)

	const batch = 100
	var warm int64
	began := time.Now()
	for done := 0; done < actions; done += batch {
		m.play(min(batch, actions-done))
		m.wantFullScreen()
		if done >= actions/4 && warm == 0 {
			warm = m.memory() // fonts and caches are there
		}
		if t.Failed() {
			t.Fatalf("after %d actions", done+batch)
		}
	}
	t.Logf("%d actions took %v", actions, time.Since(began).Round(time.Second))
	h.look("monkey")

	// Alive is who still serves: it is left alone until it shows its first page,
	// and then the staff's door opens.
	h.restUntilHome()
	if h.Terminal.PID() != pid {
		t.Error("the program was started again")
	}
	h.knock()
	h.wantNoComplaint()
	seen := map[string]bool{}
	for _, line := range h.Terminal.Lines("msg=page") {
		seen[pageID(line)] = true
	}
	if t.Logf("pages met: %v", slices.Sorted(maps.Keys(seen))); len(seen) < 8 {
		t.Error("it met too few pages to prove anything")
	}
	end := m.memory()
	t.Logf("memory: %d MiB after a quarter, %d MiB at the end", warm>>20, end>>20)
	const most = 64 << 20
	if end-warm > most {
		t.Errorf("memory grew by %d MiB, at most %d are allowed", (end-warm)>>20, most>>20)
	}
}

// pageID is the page that a line of the log tells of.
func pageID(line string) string {
	_, rest, _ := strings.Cut(line, " id=")
	id, _, _ := strings.Cut(rest, " ")
	return id
}

func number(name string, usual int) int {
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil || n <= 0 {
		return usual
	}
	return n
}

type monkey struct {
	*hall
	rand *rand.Rand
}

// keys are what a person with a keyboard tries, and what a bored one tries.
var keys = strings.Fields(`
	Escape Return Tab shift+Tab space BackSpace Delete Insert Home End Prior Next Up Down Left Right Menu Print Pause
	F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12
	alt+F1 alt+F2 alt+F4 alt+Tab alt+shift+Tab alt+Escape alt+space alt+Return alt+Left ctrl+F4
	ctrl+q ctrl+w ctrl+n ctrl+t ctrl+o ctrl+p ctrl+s ctrl+c ctrl+v ctrl+x ctrl+a ctrl+z ctrl+y ctrl+f ctrl+r ctrl+l ctrl+d
	ctrl+shift+q ctrl+shift+i ctrl+shift+Escape ctrl+Escape ctrl+Tab ctrl+Insert shift+Insert shift+Delete
	ctrl+alt+Delete ctrl+alt+BackSpace ctrl+alt+F1 ctrl+alt+F2 ctrl+alt+F7 ctrl+alt+t ctrl+alt+l ctrl+alt+Escape ctrl+alt+d ctrl+alt+Tab
	super super+d super+l super+r super+Tab super+Return super+q
	a b q x z 0 1 2 5 9 plus minus slash at`)

// play does some actions through one xdotool.
func (m *monkey) play(n int) {
	m.t.Helper()
	var script strings.Builder
	for range n {
		m.act(&script)
	}
	cmd := exec.Command("xdotool", "-")
	cmd.Stdin = strings.NewReader(script.String())
	cmd.Env = append(os.Environ(), "DISPLAY="+m.Display)
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("xdotool: %v\n%s", err, out)
	}
}

func (m *monkey) act(script *strings.Builder) {
	say := func(format string, a ...any) { fmt.Fprintf(script, format+"\n", a...) }
	r := m.rand
	x, y := r.IntN(m.w), r.IntN(m.h)
	if r.IntN(10) == 0 { // edges and corners, where systems hide things
		x, y = []int{0, 1, m.w / 2, m.w - 1}[r.IntN(4)], []int{0, 1, m.h / 2, m.h - 1}[r.IntN(4)]
	}
	say("mousemove %d %d", x, y)
	switch k := r.IntN(100); {
	case k < 55:
		say("click --delay 1 1")
	case k < 58:
		say("click --repeat %d --delay 20 1", 2+r.IntN(6))
	case k < 63:
		say("click --delay 1 %d", []int{2, 3, 3, 8, 9}[r.IntN(5)])
	case k < 67:
		say("click --repeat %d --delay 1 %d", 1+r.IntN(8), 4+r.IntN(4)) // wheels
	case k < 76:
		say("mousedown 1")
		for range 2 + r.IntN(6) {
			say("mousemove %d %d", r.IntN(m.w), r.IntN(m.h))
		}
		say("mouseup 1")
	case k < 77:
		say("mousedown 1\nsleep 0.7\nmouseup 1")
	case k < 97:
		say("key --delay 2 %s", keys[r.IntN(len(keys))])
	default: // a key held while something else is done
		held := []string{"ctrl", "alt", "shift", "super", "Return"}[r.IntN(5)]
		say("keydown %s\nclick --delay 1 1\nkeyup %s", held, held)
	}
}

// wantFullScreen checks that one window covers the display, and nothing covers it.
func (m *monkey) wantFullScreen() {
	m.t.Helper()
	out, err := exec.Command("xwininfo", "-display", m.Display, "-root", "-children").Output()
	if err != nil {
		m.t.Fatalf("xwininfo: %v", err)
	}
	var windows []string
	for line := range bytes.Lines(out) {
		if f := strings.Fields(string(line)); len(f) > 2 && strings.HasPrefix(f[0], "0x") {
			windows = append(windows, strings.TrimSpace(string(line)))
		}
	}
	covering := 0
	for _, w := range windows {
		if strings.Contains(w, fmt.Sprintf(" %dx%d+0+0 ", m.w, m.h)) {
			covering++
		}
	}
	if covering != 1 {
		m.t.Errorf("%d windows cover the display of %dx%d: %q", covering, m.w, m.h, windows)
	}
}

// memory is the terminal's own, in bytes.
func (m *monkey) memory() int64 { return m.Usage()[m.Terminal.PID()].Memory }

// restUntilHome leaves the terminal alone until it shows its first page, at once
// when nobody is being served.
func (h *hall) restUntilHome() {
	h.t.Helper()
	// A visit ends by itself; one that had ended already shows no further page.
	// A touch on home begins what stands when nobody is there.
	h.Press("Escape")
	h.note()
	h.at(500, 2)
	for range 40 {
		if strings.Contains(h.Terminal.Last("msg=page"), "id=ting.home") {
			return
		}
		time.Sleep(time.Second)
	}
	h.t.Fatalf("40 seconds alone, and still: %s", h.Terminal.Last("msg=page"))
}
