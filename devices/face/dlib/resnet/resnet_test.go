package resnet_test

import (
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/assets/models"
	"github.com/luohu/ting/devices/face/dlib"
	"github.com/luohu/ting/devices/face/dlib/resnet"
	"github.com/luohu/ting/devices/face/dlib/resnet/reference"
	"github.com/luohu/ting/devices/face/network"
)

// shipped is the uncompressed weights of assets/models, read once.
var shipped = sync.OnceValues(func() ([]byte, error) {
	r, err := models.FaceRecognition()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
})

func weights(t testing.TB) []byte {
	t.Helper()
	b, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// trained is the shipped network's weights.
func trained(t testing.TB) *network.Weights {
	t.Helper()
	w, err := resnet.Read(weights(t))
	if err != nil {
		t.Fatal(err)
	}
	n := &network.Weights{Projection: w.Projection}
	for _, c := range w.Convolutions {
		n.Convolutions = append(n.Convolutions, network.Convolution(c))
	}
	return n
}

type chip = [3 * network.ChipSide * network.ChipSide]byte

var paths = []network.Path{network.Portable, network.AVX2, network.AVX512}

// tolerance is how far a raw descriptor of ours (of length 1.4 or so) may be from
// dlib's: the same sums in another order.
const tolerance = 1e-5

// TestNetworkEqualsDlib holds our forward pass on every path this processor has
// against dlib's own.
func TestNetworkEqualsDlib(t *testing.T) {
	theirs, err := reference.Read(weights(t))
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	w := trained(t)
	chips := append(patterns(), photographed(t)...)
	var wants [][network.Dim]float32
	for _, c := range chips {
		d, err := theirs.Describe(&c)
		if err != nil {
			t.Fatal(err)
		}
		wants = append(wants, d)
	}
	for _, path := range paths {
		t.Run(path.String(), func(t *testing.T) {
			if !path.Supported() {
				t.Skipf("this processor has no %s", path)
			}
			n, err := network.New(w, path)
			if err != nil {
				t.Fatal(err)
			}
			s, err := n.NewScratch()
			if err != nil {
				t.Fatal(err)
			}
			var worst float32
			for i, c := range chips {
				got := n.Raw(s, &c)
				for j := range got {
					worst = max(worst, got[j]-wants[i][j], wants[i][j]-got[j])
				}
			}
			if worst > tolerance {
				t.Errorf("descriptors differ by %g", worst)
			}
			t.Logf("worst difference of %d chips: %g", len(chips), worst)
		})
	}
}

// patterns are chips that no face made: flat, a gradient and noise.
func patterns() []chip {
	r := rand.New(rand.NewPCG(1, 2))
	chips := make([]chip, 6)
	for i := range chips[1] {
		chips[1][i] = 255
		chips[2][i] = byte(i / 3 % network.ChipSide)
		chips[3][i] = byte(i / (3 * network.ChipSide))
		chips[4][i] = byte(r.Uint32())
		chips[5][i] = byte(128 + r.Uint32()%32)
	}
	return chips
}

// photographed are the chips of the faces in the photographs, if there are any.
func photographed(t *testing.T) (chips []chip) {
	dir := os.Getenv("TING_FACES")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "..", "shared", "faces")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "_frames", "*.jpg"))
	if err != nil || len(paths) == 0 {
		t.Logf("no photographs in %s (%v): only synthetic chips", dir, err)
		return nil
	}
	predictor, err := dlib.LoadPredictor("/usr/share/dlib/shape_predictor_68_face_landmarks.dat")
	if err != nil {
		t.Fatal(err)
	}
	detector, err := dlib.NewDetector(dlib.AllLevels, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		picture := photograph(t, path)
		var luma dlib.Luma
		if _, err := luma.Shrunk(picture, image.Rect(0, 0, picture.W, picture.H), 1); err != nil {
			t.Fatal(err)
		}
		found, err := detector.Detect(&luma)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			t.Errorf("%s: no face", path)
		}
		for _, f := range found {
			points, err := predictor.Landmarks(picture, f.Rect)
			if err != nil {
				t.Fatal(err)
			}
			var c dlib.Chip
			if err := c.Cut(picture, &points); err != nil {
				t.Fatal(err)
			}
			chips = append(chips, chip(c))
		}
	}
	return chips
}

func photograph(t *testing.T, path string) dlib.RGB {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := jpeg.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	b := img.Bounds()
	p := dlib.RGB{W: b.Dx(), H: b.Dy(), Stride: 3 * b.Dx()}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			red, green, blue, _ := img.At(x, y).RGBA()
			p.Pix = append(p.Pix, byte(red>>8), byte(green>>8), byte(blue>>8))
		}
	}
	return p
}

// TestDamaged refuses what is not the network's weights, without a crash.
func TestDamaged(t *testing.T) {
	good := weights(t)
	flipped := slices.Clone(good)
	flipped[3] ^= 0xff
	for name, dat := range map[string][]byte{
		"empty": nil, "text": []byte("weights"), "cut short": good[:len(good)/2], "flipped": flipped,
	} {
		if _, err := resnet.Read(dat); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// BenchmarkDescribe compares dlib's forward pass (OpenBLAS, one thread) with ours,
// and ours with the floor: the time that the network's multiplications alone take at
// the speed this processor multiplies at, measured beside each.
// A chip on one core of an EPYC (Zen 4), other work beside it: dlib 14.5 ms,
// avx512 5.9, avx2 6.0, portable 17.
func BenchmarkDescribe(b *testing.B) {
	picture := &patterns()[5]
	b.Run("dlib", func(b *testing.B) {
		theirs, err := reference.Read(weights(b))
		if err != nil {
			b.Fatal(err)
		}
		defer theirs.Close()
		for b.Loop() {
			if _, err := theirs.Describe(picture); err != nil {
				b.Fatal(err)
			}
		}
	})
	w := trained(b)
	for _, path := range paths {
		if !path.Supported() {
			continue
		}
		b.Run(path.String(), func(b *testing.B) {
			n, err := network.New(w, path)
			if err != nil {
				b.Fatal(err)
			}
			s, err := n.NewScratch()
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				n.Raw(s, picture)
			}
			b.StopTimer()
			const rounds = 2_000_000
			var operations int64
			began := time.Now()
			for range 5 {
				operations += path.Peak(rounds)
			}
			perSecond := float64(operations) / time.Since(began).Seconds()
			b.ReportMetric(perSecond/1e9, "peak-GFLOPS")
			b.ReportMetric(1000*network.Operations/perSecond, "floor-ms")
		})
	}
}
