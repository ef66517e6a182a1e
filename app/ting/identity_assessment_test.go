package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestIdentityAssessment changes the configuration, and looks whether the document says so.
func TestIdentityAssessment(t *testing.T) {
	write := func(extra string) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "terminal.toml")
		text := "[terminal]\nid = \"gate-1\"\nsite = \"school-1\"\nplace = { zh = \"东门\", en = \"East\" }\nmode = \"kiosk\"\nstate = \"state\"\n" + extra +
			"\n[[module]]\nid = \"gate\"\ngrant = [\"watch\", \"record\"]\n"
		if err := os.MkdirAll(filepath.Join(filepath.Dir(path), "state"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	document := func(extra string) string {
		t.Helper()
		out, _, err := identify(t, "assessment", "-config", write(extra), "-o", "-")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	const camera = "[camera]\nurl = \"sim:\"\n"
	center := "[center]\nurl = \"https://center.example:8443\"\nca = \"ca.pem\"\n"
	for name, c := range map[string]struct {
		config    string
		says, not []string
	}{
		"no camera, no center": {"", []string{"没有配置摄像头", "无。本机不向任何一方传送数据", "| gate | watch、record | 否 |", "没有下发保存期限", "现存模板 0 个"}, []string{"TLS 1.3"}},
		"a camera":             {camera, []string{"| gate | watch、record | 是", "未启用转头检测"}, []string{"没有配置摄像头"}},
		"a head turn":          {camera + "[face]\nliveness = \"challenge\"\n", []string{"随机转头", "转头视频不能识破"}, []string{"未启用"}},
		"no liveness":          {camera + "[face]\nliveness = \"off\"\nthreshold = 0.311\n", []string{"未启用任何活体检测", "0.311"}, []string{"随机转头"}},
		"a center":             {center, []string{"https://center.example:8443", "TLS 1.3", "超过 72 小时"}, []string{"未配置中心", "未设时限"}},
		"no limit":             {center + "[feeds]\nmax_staleness = { revocations = \"\" }\n", []string{"未设时限"}, []string{"72 小时"}},
	} {
		text := document(c.config)
		for _, s := range c.says {
			if !strings.Contains(text, s) {
				t.Errorf("%s: the document does not say %q:\n%s", name, s, text)
			}
		}
		for _, s := range c.not {
			if strings.Contains(text, s) {
				t.Errorf("%s: the document says %q", name, s)
			}
		}
	}
	out, _, err := identify(t, "assessment", "-config", write(""), "-o", t.TempDir())
	if err != nil || !strings.HasSuffix(strings.TrimSpace(out), "impact-assessment-gate-1.md") {
		t.Errorf("to a folder: %q, %v", out, err)
	}
}

// TestIdentityRetention says that nothing is over where there is nothing.
func TestIdentityRetention(t *testing.T) {
	path := filepath.Join(t.TempDir(), "terminal.toml")
	if err := os.WriteFile(path, []byte("[terminal]\nid = \"gate-1\"\nsite = \"school-1\"\nmode = \"kiosk\"\nstate = \"state\"\n[[module]]\nid = \"gate\"\ngrant = [\"watch\"]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(filepath.Dir(path), "state"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, _, err := identify(t, "retention", "-config", path); err != nil || !strings.Contains(out, "没有下发保存期限") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, _, err := identify(t, "retention", "more"); err == nil {
		t.Error("an argument that means nothing is taken")
	}
}
