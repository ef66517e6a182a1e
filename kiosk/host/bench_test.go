package host_test

import (
	"strconv"
	"testing"

	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/view"
)

// benchScreen passes on every page.
type benchScreen chan shown

func bench(b *testing.B, id string) (*host.Host, benchScreen) {
	b.Helper()
	pages := make(benchScreen, 64)
	h, err := host.New(host.Config{
		Modules: []host.Module{module(b, id)}, Dir: socketDir(b),
		Services: host.Services{Screen: screenFunc(func(s shown) { pages <- s })},
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := h.Start(); err != nil {
		b.Fatal(err)
	}
	return h, pages
}

func (p benchScreen) want(id string) shown {
	for s := range p {
		if s.page.ID == id {
			return s
		}
	}
	panic("unreachable: the channel stays open")
}

// BenchmarkCall is one call of a module to its terminal and back, over mutual TLS
// on a socket: 0.16 ms.
func BenchmarkCall(b *testing.B) {
	h, pages := bench(b, "caller")
	defer h.Shutdown(b.Context())
	asked := pages.want("caller")
	b.ResetTimer()
	h.Answer(view.Answer{PageID: "caller", Rev: asked.page.Rev, Action: "ok", Fields: view.Texts(map[string]string{"n": strconv.Itoa(b.N)})})
	pages.want("caller")
}

// BenchmarkStart is from the start of a terminal to a module's first page, with
// the checksum of the program (20 MB): 170 ms.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		h, pages := bench(b, "gate")
		pages.want("gate")
		b.StopTimer()
		if err := h.Shutdown(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
