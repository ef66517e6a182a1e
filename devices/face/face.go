// Package face finds faces in frames and describes them.
//
// Engine is the seam: the shipped engine runs dlib in a process of its own
// (devices/face/engine starts app/ting-face and speaks to it), because a native library may
// crash and the terminal may not. Another engine is another implementation.
//
// A Descriptor is biometric data. It never goes into a log, an error, a record
// or a file that is not encrypted; String and GoString hide it, so that a stray
// %v does not leak one.
package face

import (
	"context"
	"errors"
	"math"

	"github.com/luohu/ting/devices/camera"
)

// Dim is the number of dimensions of a Descriptor.
const Dim = 128

// Descriptor is a face as a point of 128 dimensions, L2-normalised, averaged
// over the chip and its mirror image. Two shots of one person are near.
type Descriptor [Dim]float32

// String hides the content.
func (Descriptor) String() string { return "face.Descriptor(…)" }

// GoString hides the content.
func (Descriptor) GoString() string { return "face.Descriptor(…)" }

// Distance is the Euclidean distance of two descriptors: 0 for the same
// picture, about 0.37 at a false-accept rate of 1e-3, at most 2.
func (d *Descriptor) Distance(e *Descriptor) float64 {
	var s float32
	for i := range d {
		x := d[i] - e[i]
		s += x * x
	}
	return math.Sqrt(float64(s))
}

// Rect is a rectangle in pixels of the frame; Right and Bottom are exclusive.
type Rect struct{ Left, Top, Right, Bottom int }

// Point is a place in the frame, in pixels.
type Point struct{ X, Y float32 }

// Face is one face of one frame.
type Face struct {
	Rect      Rect
	Score     float64   // the detector's; higher is surer
	Track     uint64    // the same over frames while the face can be followed
	Landmarks [68]Point // iBUG 300-W order; valid when HasLandmarks
	Quality   Quality
	// Descriptor is valid when Described: on a track's first good frames and
	// whenever Request.Describe asks for it.
	Descriptor   Descriptor
	HasLandmarks bool
	Described    bool
}

// Quality is what can be said of a face's picture, each as a number the
// decision can hold against a limit.
type Quality struct {
	Size       int     // the rectangle's width in pixels
	Brightness float64 // mean luma of the face, 0 to 255
	Contrast   float64 // standard deviation of luma, 0 to 127
	Sharpness  float64 // variance of the Laplacian on the 150×150 chip
	Yaw, Roll  float64 // rough, from landmarks, in radians; 0 is frontal
	Pitch      float64 // likewise, and rougher: faces differ by 0.3; positive looks up

	// What may hide a face, measured on the chip.
	MouthContrast float64 // standard deviation of luma about the mouth, 0 to 127: a mask has none
	EyeContrast   float64 // the same about the eyes
	EyeShade      float64 // by how much the eyes are darker than the nose, in luma; negative is lighter
	ColourGap     float64 // of nose and cheeks to the eyes and brows, in Cb and Cr; 0 of a gray camera
}

// Request asks for one frame's analysis.
type Request struct {
	Frame *camera.Frame
	// Camera separates the tracks of several cameras. Pictures without a camera
	// ("", an enrolment's photograph) have nothing to do with each other: each is
	// searched as a whole, and no track goes on from one to the next.
	Camera string
	// Describe says which faces get a descriptor.
	Describe Describe
	// FullScan forces detection over the whole frame, whatever the cadence.
	FullScan bool
}

// Describe says which faces of a frame get a descriptor.
type Describe int

// The choices.
const (
	DescribeNew  Describe = iota // the first three good frames of each track
	DescribeAll                  // every face
	DescribeNone                 // none: detection and tracking only
)

// Engine analyses frames. Implementations are safe for several goroutines.
type Engine interface {
	// Analyze returns the faces of the request's frame, largest first. It fails with
	// ErrRestarting (wrapped) while the engine's process is coming back.
	Analyze(ctx context.Context, r Request) ([]Face, error)
	Close() error
}

// ErrRestarting is wrapped by Analyze's error while the engine is away.
var ErrRestarting = errors.New("face engine is starting again")
