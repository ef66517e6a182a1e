package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/luohu/ting/assets/models"
	"github.com/luohu/ting/devices/face/dlib"
	"github.com/luohu/ting/devices/face/dlib/resnet"
	"github.com/luohu/ting/devices/face/network"
)

// maxWeights bounds a file of weights, in bytes uncompressed; the network has 22.5 MB.
const maxWeights = 64 << 20

// loaded is everything that was learnt. It is immutable.
type loaded struct {
	id        string // of the weights
	network   *network.Network
	predictor *dlib.Predictor
}

// loadModels reads the weights (a path, or the built-in ones) and the landmarks'
// model. Its errors say what to do.
func loadModels(weights, landmarks string) (*loaded, error) {
	if err := dlib.Supported(); err != nil {
		return nil, err
	}
	m := new(loaded)
	var all errgroup.Group
	all.Go(func() error {
		dat, err := readWeights(weights)
		if err == nil {
			err = m.use(dat)
		}
		if err != nil && weights == "" {
			return fmt.Errorf("built-in weights are damaged: %w; install ting-face again", err)
		}
		if err != nil {
			return fmt.Errorf("weights %s: %w; put the right file there, or remove face.weights from terminal.toml to use the built-in ones",
				weights, bare(err))
		}
		return nil
	})
	all.Go(func() (err error) {
		// dlib reports a file that cannot be opened and one that is damaged alike.
		if err = readable(landmarks); err == nil {
			m.predictor, err = dlib.LoadPredictor(landmarks)
		}
		if err != nil {
			return fmt.Errorf("landmarks %s: %w; install Debian's package libdlib-data, or name the file with face.landmarks in terminal.toml",
				landmarks, bare(err))
		}
		return nil
	})
	all.Go(func() error {
		_, err := dlib.NewDetector(dlib.AllLevels, 0) // the first one takes long
		return err
	})
	if err := all.Wait(); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *loaded) use(dat []byte) error {
	w, err := resnet.Read(dat)
	if err != nil {
		return err
	}
	weights := &network.Weights{Projection: w.Projection}
	for _, c := range w.Convolutions {
		weights.Convolutions = append(weights.Convolutions, network.Convolution(c))
	}
	m.network, err = network.New(weights, network.Best())
	m.id = fmt.Sprintf("dlib-resnet-29/%x", sha256.Sum256(dat))[:len("dlib-resnet-29/")+16]
	return err
}

// readWeights reads a file of weights, compressed or not, or the built-in ones.
func readWeights(path string) ([]byte, error) {
	var r io.ReadCloser
	var err error
	if path == "" {
		r, err = models.FaceRecognition()
	} else {
		r, err = openWeights(path)
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	dat, err := io.ReadAll(io.LimitReader(r, maxWeights+1))
	if err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	if len(dat) > maxWeights {
		return nil, errors.New("far too large for the weights of dlib's face recognition network")
	}
	return dat, nil
}

func openWeights(path string) (io.ReadCloser, error) {
	if err := readable(path); err != nil {
		return nil, err
	}
	f, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(f, []byte{0x28, 0xb5, 0x2f, 0xfd}) { // zstd's magic number
		return models.Uncompressed(bytes.NewReader(f))
	}
	return io.NopCloser(bytes.NewReader(f)), nil
}

// maxFile bounds any model's file: the landmarks have 100 MB.
const maxFile = 512 << 20

func readable(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("not a file")
	case info.Size() > maxFile:
		return fmt.Errorf("%d bytes are far too many", info.Size())
	}
	return nil
}

// bare is the reason without the path, which the message names already.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
