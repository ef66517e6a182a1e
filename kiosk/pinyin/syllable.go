package pinyin

import (
	"sort"
	"strings"
)

// Syllable numbers a syllable in the order of the alphabet, so that those with
// one beginning ("zh…") are a range.
type Syllable uint16

// spelled are all syllables of standard Chinese, sorted.
var spelled = strings.Fields(`
	a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can cang cao
	ce cei cen ceng cha chai chan chang chao che chen cheng chi chong chou chu chua chuai chuan chuang
	chui chun chuo ci cong cou cu cuan cui cun cuo da dai dan dang dao de dei den deng di dia dian diao
	die ding diu dong dou du duan dui dun duo e ei en eng er fa fan fang fei fen feng fiao fo fou fu ga
	gai gan gang gao ge gei gen geng gong gou gu gua guai guan guang gui gun guo ha hai han hang hao he
	hei hen heng hong hou hu hua huai huan huang hui hun huo ji jia jian jiang jiao jie jin jing jiong
	jiu ju juan jue jun ka kai kan kang kao ke kei ken keng kong kou ku kua kuai kuan kuang kui kun kuo
	la lai lan lang lao le lei leng li lia lian liang liao lie lin ling liu lo long lou lu luan lue lun
	luo lv ma mai man mang mao me mei men meng mi mian miao mie min ming miu mo mou mu na nai nan nang
	nao ne nei nen neng ni nia nian niang niao nie nin ning niu nong nou nu nuan nue nuo nv o ou pa pai
	pan pang pao pei pen peng pi pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing
	qiong qiu qu quan que qun ran rang rao re ren reng ri rong rou ru rua ruan rui run ruo sa sai san
	sang sao se sen seng sha shai shan shang shao she shei shen sheng shi shou shu shua shuai shuan
	shuang shui shun shuo si song sou su suan sui sun suo ta tai tan tang tao te tei teng ti tian tiao
	tie ting tong tou tu tuan tui tun tuo wa wai wan wang wei wen weng wo wu xi xia xian xiang xiao xie
	xin xing xiong xiu xu xuan xue xun ya yan yang yao ye yi yin ying yo yong you yu yuan yue yun za zai
	zan zang zao ze zei zen zeng zha zhai zhan zhang zhao zhe zhei zhen zheng zhi zhong zhou zhu zhua
	zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo
`)

var numbered = func() map[string]Syllable {
	m := make(map[string]Syllable, len(spelled)+2)
	for i, s := range spelled {
		m[s] = Syllable(i)
	}
	m["lve"], m["nve"] = m["lue"], m["nue"]
	return m
}()

// Longest is the number of letters of the longest syllable.
const Longest = 6

// Syllables is how many syllables there are: every Syllable is below it.
func Syllables() int { return len(spelled) }

// String is the syllable as it is typed.
func (s Syllable) String() string { return spelled[s] }

// Parse returns the syllable spelled s; false when there is none.
func Parse(s string) (Syllable, bool) {
	n, ok := numbered[s]
	return n, ok
}

// Beginning returns the range of syllables that begin with the letters s, from
// the first to before the last; empty when none does.
func Beginning(s string) (from, to Syllable) {
	i := sort.SearchStrings(spelled, s)
	j := i + sort.Search(len(spelled)-i, func(k int) bool { return !strings.HasPrefix(spelled[i+k], s) })
	return Syllable(i), Syllable(j)
}

// Initial is the consonant a syllable begins with ("zh", "b"), or its first
// letter where it begins with a vowel.
func (s Syllable) Initial() string {
	w := spelled[s]
	if len(w) > 1 && w[1] == 'h' {
		return w[:2]
	}
	return w[:1]
}
