package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// clobber has Go's collector overwrite what it frees. A number that a visitor
// typed would else stand in free memory until something else happens to need
// that very place. Go has this as a setting that is read once, when a program
// starts, so that the program starts itself anew with it; its children do not
// inherit it.
func clobber() error {
	const setting = "clobberfree=1"
	all := strings.Split(os.Getenv("GODEBUG"), ",")
	if i := slices.Index(all, setting); i >= 0 {
		return os.Setenv("GODEBUG", strings.Join(slices.Delete(all, i, i+1), ","))
	}
	self, err := os.Executable()
	if err == nil {
		env := append(os.Environ(), "GODEBUG="+strings.Trim(os.Getenv("GODEBUG")+","+setting, ","))
		err = syscall.Exec(self, os.Args, env) // returns only when it fails
	}
	return fmt.Errorf("start again with GODEBUG=%s: %w", setting, err)
}
