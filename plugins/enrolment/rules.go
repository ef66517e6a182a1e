package enrolment

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// AdultAge is the age from which a person consents alone.
const AdultAge = 14

// granted lists the module IDs a consent covers: the purposes agreed to, and
// this module itself, so that whoever has neither card nor PIN can be recognised
// when he comes to withdraw a second purpose (see recognisedFor).
func granted(purposes []Purpose) []string {
	ids := []string{ID}
	for _, p := range purposes {
		ids = append(ids, p.Module)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// recognisedFor is the purpose under which a face may be used to find out who
// wants to withdraw. Withdrawing must be as easy as agreeing, so with one purpose
// it is that very one: whoever agreed to it, here or on paper, is recognised once
// more to end it, and nobody else. With several it is this module's own, for the
// one that somebody withdrew earlier must not be used again.
func recognisedFor(purposes []Purpose) string {
	if len(purposes) == 1 {
		return purposes[0].Module
	}
	return ID
}

// withdrawn turns the purposes somebody touched into what is to be forgotten.
// None means everything: also when no purpose but being recognised here would
// remain, for a template must not be kept for its own sake.
func withdrawn(all []Purpose, chosen []string) []string {
	for _, p := range all {
		if !slices.Contains(chosen, p.Module) {
			slices.Sort(chosen)
			return chosen
		}
	}
	return nil
}

// nameLen is how many characters a visitor's name may have.
const nameLen = 40

// cleanName is a visitor's name as it is kept; ok is false when it is none.
func cleanName(typed string) (name string, ok bool) {
	name = strings.Join(strings.Fields(typed), " ")
	n := utf8.RuneCountInString(name)
	return name, utf8.ValidString(name) && n > 0 && n <= nameLen
}

// visitorName is what a visitor is called who types no name, for there may be
// no keyboard: 访客 and four digits made of the visit's ID.
func visitorName(visit string) string {
	var n uint32
	for _, b := range []byte(visit) {
		n = n*31 + uint32(b)
	}
	return fmt.Sprintf("访客%04d", n%10000)
}

// givenBy names the guardian in a consent.
func givenBy(relation, name string) string { return name + "(" + relation + ")" }
