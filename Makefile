# Imprimatur. `make` alone lists what there is.

.DEFAULT_GOAL := help
.PHONY: help setup setup-demo web demo demo-reset check test crash test-long bench doc

target := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
demo_data := data/demo
PORT ?= 8631

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "%-12s %s\n", $$1, $$2 }'

setup: ## Install what building and testing need (root on Debian), or say what is missing.
	@scripts/setup.sh

setup-demo:
	@scripts/setup.sh demo

web: ## Build the browser app, if its sources are newer than the result.
	@scripts/web.sh build

demo: setup-demo web ## Build and start the demo factory floor; its data is in data/demo.
	cargo build -p imprimatur
	$(target)/debug/imprimatur demo --data $(demo_data) --port $(PORT)

demo-reset: ## Throw the demo's data away.
	rm -rf -- $(demo_data)

check: ## The fast inner loop: format, lints, unit tests of the pure crates.
	@scripts/check.sh $(STAGES)

test: ## All tests, in stages. Some only: make test STAGES="rustfmt clippy".
	@scripts/test.sh $(STAGES)

crash: ## Kill the server at random and at every fail point: make crash ROUNDS=10000 SEED=1.
	@scripts/crash.sh $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED))

test-long: ## Long tests: many random cases, fuzzing.
	@scripts/test-long.sh $(STAGES)

bench: ## Benchmarks.
	@scripts/bench.sh $(STAGES)

doc: ## Documentation of the crates, in target/doc.
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
