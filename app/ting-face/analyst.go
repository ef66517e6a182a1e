package main

import (
	"image"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/dlib"
	"github.com/luohu/ting/devices/face/network"
	"github.com/luohu/ting/devices/face/protocol"
	"github.com/luohu/ting/devices/face/tracker"
)

// The whole-frame search runs in two halves of about the same work, at the same
// time: the largest two levels of the image pyramid, and all smaller ones.
const fineLevels = 2

// analyst turns a picture into faces. It owns the scratch memory that takes, so
// it works on one picture at a time.
type analyst struct {
	models *loaded

	fine, coarse, near *dlib.Detector
	luma, enlarged     dlib.Luma
	chip, mirror       dlib.Chip
	scratch, second    *network.Scratch
}

func newAnalyst(m *loaded) (*analyst, error) {
	a := &analyst{models: m}
	var all errgroup.Group
	detector := func(d **dlib.Detector, levels, skip int) {
		all.Go(func() (err error) {
			*d, err = dlib.NewDetector(levels, skip)
			return err
		})
	}
	detector(&a.fine, fineLevels, 0)
	detector(&a.coarse, dlib.AllLevels, fineLevels)
	detector(&a.near, tracker.Levels, 0)
	all.Go(func() (err error) {
		if a.scratch, err = m.network.NewScratch(); err == nil {
			a.second, err = m.network.NewScratch()
		}
		return err
	})
	if err := all.Wait(); err != nil {
		return nil, err
	}
	return a, nil
}

// analyze finds the faces of one picture, seen now, largest first.
func (a *analyst) analyze(now time.Time, t *tracker.Tracker, pixels []byte, r protocol.Request) ([]face.Face, error) {
	picture := dlib.RGB{Pix: pixels, W: r.W, H: r.H, Stride: 3 * r.W}
	var plan []tracker.Search
	if !r.FullScan {
		plan = t.Plan(now, r.W, r.H)
	}
	var found []tracker.Found
	var err error
	switch {
	case r.Camera == "":
		found, err = a.searchPhotograph(picture)
	case len(plan) == 0:
		found, err = a.searchAll(picture)
	default:
		for _, s := range plan {
			part, partErr := a.searchPart(picture, s)
			if err = partErr; err != nil {
				break
			}
			found = append(found, part...)
		}
	}
	if err != nil {
		return nil, err
	}
	sightings := t.Update(now, len(plan) == 0, found)
	faces := make([]face.Face, 0, len(sightings))
	described := 0
	for _, s := range sightings[:min(len(sightings), protocol.MaxFaces)] {
		s.Due = s.Due && described < mostDescribed
		f, err := a.look(picture, s, r.Describe)
		if err != nil {
			return nil, err
		}
		if f.Described {
			described++
			f.Track = t.Described(now, f.Track, &f.Descriptor)
		}
		faces = append(faces, f)
	}
	return faces, nil
}

// mostDescribed bounds the descriptors that a frame's new tracks get, the largest
// faces first, so that a crowd does not hold the lane up: the next frame describes
// the others.
const mostDescribed = 8

// largestSearch bounds the pixels of a whole-frame search, which takes 80 ms for
// each million. Larger pictures are searched shrunk, and lose faces that are small
// in them.
const largestSearch = 1920 * 1088

// searchAll finds faces in the whole picture.
func (a *analyst) searchAll(p dlib.RGB) ([]tracker.Found, error) {
	shrink := 1
	for p.W*p.H/(shrink*shrink) > largestSearch {
		shrink++
	}
	shrink = min(shrink, p.W, p.H) // a line of pixels is a picture, too
	if _, err := a.luma.Shrunk(p, image.Rect(0, 0, p.W, p.H), shrink); err != nil {
		return nil, err
	}
	detections, err := a.detectAll(&a.luma, 0)
	found := make([]tracker.Found, len(detections))
	for i, d := range detections {
		found[i] = tracker.Found{Rect: rect(scaled(d.Rect, shrink)), Score: d.Score}
	}
	return found, err
}

// detectAll finds faces of every size, on two processors.
func (a *analyst) detectAll(l *dlib.Luma, threshold float64) ([]dlib.Detection, error) {
	var coarse []dlib.Detection
	var both errgroup.Group
	both.Go(func() (err error) {
		coarse, err = a.coarse.DetectAbove(l, threshold)
		return err
	})
	fine, err := a.fine.DetectAbove(l, threshold)
	if waited := both.Wait(); err == nil {
		err = waited
	}
	return append(fine, coarse...), err
}

func scaled(r image.Rectangle, k int) image.Rectangle {
	return image.Rectangle{Min: r.Min.Mul(k), Max: r.Max.Mul(k)}
}

// searchPart finds faces in a part of the picture.
func (a *analyst) searchPart(p dlib.RGB, s tracker.Search) ([]tracker.Found, error) {
	area, err := a.luma.Shrunk(p, rectangle(s.Area), s.Shrink)
	if err != nil {
		return nil, err
	}
	detections, err := a.near.Detect(&a.luma)
	var found []tracker.Found
	for _, d := range detections {
		r := scaled(d.Rect, s.Shrink).Add(area.Min)
		found = append(found, tracker.Found{Rect: rect(r), Score: d.Score})
	}
	return found, err
}

// look says all there is to say of one face.
func (a *analyst) look(p dlib.RGB, s tracker.Sighting, d face.Describe) (f face.Face, err error) {
	f = face.Face{Track: s.Track, Score: s.Score, HasLandmarks: true}
	f.Rect = face.Rect{
		Left: max(0, s.Rect.Left), Top: max(0, s.Rect.Top),
		Right: min(p.W, s.Rect.Right), Bottom: min(p.H, s.Rect.Bottom),
	}
	points, err := a.models.predictor.Landmarks(p, rectangle(s.Rect))
	if err != nil {
		return f, err
	}
	for i, q := range points {
		f.Landmarks[i] = face.Point(q)
	}
	if err = a.chip.Cut(p, &points); err != nil {
		return f, err
	}
	f.Quality = quality(&a.chip, &f.Landmarks)
	f.Quality.Size = s.Rect.Right - s.Rect.Left
	if d == face.DescribeAll || d == face.DescribeNew && s.Due && f.Quality.Flaw() == face.Flawless {
		f.Descriptor, err = a.describe()
		f.Described = err == nil
	}
	clear(a.chip[:])
	clear(a.mirror[:])
	return f, err
}

// describe computes the chip's descriptor, the chip and its mirror image at the same time.
func (a *analyst) describe() (face.Descriptor, error) {
	network.Mirror((*[len(a.chip)]byte)(&a.mirror), (*[len(a.chip)]byte)(&a.chip))
	var mirrored [face.Dim]float32
	done := make(chan struct{})
	go func() {
		defer close(done)
		mirrored = a.models.network.Raw(a.second, (*[len(a.mirror)]byte)(&a.mirror))
	}()
	straight := a.models.network.Raw(a.scratch, (*[len(a.chip)]byte)(&a.chip))
	<-done
	return network.Average(&straight, &mirrored)
}

func rect(r image.Rectangle) face.Rect {
	return face.Rect{Left: r.Min.X, Top: r.Min.Y, Right: r.Max.X, Bottom: r.Max.Y}
}

func rectangle(r face.Rect) image.Rectangle { return image.Rect(r.Left, r.Top, r.Right, r.Bottom) }
