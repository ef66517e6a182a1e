package roster

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

var (
	zone  = time.FixedZone("CST", 8*60*60)
	today = time.Date(2026, 9, 1, 9, 0, 0, 0, zone)
)

func on(s string) Day {
	t, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		panic(err)
	}
	return Day{t}
}

const school = `学号,姓名,班级,出生日期,照片,同意书版本,同意日期,监护人,与本人关系,备注
2019-0317,李小明,三年二班,2017-03-04,li.jpg,face-2025-06,2026-08-30,陈静,母亲,
2019-0318,王芳,三年二班,,,face-2025-06,2026/8/30,王强,父亲,已核对
`

func TestRead(t *testing.T) {
	want := []Row{
		{Line: 2, ID: "2019-0317", Name: "李小明", Group: "三年二班", Role: "pupil", Born: on("2017-03-04"), Photos: []string{"li.jpg"},
			Version: "face-2025-06", Consented: on("2026-08-30"), Guardian: "陈静", Relation: "母亲"},
		{Line: 3, ID: "2019-0318", Name: "王芳", Group: "三年二班", Role: "pupil", Version: "face-2025-06", Consented: on("2026-08-30"), Guardian: "王强", Relation: "父亲"},
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(school)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, encoding string }{
		"UTF-8": {school, "UTF-8"}, "with a mark": {"\ufeff" + school, "UTF-8"}, "GB18030": {gb, "GB18030"},
		"tabs": {strings.ReplaceAll(school, ",", "\t"), "UTF-8"}, "semicolons, CRLF": {strings.ReplaceAll(strings.ReplaceAll(school, ",", ";"), "\n", "\r\n"), "UTF-8"},
	} {
		l, err := Read(strings.NewReader(c.text), today)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, l.Rows); diff != "" || l.Encoding != c.encoding || len(l.Unknown) != 1 || l.Unknown[0] != "备注" {
			t.Errorf("%s: %s, unknown %q (-want +got):\n%s", name, l.Encoding, l.Unknown, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	const header = "id,name,role,born,consent_version,consent_date,guardian,relation\n"
	for name, c := range map[string]struct {
		rows string
		want []Refusal
	}{
		"nothing wrong":             {"1,甲,staff,,v1,2026-01-02,,", []Refusal{""}},
		"no ID":                     {",甲,staff,,v1,2026-01-02,,", []Refusal{NoID}},
		"an ID twice":               {"1,甲,staff,,v1,2026-01-02,,\n2,乙,staff,,v1,2026-01-02,,\n1,丙,staff,,v1,2026-01-02,,", []Refusal{DuplicateID, "", DuplicateID}},
		"no version":                {"1,甲,staff,,,2026-01-02,,", []Refusal{NoConsent}},
		"no date":                   {"1,甲,staff,,v1,,,", []Refusal{NoConsent}},
		"a short row":               {"1,甲", []Refusal{NoConsent}},
		"no such date":              {"1,甲,staff,,v1,2026-02-31,,", []Refusal{BadDate}},
		"tomorrow":                  {"1,甲,staff,,v1,2026-09-02,,", []Refusal{BadDate}},
		"born tomorrow":             {"1,甲,staff,2026-09-02,v1,2026-01-02,,", []Refusal{BadDate}},
		"a child alone":             {"1,甲,pupil,2015-01-01,v1,2026-01-02,,", []Refusal{GuardianMissing}},
		"a guardian of no relation": {"1,甲,pupil,2015-01-01,v1,2026-01-02,陈静,", []Refusal{GuardianMissing}},
		"a pupil of unknown age":    {"1,甲,学生,,v1,2026-01-02,,", []Refusal{GuardianMissing}},
		"fourteen on the day":       {"1,甲,pupil,2012-01-02,v1,2026-01-02,,", []Refusal{""}},
		"fourteen on the next day":  {"1,甲,pupil,2012-01-03,v1,2026-01-02,,", []Refusal{GuardianMissing}},
		"a damaged row":             {"1,甲,staff,,v1,2026-01-02,,\n2,\xff\xfe乙,staff,,v1,2026-01-02,,", []Refusal{"", BrokenEncoding}},
		"a novel":                   {"1," + strings.Repeat("长", 300) + ",staff,,v1,2026-01-02,,", []Refusal{TooLong}},
		"empty lines":               {"\n,,,\n1,甲,staff,,v1,2026-01-02,,\n\n", []Refusal{""}},
	} {
		l, err := Read(strings.NewReader(header+c.rows), today)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []Refusal
		for _, r := range l.Rows {
			got = append(got, r.Refusal)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "no header": "1,甲,staff\n", "no consent's date": "id,consent_version\n", "an ID twice": "id,学号,consent_version,consent_date\n",
	} {
		if _, err := Read(strings.NewReader(text), today); !errors.Is(err, ErrHeader) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(strings.NewReader("\xff\xfei\x00d\x00"), today); err == nil || !strings.Contains(err.Error(), "UTF-16") {
		t.Errorf("UTF-16: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(school))
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(school)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(gb))
	f.Add([]byte("id,consent_version,consent_date\n\"1,v,2026-01-01\n"))
	f.Add([]byte("\ufeffid;consent_version;consent_date\r\n1;v;2026年1月2日\r\n"))
	f.Add([]byte("编号,同意书版本,同意日期\n\x81,\x00,\xff\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := Read(strings.NewReader(string(raw)), today)
		if err != nil {
			return
		}
		ids := map[string]bool{}
		for _, r := range l.Rows {
			if r.Refusal != "" {
				continue
			}
			if r.ID == "" || r.Version == "" || r.Consented.IsZero() || r.Consented.After(today) || ids[r.ID] || r.child() && r.Guardian == "" {
				t.Fatalf("accepted %+v", r)
			}
			ids[r.ID] = true
		}
	})
}
