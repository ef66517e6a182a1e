package sample

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"sync"

	"github.com/luohu/ting/kiosk/view"
)

// Drawings is one page for every node that draws: steps, pictures, films, charts and maps.
func Drawings() []Page {
	return []Page{
		{"steps", view.Page{
			ID: "steps", Title: view.T("办理进度", "How far your request has come"),
			Body: []view.Node{
				view.Steps{Key: view.Key{Key: "short"}, Now: 2, Steps: []view.Step{
					{Title: view.T("提交", "Submitted"), Detail: view.Same("03-02 07:42")}, {Title: view.T("受理", "Accepted"), Detail: view.Same("03-02 09:10")},
					{Title: view.T("审核", "Reviewed")}, {Title: view.T("制证", "Printed")}, {Title: view.T("领取", "Collected")},
				}},
				view.Steps{Key: view.Key{Key: "long"}, Now: 1, Tone: view.Warning, Steps: []view.Step{
					{Title: view.T("提交居住证续签申请", "Residence permit renewal requested"), Detail: view.T("3月2日 07:42,启明第一小学东门自助终端", "2 March 07:42, at the terminal of Qiming No.1 Primary School, East Gate")},
					{Title: view.T("需要补交租赁合同", "A copy of the lease is still needed"), Detail: view.T("请在3月9日前到3号窗口补交,也可以在本机扫描上传", "Please bring it to counter 3 by 9 March, or scan it here")},
					{Title: view.T("审核通过后制证", "Printed once it is reviewed"), Detail: view.T("3 个工作日", "3 working days")},
					{Title: view.T("短信通知领取", "You get a text message")},
				}},
			},
			Actions: []view.Action{next},
		}},
		{"picture", view.Page{
			ID: "picture", Title: view.T("预约医生", "Your doctor"),
			Body: []view.Node{
				view.Picture{Key: view.Key{Key: "p"}, Data: Landscape(), Alt: view.T("启明湖畔的市民中心", "The citizens' hall at Lake Qiming"), Caption: view.T("市民中心新址,3月起启用", "The new citizens' hall, open from March")},
				view.TextNode{Text: view.T("地铁 2 号线启明湖站 C 口出,步行 5 分钟。", "Five minutes' walk from exit C of Qiming Lake station, line 2.")},
			},
			Actions: []view.Action{next},
		}},
		{"video", view.Page{
			ID: "video", Title: view.T("怎样使用读卡器", "How to use the card reader"),
			Body: []view.Node{
				view.Video{Key: view.Key{Key: "v"}, Film: "card.mjpeg", Still: Landscape(), Alt: view.T("一只手把卡贴在读卡器上", "A hand holds a card to the reader"), Caption: view.T("把卡平放在感应区,等一声提示音", "Lay the card flat on the reader and wait for the tone")},
			},
			Actions: []view.Action{next},
		}},
		{"video-missing", view.Page{
			ID: "video", Title: view.T("怎样使用读卡器", "How to use the card reader"),
			Body: []view.Node{view.Video{Key: view.Key{Key: "v"}, Film: "no-such.mjpeg", Alt: view.T("一只手把卡贴在读卡器上", "A hand holds a card to the reader")}},
		}},
		{"chart-bar", view.Page{
			ID: "chart-bar", Title: view.T("今日客流", "Visitors today"),
			Body: []view.Node{
				view.Chart{Key: view.Key{Key: "hours"}, Type: view.ChartBar, Title: view.T("各时段办理人次", "Requests by hour"), Unit: view.T("人次", "requests"), Labels: hours(8, 17), Series: []view.Series{
					{Values: []float64{12, 48, 86, 73, 31, 22, 64, 79, 52, 18}},
				}},
				view.Chart{Key: view.Key{Key: "offices"}, Type: view.ChartBar, Title: view.T("各窗口平均等候", "Average wait by counter"), Unit: view.T("分钟", "minutes"), Labels: []view.Text{
					view.T("不动产登记", "Land registry"), view.T("社会保险", "Social insurance"), view.T("出入境管理", "Entry and exit"), view.T("公积金", "Housing fund"), view.T("医疗保障", "Health insurance"),
				}, Series: []view.Series{{Values: []float64{23.5, 17, 12.5, 9, 4}}}},
			},
		}},
		{"chart-groups", view.Page{
			ID: "chart-groups", Title: view.T("各年级到校情况", "Attendance by year"),
			Body: []view.Node{
				view.Chart{Key: view.Key{Key: "g"}, Type: view.ChartBar, Title: view.T("上周到校人次", "Passes last week"), Unit: view.T("人次", "passes"), Labels: years(), Series: []view.Series{
					{Name: view.T("进校", "In"), Values: []float64{812, 905, 874, 791, 850, 933}}, {Name: view.T("出校", "Out"), Values: []float64{799, 901, 869, 780, 846, 920}},
				}},
				view.Chart{Key: view.Key{Key: "s"}, Type: view.ChartBar, Stacked: true, Title: view.T("今日用餐", "Lunch today"), Unit: view.T("份", "meals"), Labels: years(), Series: []view.Series{
					{Name: view.T("套餐A", "Menu A"), Values: []float64{88, 92, 70, 66, 81, 75}}, {Name: view.T("套餐B", "Menu B"), Values: []float64{40, 35, 58, 61, 49, 55}}, {Name: view.T("素食", "Vegetarian"), Values: []float64{6, 4, 9, 5, 7, 8}},
				}},
			},
		}},
		{"chart-line", view.Page{
			ID: "chart-line", Title: view.T("大厅情况", "The hall today"),
			Body: []view.Node{
				view.Chart{Key: view.Key{Key: "wait"}, Type: view.ChartLine, Title: view.T("等候人数", "People waiting"), Unit: view.T("人", "people"), Labels: hours(8, 20), Series: []view.Series{{Values: []float64{3, 14, 25, 19, 8, 6, 12, 21, 17}}}},
				view.Chart{Key: view.Key{Key: "air"}, Type: view.ChartLine, Title: view.T("三个展厅的室温", "Temperature in three halls"), Unit: view.Same("°C"), Labels: hours(8, 20), Series: []view.Series{
					{Name: view.T("一楼", "Ground floor"), Values: []float64{19.2, 19.8, 20.9, 21.7, 22.4, 22.8, 23.1, 23, 22.6}},
					{Name: view.T("二楼", "First floor"), Values: []float64{20.1, 20.4, 21.5, 22.6, 23.5, 24.2, 24.6, 24.3, 23.9}},
					{Name: view.T("三楼", "Second floor"), Values: []float64{20.8, 21.3, 22.9, 24.1, 25.2, 26, 26.3, 25.8, 25.1}},
				}},
			},
		}},
		{"chart-share", view.Page{
			ID: "chart-share", Title: view.T("今日办理", "Requests today"),
			Body: []view.Node{
				view.Chart{Key: view.Key{Key: "c"}, Type: view.ChartShare, Title: view.T("按事项分", "By kind"), Unit: view.T("件", "requests"), Labels: []view.Text{
					view.T("社会保险", "Social insurance"), view.T("居住证", "Residence permit"), view.T("不动产", "Land registry"), view.T("入学报名", "School enrolment"), view.T("其他", "Other"),
				}, Series: []view.Series{{Values: []float64{412, 287, 164, 96, 41}}}},
				view.Chart{Key: view.Key{Key: "e"}, Type: view.ChartShare, Title: view.T("昨日评价", "Yesterday's ratings"), Labels: []view.Text{view.T("满意", "Content")}, Series: []view.Series{{}}, Empty: view.T("昨天没有人评价", "Nobody left a rating yesterday")},
			},
		}},
		{"map", view.Page{
			ID: "map", Title: view.T("附近的服务点", "Service points nearby"),
			Body: []view.Node{view.Map{
				Key: view.Key{Key: "m"}, Layers: Town(), Bounds: &view.Bounds{West: 119.9476, South: 30.2462, East: 119.9735, North: 30.2604}, Alt: view.T("启明新区地图,标有六个服务点", "A map of Qiming New District with six service points"),
				Credit: view.T("示意图", "Sketch map"),
			}},
			Actions: []view.Action{next},
		}},
		{"map-districts", view.Page{
			ID: "map-districts", Title: view.T("各街道待办事件", "Open cases by district"),
			Body: []view.Node{view.Map{
				Key: view.Key{Key: "m"}, Layers: Districts(), Alt: view.T("启明新区的四个街道,事件最多的是湖滨街道", "The four districts of Qiming; Lakeside has the most cases"),
				Credit: view.T("示意图", "Sketch map"),
			}},
		}},
		{"map-empty", view.Page{
			ID: "map-empty", Title: view.T("附近的服务点", "Service points nearby"),
			Body: []view.Node{view.Map{Alt: view.T("没有服务点", "No service points"), Empty: view.T("附近没有服务点", "There is no service point nearby")}},
		}},
	}
}

func hours(from, to int) (ts []view.Text) {
	for h := from; h <= to; h++ {
		ts = append(ts, view.Same(fmt.Sprintf("%d:00", h)))
	}
	return ts
}

func years() (ts []view.Text) {
	for i, zh := range []string{"一", "二", "三", "四", "五", "六"} {
		ts = append(ts, view.T(zh+"年级", fmt.Sprint("Year ", i+1)))
	}
	return ts
}

// Landscape is a picture of a lake before hills, as a JPEG file.
var Landscape = sync.OnceValue(func() []byte {
	const w, h = 1200, 675
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	mix := func(a, b [3]float64, t float64) color.RGBA {
		t = min(max(t, 0), 1)
		return color.RGBA{uint8(a[0] + (b[0]-a[0])*t), uint8(a[1] + (b[1]-a[1])*t), uint8(a[2] + (b[2]-a[2])*t), 0xff}
	}
	for x := range w {
		fx := float64(x)
		far := 330 - 60*math.Sin(fx/170) - 25*math.Sin(fx/61)
		near := 410 - 40*math.Sin(fx/240+2) - 12*math.Sin(fx/47)
		for y := range h {
			fy := float64(y)
			c := mix([3]float64{122, 178, 224}, [3]float64{226, 236, 238}, fy/360)
			switch {
			case fy > 455:
				c = mix([3]float64{126, 176, 202}, [3]float64{48, 106, 148}, (fy-455)/220+0.04*math.Sin(fy/3+fx/90))
			case fy > near:
				c = mix([3]float64{92, 140, 104}, [3]float64{52, 98, 78}, (fy-near)/60)
			case fy > far:
				c = mix([3]float64{142, 172, 178}, [3]float64{112, 152, 156}, (fy-far)/110)
			}
			if dx, dy := fx-930, fy-130; dx*dx+dy*dy < 52*52 {
				c = color.RGBA{0xff, 0xf3, 0xd6, 0xff}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 88}); err != nil {
		panic(err) // a picture drawn here is valid
	}
	return b.Bytes()
})

// Bomb is a PNG file of a few kilobytes that says it is w×h pixels large.
func Bomb(w, h int) []byte {
	img := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.White})
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// The middle of the invented town.
const (
	townLon = 119.960
	townLat = 30.250
)

// at is a position so many metres east and north of the town's middle.
func at(east, north float64) view.Position {
	const metre = 1 / 111320.0
	return view.Position{round(townLon + east*metre/math.Cos(townLat*math.Pi/180)), round(townLat + north*metre)}
}

func round(v float64) float64 { return math.Round(v*1e7) / 1e7 }

func ring(ps ...view.Position) view.Geometry { return view.Area(append(ps, ps[0])) }

// blob is a round area, uneven as a lake's shore.
func blob(east, north, rx, ry, rough float64) view.Geometry {
	var ps []view.Position
	for i := range 48 {
		a := 2 * math.Pi * float64(i) / 48
		k := 1 + rough*math.Sin(3*a+1) + rough/2*math.Sin(5*a)
		ps = append(ps, at(east+rx*k*math.Cos(a), north+ry*k*math.Sin(a)))
	}
	return ring(ps...)
}

// circle is a street around something.
func circle(east, north, rx, ry float64) view.Geometry {
	var ps []view.Position
	for i := range 49 {
		a := 2 * math.Pi * float64(i) / 48
		ps = append(ps, at(east+rx*math.Cos(a), north+ry*math.Sin(a)))
	}
	return view.Line(ps...)
}

func box(east, north, w, h float64) view.Geometry {
	return ring(at(east, north), at(east+w, north), at(east+w, north+h), at(east, north+h))
}

// Town is a map of the invented town's middle: a lake and a river, parks,
// streets, houses, the way to a place, and places to touch.
func Town() []view.Layer {
	var river []view.Position
	for i := range 60 {
		t := float64(i) / 59
		river = append(river, at(-2600+5400*t, -420+170*math.Sin(t*5)+60*math.Sin(t*11)))
	}
	for i := 59; i >= 0; i-- {
		t := float64(i) / 59
		river = append(river, at(-2600+5400*t, -500+170*math.Sin(t*5)+60*math.Sin(t*11)))
	}
	var houses, streets view.Features
	for col := range 9 {
		for row := range 6 {
			x, y := -1280+float64(col)*300, -160+float64(row)*230
			if math.Hypot(x+150-560, y+110-520) < 520 || math.Hypot(x+150+720, y+110-560) < 330 {
				continue // the lake, the park
			}
			for k := range 4 {
				bx, by := x+34+float64(k%2)*118, y+30+float64(k/2)*90
				houses = append(houses, view.Feature{Geometry: box(bx, by, 70+float64((col*7+row*3+k*5)%5)*8, 44+float64((col+row*2+k)%4)*6)})
			}
		}
	}
	street := func(x0, y0, x1, y1 float64) {
		const steps = 120 // a street ends at the lake and at the park
		var run []view.Position
		for i := range steps + 1 {
			t := float64(i) / steps
			x, y := x0+(x1-x0)*t, y0+(y1-y0)*t
			if dry := math.Hypot((x-560)/470, (y-520)/400) > 1 && math.Hypot((x+720)/320, (y-560)/280) > 1; dry {
				run = append(run, at(x, y))
			}
			if i == steps || math.Hypot((x-560)/470, (y-520)/400) <= 1 || math.Hypot((x+720)/320, (y-560)/280) <= 1 {
				if len(run) > 2 {
					streets = append(streets, view.Feature{Geometry: view.Line(run[0], run[len(run)-1])})
				}
				run = nil
			}
		}
	}
	for col := range 10 {
		x := -1300 + float64(col)*300
		street(x, -220, x, 1240)
	}
	for row := range 7 {
		y := -180 + float64(row)*230
		street(-1400, y, 1500, y)
	}
	streets = append(streets, view.Feature{Geometry: circle(560, 520, 470, 400)}, view.Feature{Geometry: circle(-720, 560, 320, 280)})
	streets = append(streets, view.Feature{Geometry: view.Line(at(-100, -900), at(-100, 1240))},
		view.Feature{Geometry: view.Line(at(800, -900), at(800, -180))})
	place := func(id, zh, en, icon string, east, north float64, tone view.Tone) view.Feature {
		p := at(east, north)
		return view.Feature{ID: id, Name: view.T(zh, en), Icon: icon, Tone: tone, Geometry: view.At(p[0], p[1])}
	}
	here := at(-400, 50)
	return []view.Layer{
		{Role: view.RoleGround, Features: view.Features{{Geometry: box(-2600, -2600, 5400, 5600)}}},
		{Role: view.RoleGreen, Features: view.Features{{Name: view.T("启明公园", "Qiming Park"), Geometry: blob(-720, 560, 300, 260, 0.06)}, {Geometry: blob(560, 520, 430, 360, 0.04)}, {Geometry: box(-1300, -960, 1100, 300)}, {Geometry: box(-1800, 1500, 3600, 700)}}},
		{Role: view.RoleWater, Features: view.Features{{Name: view.T("启明湖", "Lake Qiming"), Geometry: blob(560, 520, 350, 280, 0.07)}, {Geometry: ring(river...)}}},
		{Role: view.RoleBuilding, Features: houses},
		{Role: view.RoleRoad, Features: streets},
		{Role: view.RoleRoute, Name: view.T("步行路线", "On foot"), Features: view.Features{{Geometry: view.Line(here, at(-400, -180), at(-100, -180), at(-100, 280), at(120, 280))}}},
		{Role: view.RolePlace, Name: view.T("服务点", "Service points"), Features: view.Features{
			place("hall", "市民中心", "Citizens' hall", "hall", 120, 280, ""),
			place("library", "启明图书馆", "Qiming library", "library", -1000, 280, ""),
			place("clinic", "社区卫生服务中心", "Community clinic", "triage", 500, -60, view.Success),
			place("school", "启明第一小学", "Qiming No.1 Primary", "school", -700, 970, ""),
			place("police", "城东派出所", "East police station", "shield", 1100, 740, ""),
			place("closed", "税务服务厅(午休)", "Tax office (lunch break)", "document", 1100, 50, view.Refusal),
		}},
		{Role: view.RoleHere, Features: view.Features{{Geometry: view.At(here[0], here[1])}}},
	}
}

// Districts is a map of areas with their tone, and of many points that gather.
func Districts() []view.Layer {
	area := func(id, zh, en string, tone view.Tone, ps ...view.Position) view.Feature {
		return view.Feature{ID: id, Name: view.T(zh, en), Tone: tone, Geometry: ring(ps...)}
	}
	mid := at(100, -100)
	n, e, s, w := at(-200, 2600), at(3100, 300), at(500, -2700), at(-2900, -400)
	areas := view.Features{
		area("lakeside", "湖滨街道", "Lakeside", view.Warning, mid, n, at(1700, 2300), at(2800, 1500), e),
		area("riverside", "江南街道", "Riverside", view.Success, mid, e, at(2600, -1500), at(1500, -2500), s),
		area("oldtown", "老城街道", "Old Town", "", mid, s, at(-1200, -2500), at(-2500, -1700), w),
		area("hills", "西山街道", "West Hills", view.Success, mid, w, at(-2600, 1300), at(-1500, 2400), n),
	}
	var cases view.Features
	for i := range 260 {
		a, r := float64(i)*2.399963, 2300*math.Sqrt(float64(i%97)/97)
		if i%3 == 0 {
			a, r = float64(i)*0.7, 260+float64(i%29)*9
		}
		p := at(900+r*math.Cos(a)*0.7, 600+r*math.Sin(a)*0.6)
		cases = append(cases, view.Feature{ID: fmt.Sprint("case-", i), Geometry: view.At(p[0], p[1])})
	}
	return []view.Layer{
		{Role: view.RoleArea, Features: areas},
		{Role: view.RoleBoundary, Features: view.Features{{Geometry: view.Line(mid, n)}, {Geometry: view.Line(mid, e)}, {Geometry: view.Line(mid, s)}, {Geometry: view.Line(mid, w)}}},
		{Role: view.RolePlace, Name: view.T("待办事件", "Open cases"), Tone: view.Warning, Cluster: true, Features: cases},
	}
}
