// Package qr reads QR codes before a camera, for terminals without a scanner:
// a phone held up with a pass, a slip from another counter. Only QR codes are
// looked for: other kinds need a scanner.
//
// A Reader shares a camera with whoever else looks through it. It looks at a few
// pictures a second, and only while somebody waits for a code.
package qr

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"sync"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/scanner"
)

// looksEvery is the least time between two pictures that are searched. One
// search costs some milliseconds (BenchmarkDecode).
const looksEvery = 120 * time.Millisecond

// Reader is a scanner made of a camera.
type Reader struct {
	open func() camera.Camera // a reader of the shared camera

	mu     sync.Mutex
	health devices.Health
	stop   context.CancelFunc
	ctx    context.Context
}

var _ scanner.Scanner = (*Reader)(nil)

// New makes a scanner of a camera's readers: open makes one, which is closed
// when nobody waits any more, so that the camera can rest.
func New(open func() camera.Camera) *Reader {
	r := &Reader{open: open, health: devices.Health{State: devices.Ready, Since: time.Now()}}
	r.ctx, r.stop = context.WithCancel(context.Background())
	return r
}

// Next implements scanner.Scanner.
func (r *Reader) Next(ctx context.Context) (scanner.Code, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)()
	pictures := r.open()
	defer func() { _ = pictures.Close() }() // it was only looked through
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-pause.C:
		case <-ctx.Done():
			return scanner.Code{}, r.ended(ctx)
		}
		pause.Reset(looksEvery)
		f, err := pictures.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return scanner.Code{}, r.ended(ctx)
		case errors.Is(err, os.ErrClosed):
			return scanner.Code{}, err
		case err != nil:
			r.set(devices.Health{State: devices.Away, Reason: err.Error(), Hint: "check the camera's cable"})
			continue
		}
		r.set(devices.Health{State: devices.Ready})
		if text, ok := Decode(f); ok {
			if code, err := scanner.Parse([]byte(text), f.Time); err == nil {
				code.Symbology = scanner.QR
				return code, nil
			}
		}
	}
}

func (r *Reader) ended(ctx context.Context) error {
	if r.ctx.Err() != nil {
		return fmt.Errorf("scanner: %w", os.ErrClosed)
	}
	return ctx.Err()
}

func (r *Reader) set(h devices.Health) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h.State != r.health.State {
		h.Since = time.Now()
		r.health = h
	}
}

// Health implements scanner.Scanner.
func (r *Reader) Health() devices.Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		return devices.Health{State: devices.Closed}
	}
	return r.health
}

// Close ends waiting.
func (r *Reader) Close() error {
	r.stop()
	return nil
}

// Decode looks for one QR code in a picture.
func Decode(f *camera.Frame) (string, bool) {
	bitmap, err := gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(gozxing.NewLuminanceSourceFromImage(grey(f))))
	if err != nil {
		return "", false
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]interface{}{
		gozxing.DecodeHintType_TRY_HARDER: true,
	})
	if err != nil {
		return "", false
	}
	return result.GetText(), true
}

// grey is the picture's luminance (BT.601).
func grey(f *camera.Frame) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, f.W, f.H))
	for y := range f.H {
		row, out := f.Pix[y*f.Stride:y*f.Stride+3*f.W], g.Pix[y*g.Stride:y*g.Stride+f.W]
		for x := range out {
			out[x] = byte((77*int(row[3*x]) + 150*int(row[3*x+1]) + 29*int(row[3*x+2])) >> 8)
		}
	}
	return g
}
