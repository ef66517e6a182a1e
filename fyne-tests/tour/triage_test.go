package tour

import (
	"testing"

	"github.com/luohu/ting/fyne-tests/district"
)

// triageModules are those of a hospital's entrance.
const triageModules = `
[[module]]
id = "triage"
grant = ["record", "identify", "idcard", "measure", "feeds", "print", "scan", "speak"]
`

// walkTriage is triaged twice: with a harmless complaint, and with one that cannot wait.
func walkTriage(t *testing.T, a *album, v visit) {
	district.Need(t, "xdotool", "import")
	c := a.chapter("triage-"+v.id, "Triage"+v.title[len("Visits"):], "A patient at a hospital's entrance: "+v.size, v.size)
	d := district.New(t, district.Options{Size: v.size, Lang: v.lang, Mode: "kiosk", Locked: true, Camera: district.NoCamera, Module: triageModules,
		Extra: "[printer]\nurl = \"sim:\"\n\n[vitals]\nurl = \"sim:\"\n\n" + v.extra})
	d.OpenEmpty("triage-begin")
	g := &guide{Screen: d.Screen, t: t, chapter: c, fills: true, log: d.Terminal}
	g.shoot("triage-begin", "begin", "what this is, and for whom", "self", "for-other", "again")
	g.Go("self", "triage-dangers-1")
	g.shoot("triage-dangers-1", "dangers", "dangers that cannot wait, first", "choice:dangers:airway", "none", "next")
	g.Go("none", "triage-dangers-2")
	g.shoot("triage-dangers-2", "more-dangers", "dangers that can hardly wait", "none")
	g.Go("none", "triage-who")
	g.shoot("triage-who", "who", "who the patient is; nobody has to say", "id-card", "member", "number", "anonymous")
	g.Go("anonymous", "triage-about")
	g.Touch("choice:age:480")
	g.Touch("choice:sex:2")
	g.shoot("triage-about", "about", "age, sex, pregnancy", "next")
	g.Go("next", "triage-complaint")
	g.shoot("triage-complaint", "complaint", "what is wrong", "words")
	g.Go("fever", "triage-questions")
	for _, q := range []string{"rash", "rigor", "immune", "travel"} {
		g.Reveal("choice:" + q + ":no")
		g.Touch("choice:" + q + ":no")
	}
	g.shoot("triage-questions", "questions", "what belongs to the complaint")
	g.Reveal("choice:pain:2")
	g.Touch("choice:pain:2")
	g.shoot("triage-questions", "pain", "how much it hurts", "choice:pain:2")
	g.Go("next", "triage-vitals")
	g.shoot("triage-vitals", "vitals", "what the devices can measure", "skip")
	g.Go("skip", "triage-result")
	g.shoot("triage-result", "result", "the level, the ticket, and why", "done")
	g.Go("done", "triage-begin")
	g.Go("for-other", "triage-dangers-1")
	g.Touch("choice:dangers:airway")
	g.shoot("triage-dangers-1", "named", "one that cannot wait is named", "next")
	g.Go("next", "triage-result")
	g.shoot("triage-result", "critical", "a nurse is called, and nothing more is asked", "done")
	g.wantNoComplaint()
}
