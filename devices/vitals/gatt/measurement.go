package gatt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/luohu/ting/devices/vitals"
)

// The characteristics whose measurements are read, by their number at the
// Bluetooth SIG.
const (
	TemperatureMeasurement   = 0x2a1c
	BloodPressureMeasurement = 0x2a35
)

// ErrMeasurement is wrapped by every error about bytes that are no measurement.
var ErrMeasurement = errors.New("not a measurement")

// Parse reads a measurement as the Bluetooth SIG lays it out (GATT Specification
// Supplement). Times and users in it are passed over: the terminal has its own.
func Parse(characteristic uint16, b []byte) (vitals.Reading, error) {
	var r vitals.Reading
	var err error
	switch characteristic {
	case TemperatureMeasurement:
		r, err = temperature(b)
	case BloodPressureMeasurement:
		r, err = bloodPressure(b)
	default:
		err = fmt.Errorf("%w: characteristic %04x", ErrMeasurement, characteristic)
	}
	if err == nil {
		err = r.Check()
	}
	if err != nil {
		return vitals.Reading{}, err
	}
	return r, nil
}

// temperature: flags (bit 0 Fahrenheit, 1 time, 2 type), FLOAT.
func temperature(b []byte) (r vitals.Reading, err error) {
	if len(b) < 5 {
		return r, fmt.Errorf("%w: temperature of %d bytes", ErrMeasurement, len(b))
	}
	v, err := float(binary.LittleEndian.Uint32(b[1:]))
	if err != nil {
		return r, err
	}
	if b[0]&1 != 0 {
		v = (v - 32) / 1.8
	}
	r.Temperature = math.Round(v*100) / 100
	return r, nil
}

// mmHgPerKilopascal converts what some cuffs send.
const mmHgPerKilopascal = 7.500617

// bloodPressure: flags (bit 0 kPa, 1 time, 2 pulse, 3 user, 4 status), systolic,
// diastolic, mean as SFLOAT, then what the flags say.
func bloodPressure(b []byte) (r vitals.Reading, err error) {
	if len(b) < 7 {
		return r, fmt.Errorf("%w: blood pressure of %d bytes", ErrMeasurement, len(b))
	}
	flags := b[0]
	for i, into := range []*float64{&r.Systolic, &r.Diastolic, &r.Mean} {
		v, err := sfloat(binary.LittleEndian.Uint16(b[1+2*i:]))
		if errors.Is(err, errNotANumber) && i == 2 { // some cuffs do not know the mean
			continue
		}
		if err != nil {
			return vitals.Reading{}, err
		}
		if flags&1 != 0 {
			v *= mmHgPerKilopascal
		}
		*into = math.Round(v*10) / 10
	}
	rest := b[7:]
	take := func(n int) ([]byte, error) {
		if len(rest) < n {
			return nil, fmt.Errorf("%w: blood pressure ends early", ErrMeasurement)
		}
		part := rest[:n]
		rest = rest[n:]
		return part, nil
	}
	if flags&2 != 0 {
		if _, err := take(7); err != nil {
			return vitals.Reading{}, err
		}
	}
	if flags&4 != 0 {
		p, err := take(2)
		if err != nil {
			return vitals.Reading{}, err
		}
		v, err := sfloat(binary.LittleEndian.Uint16(p))
		if err != nil && !errors.Is(err, errNotANumber) {
			return vitals.Reading{}, err
		}
		r.Pulse = v
	}
	if flags&8 != 0 {
		if _, err := take(1); err != nil {
			return vitals.Reading{}, err
		}
	}
	if flags&16 != 0 {
		p, err := take(2)
		if err != nil {
			return vitals.Reading{}, err
		}
		r.Doubt = doubt(binary.LittleEndian.Uint16(p))
	}
	return r, nil
}

// doubt: bit 0 movement, 1 loose cuff, 2 irregular pulse, 3 and 4 pulse outside, 5 position.
func doubt(status uint16) (d vitals.Doubt) {
	for bit, what := range []vitals.Doubt{vitals.Moved, vitals.CuffLoose, vitals.IrregularPulse, vitals.PulseOutside, vitals.PulseOutside, vitals.WrongPosition} {
		if status&(1<<bit) != 0 {
			d |= what
		}
	}
	return d
}

var errNotANumber = fmt.Errorf("%w: not a number", ErrMeasurement)

// sfloat is the 16-bit number of IEEE 11073-20601: 4 bits of exponent, 12 of mantissa.
func sfloat(v uint16) (float64, error) {
	mantissa, exponent := int(v&0xfff), int(v>>12)
	switch mantissa {
	case 0x7ff, 0x800, 0x7fe, 0x802, 0x801: // NaN, not at this resolution, ±infinity, reserved
		return 0, errNotANumber
	}
	if mantissa >= 0x800 {
		mantissa -= 0x1000
	}
	if exponent >= 8 {
		exponent -= 16
	}
	return float64(mantissa) * math.Pow10(exponent), nil
}

// float is the 32-bit number of IEEE 11073-20601: 8 bits of exponent, 24 of mantissa.
func float(v uint32) (float64, error) {
	mantissa, exponent := int32(v&0xffffff), int8(v>>24)
	if mantissa >= 0x7ffffe && mantissa <= 0x800002 {
		return 0, errNotANumber
	}
	if mantissa >= 0x800000 {
		mantissa -= 0x1000000
	}
	return float64(mantissa) * math.Pow10(int(exponent)), nil
}

// Temperature is the bytes of a measurement in °C, to a hundredth.
func Temperature(celsius float64) []byte {
	m := uint32(int32(math.Round(celsius*100))) & 0xffffff
	return binary.LittleEndian.AppendUint32([]byte{0}, m|0xfe<<24)
}

// BloodPressure is the bytes of a measurement in whole mmHg and beats, with its doubts.
func BloodPressure(r vitals.Reading) []byte {
	b := []byte{4 | 16}
	for _, v := range []float64{r.Systolic, r.Diastolic, r.Mean, r.Pulse} {
		b = binary.LittleEndian.AppendUint16(b, uint16(int(v))&0xfff)
	}
	var status uint16
	for bit, what := range map[int]vitals.Doubt{0: vitals.Moved, 1: vitals.CuffLoose, 2: vitals.IrregularPulse, 3: vitals.PulseOutside, 5: vitals.WrongPosition} {
		if r.Doubt.Has(what) {
			status |= 1 << bit
		}
	}
	return binary.LittleEndian.AppendUint16(b, status)
}
