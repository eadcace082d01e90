# The commands of this repository. `make run` and `make test` need nothing but a machine: on Debian they install
# what is missing (.ci/go, .ci/setup).

GO ?= .ci/go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 30s
# The race detector looks at everything but SQLite's translated C, whose memory it cannot know, hashing of passwords and scaling of images:
# they would take a third of the time of all tests.
RACE = -race -gcflags='modernc.org/sqlite/lib=-race=false' -gcflags='modernc.org/libc/...=-race=false' -gcflags='golang.org/x/crypto/...=-race=false' \
	-gcflags='golang.org/x/image/...=-race=false'
TRIALS ?= 20

.DEFAULT_GOAL := help
.PHONY: help run test torture build bench figures fuzz styles

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

run: ## Serve the sample site on http://localhost:8080
	@$(GO) run ./cmd/masterclass demo

# The garbage of tests lives shortly: with more memory for it they take less time.
test: export GOGC = 400
# Those with a browser run without the race detector, which the program's other tests have: Chromium needs the time.
test: ## Install what the tests need if it is missing, check the code, run every test
	@.ci/setup
	@unformatted="$$("$$($(GO) env GOROOT)/bin/gofmt" -l .)" || exit 1; \
	if [ -n "$$unformatted" ]; then printf 'These files need gofmt -w:\n%s\n' "$$unformatted" >&2; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) test $(RACE) -timeout 20m -parallel 4 -skip '^TestBrowser' ./...
	$(GO) test -timeout 20m -run '^TestBrowser' ./cmd/masterclass

torture: ## Kill everything in turn while people register: TRIALS (20) long trials of each scenario
	@$(GO) -C cmd/masterclass/torture test -count=1 -timeout 0 -run Nothing -args -trials $(TRIALS)

build: ## Make the program: one static file, ./masterclass
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=auto -ldflags='-s -w' -o masterclass ./cmd/masterclass

bench: ## Run the benchmarks
	$(GO) test -run '^$$' -bench . -benchmem $$(grep -rl --include='*_test.go' '^func Benchmark' . | xargs -n 1 dirname | sort -u)

figures: ## Measure the program against bare yardsticks, in a few minutes
	$(GO) test -run '^$$' -bench Figures -benchtime 1x -timeout 20m ./cmd/masterclass ./notify

fuzz: ## Run each fuzz test for FUZZTIME (30s)
	@grep -r --include='*_test.go' '^func Fuzz' . | sed 's|/[^/]*:func \([A-Za-z0-9_]*\).*| \1|' | while read -r folder name; do \
		echo "$$folder $$name"; \
		$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$folder" </dev/null || exit 1; \
	done

styles: ## Build templates/static/app.css from templates/styles (needs Node.js 20)
	@templates/styles/build.sh
