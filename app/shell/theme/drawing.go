package theme

import "image/color"

// Chart is the colours of a chart. The series follow Okabe and Ito, who chose
// them so that people who see no red or no green tell them apart; they were
// darkened until each stands out from the surface. A test holds both.
type Chart struct {
	Series [8]color.NRGBA
	Grid   color.NRGBA // lines at the ticks
	Base   color.NRGBA // the line of zero
}

// Map is the colours of a map's ground, in the order they lie on each other.
// What a map is about has the colours of the tones.
type Map struct {
	Paper    color.NRGBA // where nothing is known
	Ground   color.NRGBA
	Green    color.NRGBA
	Water    color.NRGBA
	Building color.NRGBA
	Casing   color.NRGBA // the edges of streets
	Road     color.NRGBA
	Boundary color.NRGBA
	Label    color.NRGBA
	Halo     color.NRGBA // around labels
}

var chartDay = Chart{
	Series: [8]color.NRGBA{
		rgb(0x0f56a8), rgb(0xc98500), rgb(0x009e73), rgb(0xb65292), rgb(0x3b92cc), rgb(0xe66d3d), rgb(0x46536a), rgb(0x847100),
	},
	Grid: rgb(0xe3eaf2),
	Base: rgb(0x93a1b4),
}

var chartContrast = Chart{
	Series: [8]color.NRGBA{
		rgb(0x00337a), rgb(0xbf7d12), rgb(0x006e50), rgb(0x8e2f6e), rgb(0x2277b3), rgb(0xb24600), rgb(0x1e1e1e), rgb(0x4d4200),
	},
	Grid: rgb(0xb8b8b8),
	Base: rgb(0x000000),
}

var chartNight = Chart{
	Series: [8]color.NRGBA{
		rgb(0x5b9be6), rgb(0xffc240), rgb(0x2ec797), rgb(0xe08bbf), rgb(0x9ed4f5), rgb(0xfe893c), rgb(0xcbd1db), rgb(0xe2d566),
	},
	Grid: rgb(0x26374d),
	Base: rgb(0x74869c),
}

var chartContrastNight = Chart{
	Series: [8]color.NRGBA{
		rgb(0x5b9be6), rgb(0xffc240), rgb(0x2ec797), rgb(0xe08bbf), rgb(0x9ed4f5), rgb(0xfe893c), rgb(0xcbd1db), rgb(0xe2d566),
	},
	Grid: rgb(0x4a4a4a),
	Base: rgb(0xffffff),
}

var mapDay = Map{
	Paper: rgb(0xeaf0f5), Ground: rgb(0xf7f8f6), Green: rgb(0xdcecd9), Water: rgb(0xbfdcf2), Building: rgb(0xe2e4e6),
	Casing: rgb(0xcfd6de), Road: rgb(0xffffff), Boundary: rgb(0x8795a8), Label: rgb(0x2b3b57), Halo: rgba(0xffffff, 0xd8),
}

var mapContrast = Map{
	Paper: rgb(0xffffff), Ground: rgb(0xffffff), Green: rgb(0xd2e8cd), Water: rgb(0xa6d0f0), Building: rgb(0xcfcfcf),
	Casing: rgb(0x5c5c5c), Road: rgb(0xffffff), Boundary: rgb(0x000000), Label: rgb(0x000000), Halo: rgba(0xffffff, 0xf0),
}

var mapNight = Map{
	Paper: rgb(0x111d2d), Ground: rgb(0x182639), Green: rgb(0x1b3530), Water: rgb(0x16375a), Building: rgb(0x25354a),
	Casing: rgb(0x0e1826), Road: rgb(0x34475f), Boundary: rgb(0x74869c), Label: rgb(0xd5e0ee), Halo: rgba(0x0e1826, 0xd8),
}

var mapContrastNight = Map{
	Paper: rgb(0x000000), Ground: rgb(0x101010), Green: rgb(0x0c2a14), Water: rgb(0x0a2747), Building: rgb(0x303030),
	Casing: rgb(0x000000), Road: rgb(0x6a6a6a), Boundary: rgb(0xffffff), Label: rgb(0xffffff), Halo: rgba(0x000000, 0xf0),
}
