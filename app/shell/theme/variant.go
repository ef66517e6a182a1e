package theme

// Variant is everything of a look that a site may set and a person may choose,
// as one value: the zero value is a lit hall for everybody. The language is not
// part of it; it changes words, not looks.
type Variant struct {
	Night    bool // colours that do not blind in the dark
	Contrast bool // black on white, by night white on black: WCAG's level AAA
	Elder    bool // 适老化: larger type, fewer things at once, twice the time
	Seated   bool // what can be touched stays in the lower half of an upright screen
}

// Palette is the colours of a variant.
func (v Variant) Palette() Palette {
	switch {
	case v.Contrast && v.Night:
		return ContrastNight
	case v.Contrast:
		return Contrast
	case v.Night:
		return Night
	}
	return Day
}

// Pace is how many times longer than usual everything waits for the person.
func (v Variant) Pace() int {
	if v.Elder {
		return 2
	}
	return 1
}

// Tiles is how many choices a page offers at once.
func (v Variant) Tiles() int {
	const usual, few = 6, 4
	if v.Elder {
		return few
	}
	return usual
}

// The growth of what is read and of what is touched in the elder variant.
const (
	elderType  = 1.22
	elderTouch = 1.18
	elderBar   = 1.12
)

func (v Variant) grow(by float32) float32 {
	if v.Elder {
		return by
	}
	return 1
}
