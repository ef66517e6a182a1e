package kiosk

import "github.com/luohu/ting/kiosk/view"

// What a Sighting's Detail says of a face that could not be told, where the person
// can do something about it.
const (
	DetailSmall      = "small"      // with TooFar
	DetailDark       = "dark"       // with TooDark, as those down to blurred
	DetailBright     = "bright"     //
	DetailFlat       = "flat"       // without contrast
	DetailBlurred    = "blurred"    //
	DetailTurned     = "turned"     // the face looks aside
	DetailMask       = "mask"       // with Stranger: it seems to wear one
	DetailSunglasses = "sunglasses" // likewise
)

var adviceByDetail = map[string]view.Text{
	DetailSmall:      view.T("请靠近一点", "Please come closer"),
	DetailDark:       view.T("光线太暗,请面向光亮处", "It is too dark; please turn to the light"),
	DetailBright:     view.T("光线太亮,请避开强光", "It is too bright; please avoid the strong light"),
	DetailFlat:       view.T("看不清楚,请面向光亮处", "We cannot see you well; please turn to the light"),
	DetailBlurred:    view.T("画面模糊,请站稳不要动", "The picture is blurred; please hold still"),
	DetailTurned:     view.T("请正对镜头", "Please face the camera"),
	DetailMask:       view.T("请摘下口罩", "Please take off your mask"),
	DetailSunglasses: view.T("请摘下墨镜", "Please take off your sunglasses"),
}

// Advice is what the person can do about a Detail, in words for a screen; empty
// where there is nothing.
func Advice(detail string) view.Text { return adviceByDetail[detail] }
