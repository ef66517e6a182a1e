package compose

import "strings"

// Hint says what is being written, so that what is likely there comes first.
type Hint int

// The hints.
const (
	Plain     Hint = iota
	Name           // a person's name, from the surname on
	GivenName      // a person's name whose surname stands already
	Address
)

// How much cheaper a hint makes a word.
const (
	placeBoost = 20
	unitBoost  = 25
	partBoost  = 12
	endBoost   = 32
)

// addressUnits end the parts of an address.
const addressUnits = "省市区县镇乡村庄屯组路街道巷弄里号楼栋幢座单元室层院园苑府湾城旗盟州"

// addressParts are what else addresses count and point with.
const addressParts = "一二三四五六七八九十东南西北中上下新老大小甲乙丙"

// addressEnds are words that end a part of an address.
const addressEnds = " 大道 大街 东路 西路 南路 北路 中路 东街 西街 南街 北街 中街 街道 单元 小区 花园 新村 社区 号楼 胡同 大厦 公寓 家园 一路 二路 三路 四路 五路 六路 七路 八路 九路 路口 广场 学校 小学 中学 医院 办事处 "

const placeClass = "ns"

func (h Hint) boost(d *Dictionary, word int) int32 {
	if h != Address {
		return 0
	}
	if d.class[word] == d.place {
		return placeBoost
	}
	w := d.word(word)
	switch {
	case len(w) == 3 && strings.Contains(addressUnits, w):
		return unitBoost
	case len(w) == 3 && strings.Contains(addressParts, w):
		return partBoost
	case strings.Contains(addressEnds, " "+w+" "):
		return endBoost
	}
	return 0
}
