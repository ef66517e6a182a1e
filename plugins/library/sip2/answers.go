package sip2

import "time"

// What a system answers.
type (
	// PatronStatusResponse answers PatronStatusRequest and BlockPatron.
	PatronStatusResponse struct {
		Status        PatronStatus `sip2:"14"`
		Language      string       `sip2:"3"`
		At            time.Time    `sip2:"18"`
		Institution   string       `sip2:"AO"`
		Patron        string       `sip2:"AA"`
		Name          string       `sip2:"AE"`
		Valid         Flag         `sip2:"BL,optional"`
		ValidPassword Flag         `sip2:"CQ,optional"`
		Currency      string       `sip2:"BH,optional"`
		Fees          string       `sip2:"BV,optional"`
		Screen        []string     `sip2:"AF,optional"`
		Print         []string     `sip2:"AG,optional"`
	}
	// CheckoutResponse answers Checkout.
	CheckoutResponse struct {
		OK              bool      `sip2:"1"`
		Renewed         Flag      `sip2:"1"` // the patron had the item already
		Magnetic        Flag      `sip2:"1"`
		Desensitize     Flag      `sip2:"1"`
		At              time.Time `sip2:"18"`
		Institution     string    `sip2:"AO"`
		Patron          string    `sip2:"AA"`
		Item            string    `sip2:"AB"`
		Title           string    `sip2:"AJ"`
		Due             string    `sip2:"AH"` // written in any way, see ParseDue
		FeeType         string    `sip2:"BT,optional"`
		SecurityInhibit Flag      `sip2:"CI,optional"`
		Currency        string    `sip2:"BH,optional"`
		Fee             string    `sip2:"BV,optional"`
		MediaType       string    `sip2:"CK,optional"`
		ItemProperties  string    `sip2:"CH,optional"`
		Transaction     string    `sip2:"BK,optional"`
		Valid           Flag      `sip2:"BL,optional"` // not in the document; sent by SIPServer when it refuses
		ValidPassword   Flag      `sip2:"CQ,optional"` // likewise
		Screen          []string  `sip2:"AF,optional"`
		Print           []string  `sip2:"AG,optional"`
	}
	// CheckinResponse answers Checkin. The last five before Screen are 3M's
	// extensions of 2005 for sorters.
	CheckinResponse struct {
		OK             bool      `sip2:"1"`
		Resensitize    Flag      `sip2:"1"`
		Magnetic       Flag      `sip2:"1"`
		Alert          Flag      `sip2:"1"`
		At             time.Time `sip2:"18"`
		Institution    string    `sip2:"AO"`
		Item           string    `sip2:"AB"`
		Location       string    `sip2:"AQ"` // where it belongs
		Title          string    `sip2:"AJ,optional"`
		Bin            string    `sip2:"CL,optional"`
		Patron         string    `sip2:"AA,optional"`
		MediaType      string    `sip2:"CK,optional"`
		ItemProperties string    `sip2:"CH,optional"`
		CallNumber     string    `sip2:"CS,optional"`
		Destination    string    `sip2:"CT,optional"`
		AlertType      string    `sip2:"CV,optional"`
		HoldPatron     string    `sip2:"CY,optional"`
		HoldName       string    `sip2:"DA,optional"`
		Screen         []string  `sip2:"AF,optional"`
		Print          []string  `sip2:"AG,optional"`
	}
	// ACSStatus answers SCStatus, and any message while the system is not to be had.
	ACSStatus struct {
		Online       Flag      `sip2:"1"`
		CheckinOK    Flag      `sip2:"1"`
		CheckoutOK   Flag      `sip2:"1"`
		RenewalOK    Flag      `sip2:"1"`
		UpdateOK     Flag      `sip2:"1"`
		OfflineOK    Flag      `sip2:"1"`
		Timeout      int       `sip2:"3"` // in tenths of a second; 999 is unknown
		Retries      int       `sip2:"3"` // 999 is unknown
		At           time.Time `sip2:"18"`
		Version      string    `sip2:"4"`
		Institution  string    `sip2:"AO"`
		Library      string    `sip2:"AM,optional"`
		Supported    string    `sip2:"BX"` // 16 flags, see Supported
		TerminalSite string    `sip2:"AN,optional"`
		Screen       []string  `sip2:"AF,optional"`
		Print        []string  `sip2:"AG,optional"`
	}
	// ResendSC asks for the last message again.
	ResendSC struct{}
	// LoginResponse answers Login.
	LoginResponse struct {
		OK bool `sip2:"1"`
	}
	// PatronInformationResponse answers PatronInformation.
	PatronInformationResponse struct {
		Status           PatronStatus `sip2:"14"`
		Language         string       `sip2:"3"`
		At               time.Time    `sip2:"18"`
		Holds            Count        `sip2:"4"`
		Overdue          Count        `sip2:"4"`
		Charged          Count        `sip2:"4"`
		Fines            Count        `sip2:"4"`
		Recalls          Count        `sip2:"4"`
		UnavailableHolds Count        `sip2:"4"`
		Institution      string       `sip2:"AO"`
		Patron           string       `sip2:"AA"`
		Name             string       `sip2:"AE"`
		HoldsLimit       *Count       `sip2:"BZ,optional"`
		OverdueLimit     *Count       `sip2:"CA,optional"`
		ChargedLimit     *Count       `sip2:"CB,optional"`
		Valid            Flag         `sip2:"BL,optional"`
		ValidPassword    Flag         `sip2:"CQ,optional"`
		Currency         string       `sip2:"BH,optional"`
		Fees             string       `sip2:"BV,optional"`
		FeeLimit         string       `sip2:"CC,optional"`
		HoldItems        []string     `sip2:"AS,optional"`
		OverdueItems     []string     `sip2:"AT,optional"`
		ChargedItems     []string     `sip2:"AU,optional"`
		FineItems        []string     `sip2:"AV,optional"`
		RecallItems      []string     `sip2:"BU,optional"`
		UnavailableItems []string     `sip2:"CD,optional"`
		Address          string       `sip2:"BD,optional"`
		Email            string       `sip2:"BE,optional"`
		Phone            string       `sip2:"BF,optional"`
		Class            string       `sip2:"PC,optional"` // an extension of EnvisionWare: the patron's class
		Home             string       `sip2:"AQ,optional"` // an extension of SIPServer: the patron's library
		Screen           []string     `sip2:"AF,optional"`
		Print            []string     `sip2:"AG,optional"`
	}
	// EndSessionResponse answers EndSession.
	EndSessionResponse struct {
		Ended       Flag      `sip2:"1"`
		At          time.Time `sip2:"18"`
		Institution string    `sip2:"AO"`
		Patron      string    `sip2:"AA"`
		Screen      []string  `sip2:"AF,optional"`
		Print       []string  `sip2:"AG,optional"`
	}
	// FeePaidResponse answers FeePaid.
	FeePaidResponse struct {
		Accepted    Flag      `sip2:"1"`
		At          time.Time `sip2:"18"`
		Institution string    `sip2:"AO"`
		Patron      string    `sip2:"AA"`
		Transaction string    `sip2:"BK,optional"`
		Screen      []string  `sip2:"AF,optional"`
		Print       []string  `sip2:"AG,optional"`
	}
	// ItemInformationResponse answers ItemInformation.
	ItemInformationResponse struct {
		Circulation    string    `sip2:"2"` // Available, Charged, …
		Marker         string    `sip2:"2"`
		FeeType        string    `sip2:"2"`
		At             time.Time `sip2:"18"`
		HoldQueue      string    `sip2:"CF,optional"`
		Due            string    `sip2:"AH,optional"`
		Recalled       time.Time `sip2:"CJ,optional"`
		HoldUntil      time.Time `sip2:"CM,optional"`
		Item           string    `sip2:"AB"`
		Title          string    `sip2:"AJ"`
		Owner          string    `sip2:"BG,optional"`
		Currency       string    `sip2:"BH,optional"`
		Fee            string    `sip2:"BV,optional"`
		MediaType      string    `sip2:"CK,optional"`
		Location       string    `sip2:"AQ,optional"` // where it belongs
		Whereabouts    string    `sip2:"AP,optional"` // where it is
		ItemProperties string    `sip2:"CH,optional"`
		CallNumber     string    `sip2:"CS,optional"`
		Screen         []string  `sip2:"AF,optional"`
		Print          []string  `sip2:"AG,optional"`
	}
	// ItemStatusUpdateResponse answers ItemStatusUpdate.
	ItemStatusUpdateResponse struct {
		OK             bool      `sip2:"1"`
		At             time.Time `sip2:"18"`
		Item           string    `sip2:"AB"`
		Title          string    `sip2:"AJ,optional"`
		ItemProperties string    `sip2:"CH,optional"`
		Screen         []string  `sip2:"AF,optional"`
		Print          []string  `sip2:"AG,optional"`
	}
	// PatronEnableResponse answers PatronEnable.
	PatronEnableResponse struct {
		Status        PatronStatus `sip2:"14"`
		Language      string       `sip2:"3"`
		At            time.Time    `sip2:"18"`
		Institution   string       `sip2:"AO"`
		Patron        string       `sip2:"AA"`
		Name          string       `sip2:"AE"`
		Valid         Flag         `sip2:"BL,optional"`
		ValidPassword Flag         `sip2:"CQ,optional"`
		Screen        []string     `sip2:"AF,optional"`
		Print         []string     `sip2:"AG,optional"`
	}
	// HoldResponse answers Hold.
	HoldResponse struct {
		OK          bool      `sip2:"1"`
		Available   Flag      `sip2:"1"`
		At          time.Time `sip2:"18"`
		Expires     time.Time `sip2:"BW,optional"`
		Position    string    `sip2:"BR,optional"`
		Pickup      string    `sip2:"BS,optional"`
		Institution string    `sip2:"AO"`
		Patron      string    `sip2:"AA"`
		Item        string    `sip2:"AB,optional"`
		Title       string    `sip2:"AJ,optional"`
		Screen      []string  `sip2:"AF,optional"`
		Print       []string  `sip2:"AG,optional"`
	}
	// RenewResponse answers Renew.
	RenewResponse struct {
		OK              bool      `sip2:"1"`
		Renewed         Flag      `sip2:"1"`
		Magnetic        Flag      `sip2:"1"`
		Desensitize     Flag      `sip2:"1"`
		At              time.Time `sip2:"18"`
		Institution     string    `sip2:"AO"`
		Patron          string    `sip2:"AA"`
		Item            string    `sip2:"AB"`
		Title           string    `sip2:"AJ"`
		Due             string    `sip2:"AH"`
		FeeType         string    `sip2:"BT,optional"`
		SecurityInhibit Flag      `sip2:"CI,optional"`
		Currency        string    `sip2:"BH,optional"`
		Fee             string    `sip2:"BV,optional"`
		MediaType       string    `sip2:"CK,optional"`
		ItemProperties  string    `sip2:"CH,optional"`
		Transaction     string    `sip2:"BK,optional"`
		Screen          []string  `sip2:"AF,optional"`
		Print           []string  `sip2:"AG,optional"`
	}
	// RenewAllResponse answers RenewAll.
	RenewAllResponse struct {
		OK             bool      `sip2:"1"`
		RenewedCount   Count     `sip2:"4"`
		UnrenewedCount Count     `sip2:"4"`
		At             time.Time `sip2:"18"`
		Institution    string    `sip2:"AO"`
		Renewed        []string  `sip2:"BM,optional"`
		Unrenewed      []string  `sip2:"BN,optional"`
		Screen         []string  `sip2:"AF,optional"`
		Print          []string  `sip2:"AG,optional"`
	}
)
