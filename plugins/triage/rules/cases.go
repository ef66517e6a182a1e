package rules

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

// Example is a case whose level is known: rules are tried on it before they are used.
type Example struct {
	Name string `json:"name"`
	Case Case   `json:"case"`
	// AtLeast is the level that must be reached: 2 is satisfied by I and II.
	AtLeast Level `json:"at_least"`
	// AtMost is the most severe level that still makes sense; 0 is any.
	AtMost     Level  `json:"at_most"`
	Department string `json:"department"` // "" is any
}

//go:embed cases.json
var examples []byte

// Examples are the cases that come with the program.
func Examples() ([]Example, error) { return ParseExamples(examples) }

// ParseExamples reads cases as cases.json has them.
func ParseExamples(b []byte) (all []Example, err error) {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("the cases cannot be read: %w", err)
	}
	return all, nil
}

// Try assesses a case and says what is wrong with the result; "" is nothing.
func (r *Rules) Try(e Example) string {
	a := r.Assess(e.Case)
	switch {
	case a.Level > e.AtLeast:
		return fmt.Sprintf("%s: level %v, it must be %v at least: %q", e.Name, a.Level, e.AtLeast, a.Reasons[0].Rule)
	case e.AtMost != 0 && a.Level < e.AtMost:
		return fmt.Sprintf("%s: level %v, it should be %v at most: %q", e.Name, a.Level, e.AtMost, a.Reasons[0].Rule)
	case e.Department != "" && a.Department != e.Department:
		return fmt.Sprintf("%s: department %s, it should be %s", e.Name, a.Department, e.Department)
	}
	return ""
}
