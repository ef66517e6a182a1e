package console

import (
	"context"
	"net/http"
)

// A page is looked at; a change does something and says where to go next.
type (
	pageFunc   func(ctx context.Context, v visit) (shown, error)
	changeFunc func(ctx context.Context, v visit) (next string, err error)
)

// route is one address of the console. It has a page or a change or a file.
type route struct {
	pattern string
	need    Permission
	page    pageFunc
	change  changeFunc
	file    func(w http.ResponseWriter, v visit) error
}

// routes is every address that needs a session, with what it needs. A test
// walks through it with every role.
func (c *Console) routes() []route {
	return []route{
		{pattern: "GET /{$}", need: See, page: c.overview},
		{pattern: "GET /terminals/{terminal}", need: See, page: c.terminal},
		{pattern: "POST /terminals/{terminal}/revoke", need: Revoke, change: c.revoke},

		{pattern: "GET /boards", need: Names, page: c.boards},
		{pattern: "GET /boards/{site}", need: Names, page: c.board},

		{pattern: "GET /enrol", need: Enrol, page: c.enrol},
		{pattern: "POST /enrol/{key}/approve", need: Enrol, change: c.approve},
		{pattern: "POST /enrol/{key}/refuse", need: Enrol, change: c.refuse},
		{pattern: "POST /enrol/code", need: Enrol, change: c.makeCode},
		{pattern: "POST /enrol/drop", need: Enrol, change: c.dropCode},

		{pattern: "GET /attention", need: See, page: c.attention},
		{pattern: "GET /letters/{projection}/{position}", need: See, page: c.letter},
		{pattern: "POST /letters/{projection}/{position}/replay", need: Replay, change: c.replay},
		{pattern: "POST /letters/{projection}/{position}/body", need: Decide, change: c.showBody},
		{pattern: "POST /letters/{projection}/{position}/accept", need: Decide, change: c.accept},
		{pattern: "POST /letters/{projection}/{position}/compensate", need: Decide, change: c.compensate},
		{pattern: "POST /letters/{projection}/{position}/undo", need: Decide, change: c.undo},
		{pattern: "POST /forks/{chain}/propose", need: Decide, change: c.proposeFork},
		{pattern: "POST /forks/{chain}/adopt", need: Decide, change: c.adoptFork},
		{pattern: "POST /forks/{chain}/dismiss", need: Decide, change: c.dismissFork},
		{pattern: "POST /forks/{chain}/reopen", need: Decide, change: c.reopenFork},

		{pattern: "GET /feeds", need: See, page: c.feeds},
		{pattern: "GET /feeds/{site}/{feed}", need: See, page: c.feed},

		{pattern: "GET /people", need: People, page: c.people},
		{pattern: "GET /person", need: People, page: c.person},
		{pattern: "POST /person/reveal", need: Names, change: c.reveal},
		{pattern: "POST /person/withdraw", need: Withdraw, change: c.withdraw},

		{pattern: "GET /audit", need: Audit, page: c.audit},
		{pattern: "GET /audit.csv", need: Audit, file: c.auditCSV},
		{pattern: "POST /audit/verify", need: Audit, change: c.verifyAudit},

		{pattern: "GET /system", need: See, page: c.system},
		{pattern: "POST /system/rebuild", need: Rebuild, change: c.rebuild},

		{pattern: "GET /accounts", need: Accounts, page: c.accounts},
		{pattern: "POST /accounts/add", need: Accounts, change: c.addAccount},
		{pattern: "POST /accounts/change", need: Accounts, change: c.changeAccount},

		{pattern: "GET /account", need: Self, page: c.account},
		{pattern: "POST /account/password", need: Self, change: c.ownPassword},
		{pattern: "POST /account/sessions", need: Self, change: c.endSessions},
		{pattern: "POST /signout", need: Self, change: c.signOut},

		{pattern: "GET /live", need: Self, file: c.live},
	}
}
