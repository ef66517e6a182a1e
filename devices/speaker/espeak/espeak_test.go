package espeak_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/devices/speaker"
	"github.com/luohu/ting/devices/speaker/espeak"
	"github.com/luohu/ting/devices/speaker/speakertest"
)

// need skips a test without the programs, and fails it in CI.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err == nil {
			continue
		}
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: .ci/setup test installs it", p)
		}
		t.Skipf("%s is missing: .ci/setup test installs it", p)
	}
}

// TestConformance plays to ALSA's null device, which takes no time; where a
// sentence has to last, to a player that does not end by itself.
func TestConformance(t *testing.T) {
	need(t, "espeak-ng", "aplay")
	speakertest.Exercise(t, func(_ *testing.T, slow bool) speaker.Speaker {
		c := espeak.Config{Player: []string{"aplay", "-q", "-D", "null", "-"}}
		if slow {
			c.Player = []string{"sh", "-c", "cat >/dev/null; exec sleep 60"}
		}
		return espeak.New(c)
	})
}

func open(t *testing.T, raw string) (speaker.Speaker, error) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	s, err := espeak.Open(t.Context(), u)
	if err == nil {
		t.Cleanup(func() { s.Close() })
	}
	return s, err
}

func TestOpensByURL(t *testing.T) {
	need(t, "espeak-ng", "aplay")
	s, err := open(t, "espeak:?device=null&volume=60&rate=130")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Say(t.Context(), speaker.Sentence{Text: "请看镜头", Lang: speaker.ZH}); err != nil {
		t.Error(err)
	}
	for _, raw := range []string{
		"espeak:?volume=0", "espeak:?volume=101", "espeak:?rate=9", "espeak:?recordings=/nowhere/at/all",
		"espeak:?loud=1", "espeak:cmn", "espeak://host", "espeak:?%zz",
	} {
		if _, err := open(t, raw); err == nil {
			t.Errorf("%s was opened", raw)
		}
	}
}

// TestChineseHasTones holds the voice: the usual one of that language reads tone
// numbers aloud in English.
func TestChineseHasTones(t *testing.T) {
	need(t, "espeak-ng")
	out, err := exec.Command("espeak-ng", "-b", "1", "-v", "cmn-latn-pinyin", "-q", "-x", "请看镜头 chong2 xin1").Output()
	if err != nil {
		t.Fatal(err)
	}
	if said := string(out); strings.Contains(said, "(en)") || !strings.Contains(said, "kh'a51n") || !strings.Contains(said, "ts.h'ong35") {
		t.Errorf("the phonemes are %q", said)
	}
	sound, err := espeak.Voice{}.Speak(t.Context(), speaker.Sentence{Text: "请看镜头", Lang: speaker.ZH})
	if err != nil {
		t.Fatal(err)
	}
	if d := sound.Duration(); d < 500*time.Millisecond || d > 3*time.Second {
		t.Errorf("four syllables last %v", d)
	}
	if sound.Loudness() < 0.01 {
		t.Errorf("loudness %.3f: nothing is heard", sound.Loudness())
	}
}

// TestUnheard is a machine without a sound card, or without the programs.
func TestUnheard(t *testing.T) {
	need(t, "espeak-ng", "aplay")
	for _, c := range []struct {
		name string
		cfg  espeak.Config
		want string
	}{
		{"no card", espeak.Config{Player: []string{"aplay", "-q", "-D", "plughw:31", "-"}}, "audio open error"},
		{"no player", espeak.Config{Player: []string{"ting-has-no-such-player"}}, "alsa-utils"},
		{"no voice", espeak.Config{Voice: espeak.Voice{Program: "ting-has-no-such-voice"}, Player: []string{"true"}}, "espeak-ng"},
	} {
		s := espeak.New(c.cfg)
		err := s.Say(t.Context(), speaker.Sentence{Text: "好", Lang: speaker.ZH})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.want)
		}
		if st := s.Status(); st.Err == nil || st.Said != 0 {
			t.Errorf("%s: status is %+v", c.name, st)
		}
		s.Close()
	}
}

func TestRecordings(t *testing.T) {
	need(t, "espeak-ng")
	dir := t.TempDir()
	what := speaker.Sentence{Text: "欢迎", Lang: speaker.ZH}
	played := filepath.Join(dir, "played")
	s := espeak.New(espeak.Config{Volume: 50, Recordings: dir, Player: []string{"sh", "-c", "cat >" + played}})
	defer s.Close()
	heard := func() speaker.Sound {
		t.Helper()
		if err := s.Say(t.Context(), what); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(played)
		if err != nil {
			t.Fatal(err)
		}
		sound, err := speaker.ParseWAV(b)
		if err != nil {
			t.Fatal(err)
		}
		return sound
	}
	if sound := heard(); sound.Rate != 22050 {
		t.Errorf("espeak-ng's sound has a rate of %d", sound.Rate)
	}
	recording := filepath.Join(dir, espeak.Recording(what))
	if espeak.Recording(what) != espeak.Recording(speaker.Sentence{Text: " 欢迎。", Lang: speaker.ZH}) || espeak.Recording(what) == espeak.Recording(speaker.Sentence{Text: "欢迎", Lang: speaker.EN}) {
		t.Error("a recording's name depends on the sentence and its language alone")
	}
	if err := os.WriteFile(recording, speaker.Sound{Rate: 16000, Channels: 1, Samples: []int16{1000, -1000}}.WAV(), 0o600); err != nil {
		t.Fatal(err)
	}
	if sound := heard(); sound.Rate != 16000 || len(sound.Samples) != 2 || sound.Samples[0] != 500 {
		t.Errorf("the recording was played as %+v, want it at half its volume", sound)
	}
	if err := os.WriteFile(recording, []byte("an MP3 somebody renamed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if sound := heard(); sound.Rate != 22050 {
		t.Errorf("a bad recording was played: rate %d", sound.Rate)
	}
	if st := s.Status(); st.Err == nil || !strings.Contains(st.Err.Error(), "WAV") {
		t.Errorf("status %+v does not name the bad recording", st)
	}
}

// TestNobodySeesTheWords keeps sentences out of the list of processes.
func TestNobodySeesTheWords(t *testing.T) {
	need(t, "espeak-ng")
	dir := t.TempDir()
	program := filepath.Join(dir, "voice")
	args := filepath.Join(dir, "args")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"$@\" >"+args+"\nexec espeak-ng \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := (espeak.Voice{Program: program}).Speak(context.Background(), speaker.Sentence{Text: "secret words", Lang: speaker.EN}); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(args); err != nil || strings.Contains(string(b), "secret") {
		t.Errorf("the arguments are %q, %v", b, err)
	}
}
