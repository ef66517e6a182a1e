// Package locale names a locale for a process that was started without one.
// Fyne reads the environment while its packages are initialised and logs an
// error in the C locale, which is what a service manager starts programs in.
//
// Import it for its effect. It works by the order in which Go initialises
// packages: by import path, each after its own imports. This one imports only
// os and strings, so it comes before fyne.io/fyne/v2/lang, which has to wait
// for golang.org/x/text. Nothing else may be imported here. A locale that the
// environment does name is left alone.
package locale

import (
	"os"
	"strings"
)

// Default is what a process without a locale gets.
const Default = "zh_CN.UTF-8"

// textsLive is how long Fyne remembers a text after it was drawn last. Its own
// minute is long in a public place: a number that somebody typed is such a text.
// Fyne needs more than ten seconds.
const textsLive = "15s"

func init() {
	name(os.Getenv, os.Setenv, os.Unsetenv)
	if os.Getenv("FYNE_CACHE") == "" {
		_ = os.Setenv("FYNE_CACHE", textsLive)
	}
}

func name(get func(string) string, set func(string, string) error, unset func(string) error) {
	for _, key := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		switch v, _, _ := strings.Cut(get(key), "."); v {
		case "":
		case "C", "POSIX":
			_ = unset(key)
		default:
			return
		}
	}
	_ = set("LANG", Default)
}
