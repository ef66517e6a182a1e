package view

// Node is one element of a page's body. The interface is sealed: the kinds in
// this file are all there are.
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
}

// Tiles is a grid of at most six choices.
type Tiles struct {
	Key
	Tiles []Tile `json:"tiles"`
}

// FieldKind says what may be typed into a field, and with which on-screen keys.
type FieldKind string

// The field kinds.
const (
	FieldText   FieldKind = "text"
	FieldNumber FieldKind = "number" // digits only, shown as typed
	FieldPIN    FieldKind = "pin"    // digits only, hidden
	FieldChoice FieldKind = "choice" // one of Options
)

// Field is one question of a form.
type Field struct {
	ID       string    `json:"id"`
	Kind     FieldKind `json:"kind"`
	Label    Text      `json:"label"`
	Value    string    `json:"value,omitempty"`
	Error    Text      `json:"error,omitzero"` // shown beside the field, in words
	Required bool      `json:"required,omitempty"`
	MaxLen   int       `json:"max_len,omitempty"` // in characters; 0 is 64
	Options  []Option  `json:"options,omitempty"`
}

// Option is one answer to a FieldChoice.
type Option struct {
	Value string `json:"value"`
	Label Text   `json:"label"`
}

// Form is a set of fields, answered together.
type Form struct {
	Key
	Fields []Field `json:"fields"`
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

// Table is rows of cells under headings, for boards and staff.
type Table struct {
	Key
	Columns []Text     `json:"columns"`
	Rows    [][]string `json:"rows"`
	Empty   Text       `json:"empty,omitzero"`
}

// Fact is one label and its value.
type Fact struct {
	Label Text `json:"label"`
	Value Text `json:"value"`
}

// Receipt is what a person may note down or photograph: facts under a number.
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
func (Form) NodeKind() string { return "form" }

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
