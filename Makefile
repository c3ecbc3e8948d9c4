# Targets are short; what they do is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help setup build install demo test lint header bench clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

setup: ## system packages, Rust, .venv/ with the Python package
	@scripts/setup.sh

build: setup ## the release library, the C++ and Rust calculators
	@scripts/build.sh

install: ## library, headers, pkg-config and CMake packages; PREFIX=/usr/local DESTDIR= LIBDIR=lib
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" LIBDIR="$(LIBDIR)" scripts/install.sh

demo: setup ## real data through Python and C++ calculators, figures checked, times compared
	@scripts/build.sh demo
	@.venv/bin/python demo/flights.py

test: build ## every test; SUITES="rust rust-bindings c cpp python install" chooses
	@scripts/test.sh $(SUITES)

lint: setup ## formatting, lints, types, the generated header
	@scripts/lint.sh

header: ## regenerates include/dishtayantra_lmdb.h
	UPDATE_HEADER=1 cargo test --locked --test header committed_header

bench: build ## our benchmarks and the peers, side by side
	@scripts/bench.sh

clean: ## removes what was built; .venv/ stays
	rm -rf build target
