// Package pinyin knows how Chinese characters are read and finds words by what
// is typed for them: "tss", "tushushi" and "图书" all find 图书室.
//
// Syllables are written as they are typed on a keyboard: without tones, ü as v
// (lv, nv; lue and nue are also typed lve and nve). A character may have several
// readings; all of them match.
//
// Match compares one title, Rank a whole list and orders it. Both are pure
// functions of their arguments, may be called from any goroutine and never
// learn. The first call reads the table of readings (assets/pinyin, 44 KB, some
// milliseconds), which then stays.
//
// Writing Chinese by pinyin is the package compose below this one.
package pinyin
