package demo

import (
	_ "embed"
	"fmt"
)

// Book is one copy of a book: a row of the library's feed "holdings", whose shape
// the module library documents.
type Book struct {
	Barcode string `json:"barcode"`
	ID      string `json:"id"` // of the title
	Title   string `json:"title"`
	Author  string `json:"author,omitempty"`
	Call    string `json:"call,omitempty"` // its shelf mark
	Shelf   string `json:"shelf,omitempty"`
	MinAge  int    `json:"min_age,omitempty"`
	Stays   bool   `json:"stays,omitempty"` // it is read there and not lent
	Fen     int64  `json:"fen,omitempty"`
}

// Reader is what the library's register knows of somebody: a row of its feed
// "library-patrons".
type Reader struct {
	Person string `json:"person"`
	Born   string `json:"born"` // 2006-01-02
}

//go:embed library.json
var libraryJSON []byte

// libraryFile is library.json: real books whose authors are long dead, by title and
// author alone, and when the district's invented readers were born.
type libraryFile struct {
	Books []struct {
		ID     string   `json:"id"`
		Title  string   `json:"title"`
		Author string   `json:"author"`
		Call   string   `json:"call"` // class of the Chinese Library Classification
		Sites  []string `json:"sites"`
		MinAge int      `json:"min_age"`
		Stays  bool     `json:"stays"`
	} `json:"books"`
	Patrons []struct {
		Site string `json:"site"`
		Reader
	} `json:"patrons"`
}

// twoCopies is how many of the first books of a site have a second copy.
const twoCopies = 60

// The first three digits of a barcode say whose it is.
var barcodePrefix = map[string]string{School1: "101", Library: "301"}

// Holdings are the books of a site, as rows of the feed "holdings". A barcode is
// the site's three digits, the title's number, and the copy's: 10100011 is the
// first copy of 西游记 at the school.
func Holdings(site string) []Book {
	var f libraryFile
	decode("library.json", libraryJSON, &f)
	var copies []Book
	books := 0
	for i, b := range f.Books {
		for _, s := range b.Sites {
			if s != site {
				continue
			}
			books++
			n := 1
			if books <= twoCopies && !b.Stays {
				n = 2
			}
			for c := 1; c <= n; c++ {
				copies = append(copies, Book{
					Barcode: fmt.Sprintf("%s%04d%d", barcodePrefix[site], i+1, c), ID: b.ID, Title: b.Title, Author: b.Author,
					Call: fmt.Sprintf("%s/%d", b.Call, i+1), Shelf: b.Call[:1] + " 区", MinAge: b.MinAge, Stays: b.Stays,
					Fen: 1800 + int64(i*37%30)*100,
				})
			}
		}
	}
	return copies
}

// Readers are what the register knows of a site's readers, as rows of the feed
// "library-patrons".
func Readers(site string) []Reader {
	var f libraryFile
	decode("library.json", libraryJSON, &f)
	var rows []Reader
	for _, p := range f.Patrons {
		if p.Site == site {
			rows = append(rows, p.Reader)
		}
	}
	return rows
}
