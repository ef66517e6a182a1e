package public

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/luohu/ting/fyne-tests/district"
)

// step is one page of the fixture module forms, and what visitors type there,
// each something else.
type step struct {
	page  string
	typed func(visitor int) string
}

var steps = []step{
	{"forms-id", idNumber},
	{"forms-phone", func(v int) string { return fmt.Sprintf("1380%d7364%d5", v, v) }},
	{"forms-number", func(v int) string { return fmt.Sprintf("%d908172635%d", v, v) }},
	{"forms-name", func(v int) string { return fmt.Sprintf("Ouyangruoxi%dqzx", v) }},
}

// idNumber is a resident's identity number with its check digit, of nobody.
func idNumber(v int) string {
	digits := fmt.Sprintf("44030819%02d0307%03d", 50+v, 120+v)
	sum := 0
	for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(digits[i]-'0') * weight
	}
	return digits + string("10X98765432"[sum%11])
}

// TestAbandoned has visitors leave each form half-way. The next one sees an empty
// form, and what was typed is nowhere in the memory of the terminal's process.
func TestAbandoned(t *testing.T) {
	h := openForms(t)
	// The form is drawn when its button is, which is blue.
	district.WaitUntil(t, patience, "the form is drawn", func() bool {
		dot := h.crop("4x4+300+1675")
		return int(dot[2]) > int(dot[0])+60
	})
	empty := h.crop(field)
	var secrets []string
	for last := range steps {
		for i, s := range steps[:last+1] {
			secret := s.typed(last)
			secrets = append(secrets, secret)
			h.still()
			h.note()
			h.Hand(secret)
			if i == last {
				break // he walks away
			}
			h.enter(secret, steps[i+1].page)
		}
		h.note() // the search may take longer than he is waited for
		if h.look("abandoned-" + steps[last].page); last == 0 {
			// The search must find what is there, or it would prove nothing.
			if len(search(t, h.Terminal.PID(), secrets)) == 0 {
				t.Error("the search does not find what stands on the screen")
			}
		}
		h.wait(steps[0].page) // by the idle time, the next visit begins
		district.WaitUntil(t, patience, "the next visitor sees an empty form", func() bool { return bytes.Equal(h.crop(field), empty) })
	}
	h.look("abandoned-next")
	// The toolkit remembers what it drew for a while: package locale of the shell
	// says how long. All is gone within half a minute of the visit's end; a busy
	// machine needs its time for the search as well.
	const wiped = 60 * time.Second
	began := time.Now()
	var found []string
	for {
		found = search(t, h.Terminal.PID(), secrets)
		for _, pid := range h.Running("forms") {
			found = append(found, search(t, pid, secrets)...)
		}
		if len(found) == 0 {
			break
		}
		if time.Since(began) > wiped {
			t.Errorf("%v after the visit the process's memory still holds:\n%s", wiped, strings.Join(found, "\n"))
			break
		}
		time.Sleep(time.Second)
	}
	t.Logf("gone %v after the last visit", time.Since(began).Round(time.Second))
	h.wantNoComplaint()
	for _, p := range []*district.Process{h.Terminal, h.Center} {
		for _, s := range secrets {
			if p.Count(0, s) > 0 {
				t.Errorf("the log of %s holds %q", p.Name, s)
			}
		}
	}
}

// field is where the forms' fields stand on a display of 1080×1920.
const field = "1080x400+0+300"

// crop is a part of the display, three bytes a pixel.
func (h *hall) crop(part string) []byte {
	h.t.Helper()
	b, err := exec.Command("import", "-display", h.Display, "-window", "root", "-crop", part, "-depth", "8", "rgb:-").Output()
	if err != nil || len(b) < 3 {
		h.t.Fatalf("look at the display: %v", err)
	}
	return b
}

// enter hands in what was typed. On a machine that stalls, keys of a hand may
// arrive as fast as a card reader's and be taken for one: it is typed again.
func (h *hall) enter(typed, next string) {
	h.t.Helper()
	tries := 0
	district.WaitUntil(h.t, patience, "page "+next, func() bool {
		if tries%250 == 249 {
			h.Press("ctrl+a")
			h.Hand(typed)
		}
		if tries%250 == 0 || tries%250 == 249 {
			h.Press("Return")
		}
		tries++
		return h.Terminal.Count(h.mark, "msg=page", "id="+next+" ") > 0
	})
}

// openForms starts a kiosk whose one module is the fixture.
func openForms(t *testing.T) *hall {
	t.Helper()
	district.Need(t, "xdotool", "import")
	program := filepath.Join(t.TempDir(), "forms")
	if out, err := exec.Command("go", "build", "-o", program, "./forms").CombinedOutput(); err != nil {
		t.Fatalf("build the module: %v\n%s", err, out)
	}
	b, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{t: t, w: 1080, h: 1920, District: district.New(t, district.Options{
		Size: "1080x1920", Mode: "kiosk", Locked: true, Camera: district.NoCamera, Extra: "[visit]\nidle = \"8s\"\n",
		Module: fmt.Sprintf("[[module]]\nid = \"forms\"\ncommand = [%q]\nsha256 = %q\n", program, district.SHA256(b)),
	})}
	blank := h.Look()
	h.OpenEmpty(steps[0].page)
	h.WaitDrawn(blank)
	return h
}

// search looks for texts in all memory that a process may write, in the forms in
// which a program may hold them, and says what it found where.
func search(t *testing.T, pid int, texts []string) (found []string) {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	forms := map[string][][]byte{}
	for _, s := range texts {
		var runes, short []byte
		for _, r := range s {
			runes = binary.LittleEndian.AppendUint32(runes, uint32(r))
		}
		for _, u := range utf16.Encode([]rune(s)) {
			short = binary.LittleEndian.AppendUint16(short, u)
		}
		forms[s] = [][]byte{[]byte(s), short, runes}
	}
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		var mode string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil || !strings.HasPrefix(mode, "rw") {
			continue
		}
		b, err := io.ReadAll(io.NewSectionReader(mem, int64(from), int64(to-from)))
		if err != nil && len(b) == 0 {
			continue // a device's, or gone meanwhile
		}
		f := strings.Fields(line)
		place := "anonymous memory"
		if len(f) > 5 {
			place = f[5]
		}
		for s, all := range forms {
			for i, form := range all {
				if n := bytes.Count(b, form); n > 0 {
					found = append(found, fmt.Sprintf("%s: %s, %d times as %s at %x in %s", bytes.TrimSpace(name), s, n, []string{"UTF-8", "UTF-16", "UTF-32"}[i], from+uint64(bytes.Index(b, form)), place)+around(b, bytes.Index(b, form)))
				}
			}
		}
	}
	return found
}

// around is what stands beside a text in memory: it says whose it is.
func around(b []byte, at int) string {
	return fmt.Sprintf(" %q", b[max(0, at-48):min(len(b), at+64)])
}
