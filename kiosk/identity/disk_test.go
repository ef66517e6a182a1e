package identity

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
)

// traces are the byte strings that would give somebody's face away: parts of his
// descriptors in the forms that programs write numbers in, and of his pictures.
type traces map[string][]byte

func (s traces) descriptor(name string, d face.Descriptor) {
	var le, be, wide []byte
	for _, x := range d {
		le = binary.LittleEndian.AppendUint32(le, math.Float32bits(x))
		be = binary.BigEndian.AppendUint32(be, math.Float32bits(x))
		wide = binary.LittleEndian.AppendUint64(wide, math.Float64bits(float64(x)))
	}
	for _, at := range []int{0, 40, 100} { // three places: a file may hold a part
		place := fmt.Sprintf("%s from %d as ", name, at)
		s[place+"float32"] = le[4*at : 4*at+12]
		s[place+"big-endian float32"] = be[4*at : 4*at+12]
		s[place+"float64"] = wide[8*at : 8*at+16]
		s[place+"hexadecimal"] = []byte(hex.EncodeToString(le[4*at : 4*at+12]))
		for shift := range 3 { // base64 has three alignments
			from := 4*at + shift
			s[place+"base64 "+strconv.Itoa(shift)] = []byte(base64.StdEncoding.EncodeToString(le[from : from+12]))
		}
		s[place+"decimal"] = []byte(strconv.FormatFloat(float64(d[at]), 'g', 7, 32)[:7])
	}
}

func (s traces) picture(name string, f *camera.Frame) {
	for _, at := range []int{0, len(f.Pix) / 3, len(f.Pix) - 64} {
		s[fmt.Sprintf("%s, pixels from %d", name, at)] = f.Pix[at : at+24]
	}
}

// magics begin files of pictures; nothing under a state directory may hold one.
func (s traces) magics() {
	s["the beginning of a JPEG file"] = []byte("\xff\xd8\xff\xe0\x00\x10JFIF")
	s["the beginning of a PNG file"] = []byte("\x89PNG\r\n\x1a\n")
}

// in returns the names of those that b holds.
func (s traces) in(b []byte) (found []string) {
	for name, t := range s {
		if bytes.Contains(b, t) {
			found = append(found, name)
		}
	}
	return found
}

// noisy is a frame of a person with pixels of its own.
func noisy(seed uint64) *camera.Frame {
	f := portrait(seed)
	f.Pix = make([]byte, 3*1024)
	r := rand.New(rand.NewPCG(seed, 3))
	for i := range f.Pix {
		f.Pix[i] = byte(r.Uint32())
	}
	return f
}

// lifetime enrols, recognises, limits, replaces, rekeys and erases people of a
// terminal whose state is in dir, and returns what must not be found there.
func lifetime(t *testing.T, dir string) traces {
	s := traces{}
	s.magics()
	synctest.Test(t, func(t *testing.T) {
		h := build(t, dir)
		for seed, id := range map[uint64]string{liFace: li, wangFace: wang, 3: teacher} {
			frames := []*camera.Frame{noisy(seed), noisy(seed)}
			_, err := h.EnrolFrames(t.Context(), kiosk.Person{ID: id, Name: "照片上的名字", Role: "pupil"}, frames, consentNow(), []string{"gate", "canteen"})
			if err != nil {
				t.Fatal(err)
			}
			s.descriptor("descriptor of "+id, looks(seed))
			s.picture("picture of "+id, frames[0])
		}
		w := h.watch(t)
		h.put(someone(1, liFace))
		want(t, "a member", w.since(time.Second), "recognised 李小明 by face")
		w.close()
		for _, purposes := range [][]string{{"canteen"}, nil} {
			if err := h.Forget(t.Context(), visit, wang, purposes); err != nil {
				t.Fatal(err)
			}
		}
		h.enrol(t, li, 4, "gate") // anew, in the place of the first
		s.descriptor("descriptor of the second enrolment", looks(4))
		if err := h.Identity.Close(); err != nil {
			t.Fatal(err)
		}
		if people, err := Rekey(h.cfg); err != nil || people != 2 {
			t.Errorf("Rekey: %d people, %v", people, err)
		}
		h.start(t)
		w = h.watch(t)
		defer w.close()
		h.put(someone(7, 4))
		want(t, "a member under new keys", w.since(time.Second), "recognised 李小明 by face")
	})
	for _, name := range []string{"李小明", "照片上的名字", li, wang, teacher} {
		s["the plain "+name] = []byte(name)
	}
	return s
}

// TestNoFaceOnDisk searches every file of a state directory after a lifetime of
// enrolments and deletions.
func TestNoFaceOnDisk(t *testing.T) {
	dir := t.TempDir()
	s := lifetime(t, dir)
	files := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		for _, what := range s.in(b) {
			t.Errorf("%s holds %s", path, what)
		}
		return err
	})
	if err != nil || files < 3 {
		t.Errorf("%d files searched, %v", files, err)
	}
	// The search is one that finds: what it looks for is found where it is.
	for name, trace := range s {
		if found := s.in(append([]byte("before"), trace...)); len(found) == 0 {
			t.Errorf("%s is not found where it is", name)
		}
	}
}

// TestEnrolOnAFullDisk: it is refused in order, nobody is half enrolled, and it works
// once there is room.
func TestEnrolOnAFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		files, err := filepath.Glob(filepath.Join(h.cfg.Dir, "gallery", "templates-*"))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		if err := h.Identity.Close(); err != nil {
			t.Fatal(err)
		}
		swap := func(link string) {
			t.Helper()
			if err := os.Remove(files[0]); err != nil {
				t.Fatal(err)
			}
			if link != "" {
				if err := os.Symlink(link, files[0]); err != nil {
					t.Fatal(err)
				}
			} else if err := os.WriteFile(files[0], nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		swap("/dev/full")
		h.start(t)
		h.put(someone(1, 50))
		o := h.enrolling(visitorRequest())
		time.Sleep(5 * time.Second)
		if !o.over() || kiosk.CodeOf(o.err) != kiosk.CodeDiskFull || kiosk.VisitorText(o.err).ZH == "" || h.Enrolled() != 0 {
			t.Errorf("on a full disk: %+v, %v, %d enrolled", o.value, o.err, h.Enrolled())
		}
		if err := h.Identity.Close(); err != nil {
			t.Fatal(err)
		}
		swap("")
		h.start(t)
		o = h.enrolling(visitorRequest())
		time.Sleep(5 * time.Second)
		if !o.over() || o.err != nil || h.Enrolled() != 1 {
			t.Errorf("with room again: %v, %d enrolled", o.err, h.Enrolled())
		}
	})
}

// TestNoFaceOnDiskImage searches the raw image of a file system, deleted files and
// journal included. It mounts one: it needs root, a loop device and TING_DISK_IMAGE=1.
func TestNoFaceOnDiskImage(t *testing.T) {
	if os.Getenv("TING_DISK_IMAGE") == "" {
		t.Skip("mounts a file system: TING_DISK_IMAGE=1, as root")
	}
	work := t.TempDir()
	imageFile, mount := filepath.Join(work, "disk.img"), filepath.Join(work, "mnt")
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
	}
	if err := os.Mkdir(mount, 0o700); err != nil {
		t.Fatal(err)
	}
	run("truncate", "-s", "64M", imageFile)
	run("mkfs.ext4", "-q", "-O", "^metadata_csum", imageFile)
	run("mount", "-o", "loop,data=journal", imageFile, mount)
	mounted := true
	t.Cleanup(func() {
		if mounted {
			_ = exec.Command("umount", mount).Run()
		}
	})

	// What is written plainly and deleted can be found in the image: the search would
	// see what a careless program leaves.
	control := traces{}
	control.descriptor("control", looks(77))
	var plain []byte
	for _, x := range looks(77) {
		plain = binary.LittleEndian.AppendUint32(plain, math.Float32bits(x))
	}
	careless := filepath.Join(mount, "careless")
	f, err := os.Create(careless)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(append(plain, make([]byte, 8192)...)); err != nil || f.Sync() != nil || f.Close() != nil {
		t.Fatal(err)
	}
	if err := os.Remove(careless); err != nil {
		t.Fatal(err)
	}
	run("sync")

	s := lifetime(t, filepath.Join(mount, "identity"))
	run("umount", mount)
	mounted = false
	raw, err := os.ReadFile(imageFile)
	if err != nil {
		t.Fatal(err)
	}
	if len(control.in(raw)) == 0 {
		t.Error("what was written plainly and deleted is not found: the search proves nothing")
	}
	for _, what := range s.in(raw) {
		t.Errorf("the disk's image holds %s", what)
	}
	t.Logf("%d MB searched for %d traces; the control's are there: %d", len(raw)>>20, len(s), len(control.in(raw)))
}
