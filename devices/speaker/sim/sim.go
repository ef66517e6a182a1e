// Package sim is a simulated speaker: it takes the time that speaking takes and
// remembers what it would have said. The URL scheme is sim.
//
//	sim:                  speaks at four characters a second, unheard
//	sim:?pace=20ms        takes 20 ms for each character
//	sim:?dir=/tmp/said    also writes each sentence as a WAV file (espeak-ng) with
//	                      its words beside it: 0001-zh.wav, 0001-zh.txt
//	sim:?broken=card      cannot be heard, for that reason
//
// Test with testing/synctest.
package sim

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/luohu/ting/devices/speaker"
	"github.com/luohu/ting/devices/speaker/espeak"
)

// Config says how a Speaker behaves.
type Config struct {
	Pace   time.Duration // for each character; 0 is usualPace
	Dir    string        // for WAV files; "" for none
	Broken string        // why it cannot be heard; "" when it can
}

const usualPace = 250 * time.Millisecond

// Speaker is a simulated speaker.
type Speaker struct {
	cfg   Config
	floor speaker.Floor

	mu    sync.Mutex
	begun []speaker.Sentence
	said  uint64
	err   error
}

var _ speaker.Speaker = (*Speaker)(nil)

// Open opens the speaker a sim: URL names. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (speaker.Speaker, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	var c Config
	for key := range q {
		value := q.Get(key)
		switch key {
		case "pace":
			if c.Pace, err = time.ParseDuration(value); err != nil || c.Pace <= 0 || c.Pace > 5*time.Second {
				err = fmt.Errorf("pace=%q: a duration up to 5s for each character, as in pace=20ms", value)
			}
		case "dir":
			c.Dir, err = value, os.MkdirAll(value, 0o700)
		case "broken":
			c.Broken = value
		default:
			err = fmt.Errorf("unknown parameter %q; there are pace, dir and broken", key)
		}
		if err != nil {
			return nil, err
		}
	}
	return New(c), nil
}

// New makes a speaker.
func New(c Config) *Speaker {
	if c.Pace == 0 {
		c.Pace = usualPace
	}
	s := &Speaker{cfg: c}
	if c.Broken != "" {
		s.err = fmt.Errorf("simulated speaker: %w", errors.New(c.Broken))
	}
	return s
}

// Say implements speaker.Speaker.
func (s *Speaker) Say(ctx context.Context, what speaker.Sentence) error {
	speaking, leave, err := s.floor.Take(ctx)
	if errors.Is(err, speaker.ErrCut) {
		return err
	}
	if err != nil {
		return fmt.Errorf("simulated speaker: %w", err)
	}
	defer leave()
	s.mu.Lock()
	broken := s.err
	if broken == nil {
		s.begun = append(s.begun, what)
	}
	n := len(s.begun)
	s.mu.Unlock()
	if broken != nil {
		return broken
	}
	if s.cfg.Dir != "" {
		if err := s.write(speaking, n, what); err != nil && speaking.Err() == nil {
			return fmt.Errorf("simulated speaker: %w", err)
		}
	}
	t := time.NewTimer(time.Duration(utf8.RuneCountInString(speaker.Reading(what))) * s.cfg.Pace)
	defer t.Stop()
	select {
	case <-t.C:
		s.mu.Lock()
		s.said++
		s.mu.Unlock()
		return nil
	case <-speaking.Done():
		if err := context.Cause(speaking); !errors.Is(err, speaker.ErrCut) {
			return fmt.Errorf("simulated speaker: %w", err)
		}
		return speaker.ErrCut
	}
}

// write writes the n-th sentence as it would be heard.
func (s *Speaker) write(ctx context.Context, n int, what speaker.Sentence) error {
	sound, err := espeak.Voice{}.Speak(ctx, what)
	if err != nil {
		return err
	}
	name := filepath.Join(s.cfg.Dir, fmt.Sprintf("%04d-%s", n, what.Lang))
	if err := os.WriteFile(name+".wav", sound.WAV(), 0o600); err != nil {
		return err
	}
	return os.WriteFile(name+".txt", []byte(speaker.Reading(what)+"\n"), 0o600)
}

// Begun is every sentence whose speaking began, the last one last.
func (s *Speaker) Begun() []speaker.Sentence {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.begun)
}

// Hush implements speaker.Speaker.
func (s *Speaker) Hush() { s.floor.Clear() }

// Status implements speaker.Speaker.
func (s *Speaker) Status() speaker.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return speaker.Status{Said: s.said, Err: s.err}
}

// Close implements speaker.Speaker.
func (s *Speaker) Close() error {
	s.floor.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = fmt.Errorf("simulated speaker: %w", speaker.ErrClosed)
	return nil
}
