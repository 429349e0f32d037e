# What a person types. Each target installs what it lacks (Debian 12, with sudo where you aren't root) and asks nothing.
SHELL := /bin/bash
.DEFAULT_GOAL := help

export VESTNIK_DEPS_DIR ?= $(HOME)/.cache/vestnik
FUZZ_SECONDS ?= 60
SEEDS ?= 10000
STEPS ?= 2000

.PHONY: help build install up down logs request test test-unit test-integration test-browser test-faults test-sanitizers test-mutations sim footprint check \
  format fuzz kafka bench bench-quick bench-parts clean deps deps-test deps-check deps-bench

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' Makefile

build: deps ## Build build/release/vestnik
	@[ -f build/release/build.ninja ] || cmake --preset release
	@ninja -C build/release vestnik

install: ## Install what was built with its manual page and completions below PREFIX=/usr/local
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' deploy/install

up: build ## Start the whole system in the background, wait until it is ready (PORT=8080)
	@deploy/up

down: ## Stop it
	@deploy/down

logs: ## Show its log as it grows (Ctrl-C ends)
	@deploy/logs

request: ## Register a sample user and show what became of it
	@deploy/request

test: deps-test ## Run every test
	@deploy/test

test-unit: deps-test ## Only the layering check, unit and contract tests
	@deploy/test layering unit

test-integration: deps-test build ## Only the tests of the whole, with real peers
	@deploy/test integration

test-browser: deps-test ## Only the tests of the page, in Chromium; pictures in build/test-results/browser
	@deploy/test browser

test-faults: deps-test build ## Crashes, outages, full disks and other faults on real processes; takes half an hour
	@deploy/test faults-long

test-sanitizers: deps-test ## Only the unit tests under ASan, UBSan and TSan
	@deploy/test asan-ubsan tsan

sim: deps ## Run the simulation: SEEDS=10000 of STEPS=2000 under faults
	@cmake --preset release > /dev/null
	@ninja -C build/release vestnik-sim
	@build/release/vestnik-sim --seeds $(SEEDS) --steps $(STEPS) --jobs $$(nproc)

test-mutations: deps-test ## Only the mutations: what is broken on purpose, the simulation must find
	@deploy/test mutations

footprint: deps-test build ## Print memory and start-up time of the idle process
	@$(VESTNIK_DEPS_DIR)/venv/bin/python -m pytest -c tests/pytest.ini -q -rA tests/integration/test_footprint.py

check: deps-check ## Before a commit: layout and static checks of what differs from main, layering
	@python3 tests/layering/check_layering.py
	@deploy/check

format: deps-check ## Lay out the code as `make check` wants it
	@git ls-files 'src/*.h' 'src/*.cc' 'bench/*.h' 'bench/*.cc' | xargs clang-format-19 -i

fuzz: deps-check ## Every fuzz target for FUZZ_SECONDS=60 under ASan and UBSan
	@deploy/fuzz $(FUZZ_SECONDS)

kafka: deps-test ## Start Apache Kafka for your own use (Ctrl-C ends)
	@tests/peers/kafka

bench: deps-bench build ## Every benchmark beside its peers: bench/results, docs/benchmarks (TABLES="email sms": only these)
	@ninja -C build/release bench-load
	@bench/run $(TABLES)

bench-quick: deps-bench build ## The same, shorter, for use while developing: build/bench (TABLES=…)
	@ninja -C build/release bench-load
	@bench/run --quick $(TABLES)

bench-parts: deps-test ## Benchmarks of the parts alone: bench/results/parts.json (PARTS=log-append: only what matches)
	@cmake --preset release > /dev/null
	@ninja -C build/release bench-parts
	@mkdir -p bench/results
	@TMPDIR=$(CURDIR)/build build/release/bench/parts/bench-parts --benchmark_filter='$(or $(PARTS),.)' \
	  --benchmark_out=bench/results/parts.json --benchmark_out_format=json

clean: ## Remove what was built
	rm -rf build

deps: ## Install what building needs
	@deploy/install-packages build
	@third_party/install

deps-test: deps
	@deploy/install-packages test
	@third_party/install test-peers
	@third_party/smsc/install
	@deploy/install-venv $(VESTNIK_DEPS_DIR)/venv

deps-bench: deps-test
	@deploy/install-packages bench

deps-check: deps
	@deploy/install-packages check
