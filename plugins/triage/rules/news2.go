package rules

// Sign is a vital sign.
type Sign string

// The signs.
const (
	Temperature Sign = "temperature" // °C
	Pulse       Sign = "pulse"       // beats a minute
	Respiration Sign = "respiration" // breaths a minute
	Systolic    Sign = "systolic"    // mmHg
	SpO2        Sign = "spo2"        // %
)

var signs = []Sign{Temperature, Pulse, Respiration, Systolic, SpO2}

// Mind is how awake a patient is, as ACVPU.
type Mind string

// The states of mind.
const (
	Alert        Mind = "A"
	Confused     Mind = "C" // newly
	ToVoice      Mind = "V"
	ToPain       Mind = "P"
	Unresponsive Mind = "U"
)

// Vitals are what was measured; 0 or "" is not measured.
type Vitals struct {
	Temperature float64 `json:"temperature,omitempty"`
	Pulse       float64 `json:"pulse,omitempty"`
	Respiration float64 `json:"respiration,omitempty"`
	Systolic    float64 `json:"systolic,omitempty"`
	Diastolic   float64 `json:"diastolic,omitempty"`
	SpO2        float64 `json:"spo2,omitempty"`
	Oxygen      bool    `json:"oxygen,omitempty"` // breathing more than air
	Mind        Mind    `json:"mind,omitempty"`
	// Hypercapnic says that a clinician has prescribed NEWS2's scale 2 for SpO2.
	Hypercapnic bool `json:"hypercapnic,omitempty"`
}

// Of is the value of a sign.
func (v Vitals) Of(s Sign) float64 {
	switch s {
	case Temperature:
		return v.Temperature
	case Pulse:
		return v.Pulse
	case Respiration:
		return v.Respiration
	case Systolic:
		return v.Systolic
	case SpO2:
		return v.SpO2
	}
	return 0
}

// Measured reports whether enough was measured to call a patient's signs good:
// temperature, pulse and blood pressure.
func (v Vitals) Measured() bool { return v.Temperature > 0 && v.Pulse > 0 && v.Systolic > 0 }

// NEWS2 is the National Early Warning Score 2 of what was measured. What was not
// counts nothing, so that the true score may be higher: Missing says how many of
// the seven parts were not there.
type NEWS2 struct {
	Score   int `json:"score"`
	Highest int `json:"highest"` // of a single part
	Missing int `json:"missing,omitempty"`
}

// AdultAge is from what age, in months, NEWS2 holds: 16 years.
const AdultAge = 16 * 12

// Score2 computes the score. It is made for people of 16 and over who are not
// pregnant (Royal College of Physicians, 2017, chart 1).
func Score2(v Vitals) (n NEWS2) {
	add := func(measured bool, points int) {
		if !measured {
			n.Missing++
			return
		}
		n.Score += points
		n.Highest = max(n.Highest, points)
	}
	add(v.Respiration > 0, bands(v.Respiration, band{8, 3}, band{11, 1}, band{20, 0}, band{24, 2}, band{1000, 3}))
	add(v.SpO2 > 0, saturation(v))
	oxygen := 0
	if v.Oxygen {
		oxygen = 2
	}
	add(v.SpO2 > 0 || v.Oxygen, oxygen)
	add(v.Systolic > 0, bands(v.Systolic, band{90, 3}, band{100, 2}, band{110, 1}, band{219, 0}, band{1000, 3}))
	add(v.Pulse > 0, bands(v.Pulse, band{40, 3}, band{50, 1}, band{90, 0}, band{110, 1}, band{130, 2}, band{1000, 3}))
	mind := 0
	if v.Mind != Alert {
		mind = 3
	}
	add(v.Mind != "", mind)
	add(v.Temperature > 0, bands(v.Temperature, band{35, 3}, band{36, 1}, band{38, 0}, band{39, 1}, band{1000, 2}))
	return n
}

func saturation(v Vitals) int {
	if !v.Hypercapnic {
		return bands(v.SpO2, band{91, 3}, band{93, 2}, band{95, 1}, band{1000, 0})
	}
	if v.Oxygen && v.SpO2 > 92 {
		return bands(v.SpO2, band{94, 1}, band{96, 2}, band{1000, 3})
	}
	return bands(v.SpO2, band{83, 3}, band{85, 2}, band{87, 1}, band{1000, 0})
}

// band is the points of values up to and with a limit.
type band struct {
	upTo   float64
	points int
}

// bands finds the points of a value; the steps between the printed limits (whole
// numbers, tenths of a degree) belong to the band above the lower one.
func bands(v float64, all ...band) int {
	for _, b := range all {
		if v <= b.upTo {
			return b.points
		}
	}
	return all[len(all)-1].points
}
