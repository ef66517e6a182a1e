package wire

import (
	"bytes"
	"encoding/json"
	"time"
)

// Limits of what a terminal says of itself, so that the head always fits a header.
const (
	maxTroubles = 32
	maxTrouble  = 200 // bytes of a name, and of what is wrong
	maxParts    = 64
	maxPart     = 64       // bytes of a part's name, state and reason
	maxHead     = 14 << 10 // beyond, the parts stay at home
)

// trim cuts parts to what a head has room for.
func trim(parts []Part) []Part {
	out := make([]Part, 0, len(parts))
	for _, p := range parts[:min(len(parts), maxParts)] {
		for _, s := range []*string{&p.Kind, &p.Name, &p.State, &p.Reason} {
			*s = (*s)[:min(len(*s), maxPart)]
		}
		p.Since = p.Since.Truncate(time.Second).UTC()
		out = append(out, p)
	}
	return out
}

// EncodeHead writes a head for HeaderHead. What a device says of itself is cut where
// it is too long: a driver's error must not keep records from going up.
func EncodeHead(h Head) ([]byte, error) {
	h.Health.Version = cut(h.Health.Version)
	if len(h.Health.Devices) > 0 {
		devices := map[string]string{}
		for name, trouble := range h.Health.Devices {
			if len(devices) == maxTroubles {
				break
			}
			devices[cut(name)] = cut(trouble)
		}
		h.Health.Devices = devices
	}
	if h.Health.Parts != nil {
		h.Health.Parts = trim(h.Health.Parts)
	}
	b, err := json.Marshal(h)
	if err == nil && len(b) > maxHead && h.Health.Parts != nil {
		h.Health.Parts = nil
		b, err = json.Marshal(h)
	}
	// The one character that JSON leaves as it is and a header may not hold.
	return bytes.ReplaceAll(b, []byte{0x7f}, []byte(`\u007f`)), err
}

func cut(s string) string {
	if len(s) > maxTrouble {
		s = s[:maxTrouble] // JSON puts right what is left of a character
	}
	return s
}
