package view

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of an answer.
const (
	MaxImageBytes = 1 << 20 // one photo or signature
	maxImages     = 4       // in one answer
	maxValues     = 4 * maxFields
)

// ErrAnswer is wrapped by every error about an answer that is not what its page
// can have got.
var ErrAnswer = errors.New("answer refused")

// Answer is what the visitor did with a page.
type Answer struct {
	PageID string
	Rev    uint64
	Action string // an Action.ID, Tile.ID, ListItem.ID, Table.IDs, Feature.ID or one of the constants of Action
	// Fields is what stands in every field of the page, by Field.ID. Use the
	// accessors.
	Fields map[string]Value
}

// Value is what stands in one field. Which part counts depends on its kind.
type Value struct {
	// Text is as typed; a date as 2006-01-02; for FieldChoice the Option.Value.
	Text string
	// Chosen are the Option.Values of a FieldChoices, in the order of the options.
	Chosen []string
	// Image is a photo as JPEG or a signature as PNG, of at most MaxImageBytes.
	Image []byte
}

// Texts makes fields of texts alone.
func Texts(m map[string]string) map[string]Value {
	vs := make(map[string]Value, len(m))
	for id, s := range m {
		vs[id] = Value{Text: s}
	}
	return vs
}

// IsZero reports whether nothing was typed, chosen or drawn. Spaces are nothing.
func (v Value) IsZero() bool {
	return strings.TrimSpace(v.Text) == "" && len(v.Chosen) == 0 && len(v.Image) == 0
}

// LogValue keeps what a visitor typed out of logs.
func (a Answer) LogValue() slog.Value {
	return slog.GroupValue(slog.String("page", a.PageID), slog.Uint64("rev", a.Rev), slog.String("action", a.Action),
		slog.Int("fields", len(a.Fields)))
}

// LogValue keeps what a visitor typed out of logs.
func (v Value) LogValue() slog.Value { return slog.StringValue("(not logged)") }

// Text is what was typed into a field or chosen in it; "" when the page has none of that ID.
func (a Answer) Text(field string) string { return a.Fields[field].Text }

// Int is what was typed into a FieldNumber without decimals.
func (a Answer) Int(field string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(a.Text(field)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("field %q is not a whole number", field) // without the text: it is the visitor's
	}
	return n, nil
}

// Number is what was typed into a FieldNumber.
func (a Answer) Number(field string) (float64, error) {
	n, err := strconv.ParseFloat(strings.TrimSpace(a.Text(field)), 64)
	if err != nil || n-n != 0 { // NaN and infinities parse too
		return 0, fmt.Errorf("field %q is not a number", field)
	}
	return n, nil
}

// Date is what was chosen in a FieldDate, as midnight in a zone: Session.Now's, usually.
func (a Answer) Date(field string, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, a.Text(field), zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("field %q is not a date", field)
	}
	return t, nil
}

// IDNumber is what was typed into a FieldID.
func (a Answer) IDNumber(field string) IDNumber { return IDNumber(a.Text(field)) }

// Chosen are the values chosen in a FieldChoices; none when nothing was.
func (a Answer) Chosen(field string) []string { return a.Fields[field].Chosen }

// Image is a photo (JPEG) or signature (PNG); false when none was made. The
// caller owns it: no copy is kept by the terminal.
func (a Answer) Image(field string) ([]byte, bool) {
	b := a.Fields[field].Image
	return b, len(b) > 0
}

// Validate says whether an answer from another process can be what a page got.
// It does not know the page's rules: Field.Check does.
func (a Answer) Validate() error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%w: page %q: %s", ErrAnswer, a.PageID, fmt.Sprintf(format, args...))
	}
	if len(a.Fields) > maxValues {
		return refuse("%d fields, at most %d", len(a.Fields), maxValues)
	}
	images := 0
	for id, v := range a.Fields {
		switch {
		case !utf8.ValidString(id) || !utf8.ValidString(v.Text) || len(v.Text) > maxText:
			return refuse("field %q: text must be UTF-8 of at most %d bytes", id, maxText)
		case len(v.Chosen) > maxOptions:
			return refuse("field %q: %d choices, at most %d", id, len(v.Chosen), maxOptions)
		case len(v.Image) > MaxImageBytes:
			return refuse("field %q: an image of %d bytes, at most %d", id, len(v.Image), MaxImageBytes)
		}
		for _, c := range v.Chosen {
			if !utf8.ValidString(c) || len(c) > maxText {
				return refuse("field %q: a choice must be UTF-8 of at most %d bytes", id, maxText)
			}
		}
		if len(v.Image) > 0 {
			if _, _, err := PictureSize(v.Image); err != nil {
				return refuse("field %q: %v", id, err)
			}
			images++
		}
	}
	if images > maxImages {
		return refuse("%d images, at most %d", images, maxImages)
	}
	return nil
}
