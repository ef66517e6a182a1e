package main

import (
	"context"
	"errors"
	"io"
)

func identityCalibrate(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return errors.New("TODO")
}
