package rpc

import (
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/rpc/internal/pb"
	"github.com/luohu/ting/kiosk/view"
)

// Every generated message becomes a type of kiosk here, and the other way round.

func fromText(t view.Text) *pb.Text { return &pb.Text{Zh: t.ZH, En: t.EN} }

func toText(t *pb.Text) view.Text { return view.T(t.GetZh(), t.GetEn()) }

// fromTime keeps the zone as an abbreviation and an offset: the other process may
// not have the zone's rules.
func fromTime(t time.Time) *pb.Time {
	if t.IsZero() {
		return nil
	}
	zone, offset := t.Zone()
	return &pb.Time{UnixNanos: t.UnixNano(), Zone: zone, OffsetSeconds: int32(offset)}
}

func toTime(t *pb.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	offset := min(max(int(t.GetOffsetSeconds()), -24*60*60), 24*60*60)
	return time.Unix(0, t.GetUnixNanos()).In(time.FixedZone(t.GetZone(), offset))
}

func fromManifest(m kiosk.Manifest) *pb.ManifestReply {
	r := &pb.ManifestReply{
		Id: m.ID, Version: m.Version, Title: fromText(m.Title), Icon: m.Icon, Group: fromText(m.Group),
		Permissions: fromStrings(m.Permissions), Feeds: m.Feeds, Unattended: m.Unattended,
	}
	for _, k := range m.Records {
		r.Records = append(r.Records, fromKind(k))
	}
	return r
}

func toManifest(r *pb.ManifestReply) kiosk.Manifest {
	m := kiosk.Manifest{
		ID: r.GetId(), Version: r.GetVersion(), Title: toText(r.GetTitle()), Icon: r.GetIcon(), Group: toText(r.GetGroup()),
		Permissions: toStrings[kiosk.Permission](r.GetPermissions()), Feeds: r.GetFeeds(), Unattended: r.GetUnattended(),
	}
	for _, k := range r.GetRecords() {
		m.Records = append(m.Records, toKind(k))
	}
	return m
}

func fromKind(k kiosk.RecordKind) *pb.RecordKind {
	return &pb.RecordKind{Name: k.Name, Version: int32(k.Version), Urgent: k.Urgent}
}

func toKind(k *pb.RecordKind) kiosk.RecordKind {
	return kiosk.RecordKind{Name: k.GetName(), Version: int(k.GetVersion()), Urgent: k.GetUrgent()}
}

func fromVisit(v kiosk.Visit) *pb.Visit {
	return &pb.Visit{Id: v.ID, Module: v.Module, Terminal: v.Terminal, Site: v.Site, Place: fromText(v.Place), Lane: v.Lane}
}

func toVisit(v *pb.Visit) kiosk.Visit {
	return kiosk.Visit{
		ID: v.GetId(), Module: v.GetModule(), Terminal: v.GetTerminal(), Site: v.GetSite(),
		Place: toText(v.GetPlace()), Lane: v.GetLane(),
	}
}

func fromAnswer(a view.Answer) *pb.AskReply {
	r := &pb.AskReply{PageId: a.PageID, Rev: a.Rev, Action: a.Action}
	if a.Fields == nil {
		return r
	}
	r.Fields = make(map[string]string, len(a.Fields))
	r.Chosen, r.Images = map[string]*pb.Choices{}, map[string][]byte{}
	for id, v := range a.Fields {
		r.Fields[id] = v.Text
		if len(v.Chosen) > 0 {
			r.Chosen[id] = &pb.Choices{Values: v.Chosen}
		}
		if len(v.Image) > 0 {
			r.Images[id] = v.Image
		}
	}
	return r
}

// toAnswer fails when the answer is not what any page can have got.
func toAnswer(r *pb.AskReply) (view.Answer, error) {
	a := view.Answer{PageID: r.GetPageId(), Rev: r.GetRev(), Action: r.GetAction()}
	set := func(id string, change func(*view.Value)) {
		if a.Fields == nil {
			a.Fields = map[string]view.Value{}
		}
		v := a.Fields[id]
		change(&v)
		a.Fields[id] = v
	}
	for id, s := range r.GetFields() {
		set(id, func(v *view.Value) { v.Text = s })
	}
	for id, c := range r.GetChosen() {
		set(id, func(v *view.Value) { v.Chosen = c.GetValues() })
	}
	for id, b := range r.GetImages() {
		set(id, func(v *view.Value) { v.Image = b })
	}
	return a, a.Validate()
}

func fromPerson(p kiosk.Person) *pb.Person {
	return &pb.Person{Id: p.ID, Name: p.Name, Group: p.Group, Role: p.Role, Way: string(p.Way), By: p.By, Score: p.Score}
}

func toPerson(p *pb.Person) kiosk.Person {
	return kiosk.Person{
		ID: p.GetId(), Name: p.GetName(), Group: p.GetGroup(), Role: p.GetRole(),
		Way: kiosk.Way(p.GetWay()), By: p.GetBy(), Score: p.GetScore(),
	}
}

func fromIdentify(visit string, r kiosk.IdentifyRequest) *pb.IdentifyRequest {
	return &pb.IdentifyRequest{
		Visit: visit, Prompt: fromText(r.Prompt), Purpose: r.Purpose, Ways: fromStrings(r.Ways), Roles: r.Roles, Live: r.Live, Person: r.Person,
	}
}

func toIdentify(r *pb.IdentifyRequest) kiosk.IdentifyRequest {
	return kiosk.IdentifyRequest{
		Prompt: toText(r.GetPrompt()), Purpose: r.GetPurpose(), Ways: toStrings[kiosk.Way](r.GetWays()), Roles: r.GetRoles(), Live: r.GetLive(), Person: r.GetPerson(),
	}
}

func fromSighting(s kiosk.Sighting) *pb.Sighting {
	return &pb.Sighting{
		Verdict: string(s.Verdict), Person: fromPerson(s.Person), Track: s.Track, Time: fromTime(s.Time), Detail: s.Detail,
	}
}

func toSighting(s *pb.Sighting) kiosk.Sighting {
	return kiosk.Sighting{
		Verdict: kiosk.Verdict(s.GetVerdict()), Person: toPerson(s.GetPerson()), Track: s.GetTrack(),
		Time: toTime(s.GetTime()), Detail: s.GetDetail(),
	}
}

func fromEnrol(visit string, r kiosk.EnrolRequest) *pb.EnrolRequest {
	return &pb.EnrolRequest{
		Visit: visit, Person: r.Person, Name: r.Name, Purposes: r.Purposes,
		Consent: &pb.Consent{
			TextVersion: r.Consent.TextVersion, GivenBy: r.Consent.GivenBy, Way: r.Consent.Way, Time: fromTime(r.Consent.Time),
		},
	}
}

func toEnrol(r *pb.EnrolRequest) kiosk.EnrolRequest {
	c := r.GetConsent()
	return kiosk.EnrolRequest{
		Person: r.GetPerson(), Name: r.GetName(), Purposes: r.GetPurposes(),
		Consent: kiosk.Consent{TextVersion: c.GetTextVersion(), GivenBy: c.GetGivenBy(), Way: c.GetWay(), Time: toTime(c.GetTime())},
	}
}

func fromEnrolment(e kiosk.Enrolment) *pb.EnrolReply {
	return &pb.EnrolReply{Person: fromPerson(e.Person), Template: e.Template, Shots: int32(e.Shots), Alike: e.Alike, By: e.By}
}

func toEnrolment(r *pb.EnrolReply) kiosk.Enrolment {
	return kiosk.Enrolment{Person: toPerson(r.GetPerson()), Template: r.GetTemplate(), Shots: int(r.GetShots()), Alike: r.GetAlike(), By: r.GetBy()}
}

func fromReceipt(r kiosk.Receipt) *pb.RecordReply {
	return &pb.RecordReply{
		Id: r.ID, Terminal: r.Terminal, Lane: r.Lane, Epoch: r.Epoch, Seq: r.Seq, Hash: r.Hash[:], Time: fromTime(r.Time),
	}
}

func toReceipt(r *pb.RecordReply) kiosk.Receipt {
	v := kiosk.Receipt{
		ID: r.GetId(), Terminal: r.GetTerminal(), Lane: r.GetLane(), Epoch: r.GetEpoch(), Seq: r.GetSeq(), Time: toTime(r.GetTime()),
	}
	copy(v.Hash[:], r.GetHash())
	return v
}

func fromIDCard(c kiosk.IDCard) *pb.ReadIDCardReply {
	return &pb.ReadIDCardReply{
		Number: c.Number, Name: c.Name, Sex: c.Sex, Ethnicity: c.Ethnicity, Birth: fromTime(c.Birth), Address: c.Address,
		Issuer: c.Issuer, ValidFrom: fromTime(c.ValidFrom), ValidUntil: fromTime(c.ValidUntil), Passport: c.Passport,
	}
}

func toIDCard(r *pb.ReadIDCardReply) kiosk.IDCard {
	return kiosk.IDCard{
		Number: r.GetNumber(), Name: r.GetName(), Sex: r.GetSex(), Ethnicity: r.GetEthnicity(), Birth: toTime(r.GetBirth()),
		Address: r.GetAddress(), Issuer: r.GetIssuer(), ValidFrom: toTime(r.GetValidFrom()), ValidUntil: toTime(r.GetValidUntil()),
		Passport: r.GetPassport(),
	}
}

func fromVitalSigns(v kiosk.VitalSigns) *pb.MeasureReply {
	return &pb.MeasureReply{Temperature: v.Temperature, Systolic: v.Systolic, Diastolic: v.Diastolic, Pulse: v.Pulse, Doubts: v.Doubts}
}

func toVitalSigns(r *pb.MeasureReply) kiosk.VitalSigns {
	return kiosk.VitalSigns{
		Temperature: r.GetTemperature(), Systolic: r.GetSystolic(), Diastolic: r.GetDiastolic(), Pulse: r.GetPulse(), Doubts: r.GetDoubts(),
	}
}

func fromRow(r kiosk.Row) *pb.Row { return &pb.Row{Key: r.Key, Revision: r.Revision, Json: r.JSON} }

func toRow(r *pb.Row) kiosk.Row {
	return kiosk.Row{Key: r.GetKey(), Revision: r.GetRevision(), JSON: r.GetJson()}
}

func fromStrings[S ~string](in []S) (out []string) {
	for _, s := range in {
		out = append(out, string(s))
	}
	return out
}

func toStrings[S ~string](in []string) (out []S) {
	for _, s := range in {
		out = append(out, S(s))
	}
	return out
}
