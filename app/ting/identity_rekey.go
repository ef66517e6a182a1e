package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/identity/gallery"
)

// identity is what faces are kept by on this terminal.
func (c *Config) identity() identity.Config {
	return identity.Config{
		Dir: filepath.Join(c.Terminal.State, identityDir), Terminal: c.Terminal.ID, Site: c.Terminal.Site, Machine: machineID(),
	}
}

// machineID is the ID that the system drew for itself when it was installed; "" where
// it has none. The gallery of faces does not open on another machine.
func machineID() string {
	for _, p := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		if b, err := os.ReadFile(p); err == nil {
			if id := strings.TrimSpace(string(b)); len(id) >= 32 {
				return id
			}
		}
	}
	return ""
}

// identityRekey changes the keys of a terminal's gallery.
func identityRekey(_ context.Context, args []string, stdout, stderr io.Writer) error {
	fs := identityFlags("rekey", stderr)
	path := fs.String("config", "terminal.toml", "the terminal's configuration `file`")
	rest, err := parseAround(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		fs.Usage()
		return errUsage
	}
	c, err := LoadConfig(*path)
	if err != nil {
		return err
	}
	people, err := identity.Rekey(c.identity())
	switch {
	case errors.Is(err, gallery.ErrInUse):
		return fmt.Errorf("the terminal is running: stop it, and start it again afterwards: %w", err)
	case err != nil:
		return err
	}
	fmt.Fprintf(stdout, "all keys are new; enrolled, as before: %d\n", people)
	return nil
}
