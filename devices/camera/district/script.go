package district

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Action is what happens in a scene.
type Action string

// The actions of a script.
const (
	ActPupil    Action = "pupil"    // somebody of the school walks up, stops about two seconds, goes on
	ActStranger Action = "stranger" // somebody nobody knows does
	ActDark     Action = "dark"     // somebody of the school does, with hardly any light
	ActTwo      Action = "two"      // two of the school do, side by side
	ActStill    Action = "still"    // somebody of the school stands before the camera all the time
	ActNobody   Action = "nobody"   // the place is empty
	ActUnplug   Action = "unplug"   // the camera itself is away
)

// operands is how many numbers follow each action.
var operands = map[Action]int{ActPupil: 1, ActStranger: 1, ActDark: 1, ActTwo: 2, ActStill: 1, ActNobody: 0, ActUnplug: 0}

// Scene is one line of a script.
type Scene struct {
	Action Action
	Who    []int // numbers from 1 of People, or of Strangers
	For    time.Duration
}

// String is the scene as a line of a script.
func (s Scene) String() string {
	var b strings.Builder
	b.WriteString(string(s.Action))
	for _, n := range s.Who {
		fmt.Fprintf(&b, " %d", n)
	}
	return b.String() + " for " + s.For.String()
}

// Script is a sequence of scenes. When it has been played, it begins again if
// Loop, and otherwise leaves an empty place.
type Script struct {
	Scenes []Scene
	Loop   bool
}

// Limits of a script.
const (
	maxScript = 64 << 10 // bytes
	minScene  = 100 * time.Millisecond
	maxScene  = 24 * time.Hour
	// defaultScene is how long a scene takes whose line does not say.
	defaultScene = 4 * time.Second
)

// ParseScript reads a script: one scene a line, as in
//
//	# a quiet morning
//	pupil 3 for 4s
//	stranger 7 for 4s
//	dark 2
//	two 1 4 for 5s
//	still 1 for 10s
//	nobody for 2s
//	unplug for 3s
//	loop
//
// "for" takes a duration of Go's time package from 100ms to 24h; without it a
// scene takes 4s. What follows # is a comment. loop, which must stand last,
// plays the script for ever. Every wrong line is named in the error.
func ParseScript(text string) (Script, error) {
	if len(text) > maxScript {
		return Script{}, fmt.Errorf("script has %d bytes, at most %d are read", len(text), maxScript)
	}
	var s Script
	var wrong []error
	number := 0
	for line := range strings.Lines(text) {
		number++
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case s.Loop:
			wrong = append(wrong, fmt.Errorf("line %d: nothing may follow loop", number))
		case words[0] == "loop" && len(words) == 1:
			s.Loop = true
		default:
			scene, err := parseScene(words)
			if err != nil {
				wrong = append(wrong, fmt.Errorf("line %d: %w", number, err))
				continue
			}
			s.Scenes = append(s.Scenes, scene)
		}
	}
	if len(s.Scenes) == 0 && len(wrong) == 0 {
		wrong = append(wrong, errors.New("script has no scene; write one a line, as in: pupil 3 for 4s"))
	}
	if err := errors.Join(wrong...); err != nil {
		return Script{}, err
	}
	return s, nil
}

func parseScene(words []string) (Scene, error) {
	s := Scene{Action: Action(words[0]), For: defaultScene}
	want, known := operands[s.Action]
	if !known {
		return s, fmt.Errorf("unknown scene %q; there are pupil, stranger, dark, two, still, nobody, unplug and loop", words[0])
	}
	words = words[1:]
	if n := len(words); n >= 2 && words[n-2] == "for" {
		d, err := time.ParseDuration(words[n-1])
		if err != nil || d < minScene || d > maxScene {
			return s, fmt.Errorf("%q is no duration from %v to %v; write it as in: for 4s", words[n-1], minScene, maxScene)
		}
		s.For, words = d, words[:n-2]
	}
	if len(words) != want {
		return s, fmt.Errorf("%s takes %d numbers and a duration, as in: %s", s.Action, want, example(s.Action))
	}
	most, group := People(), "people"
	if s.Action == ActStranger {
		most, group = Strangers(), "strangers"
	}
	for _, w := range words {
		n, err := strconv.Atoi(w)
		if err != nil || n < 1 || n > most {
			return s, fmt.Errorf("%q: there are %s 1 to %d", w, group, most)
		}
		s.Who = append(s.Who, n)
	}
	if len(s.Who) == 2 && s.Who[0] == s.Who[1] {
		return s, fmt.Errorf("%s takes two different persons", s.Action)
	}
	return s, nil
}

func example(a Action) string {
	s := Scene{Action: a, For: defaultScene}
	for i := range operands[a] {
		s.Who = append(s.Who, i+1)
	}
	return s.String()
}
