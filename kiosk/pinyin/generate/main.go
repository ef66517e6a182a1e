// Command generate writes assets/pinyin from its sources: a dictionary of an
// input method (words, readings, how often they are typed), a larger one of a
// segmenter (words, classes, how often they are written, which class follows
// which), the country's administrative divisions, and the readings of rare
// characters. `make pinyin` fetches them and runs it; the same sources give the
// same bytes.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

func main() {
	log.SetFlags(0)
	from := flag.String("from", "build/pinyin", "folder with the sources")
	to := flag.String("to", "assets/pinyin", "folder to write to")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		log.Fatal("generate: ", err)
	}
}

func run(from, to string) error {
	src, err := read(from)
	if err != nil {
		return err
	}
	r := newReader(src)
	var readings, words bytes.Buffer
	r.write(&readings)
	n := writeWords(&words, src, r)
	fmt.Printf("%d characters, %d words\n", len(r.first), n)
	for name, b := range map[string][]byte{"readings.zst": readings.Bytes(), "words.zst": words.Bytes()} {
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
		if err != nil {
			return err
		}
		small := enc.EncodeAll(b, nil)
		fmt.Printf("%s: %d bytes, %d compressed\n", name, len(b), len(small))
		if err := os.WriteFile(filepath.Join(to, name), small, 0o644); err != nil {
			return err
		}
	}
	return nil
}
