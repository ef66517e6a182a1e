// Package architecture holds the rules of the house as tests: which folder may
// import what, with the reason for every refusal.
package architecture
