package photo

import "encoding/binary"

// turn is an EXIF orientation, 1 to 8: where the sensor's first row and column
// belong in the upright picture.
type turn int

const upright turn = 1

func (o turn) sideways() bool { return o >= 5 }

// place is where a pixel of a w×h picture belongs in the upright one.
func (o turn) place(x, y, w, h int) (int, int) {
	switch o {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8:
		return y, w - 1 - x
	}
	return x, y
}

// orientation reads the EXIF orientation of a JPEG; upright where there is none
// or it makes no sense. A telephone held upright writes 6.
func orientation(jpeg []byte) turn {
	for b := jpeg[min(2, len(jpeg)):]; len(b) >= 4 && b[0] == 0xff; {
		kind, n := b[1], int(binary.BigEndian.Uint16(b[2:]))
		if kind == 0xda || n < 2 || 2+n > len(b) { // the picture's data begin
			return upright
		}
		if body := b[4 : 2+n]; kind == 0xe1 && len(body) > 6 && string(body[:6]) == "Exif\x00\x00" {
			return tiffOrientation(body[6:])
		}
		b = b[2+n:]
	}
	return upright
}

// tiffOrientation finds the orientation (tag 0x112) in the first directory of a
// TIFF header.
func tiffOrientation(b []byte) turn {
	if len(b) < 8 {
		return upright
	}
	var order binary.ByteOrder
	switch string(b[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return upright
	}
	at := int(order.Uint32(b[4:]))
	if at < 8 || at+2 > len(b) {
		return upright
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			return upright
		}
		if order.Uint16(entries) == 0x112 {
			if o := turn(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return upright
		}
		entries = entries[12:]
	}
	return upright
}
