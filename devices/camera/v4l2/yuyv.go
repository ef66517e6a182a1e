package v4l2

import "fmt"

// convertYUYV turns a picture of packed YUYV 4:2:2 (BT.601, studio range, what
// USB cameras send) into packed RGB of 3·w·h bytes. Rows of raw may be padded.
// It fails on a picture that was cut off and writes nothing then.
func convertYUYV(rgb, raw []byte, w, h int) error {
	if w <= 0 || h <= 0 || w%2 != 0 || len(rgb) != 3*w*h {
		return fmt.Errorf("no YUYV picture is %d×%d in %d bytes of RGB", w, h, len(rgb))
	}
	stride := len(raw) / h
	if stride < 2*w {
		return fmt.Errorf("half a frame: %d bytes, a YUYV picture of %d×%d has %d", len(raw), w, h, 2*w*h)
	}
	if len(raw)%h != 0 {
		stride = 2 * w // not padding, just a longer buffer
	}
	for y := range h {
		in, out := raw[y*stride:][:2*w], rgb[y*3*w:][:3*w]
		for len(in) >= 4 && len(out) >= 6 {
			u, v := int32(in[1])-128, int32(in[3])-128
			r, g, b := 409*v+128, -100*u-208*v+128, 516*u+128
			y0, y1 := 298*(int32(in[0])-16), 298*(int32(in[2])-16)
			out[0], out[1], out[2] = clamp(y0+r), clamp(y0+g), clamp(y0+b)
			out[3], out[4], out[5] = clamp(y1+r), clamp(y1+g), clamp(y1+b)
			in, out = in[4:], out[6:]
		}
	}
	return nil
}

// clamp takes v, in 256ths, to a byte.
func clamp(v int32) byte {
	v >>= 8
	if uint32(v) > 255 {
		return byte(^(v >> 31))
	}
	return byte(v)
}
