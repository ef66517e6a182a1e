package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/devices/speaker"
	speakersim "github.com/luohu/ting/devices/speaker/sim"
	"github.com/luohu/ting/kiosk/view"
)

func TestVisitTimes(t *testing.T) {
	for _, c := range []struct {
		v             VisitConfig
		idle, attract time.Duration
		bad           bool
	}{
		{VisitConfig{}, time.Minute, 2 * time.Minute, false},
		{VisitConfig{Idle: "90s", Attract: "never"}, 90 * time.Second, 0, false},
		{VisitConfig{Idle: "1s"}, 0, 0, true},
		{VisitConfig{Idle: "soon"}, 0, 0, true},
		{VisitConfig{Attract: "1s"}, 0, 0, true},
	} {
		idle, attract, err := c.v.times()
		if idle != c.idle || attract != c.attract || (err != nil) != c.bad {
			t.Errorf("%+v: idle %v, attract %v, error %v", c.v, idle, attract, err)
		}
	}
	if l := leaving(time.Minute); l != 15*time.Second {
		t.Errorf("of a minute the last %v are asked about", l)
	}
	if l := leaving(9 * time.Second); l != 3*time.Second {
		t.Errorf("of nine seconds the last %v are asked about", l)
	}
}

func TestMaintenanceCommands(t *testing.T) {
	if p := (MaintenanceConfig{Reboot: []string{"/nowhere/at/all"}, Shutdown: []string{"true"}}).check(); len(p) != 1 || !strings.Contains(p[0], "maintenance.reboot") {
		t.Errorf("problems: %q", p)
	}
	if machine(nil) != nil {
		t.Error("what is not configured is offered")
	}
	if err := machine([]string{"true"})(t.Context()); err != nil {
		t.Error(err)
	}
	err := machine([]string{"sh", "-c", "echo not allowed; exit 1"})(t.Context())
	if err == nil || !strings.Contains(err.Error(), "not allowed") {
		t.Errorf("the failure is told as %v", err)
	}
}

func TestLogTail(t *testing.T) {
	var out bytes.Buffer
	tail := newLogTail(slog.NewTextHandler(&out, nil))
	log := slog.New(tail).With("module", "gate")
	log.Debug("not kept")
	log.Error("the screen does not move", "op", "watchdog", "goroutines", strings.Repeat("stack ", 10000), "cause", errors.New("late"))
	lines := tail.Lines()
	if len(lines) != 1 || lines[0].Text != "the screen does not move  op: watchdog  module: gate  cause: late" || lines[0].Level != slog.LevelError {
		t.Fatalf("kept: %+v", lines)
	}
	for range 3 * tailLines {
		log.Info(strings.Repeat("字", 2*tailText))
	}
	if lines = tail.Lines(); len(lines) != tailLines || len([]rune(lines[0].Text)) != tailText {
		t.Errorf("%d lines are kept, of %d characters", len(lines), len([]rune(lines[0].Text)))
	}
	if !strings.Contains(out.String(), "goroutines=") {
		t.Error("the log itself lost something")
	}
}

// TestSpeechLatestWins asks for prompts as a hurried visitor makes them.
func TestSpeechLatestWins(t *testing.T) {
	sim := speakersim.New(speakersim.Config{Pace: time.Hour})
	defer sim.Close()
	s := &speech{t: &terminal{log: slog.New(slog.DiscardHandler)}, speaker: sim, hush: func() {}}
	heard := make(chan speaker.Sentence)
	s.speaker = told{sim, heard}
	s.prompt(shell.Prompt{Text: "一", Lang: view.ZH})
	if got := <-heard; got.Text != "一" || got.Lang != speaker.ZH {
		t.Errorf("said %+v", got)
	}
	s.prompt(shell.Prompt{Text: "two", Lang: view.EN})
	if got := <-heard; got.Text != "two" || got.Lang != speaker.EN {
		t.Errorf("said %+v", got)
	}
	s.prompt(shell.Prompt{})
	s.speaker.Hush() // returns when the floor is free
	if st := sim.Status(); st.Said != 0 || st.Err != nil {
		t.Errorf("status %+v", st)
	}
}

// told is a speaker that tells what it is asked to say.
type told struct {
	speaker.Speaker
	heard chan<- speaker.Sentence
}

func (s told) Say(ctx context.Context, what speaker.Sentence) error {
	s.heard <- what
	return s.Speaker.Say(ctx, what)
}
