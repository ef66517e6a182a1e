package view

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// FieldKind says what may be entered into a field, and how.
type FieldKind string

// The field kinds.
const (
	FieldText      FieldKind = "text"      // words; Keyboard says which
	FieldNumber    FieldKind = "number"    // digits, shown as typed; Decimals lets a point in
	FieldPhone     FieldKind = "phone"     // a phone number of mainland China, masked once it is left
	FieldID        FieldKind = "id"        // a resident's identity number (IDNumber), masked once it is left
	FieldPIN       FieldKind = "pin"       // digits only, hidden
	FieldDate      FieldKind = "date"      // chosen in a calendar
	FieldChoice    FieldKind = "choice"    // one of Options
	FieldChoices   FieldKind = "choices"   // any number of Options
	FieldPhoto     FieldKind = "photo"     // taken with the terminal's camera, looked at, taken again
	FieldSignature FieldKind = "signature" // drawn with a finger
)

// Keyboard says what a FieldText's words are, so that the on-screen keys and
// the candidates of pinyin fit them.
type Keyboard string

// The keyboards.
const (
	KeyboardWords   Keyboard = ""        // Chinese by pinyin, whole phrases; letters
	KeyboardName    Keyboard = "name"    // a person's name: surnames first
	KeyboardAddress Keyboard = "address" // provinces, districts, streets and numbers
	KeyboardTitle   Keyboard = "title"   // titles of books and subjects
	KeyboardCode    Keyboard = "code"    // letters and digits: a shelf mark, a number plate's end
)

// Format is a form that a FieldText's words must have.
type Format string

// The formats.
const (
	FormatAny      Format = ""
	FormatPostcode Format = "postcode" // six digits
	FormatEmail    Format = "email"
	FormatPlate    Format = "plate"  // a number plate, seven characters or eight (new energy)
	FormatCredit   Format = "credit" // an organisation's social credit code, GB 32100-2015
	FormatISBN     Format = "isbn"   // of 10 or 13 digits, hyphens left out
)

// Limits of a field.
const (
	maxOptions = 60
	usualLen   = 64 // of a FieldText, FieldNumber or FieldPIN without MaxLen
	phoneLen   = 12
)

// Field is one question of a form, and the rules its answer must keep. A rule
// that does not concern the field's kind has no effect.
type Field struct {
	ID    string    `json:"id"`
	Kind  FieldKind `json:"kind"`
	Label Text      `json:"label"`
	// Hint is drawn small below the label: what the number is for, where it is printed.
	Hint Text `json:"hint,omitzero"`
	// Value is what the field begins with: as typed; a date as 2006-01-02; an Option.Value.
	Value string `json:"value,omitempty"`
	// Chosen is what a FieldChoices begins with.
	Chosen []string `json:"chosen,omitempty"`
	// Error is what the module found wrong, in words, shown beside the field
	// until its value is changed.
	Error    Text     `json:"error,omitzero"`
	Required bool     `json:"required,omitempty"`
	Keyboard Keyboard `json:"keyboard,omitempty"` // FieldText
	Format   Format   `json:"format,omitempty"`   // FieldText
	MinLen   int      `json:"min_len,omitempty"`  // FieldText, FieldNumber, FieldPIN: in characters
	MaxLen   int      `json:"max_len,omitempty"`  // likewise; 0 is 64
	Decimals int      `json:"decimals,omitempty"` // FieldNumber: how many digits may stand behind the point
	// Min and Max bound the value, both included; "" is no bound. They are
	// written as the value is: a number for FieldNumber, a date for FieldDate,
	// how many may be chosen for FieldChoices.
	Min     string   `json:"min,omitempty"`
	Max     string   `json:"max,omitempty"`
	Options []Option `json:"options,omitempty"` // FieldChoice, FieldChoices
	// Live answers with ActionChange whenever the value changes, for a page that
	// follows what is typed: a search. The page asked next should have the ID of
	// this one; while it is awaited, only the newest value is kept.
	Live bool `json:"live,omitempty"`
	// Paper says of a FieldPhoto that it is of a paper: it is taken with the document
	// camera where the terminal has one, else with the camera that sees the visitor.
	Paper bool `json:"paper,omitempty"`
}

// Option is one answer to a FieldChoice or FieldChoices.
type Option struct {
	Value string `json:"value"`
	Label Text   `json:"label"`
}

// Form is a set of fields, answered together. A page may have several.
type Form struct {
	Key
	Fields []Field `json:"fields"`
}

// NodeKind implements Node.
func (Form) NodeKind() string { return "form" }

// Most is how many characters can be entered into the field; 0 for kinds that
// are not typed.
func (f Field) Most() int {
	switch f.Kind {
	case FieldText, FieldNumber, FieldPIN:
		if f.MaxLen > 0 {
			return f.MaxLen
		}
		return usualLen
	case FieldPhone:
		return phoneLen
	case FieldID:
		return idLength
	}
	return 0
}

// Masked reports whether a value of the field is hidden but for its ends once
// the field is left, since strangers see the screen.
func (f Field) Masked() bool { return f.Kind == FieldID || f.Kind == FieldPhone }

func (c *checker) form(where string, f Form) {
	if len(f.Fields) == 0 || len(f.Fields) > maxFields {
		c.fail("%s: 1 to %d fields, not %d", where, maxFields, len(f.Fields))
		return
	}
	for _, fd := range f.Fields {
		c.id("field", fd.ID)
		c.field(where+": field "+strconv.Quote(fd.ID), fd)
	}
}

func (c *checker) field(where string, f Field) {
	c.text(where, f.Label, f.Hint, f.Error, Text{ZH: f.Value})
	switch f.Kind {
	case FieldText, FieldNumber, FieldPhone, FieldID, FieldPIN, FieldDate:
	case FieldChoice, FieldChoices:
		c.options(where, f)
	case FieldPhoto, FieldSignature:
		if c.images++; c.images > maxImages {
			c.fail("%s: %d photos and signatures on one page, at most %d", where, c.images, maxImages)
		}
	default:
		c.fail("%s: unknown kind %q", where, f.Kind)
	}
	switch f.Keyboard {
	case KeyboardWords, KeyboardName, KeyboardAddress, KeyboardTitle, KeyboardCode:
	default:
		c.fail("%s: unknown keyboard %q", where, f.Keyboard)
	}
	switch f.Format {
	case FormatAny, FormatPostcode, FormatEmail, FormatPlate, FormatCredit, FormatISBN:
	default:
		c.fail("%s: unknown format %q", where, f.Format)
	}
	if f.MinLen < 0 || f.MaxLen < 0 || f.MaxLen > maxText || f.MinLen > f.Most() && f.Most() > 0 || f.Decimals < 0 || f.Decimals > 6 {
		c.fail("%s: min_len, max_len or decimals out of range", where)
	}
	for _, bound := range []string{f.Min, f.Max} {
		if bound != "" && !f.bound(bound) {
			c.fail("%s: bound %q is not written as the value is", where, bound)
		}
	}
}

func (c *checker) options(where string, f Field) {
	if len(f.Options) == 0 || len(f.Options) > maxOptions {
		c.fail("%s: 1 to %d options, not %d", where, maxOptions, len(f.Options))
		return
	}
	for _, o := range f.Options {
		c.id("option of "+f.ID, o.Value)
		c.text(where, o.Label)
	}
	if len(f.Chosen) > len(f.Options) {
		c.fail("%s: more chosen than there are options", where)
		return
	}
	for _, v := range f.Chosen {
		c.text(where, Text{ZH: v})
	}
}

// bound reports whether a limit is written as the field's values are.
func (f Field) bound(s string) bool {
	var err error
	switch f.Kind {
	case FieldNumber:
		var v float64
		v, err = strconv.ParseFloat(s, 64)
		return err == nil && v-v == 0
	case FieldDate:
		_, err = time.Parse(time.DateOnly, s)
	case FieldChoices:
		_, err = strconv.ParseUint(s, 10, 8)
	}
	return err == nil && utf8.ValidString(s)
}
