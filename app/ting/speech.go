package main

import (
	"context"
	"errors"
	"sync"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/devices/speaker"
	"github.com/luohu/ting/kiosk/view"
)

// speech says what the shell wants said. The latest prompt wins; a speaker that
// cannot be heard is told once and costs nobody anything.
type speech struct {
	t       *terminal
	speaker speaker.Speaker

	mu   sync.Mutex
	hush context.CancelFunc // ends the prompt under way
	told bool               // the log knows that nothing is heard
}

// openSpeaker opens the speaker of terminal.toml. One that is only there because
// nothing else was said is no trouble when it is silent.
func (t *terminal) openSpeaker(ctx context.Context) error {
	url := t.config.Speaker.URL
	if url == noSpeaker {
		return nil
	}
	if url == "" {
		url = "espeak:"
	}
	s, err := speakerDrivers.Open(ctx, url)
	if err != nil {
		return &ConfigError{t.config.path, []string{"speaker.url: " + err.Error()}}
	}
	t.closers = append(t.closers, s.Close)
	t.speech = &speech{t: t, speaker: s, hush: func() {}}
	return nil
}

// prompt says p instead of the prompt before it. It does not wait.
func (s *speech) prompt(p shell.Prompt) {
	ctx, cancel := context.WithCancel(context.Background())
	s.mu.Lock()
	s.hush()
	s.hush = cancel
	s.mu.Unlock()
	if p.Text == "" {
		cancel()
		return
	}
	go func() {
		defer cancel()
		err := s.say(ctx, p.Text, p.Lang)
		if err == nil || ctx.Err() != nil || errors.Is(err, speaker.ErrCut) {
			return
		}
		s.mu.Lock()
		first := !s.told
		s.told = true
		s.mu.Unlock()
		if first {
			s.t.log.Warn("pages are not heard", "op", "speak", "cause", err)
		}
	}()
}

func (s *speech) say(ctx context.Context, text string, lang view.Lang) error {
	return s.speaker.Say(ctx, speaker.Sentence{Text: text, Lang: speaker.Lang(lang)})
}

// test says a sentence for the staff.
func (s *speech) test(ctx context.Context, lang view.Lang) error {
	return s.say(ctx, view.T("您好,欢迎使用本机。", "Hello. You are welcome.").In(lang), lang)
}
