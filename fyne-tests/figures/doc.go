// Package figures measures the whole terminal with its real processes: what no
// package can measure by itself. Every figure is a Go benchmark, run by make bench.
package figures
