package host

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/luohu/ting/kiosk"
)

// pins remembers what the terminal's own programs held at their first start.
//
// They are pinned then and not when they are built: a checksum of ting-module
// inside ting would make every build of the one a build of the other, and whoever
// can replace both programs gains nothing by it. What it does stop is a program
// that changes, or rots on a failing disk, under a running terminal.
//
// go-plugin's SecureConfig is not used: it checks only commands that go-plugin
// starts itself.
type pins struct {
	mu   sync.Mutex
	sums map[string]string // by path, in hex
}

// check fails unless the program at path is the one wanted: of that checksum, or,
// when it is empty, unchanged since the first check of path.
func (p *pins) check(path, want string) error {
	got, err := checksum(path)
	if err != nil {
		return &kiosk.Error{Code: kiosk.CodeNotFound, Op: "check program", Cause: err,
			Hint: "is the path in terminal.toml right, and may the terminal's user read it?"}
	}
	if want == "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.sums == nil {
			p.sums = map[string]string{}
		}
		if _, known := p.sums[path]; !known {
			p.sums[path] = got
		}
		want = p.sums[path]
	}
	if got != want {
		return &kiosk.Error{Code: kiosk.CodeDenied, Op: "check program",
			Cause: fmt.Errorf("checksum of %s is %s, want %s", path, got, want),
			Hint:  "the program was altered: install it anew; after an update, put its new sha256 into terminal.toml and start the terminal again"}
	}
	return nil
}

func checksum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
