package sim_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/devices/speaker"
	"github.com/luohu/ting/devices/speaker/sim"
	"github.com/luohu/ting/devices/speaker/speakertest"
)

func TestConformance(t *testing.T) {
	speakertest.Exercise(t, func(_ *testing.T, slow bool) speaker.Speaker {
		if slow {
			return sim.New(sim.Config{})
		}
		return sim.New(sim.Config{Pace: time.Microsecond})
	})
}

func TestTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sim.New(sim.Config{})
		began := time.Now()
		if err := s.Say(t.Context(), speaker.Sentence{Text: "请看镜头", Lang: speaker.ZH}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("four characters took %v", took)
		}
		go func() { _ = s.Say(t.Context(), speaker.Sentence{Text: "很长", Lang: speaker.ZH}) }()
		synctest.Wait()
		began = time.Now()
		if err := s.Say(t.Context(), speaker.Sentence{Text: "好", Lang: speaker.ZH}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 250*time.Millisecond {
			t.Errorf("the later sentence waited for the earlier: %v", took)
		}
	})
}

func open(t *testing.T, raw string) (speaker.Speaker, error) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return sim.Open(t.Context(), u)
}

func TestWritesWhatWouldBeHeard(t *testing.T) {
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("espeak-ng is missing: .ci/setup test installs it")
		}
		t.Skip("espeak-ng is missing: .ci/setup test installs it")
	}
	dir := filepath.Join(t.TempDir(), "said")
	s, err := open(t, "sim:?pace=1us&dir="+dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []speaker.Sentence{{Text: "餐费 12.50 元", Lang: speaker.ZH}, {Text: "Thank you", Lang: speaker.EN}} {
		if err := s.Say(t.Context(), what); err != nil {
			t.Fatal(err)
		}
	}
	if words, err := os.ReadFile(filepath.Join(dir, "0001-zh.txt")); err != nil || string(words) != "餐费 十二元五角\n" {
		t.Errorf("the words are %q, %v", words, err)
	}
	for _, name := range []string{"0001-zh.wav", "0002-en.wav"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		sound, err := speaker.ParseWAV(b)
		if err != nil {
			t.Fatal(err)
		}
		if sound.Duration() < 300*time.Millisecond || sound.Loudness() < 0.01 {
			t.Errorf("%s lasts %v at loudness %.3f", name, sound.Duration(), sound.Loudness())
		}
	}
}

func TestBroken(t *testing.T) {
	s, err := open(t, "sim:?broken=no+card")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Say(context.Background(), speaker.Sentence{Text: "好", Lang: speaker.ZH}); err == nil || errors.Is(err, speaker.ErrCut) {
		t.Errorf("a broken speaker spoke: %v", err)
	}
	if s.Status().Err == nil {
		t.Error("a broken speaker says that it can be heard")
	}
}

func TestWrongURLs(t *testing.T) {
	for _, raw := range []string{"sim:?pace=0", "sim:?pace=fast", "sim:?volume=3", "sim:?%zz"} {
		if _, err := open(t, raw); err == nil {
			t.Errorf("%s was opened", raw)
		}
	}
}
