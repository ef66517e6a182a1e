package host

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

var morning = time.Date(2026, 3, 2, 7, 42, 0, 0, time.UTC)

// services makes running modules of "title:group" lines.
func services(lines ...string) (all []Status) {
	for i, l := range lines {
		title, group, _ := strings.Cut(l, ":")
		s := Status{ID: fmt.Sprint("m", i), State: Running, Title: view.Same(title), Manifest: kiosk.Manifest{Icon: "hall"}}
		if group != "" {
			s.Group = view.Same(group)
		}
		all = append(all, s)
	}
	return all
}

// drawn is a page's headings and tiles in order.
func drawn(t *testing.T, p view.Page) (lines []string) {
	t.Helper()
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, n := range p.Body {
		switch n := n.(type) {
		case view.Tiles:
			if !n.Title.IsZero() {
				lines = append(lines, "# "+n.Title.ZH)
			}
			for _, tl := range n.Tiles {
				lines = append(lines, strings.TrimSpace(tl.Title.ZH+" "+tl.Detail.ZH))
			}
		case view.List:
			for _, it := range n.Items {
				lines = append(lines, it.Title.ZH)
			}
		}
	}
	for _, a := range p.Actions {
		lines = append(lines, "["+a.Label.ZH+"]")
	}
	return lines
}

func want(t *testing.T, p view.Page, lines ...string) {
	t.Helper()
	if got := drawn(t, p); !slices.Equal(got, lines) {
		t.Errorf("the page says %q, want %q", got, lines)
	}
}

func TestHomeGroupsServices(t *testing.T) {
	h := home{most: 6, now: morning, idle: time.Minute}
	h.offered = byGroup(services("办事:政务", "借书:文化", "别的", "取号:政务"))
	want(t, h.page(), "# 政务", "办事", "取号", "# 文化", "借书", "# 其他服务", "别的")
	h.offered = byGroup(services("办事:政务", "取号:政务"))
	want(t, h.page(), "办事", "取号")
	h.offered = byGroup(services("办事", "取号"))
	want(t, h.page(), "办事", "取号")
}

func TestHomeLeafsAndSays_WhereOneIs(t *testing.T) {
	h := home{most: 4, now: morning, idle: time.Minute}
	h.offered = byGroup(services("一:甲", "二:甲", "三:甲", "四:甲", "五:甲", "六:乙", "七:乙"))
	want(t, h.page(), "# 甲", "一", "二", "三", "四", "[查找服务]", "[更多服务 1/2]")
	if h.page().Timeout != 0 {
		t.Error("the first leaf goes away by itself")
	}
	h.take(view.Answer{Action: actionNext})
	want(t, h.page(), "# 甲", "五", "# 乙", "六", "七", "[上一页]", "[查找服务]")
	h.take(view.Answer{Action: actionNext}) // a second touch while the page was drawn
	want(t, h.page(), "# 甲", "五", "# 乙", "六", "七", "[上一页]", "[查找服务]")
	h.take(view.Answer{Action: view.ActionTimeout})
	want(t, h.page(), "# 甲", "一", "二", "三", "四", "[查找服务]", "[更多服务 1/2]")
}

func TestHomeSaysWhatIsNotToBeHad(t *testing.T) {
	h := home{most: 6, now: morning}
	h.offered = services("办事", "借书", "就餐")
	h.offered[1].State, h.offered[2].State = Resting, Restarting
	p := h.page()
	want(t, p, "办事", "借书 暂停服务", "就餐 正在恢复")
	tiles := p.Body[1].(view.Tiles).Tiles
	if tiles[0].Tone != view.Calm || tiles[1].Tone != view.Warning || tiles[2].Tone != view.Busy {
		t.Errorf("tones %q %q %q", tiles[0].Tone, tiles[1].Tone, tiles[2].Tone)
	}
}

func TestHomeIsSearchedByInitials(t *testing.T) {
	h := home{most: 6, now: morning, idle: time.Minute}
	h.offered = services("居住证", "社会保险", "入学报名", "看病预约", "取号排队", "图书借还", "食堂用餐")
	h.take(view.Answer{Action: actionSearch})
	want(t, h.search(), "居住证", "社会保险", "入学报名", "看病预约", "取号排队", "图书借还", "食堂用餐")
	h.take(view.Answer{Action: view.ActionChange, Fields: view.Texts(map[string]string{fieldSought: "tsj"})})
	want(t, h.search(), "图书借还")
	h.take(view.Answer{Action: view.ActionChange, Fields: view.Texts(map[string]string{fieldSought: "保险"})})
	want(t, h.search(), "社会保险")
	h.take(view.Answer{Action: view.ActionChange, Fields: view.Texts(map[string]string{fieldSought: "xyzzy"})})
	want(t, h.search())
	h.take(view.Answer{Action: view.ActionBack})
	if h.seeking {
		t.Error("back did not lead back")
	}
}

func TestGreetingFollowsTheDay(t *testing.T) {
	at := func(h, m int) time.Time { return time.Date(2026, 3, 2, h, m, 0, 0, time.UTC) }
	for _, c := range []struct {
		now  time.Time
		zh   string
		left time.Duration
	}{
		{at(4, 59), "晚上好", time.Minute}, {at(5, 0), "早上好", 4 * time.Hour}, {at(11, 30), "上午好", 30 * time.Minute},
		{at(12, 0), "中午好", 2 * time.Hour}, {at(17, 59), "下午好", time.Minute}, {at(18, 0), "晚上好", 6 * time.Hour}, {at(23, 0), "晚上好", time.Hour},
	} {
		if got := greeting(c.now).ZH; got != c.zh || greetingLasts(c.now) != c.left {
			t.Errorf("%s: %s for %v", c.now.Format("15:04"), got, greetingLasts(c.now))
		}
	}
}
