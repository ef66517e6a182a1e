package district

import (
	"fmt"
	"io"
	"os"
	"time"
)

// scriptFile is a script on disk that is read again when it changes.
type scriptFile struct {
	path string
	next time.Time // when to look again

	text  string
	mod   time.Time
	fault string // the last error told
}

// read reads the script. changed is false when the file, or the error about it,
// is the same as the last time. Replace the file by renaming another one over
// it: of a file that is being written, half may be read.
func (f *scriptFile) read() (s Script, changed bool, err error) {
	text, mod, err := f.load()
	if err == nil {
		if text == f.text && mod.Equal(f.mod) && f.fault == "" {
			return s, false, nil
		}
		f.text, f.mod = text, mod
		s, err = ParseScript(text)
	}
	if err != nil {
		err = fmt.Errorf("camera script %s: %w", f.path, err)
		changed = f.fault != err.Error()
		f.fault = err.Error()
		return s, changed, err
	}
	f.fault = ""
	return s, true, nil
}

func (f *scriptFile) load() (string, time.Time, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return "", time.Time{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", time.Time{}, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxScript+1))
	return string(text), info.ModTime(), err
}
