package espeak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/luohu/ting/devices/speaker"
)

// Voice makes sound of sentences with espeak-ng, a child process for each: it
// takes some ten milliseconds, and nothing is running while nobody is spoken to.
type Voice struct {
	Program string // "" is espeak-ng
	Rate    int    // words a minute; 0 is usualRate
}

const usualRate = 150 // a little slower than espeak-ng's own 175

// voices are espeak-ng's names. The one called cmn reads Chinese as the English
// would read its pinyin, tone numbers as English words; cmn-latn-pinyin reads it
// with its tones.
var voices = map[speaker.Lang]string{speaker.ZH: "cmn-latn-pinyin", speaker.EN: "en"}

// maxWAV bounds what is kept of a sentence: nearly two minutes. What a voice
// spells out beyond that is not played.
const maxWAV = 5_000_000

// Speak makes sound of s.
func (v Voice) Speak(ctx context.Context, s speaker.Sentence) (speaker.Sound, error) {
	return v.speak(ctx, s, (*exec.Cmd).Start)
}

// speak starts the program by start, which may have its own thread for it.
func (v Voice) speak(ctx context.Context, s speaker.Sentence, start func(*exec.Cmd) error) (speaker.Sound, error) {
	voice, ok := voices[s.Lang]
	if !ok {
		return speaker.Sound{}, fmt.Errorf("no voice speaks %q", s.Lang)
	}
	words := speaker.Reading(s)
	if words == "" {
		return speaker.Sound{Rate: 22050, Channels: 1}, nil
	}
	program, rate := v.Program, v.Rate
	if program == "" {
		program = "espeak-ng"
	}
	if rate == 0 {
		rate = usualRate
	}
	cmd := exec.CommandContext(ctx, program, "-b", "1", "-v", voice, "-s", strconv.Itoa(rate), "--stdin", "--stdout")
	cmd.Stdin = strings.NewReader(words) // as an argument everybody on the machine could read it
	out, complaint := &bounded{most: maxWAV}, &bounded{most: 4 << 10}
	cmd.Stdout, cmd.Stderr = out, complaint
	if err := run(ctx, cmd, complaint, start); err != nil {
		return speaker.Sound{}, err
	}
	sound, err := speaker.ParseWAV(out.kept.Bytes())
	if err != nil {
		return speaker.Sound{}, fmt.Errorf("%s gave no sound: %w", program, err)
	}
	return sound, nil
}

// run runs a program to its end, or to ctx's.
func run(ctx context.Context, cmd *exec.Cmd, complaint *bounded, start func(*exec.Cmd) error) error {
	err := start(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%w (apt-get install espeak-ng alsa-utils)", err)
	case err != nil:
		if said := complaint.lastLine(); said != "" {
			return fmt.Errorf("%s (%w)", said, err)
		}
		return fmt.Errorf("%s: %w", filepath.Base(cmd.Path), err)
	}
	return nil
}

// bounded keeps the beginning of what a program writes, and never makes it wait.
type bounded struct {
	kept bytes.Buffer // not embedded: its ReadFrom would keep everything
	most int
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if room := b.most - b.kept.Len(); room > 0 {
		b.kept.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// lastLine is what a program said last.
func (b *bounded) lastLine() string {
	lines := strings.Split(strings.TrimSpace(b.kept.String()), "\n")
	return lines[len(lines)-1]
}
