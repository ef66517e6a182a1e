package main

import (
	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// setDisplay tells the shell how the site shows its pages.
func setDisplay(o *shell.Options, c *Config) {
	d := c.Display
	night, hours, _ := d.nights() // checked with the configuration
	o.Nights = hours
	o.Display = shell.Display{
		Lang:    view.Lang(c.Terminal.Lang),
		Variant: theme.Variant{Night: night, Contrast: d.Contrast, Elder: d.Elder, Seated: d.Wheelchair},
		Voice:   d.Voice,
	}
}
