package demo

import (
	_ "embed"
	"encoding/json"
)

// CanteenInfo is a site's canteen. Windows, Menu and Diners are rows of the
// canteen's feeds by their keys, in the shape its module documents; it is not
// named here, so that a terminal's program does not link it.
type CanteenInfo struct {
	Site     string                     `json:"site"`
	Windows  map[string]json.RawMessage `json:"windows"`
	Menu     map[string]json.RawMessage `json:"menu"`
	Diners   map[string]json.RawMessage `json:"diners"`
	Openings map[string]int64           `json:"openings"` // balances by person, in fen
	Limits   map[string]int64           `json:"limits"`   // a day, by person, in fen
	// Quota is what the tills may spend without the center, in fen, and their shares.
	Quota struct {
		Fen    int64            `json:"fen"`
		Shares map[string]int64 `json:"shares"`
	} `json:"quota"`
}

//go:embed canteen.json
var canteenJSON []byte

// Canteen is the canteen of School1.
func Canteen() CanteenInfo {
	var c CanteenInfo
	decode("canteen.json", canteenJSON, &c)
	return c
}
