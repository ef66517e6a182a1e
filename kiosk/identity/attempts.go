package identity

import (
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The attempt limit: a number is locked after wrongPerNumber wrong PINs, and
// the terminal's PIN pad as a whole after wrongInAll, so that nobody can try one
// PIN on every number. Both end by themselves. Numbers that do not exist are
// counted like others, or the limit would tell which do.
const (
	wrongPerNumber = 5
	wrongInAll     = 20
	lockFor        = 5 * time.Minute
)

// attempts counts wrong PINs. It lives as long as the process: a visitor cannot
// restart the terminal.
type attempts struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]tries // by numberKey, and padKey for all together
}

const padKey = "pad"

func numberKey(number string) string { return "number " + digits(number) }

type tries struct {
	wrong int
	last  time.Time
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, by: map[string]tries{}}
}

// check fails with CodeLocked while a number, or the pad, is locked.
func (a *attempts) check(number string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	for k, t := range a.by {
		if now.Sub(t.last).Abs() >= lockFor {
			delete(a.by, k)
		}
	}
	if a.by[numberKey(number)].wrong >= wrongPerNumber || a.by[padKey].wrong >= wrongInAll {
		return &kiosk.Error{
			Code: kiosk.CodeLocked,
			Op:   "check PIN",
			Visitor: view.Tf("密码输错次数过多,请 %d 分钟后再试,或者刷卡、找工作人员。",
				"Too many wrong PINs. Please try again in %d minutes, use a card or ask the staff.", int(lockFor.Minutes())),
			Hint: "somebody mistyped a PIN too often; it unlocks by itself",
		}
	}
	return nil
}

// wrong counts a wrong PIN and returns how many more tries the number has.
func (a *attempts) wrong(number string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	var left int
	for _, k := range []string{padKey, numberKey(number)} {
		t := a.by[k]
		t.wrong++
		t.last = now
		a.by[k] = t
		left = wrongPerNumber - t.wrong
	}
	return max(left, 0)
}

// right forgives a number's wrong tries. Those of the pad stay: one known PIN
// must not buy tries on others.
func (a *attempts) right(number string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.by, numberKey(number))
}
