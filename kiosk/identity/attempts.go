package identity

import (
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The attempt limits. None of them keeps anybody waiting for what others did, but
// for seconds, and every one ends by itself:
//
//   - a number is locked after wrongPerNumber wrong PINs, its card and its face are not;
//   - after wrongInAll wrong PINs on any numbers the terminal checks one PIN in
//     padPause, so that nobody can try one PIN on every number;
//   - a face is not believed for a while after failuresPerFace head turns, or
//     comparisons with a card's photo, that failed for that person;
//   - an Identify gives up the face after mostStrangers looks at strangers.
//
// Numbers that do not exist are counted like others, or the limit would tell which do.
const (
	wrongPerNumber  = 5
	wrongInAll      = 20
	failuresPerFace = 3
	padPause        = 15 * time.Second
	lockFor         = 5 * time.Minute
)

// attempts counts what failed. It lives as long as the process: a visitor cannot
// restart the terminal.
type attempts struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]tries // by numberKey, faceKey, and padKey for all PINs together
}

const padKey = "pad"

func numberKey(number string) string { return "number " + digits(number) }
func faceKey(person string) string   { return "face " + person }

type tries struct {
	wrong int
	last  time.Time
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, by: map[string]tries{}}
}

// count is how often something failed lately. A clock that was set, however far,
// ends a limit rather than making it last.
func (a *attempts) count(key string) tries {
	now := a.now()
	for k, t := range a.by {
		if now.Sub(t.last).Abs() >= lockFor {
			delete(a.by, k)
		}
	}
	return a.by[key]
}

func (a *attempts) failed(key string) int {
	t := a.count(key)
	t.wrong++
	t.last = a.now()
	a.by[key] = t
	return t.wrong
}

// check fails with CodeLocked while a number is locked.
func (a *attempts) check(number string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.count(numberKey(number)).wrong < wrongPerNumber {
		return nil
	}
	return &kiosk.Error{
		Code: kiosk.CodeLocked,
		Op:   "check PIN",
		Visitor: view.Tf("密码输错次数过多,请 %d 分钟后再试,或者刷卡、找工作人员。",
			"Too many wrong PINs. Please try again in %d minutes, use a card or ask the staff.", int(lockFor.Minutes())),
		Hint: "somebody mistyped a PIN too often; it unlocks by itself",
	}
}

// pause is how long the terminal checks no PIN, because too many were wrong.
func (a *attempts) pause() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	pad := a.count(padKey)
	if pad.wrong < wrongInAll {
		return 0
	}
	return max(0, padPause-a.now().Sub(pad.last).Abs())
}

// wrong counts a wrong PIN and returns how many more tries the number has.
func (a *attempts) wrong(number string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed(padKey)
	return max(wrongPerNumber-a.failed(numberKey(number)), 0)
}

// right forgives a number's wrong tries. Those of the pad stay: one known PIN
// must not buy tries on others.
func (a *attempts) right(number string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.by, numberKey(number))
}

// faceFailed counts that somebody's face did not prove itself.
func (a *attempts) faceFailed(person string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed(faceKey(person))
}

// coolingFace reports whether a person's face has failed too often lately.
func (a *attempts) coolingFace(person string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count(faceKey(person)).wrong >= failuresPerFace
}
