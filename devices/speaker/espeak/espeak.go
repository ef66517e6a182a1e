// Package espeak speaks with espeak-ng, or with what a person has recorded, and
// plays it with ALSA's aplay. The URL scheme is espeak.
//
//	espeak:                              the machine's own sound card
//	espeak:?volume=60&rate=130           quieter and slower
//	espeak:?device=plughw:1,0            another card (aplay -L names them)
//	espeak:?recordings=/srv/ting/voice   recordings first, espeak-ng for the rest
//
// A recording is a WAV file named by Recording; "ting say" prints the names. One
// that cannot be read is told in Status and spoken by espeak-ng instead.
//
// Each sentence is two short child processes, which die with this program.
// Sentences go through pipes: no list of processes shows them.
package espeak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"

	"github.com/luohu/ting/devices/speaker"
)

// Config says how a Speaker speaks.
type Config struct {
	Voice      Voice
	Volume     int      // percent; 0 is usualVolume
	Recordings string   // directory; "" for none
	Player     []string // reads a WAV file from its standard input; nil is aplay
}

const usualVolume = 80

// Speaker speaks through the machine's sound card.
type Speaker struct {
	cfg    Config
	floor  speaker.Floor
	thread thread

	mu   sync.Mutex
	said uint64
	err  error // of the last try to be heard
	bad  error // of the last recording that could not be read
}

var _ speaker.Speaker = (*Speaker)(nil)

// Open opens the speaker an espeak: URL names. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (speaker.Speaker, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	if u.Host != "" || u.Path != "" || u.Opaque != "" {
		return nil, errors.New("nothing stands between espeak: and its parameters, as in espeak:?volume=60")
	}
	c := Config{}
	for key := range q {
		value := q.Get(key)
		switch key {
		case "volume":
			c.Volume, err = number(key, value, 1, 100)
		case "rate":
			c.Voice.Rate, err = number(key, value, 80, 300)
		case "device":
			c.Player = aplay(value)
		case "recordings":
			if info, e := os.Stat(value); e != nil || !info.IsDir() {
				err = fmt.Errorf("recordings=%q is no directory", value)
			}
			c.Recordings = value
		default:
			err = fmt.Errorf("unknown parameter %q; there are volume, rate, device and recordings", key)
		}
		if err != nil {
			return nil, err
		}
	}
	s := New(c)
	s.probe()
	return s, nil
}

func number(key, value string, least, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s=%q: a number from %d to %d", key, value, least, most)
	}
	return n, nil
}

func aplay(device string) []string {
	if device == "" {
		return []string{"aplay", "-q", "-"}
	}
	return []string{"aplay", "-q", "-D", device, "-"}
}

// New makes a speaker.
func New(c Config) *Speaker {
	if c.Volume == 0 {
		c.Volume = usualVolume
	}
	if c.Player == nil {
		c.Player = aplay("")
	}
	return &Speaker{cfg: c}
}

// probe finds out in the background whether the speaker can be heard, by a
// moment of silence.
func (s *Speaker) probe() {
	speaking, leave, err := s.floor.Take(context.Background())
	if err != nil {
		return
	}
	go func() {
		defer leave()
		const moment = 441 // samples: 20 ms
		err := s.play(speaking, speaker.Sound{Rate: 22050, Channels: 1, Samples: make([]int16, moment)})
		if speaking.Err() == nil {
			s.heard(err, 0)
		}
	}()
}

// Say implements speaker.Speaker.
func (s *Speaker) Say(ctx context.Context, what speaker.Sentence) error {
	speaking, leave, err := s.floor.Take(ctx)
	if err != nil {
		return wrap(err)
	}
	defer leave()
	sound, err := s.sound(speaking, what)
	if err == nil {
		err = s.play(speaking, sound)
	}
	if speaking.Err() != nil {
		return wrap(context.Cause(speaking))
	}
	s.heard(err, 1)
	return wrap(err)
}

// wrap leaves ErrCut as it is, which callers compare.
func wrap(err error) error {
	if err == nil || errors.Is(err, speaker.ErrCut) {
		return err
	}
	return fmt.Errorf("speaker: %w", err)
}

// heard notes how a try to be heard went.
func (s *Speaker) heard(err error, sentences uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err = err; err == nil {
		s.said += sentences
	}
}

// sound is a sentence's recording, or what espeak-ng makes of it.
func (s *Speaker) sound(ctx context.Context, what speaker.Sentence) (speaker.Sound, error) {
	sound, ok, err := recorded(s.cfg.Recordings, what)
	s.mu.Lock()
	if ok || err != nil {
		s.bad = err
	}
	s.mu.Unlock()
	if ok {
		return sound, nil
	}
	return s.cfg.Voice.speak(ctx, what, s.thread.start)
}

// play plays a sound to its end.
func (s *Speaker) play(ctx context.Context, sound speaker.Sound) error {
	if len(sound.Samples) == 0 {
		return nil
	}
	cmd := exec.CommandContext(ctx, s.cfg.Player[0], s.cfg.Player[1:]...)
	cmd.Stdin = bytes.NewReader(sound.Scaled(float64(s.cfg.Volume) / 100).WAV())
	complaint := &bounded{most: 4 << 10}
	cmd.Stderr = complaint
	return run(ctx, cmd, complaint, s.thread.start)
}

// Hush implements speaker.Speaker.
func (s *Speaker) Hush() { s.floor.Clear() }

// Status implements speaker.Speaker.
func (s *Speaker) Status() speaker.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.err
	if err == nil {
		err = s.bad
	}
	return speaker.Status{Said: s.said, Err: err}
}

// Close implements speaker.Speaker.
func (s *Speaker) Close() error {
	s.floor.Close()
	s.thread.close()
	s.heard(speaker.ErrClosed, 0)
	return nil
}

// thread starts children that must not outlive this program. The kernel binds
// that promise to the thread that forks, so that all starts run on one thread
// which lives as long as the speaker.
type thread struct {
	once sync.Once
	mu   sync.Mutex
	work chan func()
	over bool
}

func (t *thread) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	t.once.Do(func() {
		t.work = make(chan func())
		go func() {
			runtime.LockOSThread()
			for f := range t.work {
				f()
			}
		}()
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return speaker.ErrClosed
	}
	failed := make(chan error, 1)
	t.work <- func() { failed <- cmd.Start() }
	return <-failed
}

// close ends the thread; no child of it runs any more.
func (t *thread) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.over && t.work != nil {
		close(t.work)
	}
	t.over = true
}
