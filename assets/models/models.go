// Package models holds the weights of the face recognition network that a
// terminal uses when its site names no others.
//
// The file is dlib's own serialisation of dlib_face_recognition_resnet_model_v1,
// compressed with zstd; its origin and licence are in assets/NOTICE.md. Only
// app/ting-face may import this package: the 4.7 MB are linked into every program that does.
package models

import (
	"bytes"
	_ "embed" // for the weights
	"io"

	"github.com/klauspost/compress/zstd"
)

//go:embed face_recognition_resnet.dat.zst
var faceRecognition []byte

// FaceRecognition reads the weights, 22.5 MB, uncompressed while they are read.
// The caller closes the reader.
func FaceRecognition() (io.ReadCloser, error) {
	return Uncompressed(bytes.NewReader(faceRecognition))
}

// maxWindow bounds the memory that a hostile or damaged file can make the decoder take.
const maxWindow = 64 << 20

// Uncompressed reads a zstd stream. Damage is reported by Read, as an error,
// at the latest where the stream's checksum stands.
func Uncompressed(r io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}
