package enrolment

import "time"

// FeedConsents is the feed that the center's side of this module makes: what each
// person of the site has said, and which terminals hold a template of him.
// ConsentsRow by person ID.
const FeedConsents = "consents"

// ConsentsRow is a row of FeedConsents. It holds no template and no signature.
type ConsentsRow struct {
	Person    string         `json:"person"`
	Said      []Said         `json:"said"`
	Templates []TemplateHeld `json:"templates,omitempty"`
}

// Said is a person's newest word on one purpose.
type Said struct {
	Purpose     string    `json:"purpose"` // module ID; "" is every purpose, of a withdrawal
	Given       bool      `json:"given"`   // it is a consent, and no withdrawal came since
	TextVersion string    `json:"text_version,omitempty"`
	GivenBy     string    `json:"given_by,omitempty"`
	Way         string    `json:"way,omitempty"`
	Consented   time.Time `json:"consented,omitzero"`
	Withdrawn   time.Time `json:"withdrawn,omitzero"`
}

// TemplateHeld is a template on a terminal, or one that was there.
type TemplateHeld struct {
	Terminal string    `json:"terminal"`
	Stored   time.Time `json:"stored,omitzero"`
	Erased   time.Time `json:"erased,omitzero"` // zero while it is there
}
