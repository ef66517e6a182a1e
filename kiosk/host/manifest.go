package host

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/luohu/ting/kiosk"
)

var moduleID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// CheckManifest says everything that is wrong with a manifest; nil when nothing is.
func CheckManifest(m kiosk.Manifest) error {
	var wrong []error
	bad := func(format string, a ...any) { wrong = append(wrong, fmt.Errorf("manifest: "+format, a...)) }
	if !moduleID.MatchString(m.ID) {
		bad("ID %q: 1 to 64 of a-z, 0-9 and '-' are needed", m.ID)
	}
	if m.Version == "" {
		bad("a version is needed")
	}
	if m.Title.IsZero() {
		bad("a title is needed")
	}
	for _, p := range m.Permissions {
		if !slices.Contains(kiosk.Permissions(), p) {
			bad("unknown permission %q, there are: %v", p, kiosk.Permissions())
		}
	}
	seen := map[string]bool{}
	for _, k := range m.Records {
		if !strings.HasPrefix(k.Name, m.ID+".") || k.Name == m.ID+"." {
			bad("record kind %q must begin with %q", k.Name, m.ID+".")
		}
		if k.Version < 1 {
			bad("record kind %q: versions count from 1", k.Name)
		}
		if id := fmt.Sprintf("%s/%d", k.Name, k.Version); seen[id] {
			bad("record kind %q version %d appears twice", k.Name, k.Version)
		} else {
			seen[id] = true
		}
	}
	return errors.Join(wrong...)
}
