package shell

import (
	"testing"
	"time"

	"github.com/luohu/ting/kiosk/view"
)

func oneField(f view.Field) view.Page {
	return view.Page{
		ID: "form", Body: []view.Node{view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{f}}},
		Actions: []view.Action{{ID: "ok", Label: view.T("确定", "OK"), Primary: true}, {ID: "help", Label: view.T("帮助", "Help")}},
	}
}

func TestForm_PrimaryActionWaitsForItsRules(t *testing.T) {
	b := newBench(t, nil)
	b.present(oneField(view.Field{ID: "n", Kind: view.FieldNumber, Label: view.T("人数", "People"), Required: true, Max: "9"}))
	b.tap("ok")
	b.noAnswer()
	if !b.says("请填写这一项") {
		t.Errorf("nothing beside the field: %q", b.words())
	}
	b.tap("key:1", "key:2", "ok")
	b.noAnswer()
	if !b.says("不能大于 9") || b.says("请填写这一项") {
		t.Errorf("on screen: %q", b.words())
	}
	b.tap("key:erase") // 1: right again, said at once
	if b.says("不能大于") {
		t.Errorf("what was wrong still stands: %q", b.words())
	}
	b.tap("ok")
	if n, err := b.answer().Int("n"); n != 1 || err != nil {
		t.Errorf("n = %d, %v", n, err)
	}
}

func TestForm_OtherActionsAnswerAtOnce(t *testing.T) {
	b := newBench(t, nil)
	b.present(oneField(view.Field{ID: "n", Kind: view.FieldNumber, Label: view.T("人数", "People"), Required: true}))
	b.tap("help")
	if a := b.answer(); a.Action != "help" {
		t.Errorf("answer = %+v", a)
	}
}

func TestForm_ModulesErrorStandsUntilTheValueChanges(t *testing.T) {
	b := newBench(t, nil)
	f := view.Field{ID: "n", Kind: view.FieldNumber, Label: view.T("号码", "Number"), Value: "7", Error: view.T("没有这个号码", "No such number")}
	b.present(oneField(f))
	if !b.says("没有这个号码") {
		t.Errorf("on screen: %q", b.words())
	}
	b.tap("key:1")
	if b.says("没有这个号码") {
		t.Error("an error about 7 stands beside 71")
	}
	b.tap("ting.language", "ting.language")
	if b.says("没有这个号码") {
		t.Error("drawing anew brought the error back")
	}
	b.tap("ok")
	b.answer()
	b.present(oneField(f))
	if !b.says("没有这个号码") {
		t.Errorf("what the module says again is not shown: %q", b.words())
	}
	b.now = b.now.Add(time.Second)
	b.tap("key:1", "ok")
	b.answer()
	f.Error = view.T("也没有", "Not this one either")
	b.present(oneField(f))
	if !b.says("也没有") {
		t.Errorf("the module's next error is not shown: %q", b.words())
	}
}

func TestForm_NumberOfAPersonIsMaskedOnceLeft(t *testing.T) {
	b := newBench(t, nil)
	p := oneField(view.Field{ID: "id", Kind: view.FieldID, Label: view.T("身份证号", "ID number"), Value: "110105194912310021"})
	f := p.Body[0].(view.Form)
	f.Fields = append(f.Fields, view.Field{ID: "n", Kind: view.FieldNumber, Label: view.T("人数", "People")})
	p.Body[0] = f
	b.present(p)
	if !b.says("110105194912310021") {
		t.Errorf("the field being typed into is masked: %q", b.words())
	}
	b.tap("field:n")
	if b.says("110105194912310021") || !b.says("110***********0021") {
		t.Errorf("on screen: %q", b.words())
	}
	b.tap("field:id", "key:erase", "field:n") // left with 17 digits: said at once
	if !b.says("还少 1 位") {
		t.Errorf("on screen: %q", b.words())
	}
}

func TestForm_SeveralChoicesAnswerInTheOrderOfTheOptions(t *testing.T) {
	b := newBench(t, nil)
	b.present(oneField(view.Field{
		ID: "c", Kind: view.FieldChoices, Label: view.T("过敏", "Allergies"), Min: "1", Max: "2", Required: true,
		Options: []view.Option{{Value: "milk", Label: view.T("牛奶", "Milk")}, {Value: "egg", Label: view.T("鸡蛋", "Eggs")}, {Value: "nut", Label: view.T("坚果", "Nuts")}},
	}))
	b.tap("ok")
	b.noAnswer()
	if !b.says("请至少选择一项") {
		t.Errorf("on screen: %q", b.words())
	}
	b.tap("choice:c:nut", "choice:c:milk", "choice:c:egg", "ok")
	b.noAnswer()
	if !b.says("最多选择 2 项") {
		t.Errorf("on screen: %q", b.words())
	}
	b.tap("choice:c:egg") // taken back
	b.now = b.now.Add(time.Second)
	b.tap("ok")
	if got := b.answer().Chosen("c"); len(got) != 2 || got[0] != "milk" || got[1] != "nut" {
		t.Errorf("chosen = %q", got)
	}
}
