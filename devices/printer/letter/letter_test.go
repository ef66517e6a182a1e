package letter_test

import (
	"bytes"
	"errors"
	"image"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/luohu/ting/devices/printer"
	"github.com/luohu/ting/devices/printer/letter"
	"github.com/luohu/ting/devices/printer/printertest"
)

func need(t testing.TB) {
	t.Helper()
	_, err := exec.LookPath("pdftotext")
	if err = errors.Join(err, letter.Ready()); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%v: .ci/setup installs poppler-utils and fonts-arphic-gbsn00lp", err)
	}
	t.Skip(err)
}

// TestPDF reads the letter back as text: it can be searched and copied. TING_LETTER
// names a file to keep it in.
func TestPDF(t *testing.T) {
	need(t)
	s := printertest.Receipt()
	for range 40 { // more than a page
		s.Blocks = append(s.Blocks, printer.Pair{Label: "材料", Value: "户口簿原件及复印件"})
	}
	pdf, err := letter.PDF(s)
	if err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("TING_LETTER"); path != "" {
		if err := os.WriteFile(path, pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("pdftotext", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"政务服务中心", "办理事项", "居住证签注", "请到三号窗口等候叫号", "Please wait at window 3", "7KQM-2WXZ", "户口簿原件及复印件"} {
		if !strings.Contains(string(text), word) {
			t.Errorf("the letter does not say %q:\n%s", word, text)
		}
	}
	if pages := strings.Count(string(text), "\f"); pages != 2 {
		t.Errorf("it has %d pages", pages)
	}
}

func TestPDF_RefusesWhatNoPrinterPrints(t *testing.T) {
	need(t)
	for name, s := range map[string]printer.Slip{
		"an empty slip": {},
		"no picture":    {Blocks: []printer.Block{printer.Picture{}}},
	} {
		if _, err := letter.PDF(s); !errors.Is(err, printer.ErrSlip) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wide := printer.Slip{Blocks: []printer.Block{printer.Picture{Image: image.NewGray(image.Rect(0, 0, 2000, 1500))}, printer.Text{Text: "㼆", Bold: true, Size: 4}}}
	if _, err := letter.PDF(wide); err != nil {
		t.Error(err)
	}
}

// BenchmarkPDF makes a letter of one page with a QR code and a character that is drawn:
// about 190 ms, most of it for the typeface, which is read anew for each.
func BenchmarkPDF(b *testing.B) {
	need(b)
	s := printertest.Receipt()
	for b.Loop() {
		if _, err := letter.PDF(s); err != nil {
			b.Fatal(err)
		}
	}
}
