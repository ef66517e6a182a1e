package compose

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
)

// surnames in the order of how many people bear them.
const surnames = `
王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪
廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文庞樊兰殷施洪翟安颜倪
牛温芦季俞章鲁葛伍申尤毕聂柴焦吉梅莲欧冉祁阎涂耿詹关费纪靳童骆盛裴凌左岳柳单管房辛欧宁项曲霍翁植甘景车包柏祝解隋滕
卜穆苗鲍成游屈娄艾司舒路华瞿蒲傅仇蓝阮卓桂娜邢阳桑师佟占冼刁邬卞党冀匡谷宫鞠苟池席甄邝沙巩敖初褚查杭支仲牟候廉闵明
时应边卫荣储习米尚柯商窦栾迟丛古晏封雍敬楚冷花巫蔺于岑戚翟糜闻谈麻台亓强臧储邰尉富符印宿伊宗郎鄢计薄匙皮卿羊蒙隆
褚郁水简饶空母沃云强盖益桓公皇甫喻鄂阚佘仝庄景上官昌濮`

// compoundSurnames have two characters.
const compoundSurnames = "欧阳 上官 皇甫 司马 诸葛 司徒 慕容 令狐 东方 尉迟 公孙 夏侯 轩辕 长孙 宇文 南宫 端木 独孤 百里 呼延 闻人 澹台 公冶 宗政 太史 申屠 第五 钟离"

// given are characters of given names, in the order of how many bear them
// today: first those that all generations share.
const given = `
伟小芳秀英娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂华文建国玉红春梅海燕红丹玲鹏飞宇浩波峰辉林志晓云雪婷
琳慧佳欣怡雨涵梓轩子晨博嘉一然思睿诗萱可艺佳雯琪瑶悦梦洁颖莹倩婷蕾薇菲晶妍彤欢露雅静雯璐瑞凯俊龙斌鑫
健新亮东成旭阳晖昊天宁康乐安泽铭翔航远腾坤哲皓煜熙辰逸昕霖沐若菡语馨奕锦程钰淇曦可馨芮宸恒毅诚信义礼
仁德忠孝良善美真心爱莲菊竹松柏桃李桐荣贵富财福禄寿喜庆祥瑞吉利发达兴旺盛昌隆泰和顺亨元贞永长久恩光
耀荣国民家邦振兴中华卫东援朝向前卫星红旗学习进步生根水木金火土山川江河湖海波涛浪沙石岩峰岭凤凰鸾鹤
麟虎彪豹熊狮马骏骥驰奔腾跃翼羽翎凌云霄汉空星月日晴朗明亮清澈洁净纯素雅致静娴淑贤惠娇媚妙婉婧姝姗娅
妮娥嫣然媛婵婕妤姣姿娣娴嫦巧灵秀珍珠宝玉珊瑚琼瑶琳琅璇玑瑾瑜璧珏琦琬琰瑗璟珂珈珩玮琛珺玥琴棋书画诗
词歌赋文章翰墨笔砚纸香芬芳馥菁华茜蓉蓓蕊芝兰蕙荷菱芙蓝青绿紫翠丹彤绯绛朱赤霜冰雪露霏雯霁霓虹雷电风
云岚烟雾昀昱晟晗晔晞旻昶景曜暄煊炜炎焱烨焕灿炫炳熠燊镇钧铎锐锋锴钦钊铮银铁钢柱栋梁楠梓楷槿棠樱枫柳
榕杉椿桦彬森树根苗禾穗稼丰登耕田园圃启承继绍宗祖先世代裕厚淳朴敦恺悌谦恭敬慎谨言行知识智慧聪敏捷颖
悟觉理道修养治平均衡正直方圆立志成功达宏伟大雄壮强健勇猛威武刚毅果敢决断坚定守信用贞操守纪律法度规矩
小少幼伯仲叔季孟甲乙丙一二三四五六七八九十百千万亿双全齐备具足满盈充沛滋润泽沛霈溪泉源渊深沉潜涌泓
润淼汐沁汶沅沛泊洲渝浙湘赣粤琼蜀滇黔秦晋冀鲁豫皖苏沪京津冬秋夏春晨曦夕朝暮旦冉佑佐佩依侨俪倚传伦
俐俏俞修倍仪亚京享亭廷延弘弛彦彧彩影律微徽忆忱怀恬恋悠惟惜愉意慕憬戈戎扬抒拓振捷掌揽敖斐斯施旋无时
朵本来朔望期杏杨极枝柯柔栩桓梵椰楚榆模橙歆毓民沈沙泳洛洪浔淑渲游湛溢滢漫潇澄澜激濠烁爽牧猛珉珑琮瑄
瑀瑛璨畅皎盼真祎祺禹秉程稷穆端筠简粟纤纬纯纶绍经绮维绪绫缨罡罗美羲翀翊翘耿聆育胜航艾芊芯苇苒茗茵荃
莉莎莘菀萌萍葵蒙蓬蔓蔚蕴藜虞蝶衍襄西观谊谕豪贝贤赫超越跃轶辛迅迪逊遥邦邵郁采里野钏钰铠锡镜长闯闻阁阔
陶雁雍霆霈露靓韬韵顺颂颜飒馥驹骁骞高魁鲲鸣鸿鹃鹭麒黎默齐龄龙`

// pairs are given names of two characters that many bear; others are put
// together from given.
const pairs = `
建国 建华 建军 建平 建明 建民 建新 建伟 建强 志强 志伟 志明 志刚 志华 志勇 志远 志豪 志鹏 志杰 国庆 国强 国华 国平 国栋 国荣 国梁 国伟 国良
文博 文杰 文静 文华 文涛 文斌 文龙 文轩 文昊 文军 海涛 海燕 海波 海峰 海洋 海龙 海军 海英 晓燕 晓明 晓东 晓军 晓红 晓华 晓峰 晓霞 晓丽 晓芳 晓敏
晓玲 晓雪 晓彤 晓婷 晓光 晓波 小明 小红 小刚 小军 小华 小燕 小平 小芳 小丽 小龙 小玲 小东 小英 秀英 秀兰 秀珍 秀芳 秀华 秀梅 秀荣 秀云 秀丽
桂英 桂兰 桂芳 桂珍 桂荣 桂花 桂香 桂芝 玉兰 玉梅 玉英 玉珍 玉华 玉芳 玉凤 玉玲 玉红 玉霞 玉琴 玉洁 淑芬 淑珍 淑英 淑华 淑兰 淑芳 淑贞 淑敏
春梅 春花 春兰 春燕 春霞 春生 春雷 春明 冬梅 红梅 红霞 红军 红英 红艳 雪梅 雪莲 雪芹 雪峰 丽华 丽娟 丽萍 丽娜 丽丽 丽君 丽芳 丽红 丽霞 丽梅 丽英
美玲 美华 美丽 美芳 美英 美兰 凤英 凤兰 凤霞 爱华 爱国 爱民 爱军 爱英 爱玲 永强 永刚 永华 永明 永福 永贵 永生 永康 金龙 金花 金凤 金明 金生 金山
德明 德华 德胜 德福 德彪 明华 明珠 明辉 明亮 明明 明杰 明哲 明轩 中华 忠义 忠华 振华 振国 振宇 振东 振兴 卫东 卫国 卫民 卫华 卫红 向东 向阳 向前
新华 新民 新平 新宇 立新 立军 立国 立平 光明 光华 光辉 光荣 长江 长青 长生 长春 长发 大伟 大勇 大军 大鹏 大明 天宇 天佑 天翔 天明 天琪 俊杰 俊峰
俊熙 俊豪 俊龙 俊辉 俊宇 俊凯 子轩 子涵 子豪 子墨 子怡 子琪 子晴 子睿 子晨 子萱 子浩 子健 子豪 梓涵 梓轩 梓萱 梓豪 梓晨 梓睿 梓琪 梓桐 梓彤 梓怡
浩然 浩宇 浩轩 浩博 浩天 浩明 皓轩 宇轩 宇航 宇辰 宇泽 宇浩 宇涵 雨轩 雨泽 雨欣 雨涵 雨桐 雨彤 雨萱 雨晴 雨婷 雨薇 雨菲 雨佳 语嫣 语桐 语涵 欣怡 欣妍
欣悦 欣然 欣瑶 欣雨 佳怡 佳琪 佳欣 佳慧 佳宁 佳乐 佳豪 佳明 佳颖 佳音 佳佳 嘉豪 嘉琪 嘉怡 嘉欣 嘉仪 嘉诚 嘉伟 嘉明 嘉懿 家豪 家辉 家明 家伟 家琪
思琪 思雨 思涵 思远 思源 思敏 思彤 思琦 思宇 思颖 思睿 诗涵 诗琪 诗雨 诗怡 诗婷 诗萱 诗瑶 梦琪 梦瑶 梦婷 梦洁 梦雪 梦涵 梦娇 梦圆 若溪 若曦 若涵 若彤
若兰 若琳 若男 若水 婉莹 婉婷 婉清 婉君 婉如 婉儿 静怡 静雯 静文 静静 雅婷 雅静 雅琴 雅文 雅雯 雅琪 雅芳 雅丽 雅欣 亚文 亚楠 亚男 亚平 亚军 亚辉
艺涵 艺馨 艺萱 艺璇 艺彤 怡然 怡萱 怡宁 怡君 一诺 一鸣 一凡 一涵 一帆 一博 一丹 一平 亦菲 亦凡 依依 依诺 依娜 依琳 奕辰 奕涵 奕泽 奕诺 泽宇 泽轩
泽阳 泽华 泽洋 晨曦 晨阳 晨轩 晨宇 辰逸 昊天 昊然 昊宇 昊轩 景天 景行 沐宸 沐阳 沐晨 可馨 可欣 可心 可儿 乐怡 乐瑶 悦然 悦溪 悦心 芷若 芷涵 芷萱 紫涵
紫萱 紫琪 紫薇 紫怡 紫轩 馨怡 馨月 心怡 心悦 心雨 心语 心妍 安琪 安然 安娜 安宁 慧敏 慧玲 慧芳 慧慧 慧琳 慧娟 燕玲 燕燕 艳红 艳丽 艳芳 艳玲 艳梅 艳霞
婷婷 娜娜 丹丹 莉莉 莹莹 倩倩 媛媛 圆圆 洋洋 阳阳 磊磊 鹏鹏 鹏飞 鹏程 鹏辉 云飞 云龙 云峰 雪飞 少华 少杰 少军 少强 世杰 世明 世豪 伟明 伟强 伟华
伟杰 伟东 伟民 伟平 锦程 锦涛 锦华 成龙 成功 成林 东升 东明 东海 东旭 东方 旭东 旭阳 晓旭 林峰 林涛 万里 学文 学军 学明 学森 学东 学勤 庆华 庆红 庆丰
庆国 庆元 宏伟 宏志 宏亮 宏图 洪涛 洪波 洪刚 福生 福来 福贵 福荣 富贵 富强 宝国 宝华 宝玉 宝强 根生 水生 树林 树人 树华 清华 清平 清泉 元培 其昌 耀华
耀东 耀辉 英杰 英豪 荣华 荣生 胜利 胜男 顺利 维民 维国 铁生 铁军 铁柱 兴国 兴华 兴旺 义军 正东 正国 正明 正义 正阳 仲景 佑安 如意 瑞雪 瑞霖 瑞祥 睿哲`

// People's names cost more the further down the list their parts stand.
const (
	surnameStep, givenStep     = 9, 10
	surnameFirst, givenFirst   = 22, 42
	unknownPart                = 45 // on top of the character's own cost
	knownName                  = 12 // off a name the dictionary has
	pairFirst                  = 62
	mostNames                  = 16
	perPart                    = 14 // characters tried for each part of a name
	knownSurname, knownInGiven = 30, 30
)

// parts are what the characters of names cost, however they are read.
type parts struct {
	surname, given map[rune]int32
	pairs          map[string]int32
}

var nameParts = sync.OnceValue(func() parts {
	rank := func(list string, first, step float64) map[rune]int32 {
		m := map[rune]int32{}
		for _, r := range list {
			if _, twice := m[r]; r != '\n' && !twice {
				m[r] = int32(first + step*math.Log1p(float64(len(m))/8))
			}
		}
		return m
	}
	p := parts{rank(surnames, surnameFirst, surnameStep), rank(given, givenFirst, givenStep), map[string]int32{}}
	for _, two := range strings.Fields(pairs) {
		p.pairs[two] = pairFirst
	}
	return p
})

func inNames(c rune) bool {
	p := nameParts()
	_, surname := p.surname[c]
	_, given := p.given[c]
	return surname || given
}

// named is a part of a name, or a whole one.
type named struct {
	text string
	cost int32
}

// names returns what the letters spell as a person's name: a surname and one or
// two characters, or just those when the surname stands already.
func (l *lattice) names(h Hint) []named {
	var all []named
	if h == GivenName {
		l.givenNames(0, func(n named) { all = append(all, n) })
	} else {
		for _, s := range l.surnamesAt() {
			l.givenNames(s.end, func(n named) { all = append(all, named{s.text + n.text, s.cost + n.cost}) })
		}
	}
	known := l.known()
	for i := range all {
		if c, ok := known[all[i].text]; ok {
			all[i].cost = min(all[i].cost, c) - knownName
		}
	}
	slices.SortStableFunc(all, func(a, b named) int { return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.text, b.text)) })
	all = slices.CompactFunc(all, func(a, b named) bool { return a.text == b.text })
	return all[:min(len(all), mostNames)]
}

// known are the names in the dictionary for all letters.
func (l *lattice) known() map[string]int32 {
	known := map[string]int32{}
	for _, f := range l.words(0, perPart) {
		if f.end < len(l.letters) {
			break
		}
		if l.d.names[l.d.class[f.word]] {
			known[l.d.word(f.word)] = f.cost
		}
	}
	return known
}

type surname struct {
	named
	end int
}

func (l *lattice) surnamesAt() []surname {
	var all []surname
	for _, t := range l.tokens[0] {
		for _, c := range l.characters(t, nameParts().surname, unknownPart) {
			all = append(all, surname{c, t.end})
		}
	}
	for _, f := range l.words(0, perPart) {
		if w := l.d.word(f.word); len(w) == 6 && strings.Contains(compoundSurnames, w) {
			all = append(all, surname{named{w, surnameFirst + knownSurname}, f.end})
		}
	}
	return all
}

// givenNames are one or two characters from at to the end.
func (l *lattice) givenNames(at int, f func(named)) {
	known, pairs := nameParts().given, nameParts().pairs
	for _, t := range l.tokens[at] {
		first := l.characters(t, known, unknownPart)
		if t.end == len(l.letters) {
			for _, a := range first {
				a.cost += givenFirst // names of two characters are the fewer
				f(a)
			}
			continue
		}
		for _, u := range l.tokens[t.end] {
			if u.end < len(l.letters) {
				continue
			}
			for _, b := range l.characters(u, known, unknownPart) {
				for _, a := range first {
					n := named{a.text + b.text, a.cost + b.cost}
					if c, ok := pairs[n.text]; ok {
						n.cost = min(n.cost, c+t.cost+u.cost)
					}
					f(n)
				}
			}
		}
	}
}

// characters are the single ones a token may stand for, the cheapest first.
func (l *lattice) characters(t token, known map[rune]int32, unknown int32) []named {
	var all []named
	for _, kid := range l.d.children(&l.d.nodes[0], t.from, t.to) {
		for w := range int(kid.words) {
			c := l.d.word(int(kid.word) + w)
			typed := int32(l.d.cost[int(kid.word)+w])
			cost, ok := known[first(c)]
			if ok {
				cost += max(typed-int32(l.d.least[first(c)]), 0) // a reading it seldom has
			} else {
				cost = unknown + typed
			}
			all = append(all, named{c, cost + t.cost})
		}
	}
	slices.SortStableFunc(all, func(a, b named) int { return cmp.Compare(a.cost, b.cost) })
	return all[:min(len(all), perPart)]
}

func first(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}
