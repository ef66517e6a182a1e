package gb2260

import "testing"

func TestPath(t *testing.T) {
	for code, want := range map[string]string{
		"110101": "北京市东城区",
		"110103": "北京市崇文区", // no longer in use, on many cards still
		"330106": "浙江省杭州市西湖区",
		"469001": "海南省五指山市",
		"820000": "澳门特别行政区",
		"330199": "浙江省杭州市", // a county there never was
		"990101": "",
		"33":     "",
		"":       "",
	} {
		if got := Path(code); got != want {
			t.Errorf("%s is %q, want %q", code, got, want)
		}
	}
}

func TestEveryDivisionLiesInAProvince(t *testing.T) {
	if len(names()) < 3800 {
		t.Fatalf("%d divisions", len(names()))
	}
	for code, name := range names() {
		if _, ok := Name(code[:2] + "0000"); !ok || name == "" || len(code) != 6 {
			t.Errorf("%s %q lies nowhere", code, name)
		}
	}
}
