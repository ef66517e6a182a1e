// Package roster reads the list of people who are enrolled in bulk: whose photographs
// they are, and the consents that were given on paper.
//
// A roster is CSV with a header, as a spreadsheet saves it: UTF-8 (with or without a
// mark at its beginning) or GB18030, with commas, semicolons or tabs. Columns are
// known by their Chinese or English names, in any order; others are passed over and
// named.
//
// Read tells what is wrong with each row and goes on: whoever types two thousand
// rows wants to hear of all mistakes at once. It keeps nothing and opens no other
// file. Its refusals quote no row.
package roster

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Limits of what is read.
const (
	MaxBytes = 32 << 20
	MaxRows  = 200_000
	maxField = 200 // characters of one field
)

// Row is one person of a roster.
type Row struct {
	Line      int // in the file, the header's being 1
	ID        string
	Name      string
	Group     string
	Role      string   // "pupil", "staff", …
	Born      Day      // zero where the roster does not say
	Photos    []string // file names; none is: by the ID
	Purposes  []string // module IDs; none is the command's
	Version   string   // of the consent text that was signed
	Consented Day
	Guardian  string
	Relation  string
	Refusal   Refusal // "" when the row may be enrolled, as far as the roster can tell
}

// Day is a date without a time.
type Day struct{ time.Time }

// Refusal is why somebody on a roster is not enrolled: a code for programs.
type Refusal string

// The refusals that a roster itself gives reason for.
const (
	BrokenEncoding  Refusal = "broken-encoding"
	TooLong         Refusal = "field-too-long"
	NoID            Refusal = "no-id"
	DuplicateID     Refusal = "duplicate-id"
	NoConsent       Refusal = "no-consent"       // no version, or no date
	BadDate         Refusal = "bad-date"         // one that cannot be read, or lies ahead
	GuardianMissing Refusal = "guardian-missing" // below 14, or a pupil of unknown age
)

// List is a roster that was read.
type List struct {
	Rows     []Row
	Encoding string   // "UTF-8" or "GB18030"
	Unknown  []string // columns that mean nothing here
}

// AdultAge is the age from which a person consents alone.
const AdultAge = 14

// ErrHeader is wrapped where a file's first line is no roster's.
var ErrHeader = errors.New("the first line must name the columns")

// columns by the names they go by, in lower case without spaces.
var columns = map[string]string{
	"id": "id", "number": "id", "编号": "id", "学号": "id", "工号": "id", "人员编号": "id",
	"name": "name", "姓名": "name",
	"class": "group", "group": "group", "department": "group", "班级": "group", "部门": "group",
	"role": "role", "身份": "role", "类别": "role",
	"born": "born", "birthday": "born", "出生日期": "born", "生日": "born",
	"photo": "photo", "photos": "photo", "照片": "photo", "照片文件": "photo",
	"purposes": "purposes", "用途": "purposes",
	"consent_version": "version", "version": "version", "同意书版本": "version",
	"consent_date": "date", "同意日期": "date", "签署日期": "date",
	"guardian": "guardian", "监护人": "guardian", "监护人姓名": "guardian",
	"relation": "relation", "关系": "relation", "与本人关系": "relation",
}

// needed are the columns without which nobody can be enrolled.
var needed = []struct{ column, name string }{
	{"id", "编号 (id)"}, {"version", "同意书版本 (consent_version)"}, {"date", "同意日期 (consent_date)"},
}

// roles by what people write.
var roles = map[string]string{
	"": "pupil", "pupil": "pupil", "student": "pupil", "学生": "pupil",
	"staff": "staff", "teacher": "staff", "教师": "staff", "教职工": "staff", "职工": "staff", "老师": "staff",
	"citizen": "citizen", "居民": "citizen", "visitor": "visitor", "访客": "visitor",
}

// Read reads a roster. today, in the site's zone, is the day after which no consent can
// have been given.
func Read(r io.Reader, today time.Time) (*List, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > MaxBytes {
		return nil, fmt.Errorf("the roster has more than %d MB: it is to be a table of text", MaxBytes>>20)
	}
	text, encoding, err := decode(raw)
	if err != nil {
		return nil, err
	}
	l := &List{Encoding: encoding}
	lines := csv.NewReader(strings.NewReader(text))
	lines.Comma, lines.FieldsPerRecord, lines.LazyQuotes = separator(text), -1, true
	header, err := lines.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHeader, err)
	}
	at, err := l.header(header)
	if err != nil {
		return nil, err
	}
	seen := map[string]int{} // rows by ID
	for {
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the roster: %w", err)
		}
		line, _ := lines.FieldPos(0)
		if blank(record) {
			continue
		}
		if len(l.Rows) == MaxRows {
			return nil, fmt.Errorf("the roster has more than %d rows: cut it in parts", MaxRows)
		}
		row := read(record, at, line, today)
		if first, twice := seen[row.ID]; twice && row.ID != "" {
			// Neither is believed: nobody can tell which of the two is meant.
			row.Refusal = DuplicateID
			l.Rows[first].Refusal = DuplicateID
		} else {
			seen[row.ID] = len(l.Rows)
		}
		l.Rows = append(l.Rows, row)
	}
}

// header finds the columns.
func (l *List) header(names []string) (at map[string]int, err error) {
	at = map[string]int{}
	for i, n := range names {
		n = strings.TrimSpace(n)
		column, ok := columns[strings.ToLower(strings.Join(strings.Fields(n), ""))]
		switch _, twice := at[column]; {
		case !ok:
			if n != "" {
				l.Unknown = append(l.Unknown, n)
			}
		case twice:
			return nil, fmt.Errorf("%w: two columns mean %s", ErrHeader, column)
		default:
			at[column] = i
		}
	}
	var missing []string
	for _, n := range needed {
		if _, ok := at[n.column]; !ok {
			missing = append(missing, n.name)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%w: missing are %s", ErrHeader, strings.Join(missing, ", "))
	}
	return at, nil
}

// read makes a row of a line of the table.
func read(record []string, at map[string]int, line int, today time.Time) Row {
	get := func(column string) string {
		i, ok := at[column]
		if !ok || i >= len(record) {
			return ""
		}
		return strings.Join(strings.Fields(record[i]), " ")
	}
	r := Row{Line: line, ID: get("id"), Name: get("name"), Group: get("group"), Version: get("version"),
		Guardian: get("guardian"), Relation: get("relation"), Photos: several(get("photo")), Purposes: several(get("purposes"))}
	role, known := roles[strings.ToLower(get("role"))]
	if r.Role = role; !known {
		r.Role = get("role")
	}
	for _, f := range record {
		if strings.ContainsRune(f, utf8.RuneError) || strings.ContainsRune(f, 0) {
			r.Refusal = BrokenEncoding
			return r
		}
		if utf8.RuneCountInString(f) > maxField {
			r.Refusal = TooLong
			return r
		}
	}
	var good [2]bool
	r.Consented, good[0] = day(get("date"), today)
	r.Born, good[1] = day(get("born"), today)
	switch {
	case r.ID == "":
		r.Refusal = NoID
	case r.Version == "" || get("date") == "":
		r.Refusal = NoConsent
	case !good[0] || !good[1]:
		r.Refusal = BadDate
	case r.child() && (r.Guardian == "" || r.Relation == ""):
		r.Refusal = GuardianMissing
	}
	return r
}

// child reports whether a guardian had to consent. A pupil whose age the roster does
// not give is taken for a child.
func (r Row) child() bool {
	if r.Born.IsZero() {
		return r.Role == "pupil"
	}
	return r.Born.AddDate(AdultAge, 0, 0).After(r.Consented.Time)
}

// several cuts a list.
func several(s string) []string {
	if s == "" {
		return nil
	}
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(";,、,; |", r) })
}

// day reads a date as people and spreadsheets write it. An empty one is no mistake.
func day(s string, today time.Time) (Day, bool) {
	if s == "" {
		return Day{}, true
	}
	for _, form := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "20060102", "2006年1月2日"} {
		if t, err := time.ParseInLocation(form, s, today.Location()); err == nil {
			return Day{t}, !t.After(today) && t.Year() > 1900
		}
	}
	return Day{}, false
}

func blank(record []string) bool {
	return !slices.ContainsFunc(record, func(s string) bool { return strings.TrimSpace(s) != "" })
}

// separator is what stands between the columns of the header.
func separator(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	best, most := ',', 0
	for _, c := range []rune{',', '\t', ';'} {
		if n := strings.Count(first, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// decode makes UTF-8 of a file. One that is no valid UTF-8 may still be meant as such,
// with a damaged row: the header tells, for its words are known. Bytes that mean
// nothing become U+FFFD.
func decode(raw []byte) (text, encoding string, err error) {
	if bytes.HasPrefix(raw, []byte("\xff\xfe")) || bytes.HasPrefix(raw, []byte("\xfe\xff")) {
		return "", "", errors.New("the roster is UTF-16: save it as \"CSV UTF-8\"")
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if utf8.Valid(raw) {
		return string(raw), "UTF-8", nil
	}
	header, _, _ := bytes.Cut(raw, []byte("\n"))
	chinese := slices.ContainsFunc(header, func(b byte) bool { return b >= utf8.RuneSelf })
	asUTF8 := strings.ToValidUTF8(string(raw), "\ufffd")
	converted, _ := simplifiedchinese.GB18030.NewDecoder().Bytes(raw) // nil where it is none
	if converted == nil || chinese && utf8.Valid(header) || !chinese && strings.Count(asUTF8, "\ufffd") <= strings.Count(string(converted), "\ufffd") {
		return asUTF8, "UTF-8", nil
	}
	return string(converted), "GB18030", nil
}
