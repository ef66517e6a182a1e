package gatt

import (
	"bytes"
	"errors"
	"io"
	"math"
	"testing"

	"github.com/luohu/ting/devices/vitals"
)

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		characteristic uint16
		bytes          []byte
		want           vitals.Reading
	}{
		"36.4 °C":            {TemperatureMeasurement, []byte{0, 0x6c, 0x01, 0, 0xff}, vitals.Reading{Temperature: 36.4}},
		"100.4 °F":           {TemperatureMeasurement, []byte{1, 0xec, 0x03, 0, 0xff}, vitals.Reading{Temperature: 38}},
		"with time and type": {TemperatureMeasurement, []byte{6, 0x6c, 0x01, 0, 0xff, 0xea, 7, 11, 24, 8, 0, 0, 2}, vitals.Reading{Temperature: 36.4}},
		"120/80":             {BloodPressureMeasurement, []byte{0, 120, 0, 80, 0, 93, 0}, vitals.Reading{Systolic: 120, Diastolic: 80, Mean: 93}},
		"16.0/10.7 kPa":      {BloodPressureMeasurement, []byte{1, 0xa0, 0xf0, 0x6b, 0xf0, 0xff, 0x07}, vitals.Reading{Systolic: 120, Diastolic: 80.3}},
		"everything": {
			BloodPressureMeasurement,
			[]byte{2 | 4 | 8 | 16, 150, 0, 95, 0, 113, 0, 0xea, 7, 11, 24, 8, 0, 0, 88, 0, 1, 0x21 | 0x04, 0},
			vitals.Reading{Systolic: 150, Diastolic: 95, Mean: 113, Pulse: 88, Doubt: vitals.Moved | vitals.IrregularPulse | vitals.WrongPosition},
		},
	} {
		if got, err := Parse(c.characteristic, c.bytes); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
	for name, c := range map[string]struct {
		characteristic uint16
		bytes          []byte
	}{
		"unknown":             {0x2a37, []byte{0, 60}},
		"short temperature":   {TemperatureMeasurement, []byte{0, 1, 2}},
		"not a number":        {TemperatureMeasurement, []byte{0, 0xff, 0xff, 0x7f, 0}},
		"a stone":             {TemperatureMeasurement, Temperature(4)},
		"a fire":              {TemperatureMeasurement, Temperature(99)},
		"short pressure":      {BloodPressureMeasurement, []byte{0, 120, 0, 80, 0}},
		"no systolic":         {BloodPressureMeasurement, []byte{0, 0xff, 0x07, 80, 0, 93, 0}},
		"upside down":         {BloodPressureMeasurement, BloodPressure(vitals.Reading{Systolic: 80, Diastolic: 120, Mean: 93, Pulse: 70})},
		"pulse that is cut":   {BloodPressureMeasurement, []byte{4, 120, 0, 80, 0, 93, 0, 70}},
		"status that is cut":  {BloodPressureMeasurement, []byte{16, 120, 0, 80, 0, 93, 0}},
		"nobody has 1000/500": {BloodPressureMeasurement, BloodPressure(vitals.Reading{Systolic: 1000, Diastolic: 500, Mean: 600, Pulse: 70})},
	} {
		got, err := Parse(c.characteristic, c.bytes)
		if !errors.Is(err, ErrMeasurement) && !errors.Is(err, vitals.ErrReading) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestFrame(t *testing.T) {
	if got := crc([]byte("123456789")); got != 0x29b1 { // the check value of the algorithm
		t.Errorf("checksum %04x", got)
	}
	body := []byte{end, escape, 1, 2, end}
	frame := AppendFrame(nil, BloodPressureMeasurement, body)
	flipped := bytes.Clone(frame)
	flipped[4] ^= 0x10
	in := bytes.NewReader(append(append([]byte("noise"), flipped...), frame...))
	c, got, broken, err := ReadFrame(in)
	if err != nil || c != BloodPressureMeasurement || !bytes.Equal(got, body) || broken == 0 {
		t.Errorf("%04x % x, %d broken, %v", c, got, broken, err)
	}
	if _, _, _, err := ReadFrame(bytes.NewReader(bytes.Repeat([]byte{1}, 1<<16))); !errors.Is(err, io.EOF) {
		t.Errorf("noise without end: %v", err)
	}
}

// FuzzBridge: whatever comes over the line is passed over or is a measurement
// that a body can have.
func FuzzBridge(f *testing.F) {
	f.Add(AppendFrame(nil, TemperatureMeasurement, Temperature(36.6)))
	f.Add(AppendFrame(nil, BloodPressureMeasurement, BloodPressure(vitals.Reading{Systolic: 120, Diastolic: 80, Mean: 93, Pulse: 70})))
	f.Add([]byte{end, escape, end, escape, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bytes.NewReader(b)
		for {
			c, body, _, err := ReadFrame(in)
			if err != nil {
				return
			}
			r, err := Parse(c, body)
			if err == nil && (r.Check() != nil || math.IsNaN(r.Temperature+r.Systolic)) {
				t.Fatalf("%+v", r)
			}
		}
	})
}

// FuzzMeasurement: the same for the measurement alone, where no checksum guards it.
func FuzzMeasurement(f *testing.F) {
	f.Add(uint16(TemperatureMeasurement), Temperature(36.6))
	f.Add(uint16(BloodPressureMeasurement), BloodPressure(vitals.Reading{Systolic: 120, Diastolic: 80, Mean: 93, Pulse: 70, Doubt: vitals.Moved}))
	f.Fuzz(func(t *testing.T, c uint16, b []byte) {
		if r, err := Parse(c, b); err == nil && r.Check() != nil {
			t.Fatalf("%+v", r)
		}
	})
}
