package camera

// Motion tells whether anything has moved before a camera, so that a place where
// nobody is costs nothing to look at. It compares the mean brightness of 32×24
// blocks with those of the frame in which something last moved: noise averages
// out within a block, and light that changes slowly adds up until it counts.
//
// A Motion is for one camera and one goroutine. The zero value is ready.
type Motion struct {
	grid [motionRows * motionColumns]uint8
	w, h int // of the frame in grid; 0 before the first
}

const (
	motionColumns = 32
	motionRows    = 24
	// motionLevel is by how much of 255 a block must change: several times what
	// the noise of a cheap camera leaves in a block's mean, and less than a face
	// in any light makes.
	motionLevel = 5
	// motionSamples per block and direction: 64 pixels say enough of a block.
	motionSamples = 8
)

// Moved reports whether f differs from the frame it was last true for. It is
// true for the first frame, for one of another size, and for one that lacks
// pixels, which whoever analyses it will refuse. It costs about 0.08 ms.
func (m *Motion) Moved(f *Frame) bool {
	if f.W < 1 || f.H < 1 || len(f.Pix) < (f.H-1)*f.Stride+3*f.W {
		return true
	}
	moved := f.W != m.w || f.H != m.h
	var grid [motionRows * motionColumns]uint8
	for row := range motionRows {
		for column := range motionColumns {
			i := row*motionColumns + column
			grid[i] = f.blockMean(column, row)
			d := int(grid[i]) - int(m.grid[i])
			moved = moved || d > motionLevel || d < -motionLevel
		}
	}
	if moved {
		m.grid, m.w, m.h = grid, f.W, f.H
	}
	return moved
}

// blockMean is the mean green of one block's samples: the nearest of the three
// to luma, and the least noisy of most sensors.
func (f *Frame) blockMean(column, row int) uint8 {
	x0, x1 := column*f.W/motionColumns, (column+1)*f.W/motionColumns
	y0, y1 := row*f.H/motionRows, (row+1)*f.H/motionRows
	dx, dy := max(1, (x1-x0)/motionSamples), max(1, (y1-y0)/motionSamples)
	sum, n := 0, 0
	for y := y0; y < y1; y += dy {
		line := f.Pix[y*f.Stride : y*f.Stride+3*f.W]
		for x := x0; x < x1; x += dx {
			sum += int(line[3*x+1])
			n++
		}
	}
	if n == 0 {
		return 0 // a frame smaller than the grid
	}
	return uint8(sum / n)
}
