package sample

import "github.com/luohu/ting/kiosk/view"

// Keys is one page for each set of on-screen keys: the first field has them.
func Keys() []Page {
	form := func(name string, zh, en string, fields ...view.Field) Page {
		return Page{Name: name, Page: view.Page{
			ID: name, Title: view.T(zh, en), Body: []view.Node{view.Form{Key: view.Key{Key: "f"}, Fields: fields}},
			Actions: []view.Action{help, next},
		}}
	}
	name := view.Field{ID: "name", Kind: view.FieldText, Keyboard: view.KeyboardName, Label: view.T("姓名", "Name"), Required: true, MaxLen: 20}
	address := view.Field{ID: "address", Kind: view.FieldText, Keyboard: view.KeyboardAddress, Label: view.T("住址", "Address"), Hint: view.T("写到门牌号", "Down to the house number")}
	title := view.Field{ID: "title", Kind: view.FieldText, Keyboard: view.KeyboardTitle, Label: view.T("书名", "Title of the book")}
	id := view.Field{ID: "id", Kind: view.FieldID, Label: view.T("身份证号", "ID number"), Value: "11010519491231002", Required: true}
	phone := view.Field{ID: "phone", Kind: view.FieldPhone, Label: view.T("手机号", "Phone"), Value: "13800138000"}
	pin := view.Field{ID: "pin", Kind: view.FieldPIN, Label: view.T("密码", "PIN"), MaxLen: 6, Value: "1234"}
	amount := view.Field{ID: "amount", Kind: view.FieldNumber, Decimals: 2, Label: view.T("金额(元)", "Amount in yuan"), Value: "12.5"}
	code := view.Field{ID: "mark", Kind: view.FieldText, Keyboard: view.KeyboardCode, Label: view.T("索书号", "Shelf mark"), Value: "I247.5/8"}
	plate := view.Field{ID: "plate", Kind: view.FieldText, Keyboard: view.KeyboardCode, Format: view.FormatPlate, Label: view.T("车牌号", "Number plate"), MaxLen: 8}
	mail := view.Field{ID: "mail", Kind: view.FieldText, Format: view.FormatEmail, Label: view.T("邮箱", "E-mail")}
	return []Page{
		form("keys-name", "登记访客", "Register a visitor", name, address, title, phone),
		form("keys-address", "您住在哪里", "Where do you live?", address),
		form("keys-id", "核对身份", "Who are you?", id, phone),
		form("keys-phone", "怎样联系您", "How can we reach you?", phone),
		form("keys-pin", "请输入密码", "Your PIN", pin),
		form("keys-amount", "充值", "Top up", amount),
		form("keys-code", "查找图书", "Find a book", code),
		form("keys-plate", "登记车辆", "Register a car", plate),
		form("keys-mail", "电子邮箱", "E-mail", mail),
	}
}
