package sip2

import "time"

// Message is one of the structs below. Their fields stand in the order of the
// document, which is the order in which they are sent.
type Message interface {
	// Code is the command identifier: two digits.
	Code() string
}

// kinds make an empty message of every code.
var kinds = map[string]func() Message{
	"01": func() Message { return &BlockPatron{} }, "09": func() Message { return &Checkin{} },
	"10": func() Message { return &CheckinResponse{} }, "11": func() Message { return &Checkout{} },
	"12": func() Message { return &CheckoutResponse{} }, "15": func() Message { return &Hold{} },
	"16": func() Message { return &HoldResponse{} }, "17": func() Message { return &ItemInformation{} },
	"18": func() Message { return &ItemInformationResponse{} }, "19": func() Message { return &ItemStatusUpdate{} },
	"20": func() Message { return &ItemStatusUpdateResponse{} }, "23": func() Message { return &PatronStatusRequest{} },
	"24": func() Message { return &PatronStatusResponse{} }, "25": func() Message { return &PatronEnable{} },
	"26": func() Message { return &PatronEnableResponse{} }, "29": func() Message { return &Renew{} },
	"30": func() Message { return &RenewResponse{} }, "35": func() Message { return &EndSession{} },
	"36": func() Message { return &EndSessionResponse{} }, "37": func() Message { return &FeePaid{} },
	"38": func() Message { return &FeePaidResponse{} }, "63": func() Message { return &PatronInformation{} },
	"64": func() Message { return &PatronInformationResponse{} }, "65": func() Message { return &RenewAll{} },
	"66": func() Message { return &RenewAllResponse{} }, "93": func() Message { return &Login{} },
	"94": func() Message { return &LoginResponse{} }, "96": func() Message { return &ResendSC{} },
	"97": func() Message { return &ResendACS{} }, "98": func() Message { return &ACSStatus{} },
	"99": func() Message { return &SCStatus{} },
}

// What a self-check sends.
type (
	// PatronStatusRequest asks what a patron may do.
	PatronStatusRequest struct {
		Language         string    `sip2:"3"`
		At               time.Time `sip2:"18"`
		Institution      string    `sip2:"AO"`
		Patron           string    `sip2:"AA"`
		TerminalPassword string    `sip2:"AC"`
		PatronPassword   string    `sip2:"AD"`
	}
	// Checkout lends an item, or with Cancel undoes a Checkin that failed.
	Checkout struct {
		RenewalPolicy    Flag      `sip2:"1"` // the self-check may renew
		NoBlock          Flag      `sip2:"1"` // it has happened already, without the system
		At               time.Time `sip2:"18"`
		NoBlockDue       time.Time `sip2:"18"` // blank unless NoBlock
		Institution      string    `sip2:"AO"`
		Patron           string    `sip2:"AA"`
		Item             string    `sip2:"AB"`
		TerminalPassword string    `sip2:"AC"`
		PatronPassword   string    `sip2:"AD,optional"`
		ItemProperties   string    `sip2:"CH,optional"`
		FeeAcknowledged  Flag      `sip2:"BO,optional"`
		Cancel           Flag      `sip2:"BI,optional"`
	}
	// Checkin takes an item back, or with Cancel undoes a Checkout.
	Checkin struct {
		NoBlock          Flag      `sip2:"1"`
		At               time.Time `sip2:"18"`
		Returned         time.Time `sip2:"18"` // when the item came back
		Location         string    `sip2:"AP"`
		Institution      string    `sip2:"AO"`
		Item             string    `sip2:"AB"`
		TerminalPassword string    `sip2:"AC"`
		ItemProperties   string    `sip2:"CH,optional"`
		Cancel           Flag      `sip2:"BI,optional"`
	}
	// BlockPatron asks that a card be blocked.
	BlockPatron struct {
		CardRetained     Flag      `sip2:"1"`
		At               time.Time `sip2:"18"`
		Institution      string    `sip2:"AO"`
		Reason           string    `sip2:"AL"`
		Patron           string    `sip2:"AA"`
		TerminalPassword string    `sip2:"AC"`
	}
	// SCStatus says how the self-check is.
	SCStatus struct {
		Status  string `sip2:"1"` // SCWorks, SCNoPaper, SCShutsDown
		Width   int    `sip2:"3"` // of the printer's lines
		Version string `sip2:"4"`
	}
	// ResendACS asks for the last answer again.
	ResendACS struct{}
	// Login names the self-check. Neither algorithm but "0", none, is in use.
	Login struct {
		UserAlgorithm     string `sip2:"1"`
		PasswordAlgorithm string `sip2:"1"`
		User              string `sip2:"CN"`
		Password          string `sip2:"CO"`
		Location          string `sip2:"CP,optional"`
	}
	// PatronInformation asks for a patron's items and fees.
	PatronInformation struct {
		Language         string    `sip2:"3"`
		At               time.Time `sip2:"18"`
		Summary          Summary   `sip2:"10"`
		Institution      string    `sip2:"AO"`
		Patron           string    `sip2:"AA"`
		TerminalPassword string    `sip2:"AC,optional"`
		PatronPassword   string    `sip2:"AD,optional"`
		Start            string    `sip2:"BP,optional"` // from 1
		End              string    `sip2:"BQ,optional"`
	}
	// EndSession says that a patron is done.
	EndSession struct {
		At               time.Time `sip2:"18"`
		Institution      string    `sip2:"AO"`
		Patron           string    `sip2:"AA"`
		TerminalPassword string    `sip2:"AC,optional"`
		PatronPassword   string    `sip2:"AD,optional"`
	}
	// FeePaid says that a patron has paid.
	FeePaid struct {
		At               time.Time `sip2:"18"`
		FeeType          string    `sip2:"2"`
		PaymentType      string    `sip2:"2"`
		Currency         string    `sip2:"3"` // ISO 4217
		Amount           string    `sip2:"BV"`
		Institution      string    `sip2:"AO"`
		Patron           string    `sip2:"AA"`
		TerminalPassword string    `sip2:"AC,optional"`
		PatronPassword   string    `sip2:"AD,optional"`
		Fee              string    `sip2:"CG,optional"` // which fee
		Transaction      string    `sip2:"BK,optional"`
	}
	// ItemInformation asks what an item is and where.
	ItemInformation struct {
		At               time.Time `sip2:"18"`
		Institution      string    `sip2:"AO"`
		Item             string    `sip2:"AB"`
		TerminalPassword string    `sip2:"AC,optional"`
	}
	// ItemStatusUpdate tells an item's properties.
	ItemStatusUpdate struct {
		At               time.Time `sip2:"18"`
		Institution      string    `sip2:"AO"`
		Item             string    `sip2:"AB"`
		TerminalPassword string    `sip2:"AC,optional"`
		ItemProperties   string    `sip2:"CH"`
	}
	// PatronEnable asks that a blocked card be let in again.
	PatronEnable struct {
		At               time.Time `sip2:"18"`
		Institution      string    `sip2:"AO"`
		Patron           string    `sip2:"AA"`
		TerminalPassword string    `sip2:"AC,optional"`
		PatronPassword   string    `sip2:"AD,optional"`
	}
	// Hold puts a patron on the list of those who wait for an item or title.
	Hold struct {
		Mode             string    `sip2:"1"` // HoldAdd, HoldRemove, HoldChange
		At               time.Time `sip2:"18"`
		Expires          time.Time `sip2:"BW,optional"`
		Pickup           string    `sip2:"BS,optional"`
		Type             string    `sip2:"BY,optional"`
		Institution      string    `sip2:"AO"`
		Patron           string    `sip2:"AA"`
		PatronPassword   string    `sip2:"AD,optional"`
		Item             string    `sip2:"AB,optional"`
		Title            string    `sip2:"AJ,optional"`
		TerminalPassword string    `sip2:"AC,optional"`
		FeeAcknowledged  Flag      `sip2:"BO,optional"`
	}
	// Renew lends an item for longer.
	Renew struct {
		ThirdParty       Flag      `sip2:"1"` // somebody else may renew it for the patron
		NoBlock          Flag      `sip2:"1"`
		At               time.Time `sip2:"18"`
		NoBlockDue       time.Time `sip2:"18"`
		Institution      string    `sip2:"AO"`
		Patron           string    `sip2:"AA"`
		PatronPassword   string    `sip2:"AD,optional"`
		Item             string    `sip2:"AB,optional"`
		Title            string    `sip2:"AJ,optional"`
		TerminalPassword string    `sip2:"AC,optional"`
		ItemProperties   string    `sip2:"CH,optional"`
		FeeAcknowledged  Flag      `sip2:"BO,optional"`
	}
	// RenewAll lends all of a patron's items for longer.
	RenewAll struct {
		At               time.Time `sip2:"18"`
		Institution      string    `sip2:"AO"`
		Patron           string    `sip2:"AA"`
		PatronPassword   string    `sip2:"AD,optional"`
		TerminalPassword string    `sip2:"AC,optional"`
		FeeAcknowledged  Flag      `sip2:"BO,optional"`
	}
)

// Code implements Message.
func (*BlockPatron) Code() string { return "01" }

// Code implements Message.
func (*Checkin) Code() string { return "09" }

// Code implements Message.
func (*CheckinResponse) Code() string { return "10" }

// Code implements Message.
func (*Checkout) Code() string { return "11" }

// Code implements Message.
func (*CheckoutResponse) Code() string { return "12" }

// Code implements Message.
func (*Hold) Code() string { return "15" }

// Code implements Message.
func (*HoldResponse) Code() string { return "16" }

// Code implements Message.
func (*ItemInformation) Code() string { return "17" }

// Code implements Message.
func (*ItemInformationResponse) Code() string { return "18" }

// Code implements Message.
func (*ItemStatusUpdate) Code() string { return "19" }

// Code implements Message.
func (*ItemStatusUpdateResponse) Code() string { return "20" }

// Code implements Message.
func (*PatronStatusRequest) Code() string { return "23" }

// Code implements Message.
func (*PatronStatusResponse) Code() string { return "24" }

// Code implements Message.
func (*PatronEnable) Code() string { return "25" }

// Code implements Message.
func (*PatronEnableResponse) Code() string { return "26" }

// Code implements Message.
func (*Renew) Code() string { return "29" }

// Code implements Message.
func (*RenewResponse) Code() string { return "30" }

// Code implements Message.
func (*EndSession) Code() string { return "35" }

// Code implements Message.
func (*EndSessionResponse) Code() string { return "36" }

// Code implements Message.
func (*FeePaid) Code() string { return "37" }

// Code implements Message.
func (*FeePaidResponse) Code() string { return "38" }

// Code implements Message.
func (*PatronInformation) Code() string { return "63" }

// Code implements Message.
func (*PatronInformationResponse) Code() string { return "64" }

// Code implements Message.
func (*RenewAll) Code() string { return "65" }

// Code implements Message.
func (*RenewAllResponse) Code() string { return "66" }

// Code implements Message.
func (*Login) Code() string { return "93" }

// Code implements Message.
func (*LoginResponse) Code() string { return "94" }

// Code implements Message.
func (*ResendSC) Code() string { return "96" }

// Code implements Message.
func (*ResendACS) Code() string { return "97" }

// Code implements Message.
func (*ACSStatus) Code() string { return "98" }

// Code implements Message.
func (*SCStatus) Code() string { return "99" }
