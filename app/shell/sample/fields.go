package sample

import "github.com/luohu/ting/kiosk/view"

var submit = view.Action{ID: "ok", Label: view.T("提交", "Submit"), Icon: "check", Primary: true}

func form(fields ...view.Field) view.Form {
	return view.Form{Key: view.Key{Key: "form"}, Fields: fields}
}

// Fields is one page for every kind of field.
func Fields() []Page {
	return []Page{
		{"field-text", view.Page{
			ID: "field-text", Title: view.T("联系方式", "How to reach you"), Step: 2, Steps: 4,
			Body: []view.Node{form(
				view.Field{ID: "name", Kind: view.FieldText, Keyboard: view.KeyboardName, Label: view.T("姓名", "Name"), Required: true, MaxLen: 20, Value: "林若溪"},
				view.Field{ID: "address", Kind: view.FieldText, Keyboard: view.KeyboardAddress, Label: view.T("住址", "Address"), Hint: view.T("写到门牌号", "Down to the house number")},
				view.Field{ID: "mail", Kind: view.FieldText, Keyboard: view.KeyboardCode, Format: view.FormatEmail, Label: view.T("邮箱", "E-mail"), Value: "ruoxi@", Error: view.T("邮箱格式不对,应如 name@example.cn", "An e-mail address looks like name@example.cn")},
			)},
			Actions: []view.Action{help, submit},
		}},
		{"field-number", view.Page{
			ID: "field-number", Title: view.T("预约会议室", "Book a meeting room"), Step: 1, Steps: 2,
			Body: []view.Node{form(
				view.Field{ID: "people", Kind: view.FieldNumber, Label: view.T("到场人数", "People coming"), Required: true, Min: "1", Max: "30", MaxLen: 2, Value: "12"},
				view.Field{ID: "area", Kind: view.FieldNumber, Decimals: 1, Label: view.T("需要的面积", "Space needed"), Hint: view.T("平方米,可留空", "In square metres, may stay empty")},
			)},
			Actions: []view.Action{submit},
		}},
		{"field-person", view.Page{
			ID: "field-person", Title: view.T("核对身份", "Confirm who you are"), Step: 1, Steps: 4,
			Body: []view.Node{form(
				view.Field{ID: "phone", Kind: view.FieldPhone, Label: view.T("手机号", "Mobile number"), Required: true},
				view.Field{ID: "id", Kind: view.FieldID, Label: view.T("身份证号", "ID number"), Hint: view.T("18 位,末位可能是 X", "18 characters; the last may be X"), Required: true, Value: "110105194912310021"},
			)},
			Actions: []view.Action{help, submit},
		}},
		{"field-date", view.Page{
			ID: "field-date", Title: view.T("选择预约日期", "Choose a day"), Step: 2, Steps: 3,
			Body: []view.Node{form(
				view.Field{ID: "day", Kind: view.FieldDate, Label: view.T("预约日期", "Day"), Required: true, Min: "2026-03-03", Max: "2026-04-15", Value: "2026-03-12"},
			)},
			Actions: []view.Action{submit},
		}},
		{"field-birthday", view.Page{
			ID: "field-birthday", Title: view.T("入学登记", "School enrolment"), Step: 1, Steps: 3,
			Body: []view.Node{form(
				view.Field{ID: "name", Kind: view.FieldText, Keyboard: view.KeyboardName, Label: view.T("孩子姓名", "The child's name"), Required: true},
				view.Field{ID: "born", Kind: view.FieldDate, Label: view.T("出生日期", "Date of birth"), Required: true, Min: "2014-01-01", Max: "2026-03-02"},
			)},
			Actions: []view.Action{submit},
		}},
		{"field-choices", view.Page{
			ID: "field-choices", Title: view.T("健康情况", "About your health"), Step: 2, Steps: 3,
			Body: []view.Node{form(
				view.Field{ID: "blood", Kind: view.FieldChoice, Label: view.T("血型", "Blood group"), Value: "b", Options: []view.Option{
					{Value: "a", Label: view.Same("A")}, {Value: "b", Label: view.Same("B")}, {Value: "ab", Label: view.Same("AB")}, {Value: "o", Label: view.Same("O")},
				}},
				view.Field{
					ID: "allergies", Kind: view.FieldChoices, Label: view.T("过敏情况", "Allergies"), Hint: view.T("可多选", "Several may be chosen"), Chosen: []string{"milk", "pollen"},
					Options: []view.Option{
						{Value: "milk", Label: view.T("牛奶", "Milk")}, {Value: "egg", Label: view.T("鸡蛋", "Eggs")}, {Value: "nut", Label: view.T("坚果", "Nuts")},
						{Value: "sea", Label: view.T("海鲜", "Seafood")}, {Value: "pollen", Label: view.T("花粉", "Pollen")}, {Value: "drug", Label: view.T("药物", "Medicines")},
					},
				},
			)},
			Actions: []view.Action{submit},
		}},
		{"field-photo", view.Page{
			ID: "field-photo", Title: view.T("拍摄证件照", "Take your picture"), Step: 3, Steps: 4,
			Body: []view.Node{form(view.Field{
				ID: "photo", Kind: view.FieldPhoto, Label: view.T("正面免冠照", "Face to the camera, without a hat"), Required: true,
				Hint: view.T("照片只用于办理这一项业务", "The picture is used for this request only"),
			})},
			Actions: []view.Action{help, submit},
		}},
		{"field-signature", view.Page{
			ID: "field-signature", Title: view.T("确认并签名", "Confirm and sign"), Step: 4, Steps: 4,
			Body: []view.Node{
				view.TextNode{Text: view.T("本人确认以上内容属实,同意提交。", "I confirm that the above is true and agree to submit it.")},
				form(view.Field{ID: "signature", Kind: view.FieldSignature, Label: view.T("申请人签名", "The applicant's signature"), Required: true}),
			},
			Actions: []view.Action{help, submit},
		}},
	}
}
