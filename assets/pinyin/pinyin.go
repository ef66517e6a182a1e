// Package pinyin holds how Chinese is read and how often its words are used, as
// text compressed with zstd. Where both come from is said in assets/NOTICE.md.
//
// Readings has a line for each syllable: the syllable, the characters it is the
// first reading of, and those it is another reading of.
//
// Words begins with a line of word classes, then a line of costs for each class
// twice (as words of one character, of several): how seldom, in tenths of a nat,
// each class follows, in the same order. The last such line is of the beginning
// of a sentence. Then comes a line for each word: the word, its class's number,
// its cost in tenths of a nat, and, unless each character has its first
// reading, its syllables joined by apostrophes. The words are sorted by syllables, those of
// one sound by cost.
//
// Both are written by `make pinyin`; kiosk/pinyin and kiosk/pinyin/compose read them.
package pinyin

import _ "embed"

// Readings is the table of readings.
//
//go:embed readings.zst
var Readings []byte

// Words is the dictionary.
//
//go:embed words.zst
var Words []byte
