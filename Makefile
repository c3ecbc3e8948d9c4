# Targets are short; what they do is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help setup build java wheel cli docs install uninstall deb crates packages demo cluster-demo cluster-bench browser test lint header bench across callgrind profile models fuzz simulate faults asan tsan memcheck soak attack containers memory clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 15

setup: ## system packages, Rust, .venv/ with the Python package
	@scripts/setup.sh

build: ## the release library, the C++ and Rust calculators
	@scripts/setup.sh build
	@scripts/build.sh

java: build ## the jars, with the library in them
	@scripts/setup.sh java
	@scripts/java.sh

wheel: java ## dist/: wheel, source distribution, debugging information of the wheel's library
	@scripts/wheel.sh

cli: ## the command-line tool, target/cli/release/dishtayantra-lmdb
	@scripts/setup.sh cli
	@scripts/build.sh cli

docs: ## the book in build/book/html with the references of every language, its links checked
	@scripts/setup.sh docs
	@scripts/docs.sh

install: ## library, headers, pkg-config and CMake packages; PREFIX=/usr/local DESTDIR= LIBDIR=lib
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" LIBDIR="$(LIBDIR)" scripts/install.sh

uninstall: ## removes what install installed; the same variables
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" LIBDIR="$(LIBDIR)" scripts/install.sh uninstall

deb: build cli ## dist/: Debian packages of the library, its headers, the command-line tool, debugging information
	@scripts/deb.sh

crates: setup ## what `cargo publish` would give of crate, kit and command-line tool, each built from the packed files of all
	@.venv/bin/python -m pytest tests/packages/test_crates.py

demo: setup ## real data through Python, C++, Rust and Java calculators, figures checked, times compared
	@scripts/build.sh demo
	@scripts/java.sh
	@.venv/bin/python demo/flights.py

cluster-demo: setup ## the same flights on two Ray nodes, C++ on one, Rust and Java on the other; ends with 77 where namespaces are not permitted
	@scripts/cluster.sh --check
	@scripts/build.sh demo
	@scripts/java.sh
	@scripts/cluster.sh .venv/bin/python demo/cluster.py

packages: wheel deb ## tries what the packages give, as others would: Debian, source distribution, every Python, crates, Maven
	@.venv/bin/python -m pytest tests/packages

browser: build cli ## the page of `dylmdb report` in headless Chromium
	@scripts/setup.sh browser
	@.venv/bin/python -m pytest tests/browser

test: setup build ## every test; SUITES="rust cli …" chooses, scripts/test.sh lists them
	@scripts/test.sh $(SUITES)

lint: setup ## formatting, lints, types, the generated header
	@scripts/lint.sh

header: ## regenerates include/dishtayantra_lmdb.h, the snapshot of the C ABI, and Rust's bindings
	UPDATE_HEADER=1 cargo test --locked --test engine header::committed_header
	UPDATE_ABI=1 cargo test --locked --test engine committed_snapshot
	UPDATE_SYS=1 cargo test --locked --package dishtayantra-lmdb --test sys

bench: build ## our benchmarks and the peers, side by side
	@scripts/bench.sh

across: build ## payloads handed to another process, beside iceoryx2, Ray and Aeron; DIRECTORY=/dev/shm ROUNDS=3
	@scripts/across.sh "$(or $(DIRECTORY),/dev/shm)" "$(or $(ROUNDS),3)"

cluster-bench: setup ## arrays from process to process on a Ray node and between two, beside plain Ray; SAMPLES=20
	@scripts/cluster.sh --check
	@scripts/library.sh
	@PYTHONPATH="$(CURDIR)/demo" scripts/cluster.sh .venv/bin/python bench-compare/python/across_nodes.py --samples "$(or $(SAMPLES),20)"

callgrind: java ## instruction counts of the hot paths beside the committed ones
	@scripts/callgrind.sh

profile: build ## the profile of the hot paths that the library is built with, taken anew
	@scripts/profile.sh

models: ## loom: every order of steps of pins, extents, doorbell and handles, in the files that ship
	@scripts/models.sh

fuzz: ## every parser, and operations on a store, with random input: 60 s each; SECONDS=n
	@FUZZ_SECONDS="$(or $(SECONDS),60)" scripts/fuzz.sh

simulate: ## random operations of processes that are killed at fail points, beside a model: 10^6; OPERATIONS=n SEED=n
	@SIMULATION_OPERATIONS="$(or $(OPERATIONS),1000000)" SIMULATION_SEED="$(or $(SEED),1)" \
		cargo test --locked --test engine -- --nocapture simulation::operations

faults: ## puts faults into a copy of the tree, a fence or a check less; models or simulation must catch each
	@scripts/faults.sh

asan: ## AddressSanitizer over the Rust, C and C++ suites; SUITES="rust c cpp" chooses
	@scripts/sanitize.sh address $(SUITES)

tsan: ## ThreadSanitizer over the C programs, with the engine and LMDB instrumented; takes Rust's source (rust-src)
	@scripts/sanitize.sh thread

memcheck: build ## valgrind over Python's way into the library
	@scripts/sanitize.sh memory

memory: build ## 1,000,000 calls of each kind from Rust, C and Python, 10,000 of the slow ones: memory must not grow
	@scripts/memory.sh

soak: java ## processes of four languages come and go on one store, some killed: 30 minutes; MINUTES=n
	@MINUTES="$(MINUTES)" scripts/soak.sh

attack: java ## kills and failing calls at every step, in each language; FULL=1 has all of them
	@scripts/attack.sh

containers: java ## processes of several containers share a store, many with equal thread ids are killed: 2,400; KILLS=n
	@CONTAINER_KILLS="$(KILLS)" scripts/containers.sh

clean: ## removes what was built; .venv/ stays
	rm -rf build target java/target java/*/target
