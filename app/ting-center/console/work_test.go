package console

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/enrolment"
	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

func TestWithdrawalReachesTerminalsAtOnce(t *testing.T) {
	pgtest.Both(t, testWithdrawalReachesTerminalsAtOnce)
}

func testWithdrawalReachesTerminalsAtOnce(t *testing.T) {
	d := open(t)
	d.register("school-1", kiosk.PersonRow{ID: "2020-1", Name: "张小三", Role: "pupil"})
	position, err := d.c.Record(context.Background(), "school-1", enrolment.Consented{Person: "2020-1", Name: "张小三", Role: "pupil",
		Purposes: []string{"gate", "canteen"}, TextVersion: "1", GivenBy: "self", Way: "paper", At: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	d.projected(enrolment.ID, position)
	tm := d.terminal("gate-1", "school-1")
	o := d.as(Operator)
	if status, _, _ := o.send("/person/withdraw", "site", "school-1", "id", "2020-1", "purpose", "library", "reason", "x"); status != http.StatusBadRequest {
		t.Errorf("a purpose never agreed to: %d", status)
	}
	if status, _, _ := o.send("/person/withdraw", "site", "school-1", "id", "2020-1", "reason", "  "); status != http.StatusBadRequest {
		t.Errorf("without a reason: %d", status)
	}
	covers := func() (row kiosk.RevocationRow) {
		t.Helper()
		page, _ := tm.Feed(kiosk.FeedRevocations, 0, 0)
		if len(page.Rows) != 1 || page.Rows[0].Key != "2020-1" {
			t.Fatalf("revocations: %+v", page.Rows)
		}
		if err := json.Unmarshal(page.Rows[0].Value, &row); err != nil {
			t.Fatal(err)
		}
		return row
	}
	if status, body, _ := o.send("/person/withdraw", "site", "school-1", "id", "2020-1", "purpose", "gate", "reason", "申请单 17 号"); status != http.StatusOK || !strings.Contains(body, "已登记撤回") {
		t.Fatalf("withdraw: %d", status)
	}
	if row := covers(); !row.Covers("gate") || row.Covers("canteen") {
		t.Errorf("one purpose: %+v", row)
	}
	if status, body, _ := o.send("/person/withdraw", "site", "school-1", "id", "2020-1", "reason", "申请单 18 号"); status != http.StatusOK || !strings.Contains(body, "全部用途") {
		t.Errorf("all: %d", status)
	}
	if row := covers(); !row.Covers("canteen") || row.Time.IsZero() {
		t.Errorf("every purpose: %+v", row)
	}
	list := d.audits(store.AuditFilter{Action: "consent.withdraw"})
	if len(list) != 2 || list[1].Who != "operator" || list[1].Subject != "2020-1" || list[1].Detail != "school-1, gate: 申请单 17 号" {
		t.Errorf("noted as %+v", list)
	}
	if status, _, _ := o.send("/person/withdraw", "site", "school-1", "id", "nobody", "reason", "x"); status != http.StatusNotFound {
		t.Errorf("withdraw for nobody: %d", status)
	}
}

// TestNamesAreMaskedUntilSomebodyAsks who may, and that is noted.
func TestNamesAreMaskedUntilSomebodyAsks(t *testing.T) {
	pgtest.Both(t, testNamesAreMaskedUntilSomebodyAsks)
}

func testNamesAreMaskedUntilSomebodyAsks(t *testing.T) {
	d := open(t)
	d.register("school-1", kiosk.PersonRow{ID: "2020-1", Name: "张小三", Role: "pupil", Cards: []string{"0412345678"}})
	path := personPath("school-1", "2020-1")
	for _, r := range []Role{Auditor, Operator, Admin} {
		b := d.as(r)
		for _, p := range []string{"/people?site=school-1", path, "/people?site=school-1&q=2020"} {
			if _, body, _ := b.get(p); !strings.Contains(body, "张*三") || contains(body, "张小三", "0412345678") {
				t.Errorf("%s at %s: the name is not masked", r, p)
			}
		}
	}
	// A part of a name finds nobody: names could be guessed letter by letter.
	if _, body, _ := d.as(Auditor).get("/people?site=school-1&q=" + url.QueryEscape("张小")); strings.Contains(body, "张*三") {
		t.Error("a part of the name finds it")
	}
	o := d.as(Operator)
	if _, body, _ := o.send("/person/reveal", "site", "school-1", "id", "2020-1"); !strings.Contains(body, "张小三") || strings.Contains(body, "0412345678") {
		t.Error("the name is not shown to who asked")
	}
	if _, body, _ := o.get(path); strings.Contains(body, "张小三") {
		t.Error("it is shown for longer than once")
	}
	if list := d.audits(store.AuditFilter{Action: "person.reveal"}); len(list) != 1 || list[0].Who != "operator" || list[0].Subject != "2020-1" {
		t.Errorf("noted as %+v", list)
	}
}

// stuck is a gate with a record that cannot be applied and one behind it.
func stuck(t *testing.T) (*desk, *centertest.Terminal) {
	t.Helper()
	d := open(t)
	tm := d.terminal("gate-1", "school-1")
	rs := tm.Make(record.Ordinary, 1, "gate.pass", "person/2020-0417", `{"person":""}`)
	rs = append(rs, tm.Make(record.Ordinary, 1, "gate.pass", "person/2020-0417", pass(t, "2020-0417"))...)
	rs = append(rs, tm.Make(record.Ordinary, 1, "gate.pass", "person/2", pass(t, "2"))...)
	tm.Send(record.Ordinary, record.Hash{}, rs)
	d.projected(gate.ID, 3)
	return d, tm
}

func TestLetterIsAcceptedAndTheDecisionUndone(t *testing.T) {
	pgtest.Both(t, testLetterIsAcceptedAndTheDecisionUndone)
}

func testLetterIsAcceptedAndTheDecisionUndone(t *testing.T) {
	d, _ := stuck(t)
	p := d.as(Approver)
	_, body, _ := p.get("/attention")
	if strings.Count(body, "person/202***7") != 2 || strings.Contains(body, "2020-0417") {
		t.Errorf("want two letters of a masked key:\n%s", body)
	}
	if _, body, at := p.send("/letters/gate/1/replay"); at != "/letters/gate/1" || !strings.Contains(body, "仍无法入账") {
		t.Errorf("a replay of what is still wrong led to %s", at)
	}
	if status, _, _ := p.send("/letters/gate/1/accept"); status != http.StatusBadRequest {
		t.Errorf("without a reason: %d", status)
	}
	if status, _, _ := p.send("/letters/gate/3/accept", "reason", "x"); status != http.StatusNotFound {
		t.Errorf("of no letter: %d", status)
	}
	if status, body, at := p.send("/letters/gate/1/accept", "reason", "a test card"); status != http.StatusOK || at != "/letters/gate/1" || !strings.Contains(body, "a test card") {
		t.Errorf("accepted: %d at %s", status, at)
	}
	if _, body, _ := p.get("/boards/school-1"); !strings.Contains(body, "现在在校 2 人") {
		t.Error("the record behind it was not applied")
	}
	if _, body, _ := p.send("/letters/gate/1/undo"); !strings.Contains(body, "重新等待") {
		t.Error("the decision was not undone")
	}
	if _, body, _ := p.get("/attention"); strings.Count(body, "person/202***7") != 1 {
		t.Error("it does not wait again")
	}
	var did []string
	for _, a := range d.audits(store.AuditFilter{Who: "approver"}) {
		if strings.HasPrefix(a.Action, "letter.") {
			did = append([]string{a.Action}, did...)
		}
	}
	if got := strings.Join(did, " "); got != "letter.replay letter.accepted letter.replay letter.undo" {
		t.Errorf("noted: %s", got)
	}
}

func TestLetterIsCompensated(t *testing.T) { pgtest.Both(t, testLetterIsCompensated) }

func testLetterIsCompensated(t *testing.T) {
	d, _ := stuck(t)
	p := d.as(Approver)
	if _, body, _ := p.get("/letters/gate/1"); strings.Contains(body, "<textarea") {
		t.Error("the record is shown without being asked for")
	}
	if _, body, _ := p.send("/letters/gate/1/body"); !strings.Contains(body, "<textarea") || !strings.Contains(body, "&#34;person&#34;") {
		t.Error("the record is not shown")
	}
	if list := d.audits(store.AuditFilter{Action: "letter.read"}); len(list) != 1 {
		t.Errorf("that somebody read it is noted %d times", len(list))
	}
	for _, body := range []string{"", "no JSON", "[1]", "null"} {
		if status, _, _ := p.send("/letters/gate/1/compensate", "reason", "x", "body", body); status != http.StatusBadRequest {
			t.Errorf("with %q: %d", body, status)
		}
	}
	if status, _, at := p.send("/letters/gate/1/compensate", "reason", "slip 17", "body", pass(t, "2020-0417")); status != http.StatusOK || at != "/letters/gate/1" {
		t.Fatalf("compensated: %d at %s", status, at)
	}
	if _, body, _ := p.get("/boards/school-1"); !strings.Contains(body, "现在在校 2 人") || !strings.Contains(body, "今日通行 3 次") {
		t.Error("the board does not count both")
	}
	if _, body, _ := p.get("/attention"); !strings.Contains(body, "没有等待处理的记录") {
		t.Error("something waits still")
	}
	if status, _, _ := p.send("/letters/gate/1/undo"); status != http.StatusBadRequest {
		t.Errorf("a compensation undone: %d", status)
	}
}

// TestForkNeedsTwo: what cannot be taken back needs two people, where there are two.
func TestForkNeedsTwo(t *testing.T) { pgtest.Both(t, testForkNeedsTwo) }

func testForkNeedsTwo(t *testing.T) {
	d := open(t)
	tm := d.terminal("desk-1", "hall")
	other := tm.Clone()
	tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 1, "gate.pass", "person/1", pass(t, "1")))
	if ack := other.Send(record.Ordinary, record.Hash{}, other.Make(record.Ordinary, 1, "gate.pass", "person/2", pass(t, "2"))); ack.Code != wire.Fork {
		t.Fatal(ack.Code)
	}
	p, admin := d.as(Approver), d.as(Admin)
	if status, _, _ := p.send("/forks/1/adopt"); status != http.StatusConflict {
		t.Errorf("taken in without a proposal: %d", status)
	}
	if status, _, _ := p.send("/forks/1/propose", "reason", "both desks worked"); status != http.StatusOK {
		t.Fatalf("proposed: %d", status)
	}
	if status, _, _ := p.send("/forks/1/adopt"); status != http.StatusForbidden {
		t.Errorf("taken in by who proposed it: %d", status)
	}
	if status, _, _ := admin.send("/forks/1/adopt"); status != http.StatusOK {
		t.Errorf("taken in by another: %d", status)
	}
	if _, body, _ := p.get("/terminals/desk-1"); !strings.Contains(body, "已计入") || !strings.Contains(body, "已隔离") {
		t.Error("the terminal's page does not tell")
	}
	for _, path := range []string{"/forks/1/propose", "/forks/1/dismiss", "/forks/99/dismiss", "/forks/x/dismiss"} {
		if status, _, _ := p.send(path, "reason", "x"); status != http.StatusNotFound {
			t.Errorf("%s of what is over: %d", path, status)
		}
	}
}

// TestForkOfOneApprover: a district with one approver can go on.
func TestForkOfOneApprover(t *testing.T) { pgtest.Both(t, testForkOfOneApprover) }

func testForkOfOneApprover(t *testing.T) {
	d := open(t)
	tm := d.terminal("desk-1", "hall")
	other := tm.Clone()
	tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 1, "gate.pass", "person/1", pass(t, "1")))
	other.Send(record.Ordinary, record.Hash{}, other.Make(record.Ordinary, 1, "gate.pass", "person/2", pass(t, "2")))
	d.as(Admin).send("/accounts/change", "name", "approver", "what", "disable")
	admin := d.as(Admin)
	admin.send("/forks/1/dismiss", "reason", "a test")
	if _, body, _ := admin.get("/attention"); !strings.Contains(body, "重新打开") {
		t.Error("it cannot be opened again")
	}
	admin.send("/forks/1/reopen")
	admin.send("/forks/1/propose", "reason", "both desks worked")
	if status, _, _ := admin.send("/forks/1/adopt"); status != http.StatusOK {
		t.Errorf("the only approver: %d", status)
	}
}

func TestCodeIsShownOnce(t *testing.T) { pgtest.Both(t, testCodeIsShownOnce) }

func testCodeIsShownOnce(t *testing.T) {
	d := open(t)
	p := d.as(Approver)
	_, body, _ := p.send("/enrol/code", "terminal", "gate-9", "site", "school-9")
	m := slipText.FindStringSubmatch(body)
	if m == nil {
		t.Fatal("no code is shown")
	}
	if _, body, _ = p.get("/enrol"); strings.Contains(body, m[1]) || !strings.Contains(body, "gate-9") {
		t.Error("the code is shown again, or not listed")
	}
	centertest.Enrol(t, d.url, d.c.Authority().Pool(), "gate-9", "school-9", m[1], centertest.NewKey(t))
	if status, _, _ := p.send("/enrol/code", "terminal", evil, "site", "s"); status != http.StatusBadRequest {
		t.Errorf("a code for a bad name: %d", status)
	}
	_, body, _ = p.send("/enrol/code", "terminal", "gate-8", "site", "school-9")
	m = slipText.FindStringSubmatch(body)
	p.send("/enrol/drop", "terminal", "gate-8")
	if status, _ := centertest.PostEnrol(t, d.url, d.c.Authority().Pool(), centertest.Request(t, "gate-8", "school-9", m[1], centertest.NewKey(t))); status != http.StatusForbidden {
		t.Errorf("a void code let a terminal in: %d", status)
	}
}

func TestRevokeAsksForTheName(t *testing.T) { pgtest.Both(t, testRevokeAsksForTheName) }

func testRevokeAsksForTheName(t *testing.T) {
	d := open(t)
	tm := d.terminal("gate-1", "school-1")
	o := d.as(Operator)
	if status, _, _ := o.send("/terminals/gate-1/revoke", "sure", "gate-2"); status != http.StatusBadRequest {
		t.Errorf("another name: %d", status)
	}
	if status, body, _ := o.send("/terminals/gate-1/revoke", "sure", "gate-1"); status != http.StatusOK || !strings.Contains(body, "已停用") {
		t.Errorf("revoked: %d", status)
	}
	if ack := tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 1, "a.b", "", "{}")); ack.Code != wire.Revoked {
		t.Errorf("it still sends: %s", ack.Code)
	}
	if status, _, _ := o.send("/terminals/nothing/revoke", "sure", "nothing"); status != http.StatusNotFound {
		t.Errorf("of nothing: %d", status)
	}
}

func TestAuditIsFilteredExportedAndVerified(t *testing.T) {
	pgtest.Both(t, testAuditIsFilteredExportedAndVerified)
}

func testAuditIsFilteredExportedAndVerified(t *testing.T) {
	d := open(t)
	a := d.as(Auditor)
	if err := d.c.Edit(context.Background(), func(tx *store.Tx) error {
		for i := range 250 {
			if err := tx.Note(store.Audit{At: time.Date(2026, 3, 1+i%5, 12, 0, i%60, 0, time.UTC), Who: "wang", Action: "code.make", Subject: fmt.Sprintf("gate-%d", i), Detail: "=HYPERLINK(1)"}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	_, body, _ := a.get("/audit?who=wang")
	if n := strings.Count(body, "<code>code.make</code>"); n != auditsShown || !strings.Contains(body, "生成登记码") {
		t.Errorf("%d entries on a page", n)
	}
	if _, body, _ = a.get("/audit?who=wang&from=2026-03-02&until=2026-03-02&q=gate-1"); strings.Count(body, "<code>code.make</code>") != 23 {
		t.Errorf("%d entries of a day", strings.Count(body, "<code>code.make</code>"))
	}
	if status, _, _ := a.get("/audit?from=yesterday"); status != http.StatusBadRequest {
		t.Errorf("a date that is none: %d", status)
	}
	_, body, _ = a.get("/audit.csv?who=wang")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 251 || rows[1][5] != "'=HYPERLINK(1)" || len(rows[1][6]) != 64 {
		t.Errorf("%d rows: %v, the first %q", len(rows), err, rows[min(1, len(rows)-1)])
	}
	if list := d.audits(store.AuditFilter{Action: "audit.export"}); len(list) != 1 || list[0].Detail != "who=wang" {
		t.Errorf("noted as %+v", list)
	}
	if _, body, _ := a.send("/audit/verify"); !strings.Contains(body, "校验通过") {
		t.Error("it does not verify")
	}
	if status, _, _ := a.send("/audit/verify", "known", "12"); status != http.StatusBadRequest {
		t.Errorf("a value that is none: %d", status)
	}
	if status, _, _ := a.send("/audit/verify", "known", strings.Repeat("ab", 32)); status != http.StatusConflict {
		t.Errorf("a value of another chain: %d", status)
	}
	if err := d.c.Edit(context.Background(), func(tx *store.Tx) error { return tx.Script(`UPDATE audit SET who = 'li' WHERE id = 77`) }); err != nil {
		t.Fatal(err)
	}
	if status, body, _ := a.send("/audit/verify"); status != http.StatusConflict || !strings.Contains(body, "77") {
		t.Errorf("a log that was changed: %d", status)
	}
	if list := d.audits(store.AuditFilter{Action: "audit.broken"}); len(list) != 2 {
		t.Errorf("that it is broken is noted %d times", len(list))
	}
}

// TestHundredThousand rows of people and of audit: a page has a part of them.
func TestHundredThousand(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes 100,000 rows")
	}
	const many = 100_000
	d := open(t)
	ctx := context.Background()
	var changes []center.FeedChange
	for i := range many {
		id := fmt.Sprintf("2020-%06d", i)
		changes = append(changes, center.FeedChange{Site: "school-1", Feed: kiosk.FeedPeople, Key: id, Value: kiosk.PersonRow{ID: id, Name: "张小三", Role: "pupil"}})
	}
	if err := d.c.Register(ctx, changes); err != nil {
		t.Fatal(err)
	}
	if err := d.c.Edit(ctx, func(tx *store.Tx) error {
		for i := range many {
			if err := tx.Note(store.Audit{At: time.UnixMilli(int64(i)), Who: "wang", Action: "code.make", Subject: fmt.Sprint(i)}); err != nil {
				return err
			}
		}
		return tx.PutSite(store.Site{ID: "school-1", NameZH: "第一小学", NameEN: "School 1"})
	}); err != nil {
		t.Fatal(err)
	}
	admin := d.as(Admin)
	for _, c := range []struct{ path, has string }{
		{"/people?site=school-1", "1 / 2000"},
		{"/people?site=school-1&page=2000", "2020-099999"},
		{"/people?site=school-1&q=2020-054321", "2020-054321"},
		{"/audit?who=wang&before=500", "更早"},
		{"/feeds", "100\u2009000"},
	} {
		status, body, _ := admin.get(c.path)
		if status != http.StatusOK || !strings.Contains(body, c.has) || len(body) > 300_000 {
			t.Errorf("%s: %d, %d bytes, without %q", c.path, status, len(body), c.has)
		}
	}
	_, body, _ := admin.get("/audit.csv?who=wang")
	if n := strings.Count(body, "\n"); n != many+1 {
		t.Errorf("the export has %d lines", n)
	}
	if _, body, _ := admin.send("/audit/verify"); !strings.Contains(body, "校验通过") {
		t.Error("it does not verify")
	}
}

func TestNewDistrictIsToldWhatToDo(t *testing.T) { pgtest.Both(t, testNewDistrictIsToldWhatToDo) }

func testNewDistrictIsToldWhatToDo(t *testing.T) {
	d := open(t)
	if _, body, _ := d.as(Approver).get("/"); !strings.Contains(body, "还没有登记任何终端") || !strings.Contains(body, `href="/enrol"`) {
		t.Error("the approver is not told what to do")
	}
	if _, body, _ := d.as(Viewer).get("/"); !strings.Contains(body, "请联系审批员") || strings.Contains(body, `class="button primary" href="/enrol"`) {
		t.Error("the viewer is not told whom to ask")
	}
	for _, path := range []string{"/boards", "/people", "/feeds", "/attention", "/system"} {
		if status, body, _ := d.as(Admin).get(path); status != http.StatusOK || !strings.Contains(body, "empty") && path != "/system" {
			t.Errorf("%s of an empty center: %d", path, status)
		}
	}
}

// applies has a terminal ask to be let in without a code.
func (d *desk) applies(id, site, place string) (wire.EnrolRequest, func() (int, []byte)) {
	d.t.Helper()
	q := centertest.Request(d.t, id, site, "", centertest.NewKey(d.t))
	q.Nonce, q.Place = bytes.Repeat([]byte{7}, wire.NonceBytes), place
	ask := func() (int, []byte) { return centertest.PostEnrol(d.t, d.url, d.c.Authority().Pool(), q) }
	if status, body := ask(); status != http.StatusAccepted {
		d.t.Fatalf("%d %s", status, body)
	}
	return q, ask
}

// TestPartsOfATerminal are shown as it last said, also after words without them.
func TestPartsOfATerminal(t *testing.T) { pgtest.Both(t, testPartsOfATerminal) }

func testPartsOfATerminal(t *testing.T) {
	d := open(t)
	tm := d.terminal("gate-1", "school-1")
	say := func(parts ...wire.Part) {
		t.Helper()
		h := tm.Head(record.Ordinary, record.Hash{}, nil)
		h.Health = wire.Health{Version: "1.2", Parts: parts}
		if a, err := tm.TrySend(t.Context(), h, nil); err != nil || a.Code != wire.OK {
			t.Fatal(a.Code, err)
		}
	}
	o := d.as(Operator)
	page := func() string {
		t.Helper()
		_, body, _ := o.get("/terminals/gate-1")
		return body
	}
	if strings.Contains(page(), `id="parts"`) {
		t.Error("parts of a terminal that has said nothing of them")
	}
	say(wire.Part{Kind: wire.PartModule, Name: "library", State: "resting", Reason: "exit status 2", Since: time.Now().Add(-time.Hour)},
		wire.Part{Kind: wire.PartFeed, Name: "revocations", State: "fresh", Well: true, Limit: 72 * 3600})
	say()
	for _, want := range []string{"library", "暂停服务", "exit status 2", "revocations", "在期限内", "3 天"} {
		if !strings.Contains(page(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	say(wire.Part{Kind: wire.PartModule, Name: "library", State: "running", Well: true})
	if strings.Contains(page(), "exit status 2") || !strings.Contains(page(), "运行中") {
		t.Error("the page still says what was")
	}
}

// TestTerminalIsApproved by whoever has seen its screen, and by nobody else.
func TestTerminalIsApproved(t *testing.T) { pgtest.Both(t, testTerminalIsApproved) }

func testTerminalIsApproved(t *testing.T) {
	d := open(t)
	q, ask := d.applies("gate-7", "school-1", "第一小学 西门")
	p := d.as(Approver)
	_, page, _ := p.get("/enrol")
	digits := wire.ApplicationDigits(q.PublicKey, q.Nonce)
	for _, want := range []string{fingerprint(q.PublicKey), "gate-7", "第一小学 西门", `<b class="count">1</b>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if contains(page, digits, hex.EncodeToString(q.Nonce)) {
		t.Error("the page tells what only the terminal's screen shows")
	}
	path := "/enrol/" + hex.EncodeToString(wire.KeyHash(q.PublicKey))
	for name, pairs := range map[string][]string{
		"nothing seen": {"site", "school-2"},
		"wrong digits": {"site", "school-2", "digits", "12345"},
		"a bad site":   {"site", "../etc", "digits", digits},
		"a bad role":   {"site", "school-2", "role", "<b>", "digits", digits},
	} {
		if status, _, _ := p.send(path+"/approve", pairs...); status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, body, _ := p.send(path+"/approve", "site", "school-2", "role", "gate", "digits", digits[:3]+" "+digits[3:]); status != http.StatusOK || !strings.Contains(body, "已批准") {
		t.Errorf("approved: %d", status)
	}
	status, body := ask()
	var resp wire.EnrolResponse
	if err := json.Unmarshal(body, &resp); err != nil || status != http.StatusOK || resp.Site != "school-2" {
		t.Fatalf("%d %s", status, body)
	}
	if _, page, _ := p.get("/terminals/gate-7"); !strings.Contains(page, "<dd>gate</dd>") || !strings.Contains(page, "批准") {
		t.Error("its page does not tell role and certificate")
	}
	for _, late := range []string{path + "/refuse", path + "/approve", "/enrol/zz/refuse", "/enrol/00/refuse"} {
		if status, _, _ := p.send(late, "digits", digits, "site", "school-2"); status != http.StatusNotFound {
			t.Errorf("%s too late: %d", late, status)
		}
	}
}

// TestScannedTerminalIsApproved: the QR code leads here and brings the nonce.
func TestScannedTerminalIsApproved(t *testing.T) { pgtest.Both(t, testScannedTerminalIsApproved) }

func testScannedTerminalIsApproved(t *testing.T) {
	d := open(t)
	d.terminal("gate-7", "school-1")
	q, ask := d.applies("gate-7", "school-1", "")
	other, refused := d.applies("gate-8", "school-1", "")
	p := d.as(Approver)
	_, page, _ := p.get(strings.TrimPrefix(wire.ApplicationURL("", q.PublicKey, q.Nonce), ""))
	if !strings.Contains(page, "刚扫描的终端") || !strings.Contains(page, "将取代它") || strings.Count(page, `name="digits"`) != 1 {
		t.Error("the page does not show whose code was scanned")
	}
	if status, _, _ := p.send("/enrol/"+hex.EncodeToString(wire.KeyHash(q.PublicKey))+"/approve", "site", "school-1", "nonce", hex.EncodeToString(q.Nonce)); status != http.StatusOK {
		t.Errorf("approved: %d", status)
	}
	if status, body := ask(); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	if _, page, _ := p.send("/enrol/" + hex.EncodeToString(wire.KeyHash(other.PublicKey)) + "/refuse"); !strings.Contains(page, "已拒绝") {
		t.Error("the other was not refused")
	}
	if status, _ := refused(); status != http.StatusForbidden {
		t.Errorf("the other is answered %d", status)
	}
}
