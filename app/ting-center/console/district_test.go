package console

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/plugins/enrolment"
	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// district is a console on a busy morning: terminals well and not, passes, a
// record that cannot be applied with one that waits behind it, a fork, people who
// agreed and took it back.
type district struct {
	*desk
	east   *centertest.Terminal
	prev   record.Hash          // of the east gate's last record sent
	asking wire.EnrolRequest    // a terminal that waits to be let in
	asked  func() (int, []byte) // asks again
}

func openDistrict(t testing.TB) *district {
	t.Helper()
	d := &district{desk: open(t)}
	ctx, now := context.Background(), time.Now()
	if err := d.c.Edit(ctx, func(tx *store.Tx) error {
		for _, s := range demo.District().Sites {
			if err := tx.PutSite(store.Site{ID: s.ID, NameZH: s.Name.ZH, NameEN: s.Name.EN}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, s := range demo.District().Sites {
		d.register(s.ID, demo.People(s.ID)...)
	}
	people := demo.People(demo.School1)
	var last int64
	for i, p := range people {
		var err error
		for _, agreed := range demo.Consents(p.ID) {
			if last, err = d.c.Record(ctx, demo.School1, enrolment.Consented{Person: p.ID, Name: p.Name, Role: p.Role, Group: p.Group,
				Purposes: agreed.Purposes, TextVersion: agreed.TextVersion, GivenBy: agreed.GivenBy, Way: agreed.Way, At: agreed.Time}); err != nil {
				t.Fatal(err)
			}
		}
		if i == 3 {
			if last, err = d.c.Record(ctx, demo.School1, enrolment.Withdrawn{Person: p.ID, At: now.Add(-time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.projected(enrolment.ID, last)
	d.east = d.placed("gate-east-1", demo.School1, "第一小学 东门")
	d.morning(people[0].ID)
	d.others()
	return d
}

// placed enrols a terminal that says where it stands.
func (d *district) placed(id, site, place string) *centertest.Terminal {
	d.t.Helper()
	code, _, err := d.c.MakeCode(context.Background(), string(Approver), id, site)
	if err != nil {
		d.t.Fatal(err)
	}
	key := centertest.NewKey(d.t)
	q := centertest.Request(d.t, id, site, code, key)
	q.Place = place
	if status, body := centertest.PostEnrol(d.t, d.url, d.c.Authority().Pool(), q); status != http.StatusOK {
		d.t.Fatalf("%d %s", status, body)
	}
	return centertest.Enrol(d.t, d.url, d.c.Authority().Pool(), id, site, code, key) // asked again, answered alike
}

// morning sends the east gate's passes, two of them of a key that is stuck.
func (d *district) morning(first string) {
	d.t.Helper()
	var rs []record.Record
	for i, p := range demo.People(demo.School1) {
		body := fmt.Sprintf(`{"person":%q,"direction":"in","way":"face","lane":"east","at":%q}`, p.ID, time.Now().Add(time.Duration(i-40)*11*time.Second).Format(time.RFC3339))
		rs = append(rs, d.east.Make(record.Ordinary, 1, gate.KindPass.Name, "person/"+p.ID, body)...)
	}
	rs = append(rs, d.east.Make(record.Ordinary, 1, gate.KindPass.Name, "person/2023-0417", `{"person":"","direction":"in"}`)...)
	rs = append(rs, d.east.Make(record.Ordinary, 1, gate.KindPass.Name, "person/2023-0417", pass(d.t, "2023-0417"))...)
	rs = append(rs, d.east.MakeVersion(record.Ordinary, gate.KindPass.Name, 9, "person/2021-0033", `{"person":"2021-0033","by":"wristband"}`))
	d.report(rs)
	d.east.Feed("people", 0, 0)
	d.east.Feed("revocations", 0, 0)
}

// report sends the east gate's records and waits until they are understood.
func (d *district) report(rs []record.Record) {
	d.t.Helper()
	if ack := d.east.Send(record.Ordinary, d.prev, rs); ack.Code != wire.OK {
		d.t.Fatal(ack.Code)
	}
	d.prev = rs[len(rs)-1].Hash
	d.projected(gate.ID, d.last())
}

// others are the rest of the district: one terminal with a broken camera and a
// wrong clock, one whose disk was copied, one that never reported.
func (d *district) others() {
	d.t.Helper()
	now := time.Now()
	say := func(tm *centertest.Terminal, health wire.Health, ahead time.Duration) {
		h := tm.Head(record.Ordinary, record.Hash{}, nil)
		h.SentAt, h.Health = now.Add(ahead), health
		if _, err := tm.TrySend(context.Background(), h, nil); err != nil {
			d.t.Fatal(err)
		}
	}
	say(d.placed("gate-south-1", demo.School1, "第一小学 南门"), wire.Health{Unsent: 128, Version: "1.2.0", Lag: 7900, Devices: map[string]string{"camera": "unplugged", "barrier": "no answer for 3 minutes"},
		Parts: []wire.Part{
			{Kind: wire.PartDevice, Name: "barrier-south", State: "away", Reason: "no answer for 3 minutes", Since: now.Add(-3 * time.Minute)},
			{Kind: wire.PartDevice, Name: "camera", State: "faulty", Reason: "unplugged", Since: now.Add(-2 * time.Hour)},
			{Kind: wire.PartFeed, Name: "people", State: "fresh", Well: true, Limit: 720 * 3600, Since: now.Add(-50 * time.Hour)},
			{Kind: wire.PartFeed, Name: "revocations", State: "stale", Limit: 72 * 3600, Since: now.Add(-time.Hour)},
			{Kind: wire.PartModule, Name: "gate", State: "running", Well: true, Since: now.Add(-50 * time.Hour)},
		}}, 47*time.Second)
	say(d.placed("hall-1", demo.Hall, "政务服务大厅 1 号机"), wire.Health{Version: "1.2.0"}, time.Second)
	say(d.placed("hall-2", demo.Hall, "政务服务大厅 2 号机"), wire.Health{Unsent: 3, Version: "1.1.4", Devices: map[string]string{"printer": "out of paper"}}, 0)
	d.placed("triage-1", demo.Hospital, "区人民医院 门诊大厅")
	desk := d.placed("desk-1", demo.Library, "区图书馆 借还台")
	clone := desk.Clone()
	desk.Send(record.Ordinary, record.Hash{}, desk.Make(record.Ordinary, 2, "library.loan", "copy/8812", `{}`))
	clone.Send(record.Ordinary, record.Hash{}, clone.Make(record.Ordinary, 3, "library.loan", "copy/9921", `{}`))
	d.asking, d.asked = d.applies("gate-west-1", demo.School1, "第一小学 西门")
	d.applies("gate-south-1", demo.School1, "第一小学 南门（新主板）")
	if err := d.c.Edit(context.Background(), func(tx *store.Tx) error {
		for i := range 70 {
			if i%23 == 7 {
				continue
			}
			h := store.Hour{Hour: now.Truncate(time.Hour).Add(time.Duration(i-70) * time.Hour), Contacts: 110, Unsent: int64(i % 9)}
			if i%31 == 4 {
				h.Troubles = 1
			}
			if i%19 == 3 {
				h.ClockError = 9 * time.Second
			}
			if err := tx.AddHour("gate-east-1", h); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		d.t.Fatal(err)
	}
}

// drop ends every session of an account.
func (d *desk) drop(account string) (n int64, err error) {
	err = d.c.Edit(context.Background(), func(tx *store.Tx) (err error) {
		n, err = tx.DropSessions(account)
		return err
	})
	return n, err
}
