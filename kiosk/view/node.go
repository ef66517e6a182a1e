package view

// Node is one element of a page's body. The interface is sealed: the kinds of
// this package are all there are.
type Node interface {
	// NodeKind is the node's name on the wire.
	NodeKind() string
	// NodeKey identifies the node across updates of its page; "" is by position.
	NodeKey() string
}

// Key is embedded in every node: a name that stays the same across updates.
type Key struct {
	Key string `json:"key,omitempty"`
}

// NodeKey implements Node.
func (k Key) NodeKey() string { return k.Key }

// TextNode is a paragraph. Large is for the one sentence a page is about.
type TextNode struct {
	Key
	Text  Text `json:"text"`
	Large bool `json:"large,omitempty"`
}

// Notice is a sentence that must not be overlooked, with the tone's colour and icon.
type Notice struct {
	Key
	Tone Tone `json:"tone,omitempty"`
	Text Text `json:"text"`
	// Detail is a second, smaller line: what to do next.
	Detail Text `json:"detail,omitzero"`
}

// Viewfinder shows a camera's live picture with the faces found in it. The
// picture never passes through the module.
type Viewfinder struct {
	Key
	Camera string `json:"camera,omitempty"` // a camera's name in terminal.toml; "" is the terminal's own
	Hint   Text   `json:"hint,omitzero"`    // drawn below the picture
}

// PersonCard says who was recognised, for a shared screen: the name is masked
// by whoever makes the card (MaskName), never by the renderer.
type PersonCard struct {
	Key
	Name   Text   `json:"name"`            // already masked
	Line   Text   `json:"line,omitzero"`   // class, department
	Tone   Tone   `json:"tone,omitempty"`  // Success for a pass
	Detail Text   `json:"detail,omitzero"` // "进校 07:42"
	Icon   string `json:"icon,omitempty"`  // a name in assets/icons
}

// Tile is one big choice.
type Tile struct {
	ID     string `json:"id"` // answered as Answer.Action
	Title  Text   `json:"title"`
	Detail Text   `json:"detail,omitzero"`
	Icon   string `json:"icon,omitempty"`
	// Tone other than Calm says with Detail why the choice is not to be had just
	// now. It can be touched all the same.
	Tone Tone `json:"tone,omitempty"`
}

// Tiles is a grid of at most six choices, under a heading where a page has
// several grids.
type Tiles struct {
	Key
	Title Text   `json:"title,omitzero"`
	Tiles []Tile `json:"tiles"`
}

// ListItem is one row of a List; a row with an ID can be touched and answers with it.
type ListItem struct {
	ID     string `json:"id,omitempty"`
	Title  Text   `json:"title"`
	Detail Text   `json:"detail,omitzero"`
	Icon   string `json:"icon,omitempty"`
}

// List is a column of rows, of any length.
type List struct {
	Key
	Items []ListItem `json:"items"`
	Empty Text       `json:"empty,omitzero"` // said when there is no row
}

// Table is rows of cells under headings, for boards and staff, of any length.
// Its columns are as wide as what stands in them wants.
type Table struct {
	Key
	Columns []Text     `json:"columns"`
	Rows    [][]string `json:"rows"`
	Empty   Text       `json:"empty,omitzero"`
	// Align says by column where its cells stand; a missing one is AlignAuto.
	Align []Align `json:"align,omitempty"`
	// IDs name rows, by row: one with an ID can be touched and answers with it.
	IDs []string `json:"ids,omitempty"`
}

// Align is where the cells of a table's column stand.
type Align string

// The alignments.
const (
	AlignAuto  Align = ""      // numbers to the right, all else to the left
	AlignStart Align = "start" // to the left
	AlignEnd   Align = "end"   // to the right, as sums are compared
	AlignMid   Align = "middle"
)

// Fact is one label and its value.
type Fact struct {
	Label Text `json:"label"`
	Value Text `json:"value"`
}

// Receipt is what a person may note down or photograph: facts under a number, or
// facts alone where there is none.
type Receipt struct {
	Key
	Number string `json:"number"`
	Facts  []Fact `json:"facts"`
}

// QRCode draws Data as a QR code, at least 240 px wide.
type QRCode struct {
	Key
	Data  string `json:"data"`
	Label Text   `json:"label,omitzero"`
}

// Steps are the named stages of a piece of business, the one under way marked.
// Page.Step counts the pages of a visit; Steps tell what happens outside it too:
// "submitted, under review, to be collected".
type Steps struct {
	Key
	Steps []Step `json:"steps"` // 2 to 8
	// Now is the index of the stage under way; len(Steps) when all are done.
	Now int `json:"now"`
	// Tone of the stage under way: Refusal or Warning where it has stopped.
	Tone Tone `json:"tone,omitempty"`
}

// Step is one stage.
type Step struct {
	Title  Text `json:"title"`
	Detail Text `json:"detail,omitzero"` // when it happened, or where
}

// Progress says how far long work has come: 0 to 1, or below 0 where nobody can tell.
type Progress struct {
	Key
	Label Text    `json:"label"`
	Done  float64 `json:"done"`
}

// NodeKind implements Node.
func (TextNode) NodeKind() string { return "text" }

// NodeKind implements Node.
func (Notice) NodeKind() string { return "notice" }

// NodeKind implements Node.
func (Viewfinder) NodeKind() string { return "viewfinder" }

// NodeKind implements Node.
func (PersonCard) NodeKind() string { return "person" }

// NodeKind implements Node.
func (Tiles) NodeKind() string { return "tiles" }

// NodeKind implements Node.
func (List) NodeKind() string { return "list" }

// NodeKind implements Node.
func (Table) NodeKind() string { return "table" }

// NodeKind implements Node.
func (Receipt) NodeKind() string { return "receipt" }

// NodeKind implements Node.
func (QRCode) NodeKind() string { return "qrcode" }

// NodeKind implements Node.
func (Progress) NodeKind() string { return "progress" }

// NodeKind implements Node.
func (Steps) NodeKind() string { return "steps" }
