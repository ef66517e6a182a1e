package v4l2

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// coding is how a camera sends pixels: a V4L2 FourCC.
type coding string

const (
	yuyv  coding = "YUYV"
	mjpeg coding = "MJPG"
)

// format is what a camera can send, or was asked to.
type format struct {
	coding coding
	w, h   int
}

func (f format) String() string { return fmt.Sprintf("%s %d×%d", f.coding, f.w, f.h) }

// errNoFormat is wrapped when a camera sends nothing this driver can read.
var errNoFormat = errors.New("no usable picture format")

// choose picks the format nearest to the size wanted. YUYV costs no decoding,
// but above 640×480 it does not get through USB 2 at a useful rate: there MJPEG
// goes first.
func choose(offers []format, w, h int) (format, error) {
	first := yuyv
	if w*h > 640*480 {
		first = mjpeg
	}
	var best format
	least := 0
	for _, o := range offers {
		if o.coding != yuyv && o.coding != mjpeg || o.w <= 0 || o.h <= 0 || o.coding == yuyv && o.w%2 != 0 {
			continue
		}
		cost := 2 * (max(o.w-w, w-o.w) + max(o.h-h, h-o.h))
		if o.coding != first {
			cost++
		}
		if best.coding == "" || cost < least {
			best, least = o, cost
		}
	}
	if best.coding == "" {
		var names []string
		for _, o := range offers {
			names = append(names, string(o.coding))
		}
		slices.Sort(names)
		return best, fmt.Errorf("%w: the camera sends %q, this driver reads YUYV and MJPG; use another camera",
			errNoFormat, strings.Join(slices.Compact(names), " "))
	}
	return best, nil
}
