//go:build !amd64

package dlib

// Supported says whether this processor can run the package's C++.
func Supported() error { return nil }
