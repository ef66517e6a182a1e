// Package compose writes Chinese by pinyin: letters go in, candidates come out,
// the best first, and what is chosen becomes text.
//
// Letters may be whole syllables (zhongguo), initials (zg), both (zhongg), and
// unfinished (zhon). An apostrophe parts syllables (xi'an), v is ü (lv). The
// first candidate is the whole phrase: the cheapest way through all words the
// letters may spell, a word costing how seldom it is used and how seldom its
// class follows the class before it. A hint puts names or places first.
//
// Nothing is learnt: the same letters give the same candidates to everybody, and
// a Composition forgets all on Clear. Nothing of what is typed is kept in the
// Dictionary.
//
// The dictionary is loaded once per process by Load, which takes a tenth of a
// second and some 15 MB; a program with a screen calls it on a goroutine of its
// own before it is needed. A Dictionary may be used from any goroutine, a
// Composition from one at a time.
//
// What lost: an order of two words instead of two classes would rank sentences
// better, but needs a corpus whose licence lets it be shipped, and tens of
// megabytes; names, addresses and titles, which is what is typed at a counter,
// gain little from it. Quality is held by testdata/phrases.txt.
package compose
