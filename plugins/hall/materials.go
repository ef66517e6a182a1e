package hall

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/jpeg"
	"math"
	"slices"

	"golang.org/x/image/draw"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/catalog"
)

// materials shows what is needed and what is not, and has the rest photographed.
func (v *visit) materials(ctx context.Context, app *application) error {
	app.held, app.wanted = prepare(app.service, app.answers, app.resident, v.s.Now())
	app.later = slices.DeleteFunc(app.later, func(id string) bool { return !wants(app.wanted, id) })
	for {
		if _, err := ask(ctx, v.s, materialsPage(app)); err != nil {
			return err
		}
		err := v.photograph(ctx, app.service.ID, app.wanted, app.photos, &app.later)
		if !errors.Is(err, errBack) {
			return err
		}
	}
}

func wants(all []catalog.Material, id string) bool {
	return slices.ContainsFunc(all, func(m catalog.Material) bool { return m.ID == id })
}

// mostPages is how many pages one material may have here; a thicker one is for a counter.
const mostPages = 6

// photograph takes the pages of each material in turn.
func (v *visit) photograph(ctx context.Context, service string, wanted []catalog.Material, photos map[string][]picture, later *[]string) error {
	for i := 0; i < len(wanted); {
		m := wanted[i]
		a, err := ask(ctx, v.s, photoPage(m, i, len(wanted), len(photos[m.ID])))
		switch {
		case errors.Is(err, errBack) && len(photos[m.ID]) > 0:
			delete(photos, m.ID) // begin this one anew
			continue
		case errors.Is(err, errBack) && i > 0:
			i--
			delete(photos, wanted[i].ID)
			*later = slices.DeleteFunc(*later, func(id string) bool { return id == wanted[i].ID })
			continue
		case err != nil:
			return err
		}
		if taken, ok := a.Image(fieldPhoto); ok && (a.Action == actionNext || a.Action == actionMore) {
			p, err := shrink(taken)
			if err != nil {
				return err
			}
			photos[m.ID] = append(photos[m.ID], p)
		}
		switch {
		case a.Action == actionLater && m.MayFollow:
			delete(photos, m.ID)
			*later = append(*later, m.ID)
			i++
		case a.Action == actionMissing:
			if err := v.missing(ctx, service, m); !errors.Is(err, errBack) {
				return err
			}
		case a.Action == actionNext && len(photos[m.ID]) > 0:
			i++
		}
	}
	return nil
}

// missing is for somebody who has not brought what is needed.
func (v *visit) missing(ctx context.Context, service string, m catalog.Material) error {
	a, err := ask(ctx, v.s, missingPage(m))
	switch {
	case err != nil:
		return err
	case a.Action == actionTicket:
		return v.ticket(ctx, TicketTaken{Service: service}, "")
	case a.Action == actionLeave:
		return errHome
	}
	return errBack
}

// picture is a photograph or a signature.
type picture struct {
	media string
	bytes []byte
}

func (p picture) digest() string {
	sum := sha256.Sum256(p.bytes)
	return hex.EncodeToString(sum[:])
}

// The limits of a photographed page: enough to read a printed page of A4 by, and
// few enough records to send.
const (
	pictureLongest = 1280
	pictureBytes   = 200 << 10
	partBytes      = 44 << 10 // in Base64 below the 64 KiB that a record may have
)

// shrink makes a photograph as small as it has to be.
func shrink(taken []byte) (picture, error) {
	img, err := jpeg.Decode(bytes.NewReader(taken))
	if err != nil {
		return picture{}, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "take a photograph", Cause: err}
	}
	longest := max(img.Bounds().Dx(), img.Bounds().Dy())
	if longest <= pictureLongest && len(taken) <= pictureBytes {
		return picture{"image/jpeg", taken}, nil
	}
	for size, quality := min(longest, pictureLongest), 75; ; {
		w, h := max(img.Bounds().Dx()*size/longest, 1), max(img.Bounds().Dy()*size/longest, 1)
		small := image.NewRGBA(image.Rect(0, 0, w, h))
		draw.ApproxBiLinear.Scale(small, small.Bounds(), img, img.Bounds(), draw.Src, nil)
		var b bytes.Buffer
		if err := jpeg.Encode(&b, small, &jpeg.Options{Quality: quality}); err != nil {
			return picture{}, &kiosk.Error{Code: kiosk.CodeInternal, Op: "shrink a photograph", Cause: err}
		}
		if b.Len() <= pictureBytes || size < smallest {
			return picture{"image/jpeg", b.Bytes()}, nil
		}
		// A printed page fits at the first try. What does not is as large as its area.
		quality = 60
		size = int(float64(size) * min(0.9, math.Sqrt(float64(pictureBytes)/float64(b.Len()))))
	}
}

// smallest is the least size a photograph is made for the sake of its bytes.
const smallest = 320

// recordPictures records pictures in parts and returns their digests.
func (v *visit) recordPictures(ctx context.Context, number, material string, pictures []picture) (digests []string, err error) {
	for _, p := range pictures {
		digest := p.digest()
		parts := (len(p.bytes) + partBytes - 1) / partBytes
		for i := range parts {
			_, err := v.s.Record(ctx, Page{
				Case: number, Material: material, Digest: digest, Media: p.media, Part: i, Parts: parts,
				Bytes: p.bytes[i*partBytes : min((i+1)*partBytes, len(p.bytes))], At: v.s.Now(),
			})
			if err != nil {
				return nil, err
			}
		}
		digests = append(digests, digest)
	}
	return digests, nil
}

// join puts a picture together again from its parts, in any order; false while
// one is missing or the digest does not fit.
func join(digest string, parts []Page) (picture, bool) {
	if len(parts) == 0 {
		return picture{}, false
	}
	sorted := slices.Clone(parts)
	slices.SortFunc(sorted, func(a, b Page) int { return a.Part - b.Part })
	p := picture{media: sorted[0].Media}
	for i, part := range sorted {
		if part.Part != i || part.Parts != len(sorted) || part.Digest != digest {
			return picture{}, false
		}
		p.bytes = append(p.bytes, part.Bytes...)
	}
	if p.digest() != digest {
		return picture{}, false
	}
	if _, _, err := view.PictureSize(p.bytes); err != nil {
		return picture{}, false
	}
	return p, true
}
