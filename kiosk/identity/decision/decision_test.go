package decision

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
)

// The frames of the tables below, one every 100 ms.

var fine = face.Quality{Size: 160, Brightness: 120, Contrast: 40, Sharpness: 100, MouthContrast: 30}

func seen(track uint64, change ...func(*Seen)) Seen {
	s := Seen{Track: track, Size: fine.Size, Quality: fine}
	for _, c := range change {
		c(&s)
	}
	return s
}

func shot(person string, distance, second float64) func(*Seen) {
	return func(s *Seen) { s.Shot = &Shot{person, distance, second} }
}

func is(person string) func(*Seen) { return shot(person, 0.25, 0.6) }

func nobody() func(*Seen) { return shot("li", 0.55, 0.6) }

func quality(f func(*face.Quality)) func(*Seen) {
	return func(s *Seen) { f(&s.Quality); s.Size = s.Quality.Size }
}

var (
	dark    = quality(func(q *face.Quality) { q.Brightness = 20 })
	bright  = quality(func(q *face.Quality) { q.Brightness = 240 })
	flat    = quality(func(q *face.Quality) { q.Contrast = 3 })
	blurred = quality(func(q *face.Quality) { q.Sharpness = 1 })
	far     = quality(func(q *face.Quality) { q.Size = 60 })
	behind  = quality(func(q *face.Quality) { q.Size = 100 })
	turned  = quality(func(q *face.Quality) { q.Yaw = -0.9 })
)

type frame = []Seen

func times(n int, f frame) []frame { return slices.Repeat([]frame{f}, n) }

func seq(parts ...[]frame) []frame { return slices.Concat(parts...) }

// play runs frames and returns what was told as "frame: verdict person".
func play(d *Decider, frames []frame) []string {
	var told []string
	for i, f := range frames {
		now := time.Unix(1000, 0).Add(time.Duration(i) * 100 * time.Millisecond)
		for _, e := range d.Frame(now, f) {
			s := fmt.Sprintf("%d: %s", i, e.Verdict)
			if e.Person != "" {
				s += " " + e.Person
			}
			told = append(told, s)
		}
	}
	return told
}

func TestVerdicts(t *testing.T) {
	none := frame{}
	tests := []struct {
		name    string
		frames  []frame
		refused string // the person whose consent does not cover the purpose
		want    []string
	}{
		{
			name:   "two frames agree",
			frames: seq(times(3, frame{seen(1, is("li"))}), times(10, none)),
			want:   []string{"1: recognised li", "9: no-face"},
		},
		{
			name:   "one frame is not enough",
			frames: seq(times(1, frame{seen(1, is("li"))}), times(10, frame{seen(1)})),
		},
		{
			name:   "agreement is on one track",
			frames: []frame{{seen(1, is("li"))}, {seen(2, is("li"))}, {seen(3, is("li"))}},
		},
		{
			name:   "frames that differ do not agree",
			frames: []frame{{seen(1, is("li"))}, {seen(1, is("wang"))}, {seen(1, is("li"))}, {seen(1, is("wang"))}, {seen(1, is("wang"))}},
			want:   []string{"4: recognised wang"},
		},
		{
			name:   "a miss between begins anew",
			frames: []frame{{seen(1, is("li"))}, {seen(1, nobody())}, {seen(1, is("li"))}},
		},
		{
			name:   "just beyond the threshold",
			frames: times(3, frame{seen(1, shot("li", 0.374, 0.9))}),
		},
		{
			name:   "the second person is too near",
			frames: times(6, frame{seen(1, shot("li", 0.30, 0.33))}),
			want:   []string{"4: stranger"},
		},
		{
			name:   "the only member of the gallery",
			frames: times(2, frame{seen(1, shot("li", 0.30, math.Inf(1)))}),
			want:   []string{"1: recognised li"},
		},
		{
			name:   "an empty gallery knows strangers",
			frames: times(8, frame{seen(1, shot("", 0, 0))}),
			want:   []string{"4: stranger"},
		},
		{
			name:   "a stranger only after several good frames",
			frames: seq(times(4, frame{seen(1, nobody())}), times(5, frame{seen(1)}), times(3, frame{seen(1, nobody())})),
			want:   []string{"9: stranger"},
		},
		{
			name:   "bad frames are no evidence against anybody",
			frames: times(12, frame{seen(1, nobody(), dark)}),
			want:   []string{"2: too-dark"},
		},
		{
			name:   "turned away is no evidence and no verdict",
			frames: times(12, frame{seen(1, nobody(), turned)}),
		},
		{
			name:   "a better look beats stranger",
			frames: seq(times(6, frame{seen(1, nobody())}), times(2, frame{seen(1, is("li"))})),
			want:   []string{"4: stranger", "7: recognised li"},
		},
		{
			name:   "too bright",
			frames: times(5, frame{seen(1, bright)}),
			want:   []string{"2: too-dark"},
		},
		{
			name:   "no contrast",
			frames: times(5, frame{seen(1, flat)}),
			want:   []string{"2: too-dark"},
		},
		{
			name:   "blurred",
			frames: times(5, frame{seen(1, blurred)}),
			want:   []string{"2: too-dark"},
		},
		{
			name:   "a flicker of the light is not told",
			frames: seq(times(2, frame{seen(1, dark)}), times(1, frame{seen(1)}), times(2, frame{seen(1, dark)})),
		},
		{
			name:   "who walks up is far at first",
			frames: seq(times(19, frame{seen(1, far)}), times(2, frame{seen(1, is("li"))})),
			want:   []string{"20: recognised li"},
		},
		{
			name:   "who stays far is called nearer",
			frames: seq(times(30, frame{seen(1, far)}), times(2, frame{seen(1, is("li"))})),
			want:   []string{"20: too-far", "31: recognised li"},
		},
		{
			name:   "two faces never recognise, and drop what was known",
			frames: seq(times(1, frame{seen(1, is("li"))}), times(4, frame{seen(1, is("li")), seen(2, is("wang"))}), times(11, frame{seen(1, is("li"))})),
			want:   []string{"3: two-faces", "15: recognised li"},
		},
		{
			name: "one of two whom the detector loses for some frames is still there",
			frames: seq(times(1, frame{seen(1), seen(2)}), times(4, frame{seen(1, is("li"))}),
				times(1, frame{seen(1), seen(2)}), times(4, frame{seen(1, is("li"))})),
		},
		{
			name:   "two faces taking turns at being larger are told once",
			frames: seq(times(4, frame{seen(1), seen(2)}), times(4, frame{seen(2), seen(1)})),
			want:   []string{"2: two-faces"},
		},
		{
			name:   "somebody in the queue behind does not matter",
			frames: times(2, frame{seen(1, is("li")), seen(2, behind)}),
			want:   []string{"1: recognised li"},
		},
		{
			name:    "without consent",
			frames:  seq(times(6, frame{seen(1, is("li"))}), times(10, none)),
			refused: "li",
			want:    []string{"1: withdrawn", "12: no-face"},
		},
		{
			name:   "told once though the track breaks",
			frames: seq(times(3, frame{seen(1, is("li"))}), times(3, none), times(5, frame{seen(2, is("li"))})),
			want:   []string{"1: recognised li"},
		},
		{
			name:   "told again after the lane was empty",
			frames: seq(times(3, frame{seen(1, is("li"))}), times(8, none), times(3, frame{seen(2, is("li"))})),
			want:   []string{"1: recognised li", "9: no-face", "12: recognised li"},
		},
		{
			name: "told again in a lane that is never empty",
			frames: seq(times(3, frame{seen(1, is("li"))}), times(60, frame{seen(2, is("wang"))}),
				times(3, frame{seen(3, is("li"))})),
			want: []string{"1: recognised li", "4: recognised wang", "64: recognised li"},
		},
		{
			name:   "the next pupil does not wait",
			frames: seq(times(2, frame{seen(1, is("li"))}), times(2, frame{seen(2, is("wang"))})),
			want:   []string{"1: recognised li", "3: recognised wang"},
		},
		{
			name:   "one track that turns out to be somebody else",
			frames: seq(times(2, frame{seen(1, is("li"))}), times(2, frame{seen(1, is("wang"))})),
			want:   []string{"1: recognised li", "3: recognised wang"},
		},
		{
			name:   "somebody recognised turns to go",
			frames: seq(times(2, frame{seen(1, is("li"))}), times(5, frame{seen(1, blurred)}), times(3, frame{seen(1, far)})),
			want:   []string{"1: recognised li"},
		},
		{
			name:   "an empty lane says nothing at first",
			frames: times(30, none),
		},
		{
			name:   "a blink of the detector does not empty the lane",
			frames: seq(times(6, frame{seen(1, nobody())}), times(6, none), times(6, frame{seen(1, nobody())})),
			want:   []string{"4: stranger"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := New(Defaults(), func(p string) bool { return p != tt.refused })
			if diff := cmp.Diff(tt.want, play(d, tt.frames)); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWithdrawnMidTrack: consent goes between any two frames; at once means with
// the very next frame, whatever it shows of the face.
func TestWithdrawnMidTrack(t *testing.T) {
	for name, next := range map[string]Seen{
		"described": seen(1, is("li")), "not described": seen(1), "dark": seen(1, dark), "turned": seen(1, turned),
	} {
		t.Run("after recognition, "+name, func(t *testing.T) {
			consents := true
			d := New(Defaults(), func(string) bool { return consents })
			play(d, times(2, frame{seen(1, is("li"))}))
			consents = false
			if got := play(d, times(5, frame{next})); !slices.Equal(got, []string{"0: withdrawn"}) {
				t.Errorf("told %q", got)
			}
			if v, person := d.Standing(1); v != kiosk.Withdrawn || person != "" {
				t.Errorf("Standing = %s %q", v, person)
			}
		})
	}
	t.Run("before the second frame", func(t *testing.T) {
		consents := true
		d := New(Defaults(), func(string) bool { return consents })
		play(d, times(1, frame{seen(1, is("li"))}))
		consents = false
		if got := play(d, times(5, frame{seen(1, is("li"))})); !slices.Equal(got, []string{"0: withdrawn"}) {
			t.Errorf("told %q", got)
		}
	})
}

func TestTrouble(t *testing.T) {
	d := New(Defaults(), func(string) bool { return true })
	verdicts := func(es []Event) (vs []kiosk.Verdict) {
		for _, e := range es {
			vs = append(vs, e.Verdict)
		}
		return vs
	}
	now := time.Unix(0, 0)
	var got []kiosk.Verdict
	step := func(faces ...Seen) {
		now = now.Add(100 * time.Millisecond)
		got = append(got, verdicts(d.Frame(now, faces))...)
	}
	step(seen(1, is("li")))
	step(seen(1, is("li")))
	for range 3 {
		got = append(got, verdicts(d.Trouble(kiosk.NoEngine, "restarting"))...)
	}
	got = append(got, verdicts(d.Trouble(kiosk.NoCamera, "unplugged"))...)
	step(seen(1, is("li"))) // one frame from before and one from after do not agree
	step(seen(1, is("li")))
	got = append(got, verdicts(d.Trouble(kiosk.NoCamera, "unplugged"))...)
	for range 10 {
		step()
	}
	want := []kiosk.Verdict{kiosk.Recognised, kiosk.NoEngine, kiosk.NoCamera, kiosk.Recognised, kiosk.NoCamera, kiosk.NoFace}
	if !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

// TestWants: undecided faces are described in each frame, decided ones now and then.
func TestWants(t *testing.T) {
	d := New(Defaults(), func(string) bool { return true })
	wants := func(frames []frame) (n int) {
		for _, f := range frames {
			play(d, []frame{f})
			if d.Wants() {
				n++
			}
		}
		return n
	}
	if n := wants(times(4, frame{seen(1)})); n != 4 {
		t.Errorf("an undecided face wanted in %d of 4 frames", n)
	}
	if n := wants(times(4, frame{seen(2, dark)})); n != 0 {
		t.Errorf("a dark face wanted in %d of 4 frames", n)
	}
	if n := wants(times(4, frame{seen(3, turned)})); n != 0 {
		t.Errorf("a turned face wanted in %d of 4 frames", n)
	}
	decided := New(Defaults(), func(string) bool { return true })
	n := 0
	for i := range 30 {
		f := seen(1, is("li"))
		if i > 1 && !decided.Wants() {
			f.Shot = nil
		}
		decided.Frame(time.Unix(0, 0).Add(time.Duration(i)*100*time.Millisecond), frame{f})
		if decided.Wants() {
			n++
		}
	}
	if n < 3 || n > 5 {
		t.Errorf("a decided face is wanted in %d of 30 frames, want about one in seven", n)
	}
}

// TestNeverWithout holds the state machine to its promises over any sequence of
// frames, lighting, tracks, withdrawals and troubles.
func TestNeverWithout(t *testing.T) {
	people := []string{"li", "wang", "zhao"}
	rapid.Check(t, func(t *rapid.T) {
		l := Defaults()
		consents := map[string]bool{"li": true, "wang": true, "zhao": true}
		d := New(l, func(p string) bool { return consents[p] })
		now := time.Unix(0, 0)
		run := map[uint64][]Shot{} // shots since the last reset, by track
		for range rapid.IntRange(1, 60).Draw(t, "frames") {
			gap := time.Duration(rapid.IntRange(10, 400).Draw(t, "ms")) * time.Millisecond
			now = now.Add(gap)
			switch rapid.IntRange(0, 19).Draw(t, "what") {
			case 0:
				d.Trouble(kiosk.NoEngine, "")
				clear(run)
				continue
			case 1:
				p := rapid.SampledFrom(people).Draw(t, "person")
				consents[p] = !consents[p]
			}
			var faces frame
			for range rapid.SampledFrom([]int{0, 1, 1, 1, 1, 2}).Draw(t, "faces") {
				f := seen(rapid.Uint64Range(1, 2).Draw(t, "track")+uint64(2*len(faces)),
					rapid.SampledFrom([]func(*Seen){is("li"), is("wang"), nobody(), shot("li", 0.37, 0.40),
						shot("zhao", 0.2, math.Inf(1)), func(*Seen) {}}).Draw(t, "shot"),
					rapid.SampledFrom([]func(*Seen){func(*Seen) {}, func(*Seen) {}, dark, far, turned}).Draw(t, "quality"))
				faces = append(faces, f)
			}
			slices.SortFunc(faces, func(a, b Seen) int { return b.Size - a.Size })
			two := len(faces) == 2 && faces[1].Size >= l.MinSize
			if two {
				clear(run)
			}
			events := d.Frame(now, faces)
			for _, e := range events {
				switch e.Verdict {
				case kiosk.Withdrawn:
					if e.Person != "" || e.Score != 0 {
						t.Fatal("Withdrawn names somebody")
					}
				case kiosk.Recognised:
					f := faces[0]
					shots := append(run[f.Track], *f.Shot)
					last := shots[max(0, len(shots)-l.Agree):]
					if len(last) < l.Agree {
						t.Fatalf("recognised after %d shots", len(last))
					}
					for _, s := range last {
						if s.Person != e.Person || s.Distance > l.Threshold || s.Second-s.Distance < l.Margin {
							t.Fatalf("recognised %s by %+v", e.Person, last)
						}
					}
					if two {
						t.Fatal("two faces recognised")
					}
					if !consents[e.Person] {
						t.Fatal("recognised without consent")
					}
					if q := f.Quality; q.Brightness < l.MinBrightness || f.Size < l.MinSize || math.Abs(q.Yaw) > l.MaxYaw {
						t.Fatalf("recognised in a frame of quality %+v", q)
					}
				}
			}
			if len(faces) > 0 && !two && faces[0].Shot != nil {
				f := faces[0]
				if q := f.Quality; q.Brightness >= l.MinBrightness && f.Size >= l.MinSize && math.Abs(q.Yaw) <= l.MaxYaw {
					run[f.Track] = append(run[f.Track], *f.Shot)
				}
			}
			for _, f := range faces {
				if v, p := d.Standing(f.Track); v == kiosk.Recognised && !consents[p] {
					t.Fatal("still standing as recognised without consent")
				}
			}
		}
	})
}

// BenchmarkFrame is the decision on one frame with one described face, without
// the gallery's search: 0.18 µs.
func BenchmarkFrame(b *testing.B) {
	d := New(Defaults(), func(string) bool { return true })
	f := frame{seen(1, is("li"))}
	now := time.Unix(0, 0)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(33 * time.Millisecond)
		d.Frame(now, f)
	}
}
