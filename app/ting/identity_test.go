package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/camera/district"
	"github.com/luohu/ting/kiosk/identity/calibration"
	"github.com/luohu/ting/kiosk/identity/evaluate"
)

// identify runs "ting identity" with these arguments.
func identify(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	err = identityCommand(t.Context(), args, &out, &errs)
	return out.String(), errs.String(), err
}

// faceEngine is the engine's program, built where there is none.
func faceEngine(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("TING_BIN"); dir != "" {
		return filepath.Join(dir, "ting-face")
	}
	program := filepath.Join(t.TempDir(), "ting-face")
	if out, err := exec.Command("go", "build", "-o", program, "../ting-face").CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("ting-face does not build: %v\n%s", err, out)
		}
		t.Skipf("ting-face does not build here: %v", err)
	}
	return program
}

func writePNG(t *testing.T, path string, f *camera.Frame) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, f.W, f.H))
	for i := range f.W * f.H {
		copy(m.Pix[4*i:], f.Pix[3*i:3*i+3])
		m.Pix[4*i+3] = 255
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestIdentityEvaluate measures the real engine on rendered people.
func TestIdentityEvaluate(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the face engine")
	}
	engine, dir := faceEngine(t), t.TempDir()
	const people, shots = 4, 3
	for n := range people {
		for i, f := range district.Portraits(district.Person(n+1), shots) {
			writePNG(t, filepath.Join(dir, fmt.Sprint("person-", n), fmt.Sprint(i, ".png")), f)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "person-0", "broken.jpg"), []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	plot, figures := filepath.Join(t.TempDir(), "p.png"), filepath.Join(t.TempDir(), "p.json")
	out, _, err := identify(t, "evaluate", dir, "-engine", engine, "-plot", plot, "-json", figures)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(out)
	for _, want := range []string{"13 of 4 people, 12 with a face", "person-0/broken.jpg: not a picture", "12 of one person, 54 of two", "rank 1              100.00 %"} {
		if !strings.Contains(out, want) {
			t.Errorf("does not say %q", want)
		}
	}
	var r evaluate.Report
	b, err := os.ReadFile(figures)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &r); err != nil || r.Described != people*shots || r.EER > 0.05 {
		t.Errorf("figures: %v, %d described, equal error rate %v", err, r.Described, r.EER)
	}
	f, err := os.Open(plot)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := png.Decode(f); err != nil {
		t.Errorf("picture: %v", err)
	}
	out, _, err = identify(t, "evaluate", "-json", "-", "-plot", "", "-engine", engine, dir)
	if err != nil || json.Unmarshal([]byte(out), &r) != nil {
		t.Errorf("JSON on standard output: %v\n%s", err, out)
	}
}

func TestIdentityUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"frobnicate"}, {"evaluate"}, {"evaluate", "a", "b"}, {"evaluate", "a", "-far", "2"}, {"calibrate"}, {"calibrate", "-state", "x", "y"}} {
		if _, said, err := identify(t, args...); !errors.Is(err, errUsage) || said == "" {
			t.Errorf("%q: %v, %q", args, err, said)
		}
	}
	if _, _, err := identify(t, "evaluate", filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if _, _, err := identify(t, "evaluate", t.TempDir()); err == nil || !strings.Contains(err.Error(), "li/1.jpg") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, _, err := identify(t, "calibrate", "-state", t.TempDir()); err == nil || !strings.Contains(err.Error(), "counted") {
		t.Errorf("no distances: %v", err)
	}
}

// TestIdentityCalibrate proposes a threshold from what a terminal counted, with a
// picture, once there is enough.
func TestIdentityCalibrate(t *testing.T) {
	state := t.TempDir()
	dir := filepath.Join(state, identityDir)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	count := func(people int) {
		t.Helper()
		c := calibration.NewCounter(dir, time.Now)
		for range people {
			others := make([]float64, 8)
			for i := range others {
				others[i] = 0.6 + 0.06*r.NormFloat64()
			}
			if err := c.Recognised("m", 0.28+0.03*r.NormFloat64(), 0.5, others); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Save(); err != nil {
			t.Fatal(err)
		}
	}
	plot := filepath.Join(t.TempDir(), "p.png")
	count(20)
	out, _, err := identify(t, "calibrate", "-state", state, "-plot", "")
	if err != nil || !strings.Contains(out, "none: about 3840 distances") || !strings.Contains(out, "TAR looks better than it is") {
		t.Errorf("160 distances: %v\n%s", err, out)
	}
	count(2000)
	out, _, err = identify(t, "calibrate", "-state", state, "-plot", plot, "-json", filepath.Join(state, "figures.json"))
	if err != nil || !strings.Contains(out, "[face]\nthreshold = 0.") {
		t.Errorf("16,000 distances: %v\n%s", err, out)
	}
	t.Log(out)
	b, err := os.ReadFile(filepath.Join(state, "figures.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c calibrated
	// 3.09 deviations below the mean is a rate of 1e-3.
	if err := json.Unmarshal(b, &c); err != nil || c.Proposed > 0.6-0.06*3.09 || c.Proposed < 0.35 {
		t.Errorf("proposed %g (%v)", c.Proposed, err)
	}
	if f, err := os.ReadFile(plot); err != nil || !bytes.HasPrefix(f, []byte("\x89PNG")) {
		t.Errorf("picture: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, calibration.File), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := identify(t, "calibrate", "-state", state); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged file: %v", err)
	}
}
