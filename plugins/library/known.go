package library

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"
)

// known is what the library's system last said of readers, and of itself: by it
// books are lent while the system is away. It holds no names.
type known struct {
	mu   sync.Mutex
	path string
	file knownFile
}

type knownFile struct {
	OfflineOK bool                   `json:"offline_ok"` // the system takes what was done without it
	Readers   map[string]knownReader `json:"readers"`
}

// knownReader is what the system said of a reader.
type knownReader struct {
	At      time.Time `json:"at"`
	Denied  bool      `json:"denied,omitempty"` // nothing was lent to him
	Say     string    `json:"say,omitempty"`
	Charged int       `json:"charged"`
	Most    int       `json:"most,omitempty"` // 0 is unknown
}

func openKnown(path string) *known {
	k := &known{path: path, file: knownFile{Readers: map[string]knownReader{}}}
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &k.file)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		slog.Warn("library: what the library's system said before the start is not known", "op", "start", "cause", err)
	}
	if k.file.Readers == nil {
		k.file.Readers = map[string]knownReader{}
	}
	return k
}

func (k *known) reader(person string) (knownReader, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r, ok := k.file.Readers[person]
	return r, ok
}

func (k *known) offlineOK() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.file.OfflineOK
}

// learn keeps what the system says.
func (k *known) learn(person string, r knownReader, offlineOK bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.file.Readers[person], k.file.OfflineOK = r, offlineOK
	b, err := json.Marshal(k.file)
	if err == nil {
		if err = os.WriteFile(k.path+".new", b, 0o600); err == nil {
			err = os.Rename(k.path+".new", k.path)
		}
	}
	if err != nil {
		slog.Warn("library: what the library's system says is remembered until the next start only", "op", "learn", "cause", err)
	}
}
