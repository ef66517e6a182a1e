package espeak

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/luohu/ting/devices/speaker"
)

// Recording is the name of the file in which a sentence may be recorded by a
// person: the language and a digest of the sentence as it stands on the screen,
// as in zh-5f1c0a9d3b7e2468.wav. Space and the marks at its end are no matter.
func Recording(s speaker.Sentence) string {
	text := strings.TrimRight(strings.Join(strings.Fields(s.Text), " "), "\u3002.!\uff01")
	sum := sha256.Sum256([]byte(text))
	return string(s.Lang) + "-" + hex.EncodeToString(sum[:8]) + ".wav"
}

// maxRecording is a minute and a half of stereo at 48 kHz.
const maxRecording = 20 << 20

// recorded is the recording of a sentence; ok is false when there is none.
func recorded(dir string, s speaker.Sentence) (sound speaker.Sound, ok bool, err error) {
	if dir == "" {
		return sound, false, nil
	}
	name := Recording(s)
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return sound, false, nil
	}
	if err == nil {
		defer f.Close()
		var b []byte
		if b, err = io.ReadAll(io.LimitReader(f, maxRecording)); err == nil {
			sound, err = speaker.ParseWAV(b)
		}
	}
	if err != nil {
		return sound, false, fmt.Errorf("recording %s: %w", name, err)
	}
	return sound, true, nil
}
