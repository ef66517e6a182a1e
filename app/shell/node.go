package shell

import "github.com/luohu/ting/kiosk/view"

// node draws one node of a page. It lives as long as pages with its key do, and
// keeps what is half typed and how far it is scrolled.
type node interface {
	part
	// show takes the node as it is now; the kind never changes.
	show(n view.Node, l look)
	// fills reports whether the node wants all the room that is left.
	fills() bool
}

// leaver is a node that has something to stop when it goes off the page.
type leaver interface{ left() }

// newNode makes what draws n. The kinds are all there are: view seals them.
func newNode(v *pageView, n view.Node) node {
	switch n.(type) {
	case view.Notice:
		return &notice{}
	case view.Viewfinder:
		return newViewfinder(v.shell.preview)
	case view.PersonCard:
		return &personCard{}
	case view.Tiles:
		return &tiles{act: v.act}
	case view.Form:
		return &form{page: v}
	case view.List:
		return newList(v, n.NodeKey())
	case view.Table:
		return newTable(v, n.NodeKey())
	case view.Receipt:
		return &receipt{}
	case view.QRCode:
		return &qrcode{}
	case view.Progress:
		return &progress{}
	case view.Steps:
		return newStages()
	case view.Picture:
		return newPicture(v)
	case view.Chart:
		return newChart()
	case view.Map:
		return newMapNode(v)
	case view.Video:
		return newVideo(v)
	}
	return &text{}
}
