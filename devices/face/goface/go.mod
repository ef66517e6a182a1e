module github.com/luohu/ting/devices/face/goface

go 1.26.0

require (
	github.com/Kagami/go-face v0.0.0-20210630145111-0c14797b4d0e
	github.com/luohu/ting v0.0.0
)

replace github.com/luohu/ting => ../../..
