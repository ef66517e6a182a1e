package shell

import (
	"slices"
	"sync"
)

// aside does work away from the loop, one piece after another on one goroutine,
// and what each piece returns on the loop: decoding a picture, drawing a map.
// Work must touch no widget. An owner's newer work replaces what is still
// waiting, so that a flood of updates never queues.
type aside struct {
	post   func(func())
	inline bool // at once, on the loop: for tests

	mu   sync.Mutex
	jobs []asideJob
	busy bool
}

type asideJob struct {
	owner any
	work  func() (then func())
}

// do is called on the loop.
func (a *aside) do(owner any, work func() (then func())) {
	if a.inline {
		work()()
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.jobs = slices.DeleteFunc(a.jobs, func(j asideJob) bool { return j.owner == owner })
	a.jobs = append(a.jobs, asideJob{owner, work})
	if !a.busy {
		a.busy = true
		go a.run()
	}
}

// forget drops what an owner waits for: it has gone off the page.
func (a *aside) forget(owner any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.jobs = slices.DeleteFunc(a.jobs, func(j asideJob) bool { return j.owner == owner })
}

func (a *aside) run() {
	for {
		a.mu.Lock()
		if len(a.jobs) == 0 {
			a.busy = false
			a.mu.Unlock()
			return
		}
		job := a.jobs[0]
		a.jobs = slices.Delete(a.jobs, 0, 1)
		a.mu.Unlock()
		a.post(job.work())
	}
}
