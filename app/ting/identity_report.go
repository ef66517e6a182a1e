package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"

	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/identity/roster"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/feed"
)

// outcome is what became of a row of the roster, or of a photograph.
type outcome struct {
	Line     int // of the roster; 0 for a photograph that nobody's row names
	ID, Name string
	Result   string
	Why      string // a refusal's code
	Detail   string // which photograph
}

// The results.
const (
	resultEnrolled   = "enrolled"
	resultAlready    = "already"
	resultRefused    = "refused"
	resultNotReached = "not-reached" // the work was stopped before
	resultUnused     = "unused"      // a photograph without a row
)

func (o outcome) refused() bool { return o.Result == resultRefused || o.Result == resultUnused }

var resultTexts = map[string]string{
	resultEnrolled: "已登记", resultAlready: "此前已登记", resultRefused: "未登记", resultNotReached: "未处理", resultUnused: "照片未使用",
}

// Why somebody was refused, besides what the roster and the picture lack.
const (
	whyUnknownID     = "unknown-id"
	whyNoName        = "no-name"
	whyWithdrawn     = "withdrawn"
	whyDuplicateFace = "duplicate-face"
	whyNoPhoto       = "no-photo"
	whyTooLarge      = "photo-too-large"
	whyNotPicture    = "not-a-picture"
	whyUnreadable    = "photo-unreadable"
	whyNoRow         = "no-row"
)

// reasons say a refusal in words, and what to do.
var reasons = map[string]view.Text{
	string(roster.BrokenEncoding):  view.T("文字编码损坏,请用 UTF-8 或 GB18030 重新保存", "damaged text: save the roster as UTF-8 or GB18030"),
	string(roster.TooLong):         view.T("有一栏过长", "a field is too long"),
	string(roster.NoID):            view.T("没有编号", "no ID"),
	string(roster.DuplicateID):     view.T("编号在名册中重复", "the ID stands in the roster twice"),
	string(roster.NoConsent):       view.T("没有同意书版本或签署日期", "no version or no date of a consent"),
	string(roster.BadDate):         view.T("日期无法识别或在今天之后", "a date that cannot be read or lies ahead"),
	string(roster.GuardianMissing): view.T("未满 14 周岁(或学生未填出生日期),缺监护人姓名或关系", "below 14 (or a pupil of unknown age) without a guardian's name and relation"),
	whyUnknownID:                   view.T("人员库中没有这个编号", "the register does not know the ID"),
	whyNoName:                      view.T("人员库未下发,名册中须填姓名", "the register has not come down, so the roster must give the name"),
	whyWithdrawn:                   view.T("签署之后本人已撤回同意,须重新签署", "the consent was withdrawn since; it has to be given anew"),
	whyDuplicateFace:               view.T("这张脸已登记在另一个编号下,请当面核对", "the face is enrolled under another number: check by sight"),
	whyNoPhoto:                     view.T("没有找到照片", "no photograph was found"),
	whyTooLarge:                    view.T("照片过大,请缩小后重试", "the picture is too large: save it smaller"),
	whyNotPicture:                  view.T("不是可以读取的图片,或已损坏", "not a picture, or a damaged one"),
	whyUnreadable:                  view.T("照片文件读取失败", "the file cannot be read"),
	whyNoRow:                       view.T("名册中没有对应的人", "nobody in the roster belongs to it"),
	identity.LackNoFace:            view.T("照片中没有人脸", "no face in the picture"),
	identity.LackSeveral:           view.T("照片中有两张或更多人脸", "two faces or more in the picture"),
	identity.LackTilted:            view.T("抬头或低头,请用平视的照片", "the head is up or down"),
	identity.LackDiffers:           view.T("几张照片不是同一个人", "the pictures are not of one person"),
	kiosk.DetailSmall:              view.T("人脸太小,请用更近或更清晰的照片", "the face is too small"),
	kiosk.DetailDark:               view.T("太暗", "too dark"),
	kiosk.DetailBright:             view.T("太亮", "too bright"),
	kiosk.DetailBlurred:            view.T("模糊", "blurred"),
	kiosk.DetailTurned:             view.T("不是正脸", "the face is turned aside"),
	kiosk.DetailMask:               view.T("戴着口罩", "a mask"),
	kiosk.DetailSunglasses:         view.T("戴着墨镜", "sunglasses"),
}

func reasonText(why string) string {
	if t, ok := reasons[why]; ok {
		return t.ZH
	}
	return why
}

// writeReport writes all outcomes as a spreadsheet takes them: UTF-8 with a mark.
func writeReport(w io.Writer, outcomes []outcome) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	table := csv.NewWriter(w)
	rows := [][]string{{"行", "编号", "姓名", "结果", "代码", "原因", "说明"}}
	for _, o := range outcomes {
		line := ""
		if o.Line > 0 {
			line = strconv.Itoa(o.Line)
		}
		code, why := o.Result, ""
		if o.Why != "" {
			code, why = o.Why, reasonText(o.Why)
		}
		rows = append(rows, []string{line, plainCell(o.ID), plainCell(o.Name), resultTexts[o.Result], code, why, plainCell(o.Detail)})
	}
	return table.WriteAll(rows)
}

// plainCell keeps a spreadsheet from taking what a roster says for a formula.
func plainCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// tellOutcomes sums up for people. Names stay out: terminals of ours have people
// behind them.
func tellOutcomes(w io.Writer, outcomes []outcome, of int) {
	results, why := map[string]int{}, map[string]int{}
	for _, o := range outcomes {
		results[o.Result]++
		if o.refused() {
			why[o.Why]++
		}
	}
	fmt.Fprintf(w, "名册                %d 人\n", of)
	for _, r := range []string{resultEnrolled, resultAlready, resultRefused, resultNotReached, resultUnused} {
		if n := results[r]; n > 0 {
			fmt.Fprintf(w, "%s%s%d\n", resultTexts[r], strings.Repeat(" ", 20-2*len([]rune(resultTexts[r]))), n)
		}
	}
	if len(why) == 0 {
		return
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	var codes []string
	for code := range why {
		codes = append(codes, code)
	}
	slices.SortFunc(codes, func(a, b string) int {
		if why[a] != why[b] {
			return why[b] - why[a]
		}
		return strings.Compare(a, b)
	})
	for _, code := range codes {
		var who []string
		for _, o := range outcomes {
			if o.refused() && o.Why == code && len(who) < 5 {
				who = append(who, strings.TrimSpace(o.ID+" "+o.Detail))
			}
		}
		more := ""
		if why[code] > len(who) {
			more = " …"
		}
		fmt.Fprintf(table, "%d\t%s\t%s%s\n", why[code], reasonText(code), strings.Join(who, "; "), more)
	}
	_ = table.Flush() // as every other line to w
	fmt.Fprintln(w)
}

// photoTypes are the endings of files that are taken for photographs.
var photoTypes = []string{".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

// findPhotos lists the photographs of a folder by the ID they are named after: ID.jpg, or
// any file in the folder ID.
func findPhotos(dir string) (map[string][]string, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	return found, filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, at)
		if err != nil || d.IsDir() || !slices.Contains(photoTypes, strings.ToLower(filepath.Ext(name))) || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		name = filepath.ToSlash(name)
		id := strings.TrimSuffix(path.Base(name), path.Ext(name))
		if folder := path.Dir(name); folder != "." {
			id = path.Base(folder)
		}
		found[id] = append(found[id], name)
		return nil
	})
}

// mostPhotos is how many photographs of a person are read.
const mostPhotos = 12

// names are the photographs of a row: those it names, or those named after its ID.
func (b *bulk) names(r roster.Row) []string {
	names := r.Photos
	if len(names) == 0 {
		names = b.photos[r.ID]
	}
	var inside []string
	for _, n := range names {
		if n = path.Clean(filepath.ToSlash(n)); filepath.IsLocal(n) { // never out of the folder
			inside = append(inside, n)
		}
	}
	return inside[:min(len(inside), mostPhotos)]
}

// unused are the photographs that no row of the roster uses.
func (b *bulk) unused(rows []roster.Row) (outcomes []outcome) {
	used := map[string]bool{}
	for _, r := range rows {
		for _, n := range b.names(r) {
			used[n] = true
		}
	}
	for id, names := range b.photos {
		for _, n := range names {
			if !used[n] {
				outcomes = append(outcomes, outcome{ID: id, Result: resultUnused, Why: whyNoRow, Detail: n})
			}
		}
	}
	slices.SortFunc(outcomes, func(a, b outcome) int { return strings.Compare(a.Detail, b.Detail) })
	return outcomes
}

// lookup reads a row of a feed; nil where there is none.
func lookup[T any](ctx context.Context, feeds *feed.Cache, name, key string) (*T, error) {
	row, err := feeds.Lookup(ctx, name, key)
	if kiosk.CodeOf(err) == kiosk.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v := new(T)
	if err := json.Unmarshal(row.JSON, v); err != nil {
		return nil, fmt.Errorf("a row of the feed %s cannot be read: %w", name, err)
	}
	return v, nil
}
