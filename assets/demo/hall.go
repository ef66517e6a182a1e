package demo

import (
	_ "embed"
	"encoding/json"
)

//go:embed hall-services.json
var hallServicesJSON []byte

//go:embed hall-residents.json
var hallResidentsJSON []byte

// HallServices are the services of the district's hall, by ID, as rows of the
// feed hall-services: kinds of service that Chinese districts publish, in words
// of our own. Their authorities and codes are invented, and well formed.
func HallServices() map[string]json.RawMessage {
	var rows []json.RawMessage
	decode("hall-services.json", hallServicesJSON, &rows)
	services := map[string]json.RawMessage{}
	for _, r := range rows {
		var one struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(r, &one); err != nil {
			panic("demo: hall-services.json: " + err.Error())
		}
		services[one.ID] = r
	}
	return services
}

// HallResident is somebody of whom the district's government holds electronic
// licences. JSON is a row of the feed hall-residents.
type HallResident struct {
	IDNumber string
	Person   string
	JSON     json.RawMessage
}

// HallResidents are the residents the demo knows. The identity numbers are invented.
func HallResidents() []HallResident {
	var rows []struct {
		IDNumber string          `json:"id_number"`
		Person   string          `json:"person"`
		Born     string          `json:"born"`
		Holdings json.RawMessage `json:"holdings"`
	}
	decode("hall-residents.json", hallResidentsJSON, &rows)
	var all []HallResident
	for _, r := range rows {
		raw, err := json.Marshal(map[string]any{"person": r.Person, "born": r.Born, "holdings": r.Holdings})
		if err != nil {
			panic("demo: hall-residents.json: " + err.Error())
		}
		all = append(all, HallResident{IDNumber: r.IDNumber, Person: r.Person, JSON: raw})
	}
	return all
}
