// Package evaluate measures how well a face engine tells people apart, on a folder
// of photographs: what a site, or whoever doubts the figures, runs on faces that
// nobody tuned to.
//
// Folder finds the photographs, Describe asks the engine about each, Measure compares
// all pairs. Descriptors live in memory only; a Report has none and names files
// alone (those that could not be used).
package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/photo"
)

// Shot is a photograph with a descriptor.
type Shot struct {
	Person     string // the folder
	Descriptor face.Descriptor
}

// Problem is a photograph that could not be used, and why.
type Problem struct {
	File string `json:"file"` // relative to the folder
	Why  string `json:"why"`
}

// Described is what Describe made of the photographs.
type Described struct {
	Shots      []Shot
	Unreadable []Problem // no pictures, or damaged, or too large
	NoFace     []Problem // read, but no face was found
	Several    int       // with more than one face; the one in the middle was taken
}

// engineTries is how often a photograph is given to an engine that dies over it.
const (
	engineTries = 3
	engineWait  = 30 * time.Second
)

// Engine is a face engine that can be waited for.
type Engine interface {
	face.Engine
	Ready(ctx context.Context) error
}

// Describe asks the engine for the descriptor of each photograph's face, on every
// processor. progress, if not nil, is told how many of the photographs are done,
// from one goroutine at a time. It fails only when ctx ends or the engine is gone
// for good.
func Describe(ctx context.Context, e Engine, photos []Photo, progress func(done int)) (*Described, error) {
	type outcome struct {
		shot            *Shot
		several         bool
		unread, without error
	}
	outcomes := make([]outcome, len(photos))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	next, done := 0, 0
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1
	}
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := take(); i < len(photos) && ctx.Err() == nil; i = take() {
				o := &outcomes[i]
				var d face.Descriptor
				var err error
				d, o.several, err = describe(ctx, e, photos[i].Path)
				switch {
				case errors.Is(err, errNoFace):
					o.without = err
				case errors.Is(err, errEngine):
					cancel(err)
					return
				case err != nil:
					o.unread = err
				default:
					o.shot = &Shot{photos[i].Person, d}
				}
				mu.Lock()
				done++
				if progress != nil {
					progress(done)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	result := new(Described)
	for i, o := range outcomes {
		problem := func(why error) Problem { return Problem{photos[i].Name, why.Error()} }
		switch {
		case o.unread != nil:
			result.Unreadable = append(result.Unreadable, problem(o.unread))
		case o.without != nil:
			result.NoFace = append(result.NoFace, problem(o.without))
		case o.shot != nil:
			result.Shots = append(result.Shots, *o.shot)
		}
		if o.several {
			result.Several++
		}
	}
	return result, nil
}

var (
	errNoFace = errors.New("no face found")
	errEngine = errors.New("the face engine does not come back")
)

func describe(ctx context.Context, e Engine, path string) (d face.Descriptor, several bool, err error) {
	frame, err := photo.Open(path)
	if err != nil {
		return d, false, bare(err)
	}
	faces, err := analyze(ctx, e, frame)
	if err != nil {
		return d, false, err
	}
	f := Subject(frame, faces)
	if f == nil || !f.Described {
		return d, false, errNoFace
	}
	return f.Descriptor, len(faces) > 1, nil
}

// analyze asks about one frame, again when the engine is starting.
func analyze(ctx context.Context, e Engine, frame *camera.Frame) (faces []face.Face, err error) {
	for range engineTries {
		faces, err = e.Analyze(ctx, face.Request{Frame: frame, Describe: face.DescribeAll, FullScan: true})
		if !errors.Is(err, face.ErrRestarting) {
			return faces, err
		}
		waiting, cancel := context.WithTimeout(ctx, engineWait)
		ready := e.Ready(waiting)
		cancel()
		if ready != nil {
			return nil, fmt.Errorf("%w: %w", errEngine, ready)
		}
	}
	return nil, fmt.Errorf("the face engine ends over it: %w", err)
}

// Subject is the face that a photograph is of: large, and in the middle. It is nil
// when there is none.
func Subject(frame *camera.Frame, faces []face.Face) *face.Face {
	var best *face.Face
	var most float64
	for i := range faces {
		r := faces[i].Rect
		w, h := float64(frame.W), float64(frame.H)
		aside := math.Hypot(float64(r.Left+r.Right)/w-1, float64(r.Top+r.Bottom)/h-1) / math.Sqrt2
		if weight := float64(faces[i].Quality.Size) * (1 - 0.6*min(aside, 1)); best == nil || weight > most {
			best, most = &faces[i], weight
		}
	}
	return best
}

// bare is an error without the path, which a report names already.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// people counts the shots of each person.
func people(shots []Shot) map[string]int {
	n := map[string]int{}
	for i := range shots {
		n[shots[i].Person]++
	}
	return n
}

// sorted returns the shots person by person.
func sorted(shots []Shot) []Shot {
	shots = slices.Clone(shots)
	slices.SortStableFunc(shots, func(a, b Shot) int { return strings.Compare(a.Person, b.Person) })
	return shots
}
