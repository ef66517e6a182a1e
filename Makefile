# Ting. `make` alone lists what can be made; `make run` shows the demo, `make test` proves it.
# Each target does its own set-up: Debian packages when missing, then the build.

SHELL     := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

go       := .ci/go
tool     := $(go) tool -modfile=.ci/tools.mod
bin      := bin
programs := ting ting-center ting-module ting-face ting-fleet
state    ?= .ting/demo
N        ?= 100
FLEET    ?=
PROOF    ?=
tourdir  ?= .ting/tour

## run: the demo district: a center, a school gate, and pupils walking up (Ctrl-C stops it)
run: setup-run programs
	@exec $(bin)/ting demo -state $(state)

## build: every program, into bin/
build: setup-build programs

.PHONY: programs
programs:
	@mkdir -p $(bin)
	@echo "build: $(programs) (the first time takes minutes, dlib is large)" >&2
	@for p in $(programs); do $(go) build -o $(bin)/$$p ./app/$$p; done
	@$(go) build -o $(bin)/ting-example ./plugins/example
	@$(go) build -o $(bin)/gallery ./app/shell/gallery

# Whole terminals in real windows, touched as by hand: one after the other, with nothing beside them.
windows := endtoend|hands|public|soak|tour

## test: everything, with the race detector, in random order
test: setup-test programs
	@$(go) vet ./...
	@CI=$${CI-} TING_BIN=$(CURDIR)/$(bin) LANG=C.UTF-8 $(go) test -race -shuffle=on -timeout 20m \
		$$($(go) list ./... | grep -vE '/fyne-tests/($(windows))(/|$$)')
	@CI=$${CI-} TING_BIN=$(CURDIR)/$(bin) LANG=C.UTF-8 $(go) test -race -shuffle=on -timeout 20m -p 1 \
		$$($(go) list ./... | grep -E '/fyne-tests/($(windows))(/|$$)')

## quick: the inner loop, under a minute: the rules of the house and what needs no window and no native code
quick:
	@$(go) vet ./kiosk/... ./plugins/... ./sync/record ./sync/wire ./fyne-tests/architecture
	@$(go) test -short ./kiosk/... ./plugins/... ./sync/record ./sync/wire ./devices/camera/... ./fyne-tests/architecture

## lint: golangci-lint, and generated code that is up to date
lint: setup-test
	@$(tool) golangci-lint run ./...
	@.ci/generated

## bench: the figures, in one run
bench: setup-test programs
	@TING_BIN=$(CURDIR)/$(bin) .ci/bench

## fleet: N terminals live through days in minutes, and everything that can befall them (FLEET="-days 5 -seed 7 …")
fleet: setup-build
	@mkdir -p $(bin)
	@for p in ting-center ting-fleet; do $(go) build -o $(bin)/$$p ./app/$$p; done
	@$(bin)/ting-fleet run -n $(N) $(FLEET)

## monkey: 20,000 random touches, drags and keys on the real program, full screen
monkey: setup-test programs
	@TING_BIN=$(CURDIR)/$(bin) TING_MONKEY=20000 LANG=C.UTF-8 $(go) test -count=1 -v -timeout 60m -run '^TestMonkey$$' ./fyne-tests/public

## proof: the promises of sync/README.md at full size, an hour or two; goes on where it was ended (PROOF="-n 100")
proof: setup-test
	@.ci/proof $(PROOF)

## tour: every page and every module's visit in a real window, in every look, as numbered pictures with an index, into .ting/tour
tour: setup-test programs
	@TING_BIN=$(CURDIR)/$(bin) TING_TOUR=$(abspath $(tourdir)) LANG=C.UTF-8 $(go) test -count=1 -timeout 60m -v -run '^TestTour$$' ./fyne-tests/tour
	@echo "tour: $(tourdir)/index.html"

## gallery: every kind of page in a window, to look at and to touch
gallery: setup-run
	@$(go) run ./app/shell/gallery

## proto: the generated code of the module contract, anew
proto:
	@command -v protoc >/dev/null || { echo "proto: apt-get install protobuf-compiler" >&2; exit 1; }
	@mkdir -p build && $(go) build -modfile=.ci/tools.mod -o build/ google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc
	@PATH=$(CURDIR)/build:$$PATH $(go) generate ./kiosk/rpc/...

## pinyin: the tables of Chinese readings and words, anew from their sources (asks the Debian and npm archives)
pinyin:
	@assets/pinyin/sources build/pinyin
	@$(go) run ./kiosk/pinyin/generate -from build/pinyin -to assets/pinyin

## clean: forgets what was built and the demo's state
clean:
	rm -rf bin build .ting

## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | awk -F': ' '{ printf "  make %-8s %s\n", $$1, substr($$0, length($$1) + 3) }'

.PHONY: run build test quick lint bench gallery fleet monkey proof tour proto pinyin clean help
.PHONY: setup-build setup-run setup-test
setup-build: ; @.ci/setup build
setup-run:   ; @.ci/setup run
setup-test:  ; @.ci/setup test
