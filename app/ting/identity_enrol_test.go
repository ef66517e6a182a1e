package main

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/camera/district"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/identity/receipt"
	"github.com/luohu/ting/sync/feed"
	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/wire"
)

// bulkSite is a terminal that does not run, with a register of people, and a folder of
// photographs.
type bulkSite struct {
	t                      *testing.T
	config, photos, roster string
	rows                   []string
}

func newBulkSite(t *testing.T, people ...kiosk.PersonRow) *bulkSite {
	t.Helper()
	dir := t.TempDir()
	s := &bulkSite{t: t, config: filepath.Join(dir, "terminal.toml"), photos: filepath.Join(dir, "photos"), roster: filepath.Join(dir, "people.csv")}
	for _, d := range []string{s.photos, filepath.Join(dir, "state")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	text := fmt.Sprintf("[terminal]\nid = \"gate-1\"\nsite = \"school-1\"\nmode = \"kiosk\"\nstate = \"state\"\n[face]\nengine = %q\n[[module]]\nid = \"gate\"\ngrant = [\"watch\"]\n", faceEngine(t))
	if err := os.WriteFile(s.config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	feeds, err := feed.OpenCache(t.Context(), filepath.Join(dir, "state", "feeds.db"), feed.CacheOptions{Site: "school-1"})
	if err != nil {
		t.Fatal(err)
	}
	defer feeds.Close()
	page := wire.FeedPage{Site: "school-1", Feed: kiosk.FeedPeople}
	for i, p := range people {
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		page.Rows = append(page.Rows, wire.FeedRow{Key: p.ID, Revision: uint64(i + 1), Value: b})
	}
	page.Revision = uint64(len(people))
	if len(people) > 0 {
		if err := feeds.Apply(t.Context(), page); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *bulkSite) photo(name string, f *camera.Frame) {
	writePNG(s.t, filepath.Join(s.photos, name), f)
}

func (s *bulkSite) file(name string, content []byte) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.photos, name), content, 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// run enrols, and returns what became of each line and photograph.
func (s *bulkSite) run(args ...string) (results map[string]string, stdout string, err error) {
	s.t.Helper()
	text := "id,name,role,born,photo,consent_version,consent_date,guardian,relation\n" + strings.Join(s.rows, "\n") + "\n"
	if err := os.WriteFile(s.roster, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	report := filepath.Join(s.t.TempDir(), "report.csv")
	stdout, _, err = identify(s.t, append([]string{"enrol", "-config", s.config, "-roster", s.roster, "-report", report, s.photos}, args...)...)
	results = map[string]string{}
	f, openErr := os.Open(report)
	if openErr != nil {
		return results, stdout, err
	}
	defer f.Close()
	table, csvErr := csv.NewReader(f).ReadAll()
	if csvErr != nil {
		s.t.Fatal(csvErr)
	}
	for _, r := range table[1:] {
		key := r[1]
		if r[0] == "" {
			key = r[6]
		}
		results[key] = r[4]
		if r[4] != resultEnrolled && r[4] != resultAlready && r[4] != resultNotReached && r[5] == r[4] {
			s.t.Errorf("%s: the reason %q is not said in words", key, r[4])
		}
	}
	return results, stdout, err
}

// changed makes another picture of a frame.
func changed(f *camera.Frame, pixel func(x, y int, at []byte)) *camera.Frame {
	c := *f
	c.Pix = bytes.Clone(f.Pix)
	for y := range c.H {
		for x := range c.W {
			pixel(x, y, c.Pix[y*c.Stride+3*x:])
		}
	}
	return &c
}

// sideBySide is two pictures in one.
func sideBySide(a, b *camera.Frame) *camera.Frame {
	c := &camera.Frame{W: a.W + b.W, H: a.H, Stride: 3 * (a.W + b.W), Pix: make([]byte, 3*(a.W+b.W)*a.H)}
	for y := range c.H {
		copy(c.Pix[y*c.Stride:], a.Pix[y*a.Stride:y*a.Stride+3*a.W])
		copy(c.Pix[y*c.Stride+3*a.W:], b.Pix[y*b.Stride:y*b.Stride+3*b.W])
	}
	return c
}

// blurred is a picture seen through a thick glass.
func blurred(f *camera.Frame) *camera.Frame {
	const by = 9
	return changed(f, func(x, y int, at []byte) {
		var sum [3]int
		n := 0
		for dy := -by; dy <= by; dy += 3 {
			for dx := -by; dx <= by; dx += 3 {
				if x+dx >= 0 && x+dx < f.W && y+dy >= 0 && y+dy < f.H {
					for c := range sum {
						sum[c] += int(f.Pix[(y+dy)*f.Stride+3*(x+dx)+c])
					}
					n++
				}
			}
		}
		for c := range sum {
			at[c] = byte(sum[c] / n)
		}
	})
}

// pngHeader is a PNG file that says it has so many pixels, and has none.
func pngHeader(w, h uint32) []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	chunk = append(binary.BigEndian.AppendUint32(chunk, h), 8, 2, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	b = append(b, chunk...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
}

func pupil(id string) kiosk.PersonRow {
	return kiosk.PersonRow{ID: id, Name: "学生" + id, Group: "三年二班", Role: "pupil"}
}

// TestIdentityEnrol takes a roster with everything that is wrong in real ones through
// the real engine.
func TestIdentityEnrol(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the face engine")
	}
	var people []kiosk.PersonRow
	for i := range 20 {
		people = append(people, pupil(fmt.Sprintf("p%02d", i)))
	}
	s := newBulkSite(t, people...)
	face := func(n int) *camera.Frame { return district.Portraits(district.Person(n), 1)[0] }
	row := func(id, rest string) { s.rows = append(s.rows, id+",,pupil,,"+rest) }
	agreed := ",face-2025-06,2026-01-05,陈静,母亲"
	s.photo("p00.png", face(1))
	row("p00", agreed)
	for i, f := range district.Portraits(district.Person(2), 2) {
		s.photo(fmt.Sprintf("p01/%d.png", i), f)
	}
	row("p01", agreed)
	s.photo("p02.png", changed(face(3), func(_, _ int, at []byte) { at[0], at[1], at[2] = 120, 120, 120 }))
	row("p02", agreed)
	s.photo("p03.png", sideBySide(face(3), face(4)))
	row("p03", agreed)
	s.photo("p04.png", blurred(face(5)))
	row("p04", agreed)
	s.photo("p05.png", changed(face(6), func(_, _ int, at []byte) { at[0], at[1], at[2] = at[0]/6, at[1]/6, at[2]/6 }))
	row("p05", agreed)
	s.file("p06.jpg", []byte("no picture"))
	row("p06", agreed)
	s.photo("p07.png", &camera.Frame{W: 1, H: 1, Stride: 3, Pix: []byte{1, 2, 3}})
	row("p07", agreed)
	s.file("p08.png", pngHeader(10_000, 10_000))
	row("p08", agreed)
	row("p09", agreed) // no photograph
	s.photo("p10.png", face(1))
	row("p10", agreed) // p00's face
	row("p11", ",,2026-01-05,陈静,母亲")
	row("p12", ",face-2025-06,2026-01-05,,")
	row("p13", agreed)
	row("p13", agreed)
	row("stranger", agreed)
	s.rows = append(s.rows, "p14,\xff\xfe,pupil,,,face-2025-06,2026-01-05,陈静,母亲")
	s.photo("p15.png", face(7))
	row("p15", "../people.csv"+agreed) // out of the folder
	s.photo("nobody.png", face(8))
	want := map[string]string{
		"p00": resultEnrolled, "p01": resultEnrolled, "p02": identity.LackNoFace, "p03": identity.LackSeveral, "p04": kiosk.DetailBlurred, "p05": kiosk.DetailDark,
		"p06": whyNotPicture, "p07": identity.LackNoFace, "p08": whyTooLarge, "p09": whyNoPhoto, "p10": whyDuplicateFace, "p11": "no-consent", "p12": "guardian-missing",
		"p13": "duplicate-id", "stranger": whyUnknownID, "p14": "broken-encoding", "p15": whyNoPhoto, "p15.png": whyNoRow, "nobody.png": whyNoRow,
	}
	got, out, err := s.run()
	if !errors.Is(err, errRefused) {
		t.Errorf("ended with %v\n%s", err, out)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the report (-want +got):\n%s\n%s", diff, out)
	}
	for _, line := range []string{"已登记              2\n", "编号在名册中重复"} {
		if !strings.Contains(out, line) {
			t.Errorf("the summary does not say %q:\n%s", line, out)
		}
	}

	// Again: who is enrolled stays so, and nothing is recorded twice.
	s.rows = s.rows[:2]
	if err := errors.Join(os.RemoveAll(s.photos), os.Mkdir(s.photos, 0o755)); err != nil {
		t.Fatal(err)
	}
	if got, out, err := s.run(); err != nil || got["p00"] != resultAlready || got["p01"] != resultAlready || !strings.Contains(out, "此前已登记") {
		t.Errorf("when all are enrolled: %v\n%s", err, out)
	}
	if n := s.stored(); n != 2 {
		t.Errorf("%d templates are recorded, want 2", n)
	}
}

// stored counts the records of templates in the journal.
func (s *bulkSite) stored() (n int) {
	s.t.Helper()
	j, err := journal.Open(s.t.Context(), filepath.Join(filepath.Dir(s.config), "state", journalFile), journal.Options{Terminal: "gate-1"})
	if err != nil {
		s.t.Fatal(err)
	}
	defer j.Close()
	all, err := j.Recent(s.t.Context(), 100)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range all {
		if r.Kind == receipt.KindStored.Name {
			n++
		}
	}
	return n
}

// TestIdentityEnrolWithoutRegister: a site that has never heard of a center believes its roster.
func TestIdentityEnrolWithoutRegister(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the face engine")
	}
	s := newBulkSite(t)
	s.photo("a1.png", district.Portraits(district.Person(1), 1)[0])
	s.rows = []string{"a1,李强,staff,,,face-2025-06,2026-01-05,,", "a2,,staff,,,face-2025-06,2026-01-05,,"}
	got, out, err := s.run()
	if diff := cmp.Diff(map[string]string{"a1": resultEnrolled, "a2": whyNoName}, got); diff != "" || !errors.Is(err, errRefused) {
		t.Errorf("%v (-want +got):\n%s\n%s", err, diff, out)
	}
	j, err := journal.Open(t.Context(), filepath.Join(filepath.Dir(s.config), "state", journalFile), journal.Options{Terminal: "gate-1"})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if _, _, err := s.run(); !errors.Is(err, journal.ErrInUse) || !strings.Contains(err.Error(), "stop it") {
		t.Errorf("beside a running terminal: %v", err)
	}
}

func TestIdentityEnrolUsage(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{{"enrol"}, {"enrol", dir}, {"enrol", "-roster", "x"}} {
		if _, said, err := identify(t, args...); !errors.Is(err, errUsage) || said == "" {
			t.Errorf("%q: %v", args, err)
		}
	}
	s := newBulkSite(t)
	if err := os.WriteFile(s.roster, []byte("编号,姓名\n1,甲\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := identify(t, "enrol", "-config", s.config, "-roster", s.roster, s.photos); err == nil || !strings.Contains(err.Error(), "同意书版本") {
		t.Errorf("a roster without consents: %v", err)
	}
	if got := plainCell("=HYPERLINK(1)"); got != "'=HYPERLINK(1)" {
		t.Errorf("a spreadsheet would run %q", got)
	}
}
