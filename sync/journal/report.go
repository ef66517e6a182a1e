package journal

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Report is what a salvage found, as it is kept beside the damaged file.
type Report struct {
	At         time.Time     `json:"at"`
	SetAside   string        `json:"set_aside"` // the damaged file
	Cause      string        `json:"cause"`
	Recovered  int64         `json:"recovered"`
	FromCopy   int64         `json:"from_copy"`
	Missing    []ReportedGap `json:"missing,omitempty"`
	Unreadable bool          `json:"unreadable"` // records may be missing that nobody can count
	Tables     []string      `json:"tables,omitempty"`
}

// ReportedGap is a run of numbers that nobody has: not this journal, not its copy,
// and the center had not acknowledged them.
type ReportedGap struct {
	Epoch int64  `json:"epoch"`
	Lane  string `json:"lane"`
	From  int64  `json:"from"`
	To    int64  `json:"to"`
}

// reportSuffix follows the damaged file's name.
const reportSuffix = ".report.json"

func (s *Salvage) writeReport() error {
	r := Report{At: time.Now().UTC(), SetAside: s.SetAside, Recovered: s.Recovered, FromCopy: s.FromCopy, Unreadable: s.Unreadable, Tables: s.Tables}
	if s.Cause != nil {
		r.Cause = s.Cause.Error()
	}
	for _, m := range s.Missing {
		r.Missing = append(r.Missing, ReportedGap{m.Chain.Epoch, m.Chain.Lane.String(), m.From, m.To})
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(s.SetAside+reportSuffix, append(b, '\n'), 0o600)
}

// Reports reads what earlier salvages of the journal at path found, the oldest first.
func Reports(path string) (list []Report, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(globQuote(path) + ".damaged-*" + reportSuffix)
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	for _, f := range files {
		b, err := os.ReadFile(f)
		var r Report
		if err = errors.Join(err, json.Unmarshal(b, &r)); err != nil {
			return list, err
		}
		list = append(list, r)
	}
	return list, nil
}

func isReport(path string) bool { return strings.HasSuffix(path, reportSuffix) }
