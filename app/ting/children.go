package main

import (
	"fmt"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// children are processes that must not outlive this one: they are asked to end
// when it ends in order, and killed by the kernel when it does not.
type children struct {
	mu   sync.Mutex
	once sync.Once
	work chan func()
	list []*child
}

type child struct {
	name   string
	cmd    *exec.Cmd
	exited chan error // receives Wait's result once
	done   chan struct{}
}

// start starts cmd. The kernel's parent-death signal is bound to the thread
// that forks, so that all starts run on one thread which lives as long as the program.
func (c *children) start(name string, cmd *exec.Cmd) error {
	c.once.Do(func() {
		c.work = make(chan func())
		go func() {
			runtime.LockOSThread()
			for f := range c.work {
				f()
			}
		}()
	})
	// In a process group of its own, so that Ctrl-C reaches only the demo, which
	// then ends its children in the right order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	failed := make(chan error)
	c.work <- func() { failed <- cmd.Start() }
	if err := <-failed; err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	ch := &child{name: name, cmd: cmd, exited: make(chan error, 1), done: make(chan struct{})}
	go func() {
		ch.exited <- cmd.Wait()
		close(ch.done)
	}()
	c.mu.Lock()
	c.list = append(c.list, ch)
	c.mu.Unlock()
	return nil
}

// exited receives once the newest child of that name has ended.
func (c *children) exited(name string) <-chan error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.list) - 1; i >= 0; i-- {
		if c.list[i].name == name {
			return c.list[i].exited
		}
	}
	return nil
}

// stop ends every child, the last started first, and returns when all are gone.
func (c *children) stop() {
	c.mu.Lock()
	list := c.list
	c.list = nil
	c.mu.Unlock()
	for i := len(list) - 1; i >= 0; i-- {
		ch := list[i]
		select {
		case <-ch.done:
			continue
		default:
		}
		_ = ch.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		select {
		case <-ch.done:
		case <-time.After(10 * time.Second):
			_ = ch.cmd.Process.Kill()
			<-ch.done
		}
	}
}
