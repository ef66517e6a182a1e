package public

import (
	"os"
	"path/filepath"
	"testing"
)

// TestStaffDoorDuringAnOutage: a terminal whose journal cannot be opened says that
// it is out of service, lets nobody but the staff behind it, and comes back by
// itself once the journal is there.
func TestStaffDoorDuringAnOutage(t *testing.T) {
	h := open(t, "1080x1920", "")
	if err := h.Terminal.Stop(); err != nil {
		t.Fatal(err)
	}
	// A directory in its place stands for a disk that cannot be read.
	journal := filepath.Join(h.Dir, "state", "journal.db")
	if err := os.Rename(journal, journal+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(journal, 0o700); err != nil {
		t.Fatal(err)
	}
	h.StartTerminal()
	h.Terminal.WaitFor(0, patience, "msg=page", "id=ting.out-of-service")
	h.still()
	h.look("outage")
	h.at(500, 500)
	h.knock()
	h.still()
	h.note()
	h.Fill("0031")
	h.Fill("111111")
	h.wait("identify-form") // that is not his PIN
	h.still()
	h.note()
	h.Fill("730126")
	h.wait("maintenance")
	h.still()
	h.look("outage-maintenance")
	h.reach(250, 290, "maintenance-devices")
	h.still()
	h.look("outage-devices")
	if h.Terminal.Count(0, "msg=page", "id=ting.home") != 0 {
		t.Error("services were offered")
	}
	if h.Terminal.Count(0, "maintenance without a journal to keep it", "action=enter") != 1 {
		t.Error("who came in is not in the log")
	}
	h.note()
	h.at(300, 965) // home
	h.wait("ting.out-of-service")
	if err := os.Remove(journal); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(journal+".away", journal); err != nil {
		t.Fatal(err)
	}
	h.wait("ting.home")
	h.wantNoComplaint()
}
