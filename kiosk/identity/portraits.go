package identity

import (
	"context"
	"errors"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// What a picture lacks besides the details of package kiosk.
const (
	LackNoFace  = "no-face"
	LackSeveral = "several" // faces, of which none is clearly the nearest
	LackTilted  = "tilted"  // the head is up or down
	LackDiffers = "differs" // from the person's other pictures
)

// Lack is why a picture cannot be enrolled: one of the constants above, or a Detail of
// package kiosk ("small", "dark", "blurred", …).
type Lack string

// Error implements error.
func (l Lack) Error() string { return "the picture will not do: " + string(l) }

// EnrolPortraits enrols a person from photographs, by the same rules as a visit: every
// picture is judged, those that are good have to agree, and the face must be nobody
// else's. It records the consent with the template, for no module does.
//
// lacks has what each picture lacks, "" for one that is good. Without a good one the
// error wraps ErrNoShots and the Lack of the first; nothing is stored then.
// The engine's own trouble (face.ErrRestarting) is passed on: try again.
func (i *Identity) EnrolPortraits(ctx context.Context, who kiosk.Person, frames []*camera.Frame, c kiosk.Consent, purposes []string) (e kiosk.Enrolment, lacks []Lack, err error) {
	if err := checkConsent(purposes, c); err != nil {
		return e, nil, err
	}
	if who.ID == "" || i.gallery == nil || i.cfg.Engine == nil {
		return e, nil, unavailable("enrol portraits", view.Text{}, "a person, the face engine and an open gallery are needed", nil)
	}
	var shots []face.Descriptor
	for _, f := range frames {
		faces, err := i.cfg.Engine.Analyze(ctx, face.Request{Frame: f, Describe: face.DescribeAll, FullScan: true})
		if err != nil {
			return e, nil, unavailable("enrol portraits", view.Text{}, "", err)
		}
		l := Lack(LackNoFace)
		if len(faces) > 0 {
			l = i.lack(faces)
		}
		if l == "" && !faces[0].Described {
			l = LackNoFace
		}
		if l == "" && !agrees(shots, &faces[0].Descriptor, i.cfg.Limits.Threshold) {
			l = LackDiffers
		}
		lacks = append(lacks, l)
		if l == "" && len(shots) < frameShots {
			shots = append(shots, faces[0].Descriptor)
		}
	}
	for _, l := range lacks {
		if l == LackDiffers { // somebody else's picture lies among them: nobody can tell which
			return e, lacks, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "enrol portraits", Cause: l, Hint: "the pictures show more than one person"}
		}
	}
	if len(shots) == 0 {
		cause := ErrNoShots
		if len(lacks) > 0 {
			cause = errors.Join(ErrNoShots, lacks[0])
		}
		return e, lacks, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "enrol portraits", Cause: cause}
	}
	e, err = i.store(ctx, who, shots, "", purposes, c, &c)
	return e, lacks, err
}

// lack is why the faces of a frame, one at least, will not do for an enrolment, or "".
func (i *Identity) lack(faces []face.Face) Lack {
	l, q := i.cfg.Limits, faces[0].Quality
	switch {
	case len(faces) > 1 && float64(faces[1].Quality.Size) >= l.Rival*float64(q.Size):
		return LackSeveral
	case q.Size < l.MinSize:
		return kiosk.DetailSmall
	case q.Brightness < l.MinBrightness:
		return kiosk.DetailDark
	case q.Brightness > l.MaxBrightness:
		return kiosk.DetailBright
	case q.Contrast < l.MinContrast, q.Sharpness < l.MinSharpness:
		return kiosk.DetailBlurred
	case q.Yaw > frontal, q.Yaw < -frontal:
		return kiosk.DetailTurned
	case q.Pitch > level, q.Pitch < -level:
		return LackTilted
	case q.Covered() != face.Uncovered:
		return Lack(q.Covered())
	}
	return ""
}

// EnrolledUnder is the consent under which a person's template is kept here.
func (i *Identity) EnrolledUnder(person string) (kiosk.Consent, bool) {
	if i.gallery == nil {
		return kiosk.Consent{}, false
	}
	e, ok := i.gallery.Entry(person)
	return e.Consent, ok
}
