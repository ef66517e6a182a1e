package public

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/luohu/ting/fyne-tests/district"
)

const patience = 60 * time.Second

// hall is a kiosk with the modules that attend to visitors.
type hall struct {
	*district.District
	t    *testing.T
	w, h int
	mark district.Mark
}

// open starts a kiosk. Its modules are enrolment and the one that another maker wrote.
func open(t *testing.T, size, extra string) *hall {
	t.Helper()
	district.Need(t, "xdotool", "import")
	example := filepath.Join(district.Programs(t), "ting-example")
	program, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	modules := fmt.Sprintf(`
[[module]]
id = "enrolment"
grant = ["identify", "enrol", "record", "feeds"]

[[module]]
id = "suggestions"
command = [%q]
sha256 = %q
grant = ["identify", "record"]
`, example, district.SHA256(program))
	h := &hall{t: t, District: district.New(t, district.Options{Size: size, Mode: "kiosk", Locked: true, Module: modules, Extra: extra})}
	if _, err := fmt.Sscanf(size, "%dx%d", &h.w, &h.h); err != nil {
		t.Fatal(err)
	}
	blank := h.Look()
	h.OpenEmpty("ting.home")
	h.WaitDrawn(blank)
	return h
}

// at touches a place given in thousandths of the display.
func (h *hall) at(x, y int) { h.Touch(x*h.w/1000, y*h.h/1000) }

// note notes what has been logged so far, for wait.
func (h *hall) note() { h.mark = h.Terminal.Mark() }

// wait waits for a page that came up after the note.
func (h *hall) wait(page string) {
	h.t.Helper()
	h.Terminal.WaitFor(h.mark, patience, "msg=page", "id="+page)
}

// reach touches a place until a page comes up: a touch that meets a page not yet
// drawn is dropped, as it should be.
func (h *hall) reach(x, y int, page string) {
	h.t.Helper()
	h.note()
	tries := 0
	district.WaitUntil(h.t, patience, "page "+page, func() bool {
		if tries%100 == 0 { // every two seconds
			h.at(x, y)
		}
		tries++
		return h.Terminal.Count(h.mark, "msg=page", "id="+page+" ") > 0
	})
}

// look writes a picture where TING_LOOK asks for it.
func (h *hall) look(name string) {
	h.t.Helper()
	if dir := os.Getenv("TING_LOOK"); dir != "" {
		time.Sleep(700 * time.Millisecond) // for whoever looks; nothing is tested by it
		h.Screenshot(filepath.Join(dir, name+".png"))
	}
}

// wantNoComplaint checks what the toolkit and the terminal must never log.
func (h *hall) wantNoComplaint() {
	h.t.Helper()
	for _, word := range []string{"Error in Fyne call thread", "panic:", "the screen does not move", "a service panicked"} {
		if n := h.Terminal.Count(0, word); n > 0 {
			h.t.Errorf("the log says %d times %q", n, word)
		}
	}
}

// still waits until the page that was told is drawn: keys that come before it are
// dropped, as they should be.
func (h *hall) still() {
	h.t.Helper()
	var last []byte
	same := 0
	district.WaitUntil(h.t, patience, "the page stands still", func() bool {
		now := h.Look()
		if same++; !bytes.Equal(now, last) {
			same = 0
		}
		last = now
		return same >= 3
	})
}

// knock touches the staff's door until it opens: touches that meet a page not yet
// drawn, or the attract screen, are dropped, as they should be.
func (h *hall) knock() {
	h.t.Helper()
	h.note()
	tries := 0
	district.WaitUntil(h.t, patience, "the staff's door opens", func() bool {
		if h.Terminal.Count(h.mark, "msg=page", "id=identify-form ") > 0 {
			return true
		}
		if tries%250 == 0 { // every five seconds
			for range 5 {
				h.at(100, 30)
			}
		}
		tries++
		return false
	})
}

// TestStaffDoor opens the hidden door by touch and keyboard, and looks around.
func TestStaffDoor(t *testing.T) {
	h := open(t, "1080x1920", "[maintenance]\nleave = true\n")
	h.look("home")
	h.knock()
	h.still()
	h.look("door")
	h.note()
	h.Fill("0031") // without a PIN it is not sent
	h.Fill("111111")
	h.wait("identify-form")
	h.still()
	h.look("door-wrong")
	h.note()
	h.Fill("730126")
	h.wait("maintenance")
	h.look("maintenance")
	for i, p := range []string{"devices", "journal", "network", "versions", "log", "operate"} {
		h.reach(250+500*(i%2), 290+200*(i/2), "maintenance-"+p)
		h.look("maintenance-" + p)
		h.reach(110, 965, "maintenance") // back, in the footer
	}
	h.Terminal.WaitFor(0, patience, "record durable", "kind=ting.maintained")
	h.wantNoComplaint()

	h.reach(500, 863, "ting.home") // leave maintenance
	if n := h.Terminal.Count(0, "kind=ting.maintained"); n != 1 {
		t.Errorf("%d times something was recorded behind the door, want once", n)
	}
}
