package dlib

import (
	"errors"

	"golang.org/x/sys/cpu"
)

// Supported says whether this processor can run the package's C++.
func Supported() error {
	x := cpu.X86
	if x.HasAVX2 && x.HasFMA && x.HasBMI1 && x.HasBMI2 && x.HasOSXSAVE {
		return nil
	}
	return errors.New("this processor is too old for the face engine: it needs x86-64-v3 (AVX2, FMA, BMI2), " +
		"Intel from 2013 or AMD from 2017 on; identify with cards and PINs here, or use a newer machine")
}
