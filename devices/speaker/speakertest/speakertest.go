// Package speakertest is what every speaker driver must pass: call Exercise
// from the driver's own test.
package speakertest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/devices/speaker"
)

// Factory makes a speaker that can be heard. slow asks for one that takes long
// over a long sentence, so that it can be cut short; else it should be quick.
type Factory func(t *testing.T, slow bool) speaker.Speaker

// patience is for a busy machine; nothing waits for it to pass.
const patience = 20 * time.Second

// Exercise runs the suite.
func Exercise(t *testing.T, open Factory) {
	for _, c := range []struct {
		name string
		slow bool
		run  func(*testing.T, speaker.Speaker)
	}{
		{"SaysToTheEndAndCounts", false, saysAndCounts},
		{"SaysNothingAtOnce", false, saysNothing},
		{"KnowsItsLanguages", false, knowsLanguages},
		{"LatestWins", true, latestWins},
		{"HushCutsShort", true, hushCuts},
		{"EndsWithItsContext", true, endsWithContext},
		{"EndedContextSaysNothing", false, endedContext},
		{"CloseEndsAll", true, closeEnds},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, c.slow)
			defer func() {
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}()
			c.run(t, s)
		})
	}
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func saysAndCounts(t *testing.T, s speaker.Speaker) {
	if st := s.Status(); st.Said != 0 || st.Err != nil {
		t.Errorf("status of a new speaker is %+v, want nothing said, no error", st)
	}
	for n, what := range []speaker.Sentence{
		{Text: "请看镜头。", Lang: speaker.ZH},
		{Text: "Please look at the camera.", Lang: speaker.EN},
	} {
		if err := s.Say(within(t), what); err != nil {
			t.Fatalf("%q: %v", what.Text, err)
		}
		if st := s.Status(); st.Said != uint64(n+1) || st.Err != nil {
			t.Errorf("after %d sentences the status is %+v", n+1, st)
		}
	}
}

func saysNothing(t *testing.T, s speaker.Speaker) {
	if err := s.Say(within(t), speaker.Sentence{Text: " \u200b\n", Lang: speaker.ZH}); err != nil {
		t.Errorf("a sentence without a word: %v", err)
	}
}

func knowsLanguages(t *testing.T, s speaker.Speaker) {
	// A sentence with all that could mean something to a program.
	for _, text := range []string{"-h --version", "<speak>&amp;</speak>", "[[h@l'oU]]", "$(reboot)", strings.Repeat("很长的一句话。", 500)[:600]} {
		text = strings.ToValidUTF8(text, "")
		if err := s.Say(within(t), speaker.Sentence{Text: text, Lang: speaker.EN}); err != nil {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// long takes any voice a while.
var long = speaker.Sentence{Text: strings.Repeat("请在这里等一会儿,马上就好。", 20), Lang: speaker.ZH}

// begin says a sentence beside the test, and returns when it has the floor.
func begin(ctx context.Context, t *testing.T, s speaker.Speaker) <-chan error {
	t.Helper()
	said := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		close(started)
		said <- s.Say(ctx, long)
	}()
	<-started
	return said
}

func outcome(t *testing.T, said <-chan error) error {
	t.Helper()
	select {
	case err := <-said:
		return err
	case <-time.After(patience):
		t.Fatal("it is still being said")
		return nil
	}
}

// latestWins says many at once: one is heard, whichever came last, or none when
// it was cut by nothing but the end.
func latestWins(t *testing.T, s speaker.Speaker) {
	var all []<-chan error
	for range 5 {
		all = append(all, begin(within(t), t, s))
	}
	// One of them has the floor, or will have it; all are cut by the last.
	cut := 0
	for cut < len(all)-1 {
		for i, said := range all {
			if said == nil {
				continue
			}
			select {
			case err := <-said:
				if !errors.Is(err, speaker.ErrCut) {
					t.Fatalf("it ended with %v, want ErrCut", err)
				}
				cut++
				all[i] = nil
			case <-time.After(patience):
				t.Fatal("none was cut short")
			default:
			}
		}
	}
	s.Hush()
	for _, said := range all {
		if said != nil {
			if err := outcome(t, said); !errors.Is(err, speaker.ErrCut) {
				t.Errorf("the last one ended with %v, want ErrCut by Hush", err)
			}
		}
	}
	if st := s.Status(); st.Said != 0 || st.Err != nil {
		t.Errorf("status is %+v, want nothing heard to its end, no error", st)
	}
}

func hushCuts(t *testing.T, s speaker.Speaker) {
	s.Hush() // quiet already
	said := begin(within(t), t, s)
	for {
		s.Hush() // it may come before the sentence has begun
		select {
		case err := <-said:
			if !errors.Is(err, speaker.ErrCut) {
				t.Errorf("it ended with %v, want ErrCut", err)
			}
			return
		default:
		}
	}
}

func endsWithContext(t *testing.T, s speaker.Speaker) {
	ctx, cancel := context.WithCancel(within(t))
	said := begin(ctx, t, s)
	cancel()
	if err := outcome(t, said); !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v, want one that wraps context.Canceled", err)
	}
}

func endedContext(t *testing.T, s speaker.Speaker) {
	ctx, cancel := context.WithCancel(within(t))
	cancel()
	if err := s.Say(ctx, speaker.Sentence{Text: "一", Lang: speaker.ZH}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that wraps context.Canceled", err)
	}
	if err := s.Say(within(t), speaker.Sentence{Text: "二", Lang: speaker.ZH}); err != nil {
		t.Errorf("the next one fails too: %v", err)
	}
}

func closeEnds(t *testing.T, s speaker.Speaker) {
	said := begin(within(t), t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := outcome(t, said); !errors.Is(err, speaker.ErrCut) && !errors.Is(err, speaker.ErrClosed) {
		t.Errorf("it ended with %v, want ErrCut or ErrClosed", err)
	}
	if err := s.Say(within(t), long); !errors.Is(err, speaker.ErrClosed) {
		t.Errorf("a closed speaker spoke: %v", err)
	}
	if s.Status().Err == nil {
		t.Error("a closed speaker says that it can be heard")
	}
}
