// Package faiss is FAISS's IndexFlatL2 as far as package search's benchmark needs
// it, to be measured against. No program uses it.
//
// It is compiled with the tag faiss alone, which wants Debian's libfaiss-dev and
// libopenblas-dev: `go test -tags faiss -bench Nearest ./kiosk/identity/gallery/search`.
package faiss
