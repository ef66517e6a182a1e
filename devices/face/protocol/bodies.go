package protocol

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/luohu/ting/devices/face"
)

// Bounds of what messages may hold.
const (
	MaxSide   = 4096 // pixels of a picture's width and height
	MaxCamera = 64   // bytes of a camera's name
	MaxFaces  = 64   // in one answer
	MaxText   = 2000 // bytes of an explanation
)

// Ready is the body of KindReady.
type Ready struct {
	Model string // identifies the weights: descriptors of different models cannot be compared
	Path  string // the instruction set in use
}

// Append appends the body to b.
func (r Ready) Append(b []byte) []byte { return appendText(appendText(b, r.Model), r.Path) }

// ParseReady reads the body.
func ParseReady(b []byte) (r Ready, err error) {
	p := parser{b: b}
	r.Model, r.Path = p.text(), p.text()
	return r, p.end("Ready")
}

// Text is the body of KindRefusal and KindFailure: what is wrong and what to do.
type Text string

// Append appends the body to b, cut to MaxText.
func (t Text) Append(b []byte) []byte { return appendText(b, string(t)) }

// ParseText reads the body.
func ParseText(b []byte) (Text, error) {
	p := parser{b: b}
	t := Text(p.text())
	return t, p.end("Text")
}

// Request is the body of KindRequest. Its picture stands at the start of its
// slot, rows without gaps.
type Request struct {
	Slot     int
	W, H     int
	Camera   string
	Describe face.Describe
	FullScan bool
}

// Append appends the body to b.
func (r Request) Append(b []byte) []byte {
	b = append(b, byte(r.Slot), byte(r.Describe), flag(r.FullScan))
	b = binary.LittleEndian.AppendUint16(b, uint16(r.W))
	b = binary.LittleEndian.AppendUint16(b, uint16(r.H))
	return appendText(b, r.Camera)
}

// Check says what is wrong with the request, if anything.
func (r Request) Check() error {
	switch {
	case r.W < 1 || r.H < 1 || r.W > MaxSide || r.H > MaxSide:
		return fmt.Errorf("a picture of %d×%d pixels cannot be analysed, one from 1×1 to %d×%d can", r.W, r.H, MaxSide, MaxSide)
	case r.Slot < 0 || r.Slot >= Slots:
		return fmt.Errorf("there is no slot %d", r.Slot)
	case r.Describe < face.DescribeNew || r.Describe > face.DescribeNone:
		return fmt.Errorf("unknown choice %d of what to describe", r.Describe)
	case len(r.Camera) > MaxCamera:
		return fmt.Errorf("a camera's name of %d bytes, %d are the limit", len(r.Camera), MaxCamera)
	}
	return nil
}

// ParseRequest reads and checks the body.
func ParseRequest(b []byte) (r Request, err error) {
	p := parser{b: b}
	r.Slot, r.Describe, r.FullScan = int(p.u8()), face.Describe(p.u8()), p.u8() != 0
	r.W, r.H = int(p.u16()), int(p.u16())
	r.Camera = p.text()
	if err := p.end("Request"); err != nil {
		return r, err
	}
	return r, r.Check()
}

const (
	hasLandmarks = 1 << iota
	isDescribed
)

// AppendFaces appends the body of KindFaces to b, at most MaxFaces of the faces.
func AppendFaces(b []byte, faces []face.Face) []byte {
	faces = faces[:min(len(faces), MaxFaces)]
	b = append(b, byte(len(faces)))
	for i := range faces {
		b = appendFace(b, &faces[i])
	}
	return b
}

func appendFace(b []byte, f *face.Face) []byte {
	for _, n := range []int{f.Rect.Left, f.Rect.Top, f.Rect.Right, f.Rect.Bottom, f.Quality.Size} {
		b = binary.LittleEndian.AppendUint32(b, uint32(int32(n)))
	}
	b = binary.LittleEndian.AppendUint64(b, f.Track)
	q := f.Quality
	for _, x := range []float64{f.Score, q.Brightness, q.Contrast, q.Sharpness, q.Yaw, q.Roll, q.Pitch,
		q.MouthContrast, q.EyeContrast, q.EyeShade, q.ColourGap} {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	b = append(b, flag(f.HasLandmarks)*hasLandmarks|flag(f.Described)*isDescribed)
	if f.HasLandmarks {
		for _, p := range f.Landmarks {
			b = appendFloat(appendFloat(b, p.X), p.Y)
		}
	}
	if f.Described {
		for _, x := range f.Descriptor {
			b = appendFloat(b, x)
		}
	}
	return b
}

// ParseFaces reads the body of KindFaces.
func ParseFaces(b []byte) ([]face.Face, error) {
	p := parser{b: b}
	n := int(p.u8())
	if n > MaxFaces {
		return nil, fmt.Errorf("an answer with %d faces, %d are the limit", n, MaxFaces)
	}
	faces := make([]face.Face, n)
	for i := range faces {
		p.face(&faces[i])
	}
	if err := p.end("Faces"); err != nil {
		return nil, err
	}
	return faces, nil
}

func (p *parser) face(f *face.Face) {
	for _, n := range []*int{&f.Rect.Left, &f.Rect.Top, &f.Rect.Right, &f.Rect.Bottom, &f.Quality.Size} {
		*n = int(int32(p.u32()))
	}
	f.Track = p.u64()
	q := &f.Quality
	for _, x := range []*float64{&f.Score, &q.Brightness, &q.Contrast, &q.Sharpness, &q.Yaw, &q.Roll, &q.Pitch,
		&q.MouthContrast, &q.EyeContrast, &q.EyeShade, &q.ColourGap} {
		*x = math.Float64frombits(p.u64())
		p.want(!math.IsNaN(*x) && !math.IsInf(*x, 0))
	}
	flags := p.u8()
	p.want(flags&^(hasLandmarks|isDescribed) == 0)
	f.HasLandmarks, f.Described = flags&hasLandmarks != 0, flags&isDescribed != 0
	if f.HasLandmarks {
		for i := range f.Landmarks {
			f.Landmarks[i] = face.Point{X: p.float(), Y: p.float()}
		}
	}
	if f.Described {
		for i := range f.Descriptor {
			f.Descriptor[i] = p.float()
		}
	}
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func appendFloat(b []byte, f float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
}

// appendText appends a text of at most MaxText bytes, always valid UTF-8.
func appendText(b []byte, s string) []byte {
	s = strings.ToValidUTF8(s, "�")
	if len(s) > MaxText {
		s = strings.ToValidUTF8(s[:MaxText], "")
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(s)))
	return append(b, s...)
}

// parser reads a body; after the first fault everything is zero.
type parser struct {
	b   []byte
	bad bool
}

func (p *parser) want(ok bool) { p.bad = p.bad || !ok }

func (p *parser) take(n int) []byte {
	if p.want(len(p.b) >= n); p.bad {
		return make([]byte, n)
	}
	taken := p.b[:n]
	p.b = p.b[n:]
	return taken
}

func (p *parser) u8() byte    { return p.take(1)[0] }
func (p *parser) u16() uint16 { return binary.LittleEndian.Uint16(p.take(2)) }
func (p *parser) u32() uint32 { return binary.LittleEndian.Uint32(p.take(4)) }
func (p *parser) u64() uint64 { return binary.LittleEndian.Uint64(p.take(8)) }

func (p *parser) float() float32 {
	f := math.Float32frombits(p.u32())
	p.want(!math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0))
	return f
}

func (p *parser) text() string {
	n := int(p.u16())
	if p.want(n <= MaxText && n <= len(p.b)); p.bad {
		return ""
	}
	s := string(p.take(n))
	p.want(utf8.ValidString(s))
	return s
}

func (p *parser) end(what string) error {
	if p.bad || len(p.b) > 0 {
		return fmt.Errorf("malformed message %s", what)
	}
	return nil
}
