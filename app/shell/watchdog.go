package shell

import (
	"os"
	"runtime"
	"time"
)

// ExitStuck is the exit code of a shell whose loop did not move for patience;
// whoever started it starts it again.
const ExitStuck = 70

const (
	beatEvery = time.Second
	patience  = 5 * time.Second
)

// keepTime posts a beat every second and watches that the loop answers it.
func (s *Shell) keepTime() {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	w := watchdog{patience: patience, bite: s.stuck}
	for {
		select {
		case <-s.quit:
			return
		case now := <-tick.C:
			w.look(now)
			if w.expect(now) {
				s.loop.post(func() {
					w.answered()
					s.beat()
				})
			}
		}
	}
}

// stuck ends the process with every goroutine's stack in the log: a shell that
// draws nothing helps nobody, and a restart takes a second.
func (s *Shell) stuck(late time.Duration) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	s.log.Error("the screen does not move", "op", "watchdog", "late", late.Round(time.Millisecond), "goroutines", string(stacks))
	os.Exit(ExitStuck)
}
