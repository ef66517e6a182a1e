package console

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"time"

	qrcode "github.com/skip2/go-qrcode"

	"github.com/luohu/ting/kiosk/view"
)

// functions are what the templates call; times are shown in a zone.
func functions(zone *time.Location) template.FuncMap {
	return template.FuncMap{
		"nodes":   func(l view.Lang, p view.Page) nodesOf { return nodesOf{l, p} },
		"node":    func(l view.Lang, n view.Node) nodeOf { return nodeOf{l, n} },
		"of":      func(p page, data any) page { p.Data = data; return p },
		"clock":   func(t time.Time) string { return t.In(zone).Format("15:04:05") },
		"date":    func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04:05") },
		"unix":    func(t time.Time) int64 { return t.Unix() },
		"seconds": func(d time.Duration) string { return fmt.Sprintf("%+.0f s", d.Seconds()) },
		"percent": func(done float64) int { return int(max(0, min(1, done)) * 100) },
		"qr":      qrPicture,
	}
}

type nodesOf struct {
	Lang view.Lang
	Page view.Page
}

type nodeOf struct {
	Lang view.Lang
	Node view.Node
}

// In is a text in the page's language.
func (n nodeOf) In(t view.Text) string { return t.In(n.Lang) }

// T is a wording in the page's language.
func (n nodeOf) T(zh, en string) string { return view.T(zh, en).In(n.Lang) }

// qrPicture draws a QR code as a picture within the page.
func qrPicture(data string) (template.URL, error) {
	png, err := qrcode.Encode(data, qrcode.Medium, 240)
	if err != nil {
		return "", err
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png)), nil
}
