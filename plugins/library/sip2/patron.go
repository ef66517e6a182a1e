package sip2

// PatronStatus says what a patron may not do, and why.
type PatronStatus columns

// The reasons, by their place in the field.
const (
	ChargeDenied PatronStatus = 1 << iota
	RenewalDenied
	RecallDenied
	HoldDenied
	CardLost
	TooManyCharged
	TooManyOverdue
	TooManyRenewals
	TooManyClaims
	TooManyLost
	TooMuchFines
	TooMuchFees
	RecallOverdue
	TooManyBilled
)

// AllDenied are the privileges nobody has who is not known.
const AllDenied = ChargeDenied | RenewalDenied | RecallDenied | HoldDenied

// String is the field's 14 characters.
func (s PatronStatus) String() string { return columns(s).text(14) }

// Has reports whether every one of the reasons holds.
func (s PatronStatus) Has(r PatronStatus) bool { return s&r == r }

// Summary says which kind of a patron's items are to be listed; one at a time.
type Summary columns

// The kinds, by their place in the field.
const (
	HoldItems Summary = 1 << iota
	OverdueItems
	ChargedItems
	FineItems
	RecallItems
	UnavailableHolds
)

// String is the field's ten characters.
func (s Summary) String() string { return columns(s).text(10) }

// First is the one kind that is listed: the first that is asked for, as the
// document allows only one at a time.
func (s Summary) First() Summary {
	for k := HoldItems; k <= UnavailableHolds; k <<= 1 {
		if s&k != 0 {
			return k
		}
	}
	return 0
}

// What may stand in fixed and enumerated fields.
const (
	Version = "2.00" // of the protocol

	SCWorks        = "0" // status codes of a self-check
	SCNoPaper      = "1"
	SCShutsDown    = "2"
	LangUnknown    = "000"
	LangEnglish    = "001"
	LangChinese    = "019"
	CirculationOne = "01" // circulation status: other
	OnOrder        = "02"
	Available      = "03"
	Charged        = "04"
	InProcess      = "06"
	OnHoldShelf    = "08"
	InTransit      = "10"
	Lost           = "12"
	Missing        = "13"

	MarkerTattleTape = "02" // security marker
	MarkerNone       = "01"
	FeeOther         = "01" // fee types
	FeeDamage        = "03"
	FeeOverdue       = "04"
	FeeReplacement   = "07"
	PayCash          = "00"
	PayCard          = "02"
	MediaBook        = "001"
	MediaMagazine    = "002"
	MediaDisc        = "006"
	HoldAnyCopy      = "2" // hold types
	HoldThisCopy     = "3"
	HoldAdd          = "+" // hold modes
	HoldRemove       = "-"
	HoldChange       = "*"
	AlertUnknown     = "00" // alert types (CV), of 3M's extensions of 2005
	AlertHoldHere    = "01"
	AlertHoldBranch  = "02"
	AlertIll         = "03"
	AlertSendBranch  = "04"
	AlertOther       = "99"
)
