package calibration

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var monday = time.Date(2026, 9, 7, 7, 45, 12, 0, time.UTC)

func at() time.Time { return monday }

func TestCountsAndContinues(t *testing.T) {
	dir := t.TempDir()
	c := NewCounter(dir, at)
	for range 3 {
		if err := c.Recognised("m1", 0.25, 0.55, []float64{0.6, 0.7}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Confirmed("m1", 0.41, []float64{0.65}); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("written before there was enough: %v", err)
	}
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	c = NewCounter(dir, at)
	if err := c.Recognised("m1", 0.3, 9, nil); err != nil { // nobody else is enrolled
		t.Fatal(err)
	}
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	k, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if k.Recognised.N() != 4 || k.Confirmed.N() != 1 || k.Others.N() != 7 || k.NearestOther.N() != 3 {
		t.Errorf("%d recognised, %d confirmed, %d others, %d nearest", k.Recognised.N(), k.Confirmed.N(), k.Others.N(), k.NearestOther.N())
	}
	if !k.Since.Equal(monday.Truncate(24*time.Hour)) || k.Model != "m1" {
		t.Errorf("since %v, model %q", k.Since, k.Model)
	}
	if d, confirmed := k.Genuine(); confirmed || d != k.Recognised {
		t.Error("one confirmed distance counts for more than four recognised")
	}
}

// TestOtherWeights begins anew: distances of other weights say nothing.
func TestOtherWeights(t *testing.T) {
	dir := t.TempDir()
	c := NewCounter(dir, at)
	c.Recognised("m1", 0.25, 0.55, nil)
	c.Recognised("m2", 0.35, 0.65, nil)
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	if k, err := Read(dir); err != nil || k.Model != "m2" || k.Recognised.N() != 1 {
		t.Errorf("%+v, %v", k, err)
	}
}

// TestSavesByItself writes after saveEvery people, and tells when it cannot.
func TestSavesByItself(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not made yet")
	c := NewCounter(dir, at)
	var failed int
	for range 2*saveEvery - 1 {
		if c.Recognised("m", 0.2, 0.5, nil) != nil {
			failed++
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	if failed != 1 {
		t.Errorf("failed %d times, want once", failed)
	}
	c.Recognised("m", 0.2, 0.5, nil)
	if k, err := Read(dir); err != nil || k.Recognised.N() != 2*saveEvery {
		t.Errorf("nothing lost: %v", err)
	}
}

// TestDamaged is told of by Read, and begun anew by a Counter.
func TestDamaged(t *testing.T) {
	for _, content := range []string{"", "{", `{"format":1}`, `{"format":2,"confirmed":{},"recognised":{},"others":{},"nearest_other":{}}`, `{"format":1,"others":null}`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, File), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if content != `{"format":1}` { // empty distributions are no damage
			if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("%q: %v", content, err)
			}
		}
		c := NewCounter(dir, at)
		c.Recognised("m", 0.2, 0.5, nil)
		if err := c.Save(); err != nil {
			t.Errorf("%q: %v", content, err)
		}
		if k, err := Read(dir); err != nil || k.Recognised.N() != 1 {
			t.Errorf("%q: begun anew: %v", content, err)
		}
	}
}
