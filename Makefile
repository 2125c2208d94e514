# make run   sets up, builds, and starts mogate on loopback with deploy/mogate.yaml
# make test  sets up, and runs all tests
# make lint  the style of the sources
# make manual   the manual's page, held against what a strict reader of it says
# make fuzz SECONDS=3600    gives each reader so long a time of inputs that nobody thought of
# make fuzz-short           the same for 10 s each
# make attacks  floods, slow senders and the like against a release build of its own; some minutes
# make mutate MUTATE_SECONDS=600   recorded callbacks, changed by chance, to a build with AddressSanitizer
# make scan                 slowhttptest, sslscan and nikto against a release build
# make faults               what disks, power and people do to a journal, with controls; writes Tests/Faults/README.md
# make faults-short         the same in short, in 2 minutes
# make cluster-ingest       what three nodes over three servers take in, and what it costs: deploy/cluster/SIZING.md, 2 minutes
# make cluster-test         three nodes over three servers of NATS, and 200 faults under load: Tests/Cluster/README.md, 25 minutes
# make bench-decode         what verifying, decoding and encoding take; fails where a decode takes too long
# make bench                mogate beside a C program that does the same and its peers: Tests/Bench/RESULTS.md, 15 minutes;
#                           the first time 5 more, in which Hummingbird is built
# make bench-quick          the same in short, in 3 minutes
# make bench-million        a healthy sink beside a dead and a slow one, a million events; and how soon it is back from a kill
# make bench-page           what the operator's page costs the server, and how it is to use, while 2,000 callbacks a second come in; four minutes
# make bench-instructions   how many instructions a callback takes, which says more than times on a busy machine
# make container-test       builds the image and runs it as it is meant to be, with podman, as root; ten minutes
# make newcomer-test        what the README promises, in a bare Debian in a chroot, as root: events on the page within five minutes
# make deb                  the Debian package, into .build/deb
# make sanitize             all tests under AddressSanitizer, then under ThreadSanitizer
# make outdated             what is newer than what mogate is made of
# make clean removes what was built, and the data of `make run`

SHELL := /bin/bash
CONFIG ?= deploy/mogate.yaml
SECONDS ?= 3600
MUTATE_SECONDS ?= 600

# Secrets for trying things out: the vendors' own published examples. Never use them where anyone else can reach.
export MTA_SECRET ?= abc123-abc2-cde1-1234-xyz123456
export TELESIGN_KEY ?= ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw==

.PHONY: sanitize mutate scan outdated run build deb test lint fuzz fuzz-short faults faults-short cluster-test cluster-ingest bench bench-quick bench-million bench-instructions attacks bench-decode
.PHONY: bench-page manual container-test newcomer-test
.PHONY: clean packages test-packages bench-packages

run: build
	@echo
	@echo "mogate listens on http://127.0.0.1:8080 (admin on 8081). Events go to out/events.ndjson."
	@echo "Try, in a second shell:"
	@echo "    .build/release/mogate simulate"
	@echo "    tail -f out/events.ndjson"
	@echo
	@exec .build/release/mogate serve --config $(CONFIG)

# With Swift's own libraries inside: it runs where there is no Swift, takes 6 MiB less of memory, and calls them sooner.
build: packages
	swift build -c release --product mogate --static-swift-stdlib

deb: build
	deploy/debian/build

# One after the other: tests that run whole programs wait for them on a thread of Swift's pool, which has as many as there are
# cores, and all at once they would keep each other from going on. What failed is said once more behind all the rest.
test: packages test-packages .build/venv/ready
	swift build --build-tests --explicit-target-dependency-import-check error
	set -o pipefail; swift test --skip-build --no-parallel 2>&1 | tee .build/test.log \
		|| { echo; echo "What failed:"; grep -a '^✘' .build/test.log | cut -c1-600; exit 1; }
	deploy/manual .build/mogate.1 .build/debug/mogate

manual: packages test-packages
	swift build --product mogate
	deploy/manual .build/mogate.1 .build/debug/mogate

# Each in a folder of its own, without XCTest, whose own leaks would be told; and without optimisation, as ever for tests,
# since that hides races. Stacks of allocations are taken by their frame pointers, which libcurl has none of: to take them whole
# (fast_unwind_on_malloc=0) has the tests take ten times as long. So what Foundation loses in libcurl cannot be told from what
# a sink would, and the sinks' tests, where Foundation does not use it, run once more with all that is lost there told.
ADDRESS := --disable-xctest --sanitize=address --scratch-path .build-asan
THREAD := --disable-xctest --sanitize=thread --scratch-path .build-tsan
LEAKS = print_suppressions=0:suppressions=$(CURDIR)/

sanitize: packages test-packages .build/venv/ready
	LSAN_OPTIONS=$(LEAKS)Tests/Sanitizers/leaks.txt swift test --no-parallel $(ADDRESS)
	grep -v libcurl.so Tests/Sanitizers/leaks.txt > .build-asan/leaks.txt
	LSAN_OPTIONS=$(LEAKS).build-asan/leaks.txt swift test --skip-build --no-parallel $(ADDRESS) --filter SinkTests
	swift test --no-parallel $(THREAD)

# With the binary that `make sanitize` runs its tests against.
mutate: packages test-packages
	swift build --build-tests $(ADDRESS)
	python3 Tests/Attacks/mutate.py .build-asan/debug/mogate $(MUTATE_SECONDS)

outdated:
	deploy/outdated

lint:
	swift format lint --strict -r Sources Tests Package.swift

fuzz: packages test-packages
	Tests/Fuzz/run $(SECONDS)

fuzz-short: packages test-packages
	Tests/Fuzz/run 10

attacks: build test-packages
	python3 Tests/Attacks/attacks.py .build/release/mogate
	python3 Tests/Attacks/timing.py .build/release/mogate
	unshare --net python3 Tests/Attacks/loss.py .build/release/mogate
	unshare --net python3 Tests/Attacks/unread.py .build/release/mogate

scan: build test-packages
	Tests/Attacks/scan .build/release/mogate

faults: build test-packages .build/venv/ready
	timeout --kill-after=30 900 .build/venv/bin/python Tests/Faults/run .build/release/mogate \
		--report Tests/Faults/README.md

# With the binary that the tests were built with, which is there already.
faults-short: packages test-packages .build/venv/ready
	swift build --product mogate
	timeout --kill-after=30 600 .build/venv/bin/python Tests/Faults/run .build/debug/mogate --short

# Namespaces for the servers take root.
cluster-test: build test-packages .build/venv/ready
	timeout --kill-after=30 2700 .build/venv/bin/python Tests/Cluster/run .build/release/mogate --syncs \
		--nats .build/venv/bin/nats-server --report Tests/Cluster/README.md --keep .build/cluster-logs

cluster-ingest: build test-packages bench-packages .build/venv/ready
	$(MAKE) -C Tests/Bench OUT=$(CURDIR)/.build/bench $(CURDIR)/.build/bench/load
	timeout --kill-after=30 600 .build/venv/bin/python Tests/Cluster/ingest .build/release/mogate .build/bench/load \
		--nats .build/venv/bin/nats-server --seconds 8 --report deploy/cluster/SIZING.md

bench-decode: build
	.build/release/mogate bench decode --max-us 50

bench: build bench-packages
	Tests/Bench/run --out Tests/Bench/RESULTS.md

bench-quick: build bench-packages
	Tests/Bench/run --quick

bench-million: build bench-packages
	$(MAKE) -C Tests/Bench OUT=$(CURDIR)/.build/bench $(CURDIR)/.build/bench/load
	Tests/Bench/million .build/release/mogate .build/bench/load

bench-page: build bench-packages test-packages .build/venv/ready
	$(MAKE) -C Tests/Bench OUT=$(CURDIR)/.build/bench $(CURDIR)/.build/bench/load
	Tests/Bench/page .build/release/mogate .build/bench/load .build/venv/bin/python

bench-instructions: build bench-packages
	Tests/Bench/instructions

container-test: build
	@deploy/install-packages Tests/Container/packages.txt
	Tests/Container/run .build/release/mogate

newcomer-test: test-packages .build/venv/ready
	@deploy/install-packages Tests/Container/packages.txt
	Tests/Container/newcomer .build/venv/bin/python

clean:
	rm -rf .build .build-asan .build-tsan data out

packages:
	@deploy/install-packages deploy/packages.txt

test-packages:
	@deploy/install-packages Tests/packages.txt

bench-packages:
	@deploy/install-packages Tests/Bench/packages.txt

# Python packages of the tests, in an environment of their own.
.build/venv/ready: Tests/requirements.txt | test-packages
	@mkdir -p .build
	python3 -m venv .build/venv
	.build/venv/bin/pip install --quiet --disable-pip-version-check -r Tests/requirements.txt
	@touch $@
