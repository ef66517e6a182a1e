package public

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/luohu/ting/fyne-tests/district"
)

// TestHostileModule: a module in a process of its own sends what is no page past
// all checks of its own side. Each is refused with a reason, none reaches the
// screen, and the terminal goes on as if nothing had been.
func TestHostileModule(t *testing.T) {
	district.Need(t, "xdotool", "import")
	program := filepath.Join(t.TempDir(), "hostile")
	if out, err := exec.Command("go", "build", "-o", program, "../../kiosk/rpc/hostile").CombinedOutput(); err != nil {
		t.Fatalf("build the module: %v\n%s", err, out)
	}
	b, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{t: t, w: 720, h: 1280, District: district.New(t, district.Options{
		Size: "720x1280", Mode: "kiosk", Locked: true, Camera: district.NoCamera,
		Module: fmt.Sprintf("[[module]]\nid = \"hostile\"\ncommand = [%q]\nsha256 = %q\n", program, district.SHA256(b)),
	})}
	h.StartCenter()
	h.StartTerminal()
	h.Terminal.WaitFor(0, 2*patience, "msg=page", "id=hostile-survived")
	h.Screen.On("hostile-survived")
	h.still()
	h.look("hostile")
	if n := h.Terminal.Count(0, "msg=page", "id=bad"); n > 0 {
		t.Errorf("%d bad pages came to the screen", n)
	}
	if n := len(h.Running("hostile")); n != 1 {
		t.Errorf("%d processes of the module: one that is refused is not ended for it", n)
	}
	const most = 500 << 20 // the shell's usual 190 MiB, and what a refused message may cost for a while
	if used := h.Usage()[h.Terminal.PID()].Memory; used > most {
		t.Errorf("the terminal has %d MiB", used>>20)
	}
	// Whoever touches it is answered as ever.
	before := h.Look()
	h.Screen.Touch("ting.language")
	h.WaitDrawn(before)
	h.wantNoComplaint()
}
