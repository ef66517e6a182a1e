package host

import (
	"errors"
	"fmt"
	"slices"

	"github.com/luohu/ting/kiosk"
)

// ErrFaceOnly is wrapped by CheckWays where the face would be the only way.
var ErrFaceOnly = errors.New("the face may not be the only way to say who one is: allow card, pin, staff, id-card or pass beside it")

// CheckWays says what is wrong with the ways that a site lets a module ask for. None
// is every way.
func CheckWays(ways []kiosk.Way) error {
	for _, w := range ways {
		if !slices.Contains(kiosk.EveryWay(), w) {
			return fmt.Errorf("unknown way %q, there are: %v", w, kiosk.EveryWay())
		}
	}
	if len(ways) > 0 && !slices.ContainsFunc(ways, func(w kiosk.Way) bool { return w != kiosk.WayFace }) {
		return ErrFaceOnly
	}
	return nil
}

// allowed is those of the ways asked for that the site allows, in their order. It
// fails where nothing would be left, or the face alone.
func (s *Session) allowed(op string, asked []kiosk.Way) ([]kiosk.Way, error) {
	if err := CheckWays(asked); err != nil {
		return nil, invalid(op, "%v", err)
	}
	if len(s.Ways) == 0 {
		return asked, nil
	}
	if len(asked) == 0 {
		asked = kiosk.EveryWay()
	}
	ways := slices.DeleteFunc(slices.Clone(asked), func(w kiosk.Way) bool { return !slices.Contains(s.Ways, w) })
	if len(ways) == 0 || CheckWays(ways) != nil {
		return nil, &kiosk.Error{Code: kiosk.CodeDenied, Op: op,
			Hint: fmt.Sprintf("the module asks for %v, and this site allows %v: see ways of the module in terminal.toml", asked, s.Ways)}
	}
	return ways, nil
}
