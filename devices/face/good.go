package face

import "math"

// A face's picture is good enough to be described within these limits. They are
// wide: what is outside them gives no descriptor worth comparing. A decision may
// be stricter.
const (
	MinSize       = 80    // pixels of the rectangle's width
	MinBrightness = 35.0  // mean luma
	MaxBrightness = 225.0 // mean luma
	MinContrast   = 10.0  // standard deviation of luma
	MinSharpness  = 8.0   // variance of the Laplacian on the chip
	MaxYaw        = 0.6   // radians to either side
)

// Flaw is what keeps a face's picture from being good.
type Flaw string

// The flaws, in the order in which a person can do something about them.
const (
	Flawless  Flaw = ""
	TooSmall  Flaw = "too small"
	TooDark   Flaw = "too dark"
	TooBright Flaw = "too bright"
	Flat      Flaw = "without contrast"
	Blurred   Flaw = "blurred"
	Turned    Flaw = "turned away"
)

// Flaw returns the first flaw of a picture, Flawless when it is good.
func (q Quality) Flaw() Flaw {
	switch {
	case q.Size < MinSize:
		return TooSmall
	case q.Brightness < MinBrightness:
		return TooDark
	case q.Brightness > MaxBrightness:
		return TooBright
	case q.Contrast < MinContrast:
		return Flat
	case q.Sharpness < MinSharpness:
		return Blurred
	case math.Abs(q.Yaw) > MaxYaw:
		return Turned
	}
	return Flawless
}
