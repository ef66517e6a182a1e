package kiosk

import "time"

// The feeds every terminal understands, besides those of its modules.
const (
	FeedPeople      = "people"      // PersonRow by person ID
	FeedRevocations = "revocations" // RevocationRow by person ID; applied before any other feed
	FeedPolicy      = "policy"      // what the district demands, by subject: "retention/gate"
)

// PersonRow is a row of the people feed: somebody of the terminal's site.
type PersonRow struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Group string   `json:"group,omitempty"`
	Role  string   `json:"role"`
	Cards []string `json:"cards,omitempty"` // numbers of IC cards, as a reader types them
	// PIN is the argon2id hash of the person's PIN in PHC form; empty for none.
	PIN string `json:"pin,omitempty"`
}

// RevocationRow says that a person's consent is withdrawn for Purposes (module
// IDs; none means for everything) since Time. A consent given later replaces it:
// the center then deletes the row.
type RevocationRow struct {
	Person   string    `json:"person"`
	Purposes []string  `json:"purposes,omitempty"`
	Time     time.Time `json:"time"`
}

// Covers reports whether the revocation holds for a purpose.
func (r RevocationRow) Covers(purpose string) bool {
	if len(r.Purposes) == 0 {
		return true
	}
	for _, p := range r.Purposes {
		if p == purpose {
			return true
		}
	}
	return false
}
