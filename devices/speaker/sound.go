package speaker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// Sound is samples to be heard: 16 bits, channels side by side.
type Sound struct {
	Rate     int // samples a second and channel
	Channels int // 1 or 2
	Samples  []int16
}

// maxSound is the longest sound that is played.
const maxSound = 2 * time.Minute

// ParseWAV reads a WAV file of 16-bit PCM, as recorders, espeak-ng and phones
// write it. Lengths that a stream could not know are taken to reach to its end.
func ParseWAV(b []byte) (Sound, error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return Sound{}, errors.New("not a WAV file: save the recording as WAV, 16 bit PCM")
	}
	var s Sound
	for rest := b[12:]; len(rest) >= 8; {
		id, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:8]))
		body := rest[8:]
		body = body[:min(size, len(body))]
		switch id {
		case "fmt ":
			if len(body) < 16 {
				return Sound{}, errors.New("the WAV file's format is cut short")
			}
			format, bits := binary.LittleEndian.Uint16(body), binary.LittleEndian.Uint16(body[14:])
			s.Channels, s.Rate = int(binary.LittleEndian.Uint16(body[2:])), int(binary.LittleEndian.Uint32(body[4:]))
			if format != 1 && format != 0xfffe || bits != 16 || s.Channels < 1 || s.Channels > 2 || s.Rate < 8000 || s.Rate > 48000 {
				return Sound{}, fmt.Errorf("a WAV file of format %d, %d bits, %d channels, %d Hz: save it as 16 bit PCM, mono or stereo, 8000 to 48000 Hz",
					format, bits, s.Channels, s.Rate)
			}
		case "data":
			if s.Rate == 0 {
				return Sound{}, errors.New("the WAV file has samples before their format")
			}
			most := int(maxSound/time.Second) * s.Rate * s.Channels
			n := len(body) / 2
			if n > most {
				return Sound{}, fmt.Errorf("the WAV file is longer than %v", maxSound)
			}
			n -= n % s.Channels
			s.Samples = make([]int16, n)
			for i := range s.Samples {
				s.Samples[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
			}
			return s, nil
		}
		rest = rest[8+len(body):]
		if size%2 == 1 && len(rest) > 0 {
			rest = rest[1:]
		}
	}
	return Sound{}, errors.New("the WAV file has no samples")
}

// WAV is the sound as a file.
func (s Sound) WAV() []byte {
	const head = 44
	b := make([]byte, 0, head+2*len(s.Samples))
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(head-8+2*len(s.Samples)))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint16(b, uint16(s.Channels))
	b = binary.LittleEndian.AppendUint32(b, uint32(s.Rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*s.Channels*s.Rate))
	b = binary.LittleEndian.AppendUint16(b, uint16(2*s.Channels))
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(s.Samples)))
	for _, v := range s.Samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// Duration is how long the sound is heard.
func (s Sound) Duration() time.Duration {
	if s.Rate == 0 || s.Channels == 0 {
		return 0
	}
	return time.Duration(len(s.Samples)/s.Channels) * time.Second / time.Duration(s.Rate)
}

// Loudness is the root mean square of the samples, from 0 (silence) to 1.
func (s Sound) Loudness() float64 {
	if len(s.Samples) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range s.Samples {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum/float64(len(s.Samples))) / math.MaxInt16
}

// Scaled is the sound at a part of its volume, from 0 to 1.
func (s Sound) Scaled(volume float64) Sound {
	scaled := Sound{Rate: s.Rate, Channels: s.Channels, Samples: make([]int16, len(s.Samples))}
	for i, v := range s.Samples {
		scaled.Samples[i] = int16(float64(v) * volume)
	}
	return scaled
}
