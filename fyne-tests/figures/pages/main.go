// Command pages is a module for benchmarks: its visit shows a page whenever it is
// told to, and says when it did. It is a process of its own, as every module is.
package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/rpc"
	"github.com/luohu/ting/kiosk/view"
)

// main serves the module. Its one argument is a Unix socket, on which it is sent
// lines ("update 3": the same page with other words, "page 3": another page) and
// sends, for each, the time in nanoseconds at which it handed the page over.
func main() { rpc.Serve(pages{os.Args[1]}) }

type pages struct{ socket string }

// Manifest implements kiosk.Module.
func (pages) Manifest() kiosk.Manifest {
	return kiosk.Manifest{ID: "pages", Version: "1.0.0", Title: view.T("页面", "Pages"), Icon: "document"}
}

// Serve implements kiosk.Module.
func (p pages) Serve(ctx context.Context, s kiosk.Session) error {
	c, err := net.Dial("unix", p.socket)
	if err != nil {
		return err
	}
	defer c.Close()
	for lines := bufio.NewScanner(c); lines.Scan(); {
		var kind string
		var n int
		if _, err := fmt.Sscan(lines.Text(), &kind, &n); err != nil {
			return err
		}
		shown := page(kind, n)
		began := time.Now()
		if err := s.Show(ctx, shown); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(c, began.UnixNano()); err != nil {
			return err
		}
	}
	return nil
}

// page is what a visitor reads in the middle of his business: what has come of it,
// his receipt, and what to do next.
func page(kind string, n int) view.Page {
	tone, words := view.Success, view.T("申请已受理", "Your application is accepted")
	if n%2 == 1 {
		tone, words = view.Warning, view.T("还缺一份材料", "One document is missing")
	}
	id := "update"
	if kind == "page" {
		id = fmt.Sprint("page-", n%2)
	}
	return view.Page{
		ID: id, Title: view.T("居住证办理", "Residence permit"), Step: 2, Steps: 4,
		Body: []view.Node{
			view.Notice{Key: view.Key{Key: "state"}, Tone: tone, Text: words, Detail: view.T("结果将以短信告知。", "You will be told by text message.")},
			view.Receipt{Key: view.Key{Key: "receipt"}, Number: fmt.Sprintf("2026-%06d", n), Facts: []view.Fact{
				{Label: view.T("事项", "Business"), Value: view.T("居住证首次申领", "First application")},
				{Label: view.T("窗口", "Counter"), Value: view.T("综合窗口 3 号", "Counter 3")},
			}},
			view.Notice{Key: view.Key{Key: "next"}, Tone: tone, Text: words},
		},
		Actions: []view.Action{{ID: "print", Label: view.T("打印回执", "Print")}, {ID: "done", Label: view.T("完成", "Done"), Primary: true}},
	}
}
