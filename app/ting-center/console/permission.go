package console

import (
	"slices"

	"github.com/luohu/ting/kiosk/view"
)

// Role is what an account is for.
type Role string

// The roles. Who decides and who looks over his shoulder are different people:
// the auditor sees everything that was done and can do nothing; the
// administrator manages accounts, and everything an approver does.
const (
	Viewer   Role = "viewer"   // looks after machines: sees terminals, no person's name
	Operator Role = "operator" // daily work: boards, people, consent, replays
	Approver Role = "approver" // decides what cannot easily be taken back
	Auditor  Role = "auditor"  // reads the audit log
	Admin    Role = "admin"    // manages accounts
)

// Roles lists the roles, the one that may do least first.
func Roles() []Role { return []Role{Viewer, Auditor, Operator, Approver, Admin} }

// Title is what people call a role.
func (r Role) Title() view.Text {
	switch r {
	case Viewer:
		return view.T("查看员", "Viewer")
	case Operator:
		return view.T("操作员", "Operator")
	case Approver:
		return view.T("审批员", "Approver")
	case Auditor:
		return view.T("审计员", "Auditor")
	case Admin:
		return view.T("管理员", "Administrator")
	}
	return view.Same(string(r))
}

// Hint says in a line what a role is for.
func (r Role) Hint() view.Text {
	switch r {
	case Viewer:
		return view.T("查看终端与运行状况，看不到任何人的姓名", "sees terminals and how they are, and nobody's name")
	case Operator:
		return view.T("日常操作：看板、人员与同意、重放记录、停用终端", "daily work: boards, people and consent, replays, revoking a terminal")
	case Approver:
		return view.T("操作员的全部权限，并审批终端登记、裁决无法入账的记录与分叉", "all of an operator, and lets terminals in and decides on records and forks")
	case Auditor:
		return view.T("查看、校验和导出操作记录，不能改动任何内容", "reads, verifies and exports the audit log, and changes nothing")
	case Admin:
		return view.T("审批员的全部权限，并管理账号和数据重建", "all of an approver, and manages accounts and rebuilds")
	}
	return view.Text{}
}

// Permission is one thing that a role may or may not do.
type Permission string

// The permissions.
const (
	Self     Permission = "self"     // one's own account
	See      Permission = "see"      // terminals, feeds, letters, forks, how the center is
	Names    Permission = "names"    // people's full names: boards, revealing one
	People   Permission = "people"   // the list of people, masked, and their consent
	Withdraw Permission = "withdraw" // record a withdrawal that came on paper
	Replay   Permission = "replay"   // try a record again
	Revoke   Permission = "revoke"   // keep a terminal out
	Decide   Permission = "decide"   // letters and forks
	Enrol    Permission = "enrol"    // let a terminal in
	Audit    Permission = "audit"    // the audit log
	Rebuild  Permission = "rebuild"  // build a projection anew
	Accounts Permission = "accounts" // who may sign in
)

// permissions is the whole table. What is not in it is refused.
var permissions = map[Role][]Permission{
	Viewer:   {Self, See},
	Auditor:  {Self, See, People, Audit},
	Operator: {Self, See, Names, People, Withdraw, Replay, Revoke},
	Approver: {Self, See, Names, People, Withdraw, Replay, Revoke, Decide, Enrol},
	Admin:    {Self, See, Names, People, Withdraw, Replay, Revoke, Decide, Enrol, Audit, Rebuild, Accounts},
}

// May reports whether a role has a permission.
func (r Role) May(p Permission) bool { return slices.Contains(permissions[r], p) }

func (r Role) known() bool { return permissions[r] != nil }
