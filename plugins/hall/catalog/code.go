package catalog

import (
	"fmt"
	"strings"

	"github.com/luohu/ting/kiosk/view"
)

// Layout names the rules by which a service item's codes are made. A code is
// read by the layout its catalog names, so that a district whose lists follow
// other rules (older provincial ones have 16 or 10 characters) adds a layout and
// changes none of its codes.
type Layout string

// LayoutNational is that of the national lists, GB/T 39554.1-2020 《全国一体化政务服务平台
// 政务服务事项基本目录及实施清单 第1部分:编码要求》, as the lists published under it show it:
//
//	基本编码 12 digits   division 2 (00 national, else a province of GB/T 2260),
//	                    kind of item 2, department 2, main item 3, sub-item 3 (000 none)
//	实施编码 31          the authority's social credit code 18 (GB 32100-2015),
//	                    level of exercise 1, the basic code 12
//	业务办理项编码 33     the implementation code 31, number of the way it is applied for 2
//
// The example 000131001000 is the registration of a company.
const LayoutNational Layout = "GB/T 39554.1-2020"

// The lengths of LayoutNational.
const (
	basicLen    = 12
	creditLen   = 18
	implLen     = creditLen + 1 + basicLen
	businessLen = implLen + 2
)

// Kind is the kind of a service item (事项类型), as its basic code has it.
type Kind string

// The kinds of LayoutNational that a hall serves.
const (
	KindLicence      Kind = "01" // 行政许可
	KindLevy         Kind = "04" // 行政征收
	KindBenefit      Kind = "05" // 行政给付
	KindConfirmation Kind = "07" // 行政确认
	KindReward       Kind = "08" // 行政奖励
	KindRuling       Kind = "09" // 行政裁决
	KindOtherPower   Kind = "10" // 其他行政权力
	KindPublic       Kind = "20" // 公共服务
)

var kindNames = map[Kind]view.Text{
	KindLicence:      view.T("行政许可", "Administrative licence"),
	KindLevy:         view.T("行政征收", "Levy"),
	KindBenefit:      view.T("行政给付", "Benefit"),
	KindConfirmation: view.T("行政确认", "Confirmation"),
	KindReward:       view.T("行政奖励", "Reward"),
	KindRuling:       view.T("行政裁决", "Ruling"),
	KindOtherPower:   view.T("其他行政权力", "Other power"),
	KindPublic:       view.T("公共服务", "Public service"),
}

// Name is what the kind is called.
func (k Kind) Name() view.Text { return kindNames[k] }

// Code is an implementation code, or that of a way of applying, taken apart.
type Code struct {
	Layout    Layout
	Authority string // the social credit code
	Exercise  string // the level of exercise: "1" national … "4" district or county, "5" street or town, "6" village or community
	Basic     string // all twelve digits
	Division  string
	Kind      Kind
	Depart    string
	Main      string
	Sub       string
	Business  string // two digits, or "" for an implementation code alone
}

// ParseCode takes a code apart by the rules of a layout, or says which part is wrong.
func ParseCode(l Layout, s string) (c Code, err error) {
	if l != LayoutNational {
		return c, fmt.Errorf("item code: layout %q is not known, there is: %q", l, LayoutNational)
	}
	if len(s) != implLen && len(s) != businessLen {
		return c, fmt.Errorf("item code %q has %d characters: 实施编码 has %d, 业务办理项编码 %d", s, len(s), implLen, businessLen)
	}
	c = Code{Layout: l, Authority: s[:creditLen], Exercise: s[creditLen : creditLen+1], Basic: s[creditLen+1 : implLen], Business: s[implLen:]}
	if t := (view.Field{Kind: view.FieldText, Format: view.FormatCredit}).Check(view.Value{Text: c.Authority}, today); !t.IsZero() || c.Authority != strings.ToUpper(c.Authority) {
		return Code{}, fmt.Errorf("item code %q: the authority's social credit code %s is wrong (GB 32100-2015)", s, c.Authority)
	}
	if c.Exercise < "1" || c.Exercise > "6" {
		return Code{}, fmt.Errorf("item code %q: the level of exercise is 1 to 6, not %s", s, c.Exercise)
	}
	if c.Business != "" && (!digits(c.Business) || c.Business == "00") {
		return Code{}, fmt.Errorf("item code %q: the way of applying is 01 to 99, not %s", s, c.Business)
	}
	if err := c.basic(); err != nil {
		return Code{}, fmt.Errorf("item code %q: %w", s, err)
	}
	return c, nil
}

// basic takes the basic code apart.
func (c *Code) basic() error {
	b := c.Basic
	if len(b) != basicLen || !digits(b) {
		return fmt.Errorf("basic code %q: %d digits are needed", b, basicLen)
	}
	c.Division, c.Kind, c.Depart, c.Main, c.Sub = b[:2], Kind(b[2:4]), b[4:6], b[6:9], b[9:]
	switch {
	case c.Division != "00" && !strings.Contains(provinces, " "+c.Division+" "):
		return fmt.Errorf("basic code %q: %s is neither 00 nor a province", b, c.Division)
	case c.Kind.Name().IsZero():
		return fmt.Errorf("basic code %q: %s is no kind of item that is applied for", b, c.Kind)
	case c.Depart == "00" || c.Main == "000":
		return fmt.Errorf("basic code %q: department and main item count from 1", b)
	}
	return nil
}

// String is the code as it is printed.
func (c Code) String() string { return c.Authority + c.Exercise + c.Basic + c.Business }

// provinces are the first two digits of GB/T 2260.
const provinces = " 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 66 "

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
