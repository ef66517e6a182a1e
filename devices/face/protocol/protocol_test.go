package protocol_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/protocol"
)

func sample() []face.Face {
	f := face.Face{
		Rect: face.Rect{Left: -3, Top: 7, Right: 100, Bottom: 110}, Score: 1.5, Track: math.MaxUint64,
		Quality: face.Quality{Size: 103, Brightness: 99.5, Contrast: 30, Sharpness: 200, Yaw: -0.2, Roll: 0.1,
			Pitch: 0.15, MouthContrast: 31, EyeContrast: 32, EyeShade: -3.5, ColourGap: 4},
		HasLandmarks: true, Described: true,
	}
	for i := range f.Landmarks {
		f.Landmarks[i] = face.Point{X: float32(i), Y: -float32(i)}
	}
	for i := range f.Descriptor {
		f.Descriptor[i] = float32(i) / 128
	}
	return []face.Face{f, {Rect: face.Rect{Right: 1, Bottom: 1}}}
}

func TestBodies(t *testing.T) {
	faces, err := protocol.ParseFaces(protocol.AppendFaces(nil, sample()))
	if diff := cmp.Diff(sample(), faces); err != nil || diff != "" {
		t.Errorf("faces: %v\n%s", err, diff)
	}
	request := protocol.Request{Slot: 3, W: 4096, H: 1, Camera: "校门", Describe: face.DescribeAll, FullScan: true}
	if got, err := protocol.ParseRequest(request.Append(nil)); err != nil || got != request {
		t.Errorf("request: %v %+v", err, got)
	}
	hello := protocol.Ready{Model: "m", Path: "avx2"}
	if got, err := protocol.ParseReady(hello.Append(nil)); err != nil || got != hello {
		t.Errorf("ready: %v %+v", err, got)
	}
	long := protocol.Text(strings.Repeat("长", protocol.MaxText))
	if got, err := protocol.ParseText(long.Append(nil)); err != nil || len(got) > protocol.MaxText || !strings.HasPrefix(string(long), string(got)) || got == "" {
		t.Errorf("text: %v, %d bytes", err, len(got))
	}
}

func TestRequestOutOfBounds(t *testing.T) {
	good := protocol.Request{W: 640, H: 480}
	for name, change := range map[string]func(*protocol.Request){
		"no width":  func(r *protocol.Request) { r.W = 0 },
		"too high":  func(r *protocol.Request) { r.H = protocol.MaxSide + 1 },
		"slot":      func(r *protocol.Request) { r.Slot = protocol.Slots },
		"describe":  func(r *protocol.Request) { r.Describe = 3 },
		"long name": func(r *protocol.Request) { r.Camera = strings.Repeat("x", protocol.MaxCamera+1) },
	} {
		r := good
		change(&r)
		if _, err := protocol.ParseRequest(r.Append(nil)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := protocol.ParseRequest(good.Append(nil)); err != nil {
		t.Errorf("a good request: %v", err)
	}
}

// TestFacesAreFinite refuses numbers that would poison every later comparison.
func TestFacesAreFinite(t *testing.T) {
	for name, spoil := range map[string]func(*face.Face){
		"descriptor": func(f *face.Face) { f.Descriptor[5] = float32(math.NaN()) },
		"landmark":   func(f *face.Face) { f.Landmarks[5].X = float32(math.Inf(1)) },
		"score":      func(f *face.Face) { f.Score = math.NaN() },
	} {
		faces := sample()
		spoil(&faces[0])
		if _, err := protocol.ParseFaces(protocol.AppendFaces(nil, faces)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestConn(t *testing.T) {
	var pipe bytes.Buffer
	c := protocol.NewConn(&pipe)
	sent := protocol.Message{Kind: protocol.KindFaces, ID: 77, Body: []byte("body")}
	for range 2 {
		if err := c.Send(sent); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		got, err := c.Receive()
		if diff := cmp.Diff(sent, got); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
	}
	if _, err := c.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	if err := c.Send(protocol.Message{Body: make([]byte, protocol.MaxMessage)}); !errors.Is(err, protocol.ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
}

func TestConnRefuses(t *testing.T) {
	var version *protocol.VersionError
	for _, test := range []struct {
		name string
		in   []byte
		want func(error) bool
	}{
		{"half a length", []byte{1, 0}, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		{"too long", binary.LittleEndian.AppendUint32(nil, protocol.MaxMessage+1), func(err error) bool { return errors.Is(err, protocol.ErrTooLong) }},
		{"cut short", []byte{10, 0, 0, 0, 1, 1}, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		{"empty", []byte{0, 0, 0, 0}, func(err error) bool { return err != nil }},
		{"no room for a header", []byte{3, 0, 0, 0, 1, 1, 1}, func(err error) bool { return err != nil }},
		{"another version", []byte{2, 0, 0, 0, 9, 0}, func(err error) bool {
			return errors.As(err, &version) && version.Got == 9 && strings.Contains(err.Error(), "same build")
		}},
	} {
		if _, err := protocol.NewConn(bytes.NewBuffer(test.in)).Receive(); !test.want(err) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// FuzzReceive reads whatever bytes and parses what it takes for a message: no
// panic, and a body that parses is written again the same.
func FuzzReceive(f *testing.F) {
	seed := func(kind protocol.Kind, body []byte) {
		var b bytes.Buffer
		if err := protocol.NewConn(&b).Send(protocol.Message{Kind: kind, ID: 1, Body: body}); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	seed(protocol.KindReady, protocol.Ready{Model: "m", Path: "p"}.Append(nil))
	seed(protocol.KindRefusal, protocol.Text("why").Append(nil))
	seed(protocol.KindRequest, protocol.Request{W: 1, H: 1, Camera: "gate"}.Append(nil))
	seed(protocol.KindFaces, protocol.AppendFaces(nil, sample()))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := protocol.NewConn(bytes.NewBuffer(b)).Receive()
		if err != nil {
			return
		}
		var again []byte
		switch m.Kind {
		case protocol.KindReady:
			var r protocol.Ready
			r, err = protocol.ParseReady(m.Body)
			again = r.Append(nil)
		case protocol.KindRefusal, protocol.KindFailure:
			var text protocol.Text
			text, err = protocol.ParseText(m.Body)
			again = text.Append(nil)
		case protocol.KindRequest:
			var r protocol.Request
			if r, err = protocol.ParseRequest(m.Body); r.FullScan && len(m.Body) > 2 {
				m.Body[2] = 1 // any number but 0 says yes
			}
			again = r.Append(nil)
		case protocol.KindFaces:
			var faces []face.Face
			faces, err = protocol.ParseFaces(m.Body)
			again = protocol.AppendFaces(nil, faces)
		default:
			return
		}
		if err == nil && !bytes.Equal(again, m.Body) {
			t.Errorf("kind %d: read %x, written %x", m.Kind, m.Body, again)
		}
	})
}

func TestMemory(t *testing.T) {
	ours, file, err := protocol.CreateMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	theirs, err := protocol.OpenMemory(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range protocol.Slots {
		copy(ours.Slot(i, 3), []byte{byte(i), 2, 3})
	}
	for i := range protocol.Slots {
		if got := theirs.Slot(i, 3); !bytes.Equal(got, []byte{byte(i), 2, 3}) {
			t.Errorf("slot %d: %v", i, got)
		}
	}
	if err := file.Truncate(10); err == nil {
		t.Error("the memory can be cut short under a reader")
	}
	for _, m := range []*protocol.Memory{ours, theirs} {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
