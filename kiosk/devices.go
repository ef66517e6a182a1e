package kiosk

import "time"

// ScannedCode is what somebody held before the scanner. Its text comes from
// outside and may be hostile: it is UTF-8 without control characters and at most
// 4 KiB, nothing more is known of it.
type ScannedCode struct {
	Text      string
	Symbology string // "qr", "code128", "ean", …; "" where the scanner does not say
}

// IDCard is what an identity card says of its holder. It carries no photo: whose
// face belongs to the card is the terminal's to tell (Identify).
type IDCard struct {
	Number     string // 18 characters, its check character is right
	Name       string
	Sex        string // GB/T 2261.1: "1" male, "2" female, "0" unknown, "9" not said
	Ethnicity  string // "汉"
	Birth      time.Time
	Address    string
	Issuer     string
	ValidFrom  time.Time
	ValidUntil time.Time // last day; zero is for ever
	Passport   string    // of a resident of Hong Kong, Macao or Taiwan
}

// Expired reports whether the card was no longer valid at a time.
func (c IDCard) Expired(at time.Time) bool {
	return !c.ValidUntil.IsZero() && !at.Before(c.ValidUntil.AddDate(0, 0, 1))
}

// VitalSigns is one measurement; what was not measured is 0.
type VitalSigns struct {
	Temperature float64 // °C, of the body
	Systolic    float64 // mmHg
	Diastolic   float64 // mmHg
	Pulse       float64 // beats a minute
	// Doubts are what the device says against its own measurement: "moved",
	// "cuff-loose", "irregular-pulse", "pulse-outside", "wrong-position".
	Doubts []string
}
