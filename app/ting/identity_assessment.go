package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/identity/decision"
	"github.com/luohu/ting/sync/journal"
)

// identityAssessment writes the facts of a personal information protection impact
// assessment, as the rules for face recognition demand one, from what this terminal's
// configuration and gallery say now. Judgements are people's: the document leaves room
// for them and claims nothing that the configuration does not say.
func identityAssessment(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := identityFlags("assessment", stderr)
	config := fs.String("config", "terminal.toml", "the terminal's configuration `file`")
	out := fs.String("o", ".", "`directory` for the document; - writes it to standard output")
	rest, err := parseAround(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		fs.Usage()
		return errUsage
	}
	c, err := LoadConfig(*config)
	if err != nil {
		return err
	}
	time.Local = c.zone
	var kept *identity.Kept
	s, err := openStores(ctx, c, stderr)
	switch {
	case err == nil:
		k, keptErr := s.identity.Retain(ctx, true)
		if err := errors.Join(keptErr, s.close()); err != nil {
			return err
		}
		kept = &k
	case !errors.Is(err, journal.ErrInUse):
		return err
	}
	text := assessment(c, kept, time.Now())
	if *out == "-" {
		_, err := io.WriteString(stdout, text)
		return err
	}
	path := filepath.Join(*out, "impact-assessment-"+c.Terminal.ID+".md")
	if err := writeOutput(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
		return err
	}
	fmt.Fprintln(stdout, path)
	return nil
}

// assessment is the document. kept is nil while the terminal runs, whose gallery cannot
// be read then.
func assessment(c *Config, kept *identity.Kept, now time.Time) string {
	var b strings.Builder
	say := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	say("# 人脸识别个人信息保护影响评估:事实部分\n")
	say("终端 %s,地点 %s(%s)。依据本机配置 %s 于 %s 生成;评估结论由个人信息处理者填写并签字。\n", c.Terminal.ID, c.Terminal.Site, c.Terminal.Place.ZH,
		filepath.Base(c.path), now.In(c.zone).Format("2006-01-02 15:04"))

	say("## 1. 处理目的和必要性\n")
	faces := c.Camera.URL != ""
	if !faces {
		say("本机没有配置摄像头(camera.url 为空),不采集也不识别人脸。\n")
	}
	say("| 模块 | 授予的权限 | 用到人脸 |\n|---|---|---|")
	for _, m := range c.Modules {
		uses := "否"
		if faces && slices.ContainsFunc(m.Grant, func(g string) bool {
			return slices.Contains([]kiosk.Permission{kiosk.PermIdentify, kiosk.PermWatch, kiosk.PermEnrol}, kiosk.Permission(g))
		}) {
			uses = "是,仅限本人同意的用途"
		}
		say("| %s | %s | %s |", m.ID, strings.Join(m.Grant, "、"), uses)
	}
	say("\n刷脸不是唯一方式:同一页面上提供刷卡、密码和工作人员确认,步骤数相同。\n\n必要性结论:________________\n")

	say("## 2. 合法性基础\n")
	say("取得个人的单独同意;不满 14 周岁的由监护人同意(《个人信息保护法》第二十九条、第三十一条)。同意书按版本保存,撤回与同意同样方便,撤回后模板立即删除并留有回执。\n")

	say("## 3. 存储的数据、地点和期限\n")
	say("| 数据 | 地点 | 期限 |\n|---|---|---|")
	say("| 人脸模板(128 个数) | 仅本机 %s,每人单独密钥,AES-256-GCM 加密,绑定本机与地点 | 见下 |", filepath.Join(c.Terminal.State, identityDir))
	say("| 照片和视频 | 不保存:算出模板后即丢弃 | — |")
	where := "仅本机:未配置中心(center.url 为空)"
	if c.Center.URL != "" {
		where = "本机,并加密传输(TLS 1.3 双向认证)至 " + c.Center.URL
	}
	say("| 同意、撤回、删除回执和业务记录(不含模板) | %s | 依档案规定 |", where)
	if c.Journal.Copy != "" {
		say("| 业务记录的副本 | %s | 同上 |", c.Journal.Copy)
	}
	say("")
	if kept == nil {
		say("终端正在运行,生成时未读取模板数量和保存期限;停机后重新生成,或见控制台。\n")
	} else {
		say("现存模板 %d 个。", kept.Templates)
		if len(kept.Rules) == 0 {
			say("\n**没有下发保存期限:模板一直保存到撤回为止。请先设置保存期限(ting-center retention)。**\n")
		}
		for _, r := range kept.Rules {
			say("- 保存期限 %s", ruleText(r))
		}
		say("\n到期由终端自动删除并上报回执;已到期 %d 项,30 天内到期 %d 项。\n", len(kept.Due), len(kept.Coming))
	}

	say("## 4. 接收方\n")
	if c.Center.URL == "" {
		say("无。本机不向任何一方传送数据。\n")
	} else {
		say("区级中心 %s:接收同意、撤回、回执和业务记录,以及模板的编号;不接收模板和照片。\n", c.Center.URL)
	}

	say("## 5. 风险和措施\n")
	threshold, margin := decision.Defaults().Threshold, decision.Defaults().Margin
	if c.Face.Threshold > 0 {
		threshold = c.Face.Threshold
	}
	if c.Face.Margin > 0 {
		margin = c.Face.Margin
	}
	say("| 风险 | 措施 |\n|---|---|")
	say("| 误认 | 距离阈值 %.3f,与第二人的差距 %.3f,多帧一致;双胞胎须第二种方式;阈值可用 `ting identity calibrate` 按本地点数据核对 |", threshold, margin)
	live := c.liveness()
	switch {
	case live.Challenge:
		say("| 照片冒充 | 登记和严格业务要求随机转头;静止画面视为无摄像头。**转头视频不能识破**,严格业务请先刷卡 |")
	case live.Passive:
		say("| 照片冒充 | **未启用转头检测**(face.liveness = passive):只拒绝静止和重复画面 |")
	default:
		say("| 照片冒充 | **未启用任何活体检测**(face.liveness = off) |")
	}
	if limits, err := c.Feeds.limits(); err == nil && limits[kiosk.FeedRevocations] > 0 && c.Center.URL != "" {
		say("| 离线时收不到撤回 | 超过 %.0f 小时未收到撤回信息即停止刷脸,改用其他方式 |", limits[kiosk.FeedRevocations].Hours())
	} else if c.Center.URL != "" {
		say("| 离线时收不到撤回 | **未设时限**:离线期间仍按旧信息识别 |")
	}
	say("| 设备失窃或硬盘外流 | 模板不以明文落盘,换一台机器不能打开;删除时销毁密钥 |")
	say("| 维护人员越权 | 权限默认拒绝,按模块授予(见第 1 节);姓名在公共屏幕上隐去 |")
	if c.Terminal.AllowQuit {
		say("| 程序可被关闭 | **allow_quit 已打开,不得用于公共场所** |")
	}
	say("\n残余风险结论:________________\n\n## 6. 签署\n\n个人信息保护负责人:________________ 日期:________________")
	return b.String()
}
