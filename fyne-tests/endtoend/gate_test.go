package endtoend

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/luohu/ting/fyne-tests/district"
)

// recovery bounds how long a test waits for something to come back. The
// promise is 2 s on a machine that does nothing else; make bench measures it.
const recovery = 30 * time.Second

// TestPupilPassesAndCenterKnows is the story the house is built for.
func TestPupilPassesAndCenterKnows(t *testing.T) {
	t.Parallel()
	d := district.New(t, district.Options{})
	d.Open()
	mark := d.Terminal.Mark()
	d.Scenes("pupil 1 for 6s", "nobody for 60s")
	d.Terminal.WaitFor(mark, recovery, "page", "id=welcome")
	d.WaitForPasses(1)

	// The record was durable before the barrier moved, and the barrier moved
	// before the screen said so.
	if got := d.Terminal.Count(mark, "barrier opened"); got != 1 {
		t.Errorf("the barrier opened %d times for one pupil", got)
	}
	d.WantOrder(mark, "record durable", "barrier opened", "id=welcome")

	mark = d.Terminal.Mark()
	d.Type(d.Card(2))
	d.Press("Return")
	d.Terminal.WaitFor(mark, recovery, "page", "id=welcome")
	d.WaitForPasses(2)
	d.WantNothingPersonal()

	if err := d.Terminal.Stop(); err != nil {
		t.Errorf("the terminal did not end in order: %v", err)
	}
	if err := d.Center.Stop(); err != nil {
		t.Errorf("the center did not end in order: %v", err)
	}
	d.WantNothingLeft()
}

// TestWhoIsNotLetThrough shows each person who is not recognised his own page,
// and opens for none of them.
func TestWhoIsNotLetThrough(t *testing.T) {
	t.Parallel()
	d := district.New(t, district.Options{})
	d.Open()
	for _, c := range []struct{ name, scene, page string }{
		{"stranger", "stranger 1 for 8s", "id=stranger"},
		{"too dark", "dark 2 for 8s", "id=too-dark"},
		{"two at once", "two 1 4 for 8s", "id=two-faces"},
		{"consent withdrawn", fmt.Sprintf("pupil %d for 8s", d.WithdrawnPupil()), "id=withdrawn"},
		{"camera unplugged", "unplug for 4s", "id=no-camera"},
	} {
		mark := d.Terminal.Mark()
		d.Scenes(c.scene, "nobody for 60s")
		d.Terminal.WaitFor(mark, recovery, "page", c.page)
		if n := d.Terminal.Count(mark, "barrier opened"); n != 0 {
			t.Errorf("%s: the barrier opened", c.name)
		}
		// Each leaves before the next arrives, and the page at rest comes back.
		d.Terminal.WaitFor(mark, recovery, "page", "id=idle")
	}
	// Nobody there: the page at rest stays, whatever noise the camera makes.
	mark := d.Terminal.Mark()
	d.Scenes("nobody for 2s", "pupil 3 for 6s", "nobody for 60s")
	d.Terminal.WaitFor(mark, recovery, "page", "id=welcome")
	if n := d.Terminal.Count(mark, "barrier opened"); n != 1 {
		t.Errorf("the barrier opened %d times for the one pupil after them", n)
	}
	d.WaitForPasses(1)
}

// TestCenterCutOff kills the center in the middle of a stream of passes: the
// gate goes on, and afterwards the center holds every pass once.
func TestCenterCutOff(t *testing.T) {
	t.Parallel()
	d := district.New(t, district.Options{})
	d.Open()
	pass := func(pupil int) {
		mark := d.Terminal.Mark()
		d.Scenes(fmt.Sprintf("pupil %d for 5s", pupil), "nobody for 60s")
		d.Terminal.WaitFor(mark, recovery, "page", "id=welcome")
	}
	pass(1)
	d.WaitForPasses(1)
	d.Center.Kill()
	pass(2)
	pass(3)
	if err := syscall.Kill(d.Terminal.PID(), 0); err != nil {
		t.Fatalf("the terminal did not outlive the center: %v", err)
	}
	d.StartCenter()
	pass(4)
	d.WaitForPasses(4)
	d.WantEachPassOnce()
}

// TestPartsKilled kills the engine and the module while the gate is watched.
// Each comes back by itself and nothing else falls.
func TestPartsKilled(t *testing.T) {
	t.Parallel()
	d := district.New(t, district.Options{})
	d.Open()
	for i, program := range []string{"ting-face", "ting-module gate"} {
		pids := d.Running(program)
		if len(pids) != 1 {
			t.Fatalf("%d processes of %s, want 1", len(pids), program)
		}
		mark := d.Terminal.Mark()
		d.Scenes(fmt.Sprintf("still %d for 60s", i+1))
		d.Terminal.WaitFor(mark, recovery, "page", "id=welcome")

		mark = d.Terminal.Mark()
		if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if program == "ting-face" {
			d.Terminal.WaitFor(mark, recovery, "page", "id=no-engine")
		} else {
			d.Terminal.WaitFor(mark, recovery, "page", "id=ting.recovering")
		}
		d.Terminal.WaitFor(mark, recovery, "page", "id=idle")
		d.Scenes(fmt.Sprintf("pupil %d for 6s", i+5), "nobody for 60s")
		d.Terminal.WaitFor(mark, recovery, "page", "id=welcome")
	}
	d.WaitForPasses(4)
	d.WantEachPassOnce()
}

// TestShellKilled kills the terminal itself: no process of it is left, and the
// next one continues the chain.
func TestShellKilled(t *testing.T) {
	t.Parallel()
	d := district.New(t, district.Options{})
	d.Open()
	mark := d.Terminal.Mark()
	d.Scenes("pupil 1 for 5s", "nobody for 60s")
	d.Terminal.WaitFor(mark, recovery, "page", "id=welcome")
	orphans := append(d.Running("ting-module"), d.Running("ting-face")...)
	if len(orphans) < 2 {
		t.Fatalf("only %d processes below the terminal", len(orphans))
	}
	d.Terminal.Kill()
	for _, pid := range orphans {
		district.WaitUntil(t, recovery, fmt.Sprintf("process %d ends with its terminal", pid), func() bool { return !district.Alive(pid) })
	}
	d.StartTerminal()
	d.Terminal.WaitFor(0, recovery, "page", "id=idle")
	mark = d.Terminal.Mark()
	d.Scenes("pupil 2 for 5s", "nobody for 60s")
	d.Terminal.WaitFor(mark, recovery, "page", "id=welcome")
	d.WaitForPasses(2)
	d.WantEachPassOnce()
}
