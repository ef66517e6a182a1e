// Package devicestest is what the suites of all kinds of devices share.
package devicestest

import (
	"io"
	"testing"
)

// Close closes what a test has opened; the test fails when that fails.
func Close(t testing.TB, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
