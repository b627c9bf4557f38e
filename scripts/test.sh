#!/usr/bin/env bash
# All tests, in stages; stops at the first that fails and prints the time of each.
#
#   scripts/test.sh              everything (`make test`)
#   scripts/test.sh NAME...      only these stages, e.g. `scripts/test.sh rustfmt clippy`
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
stage_only=("$@")
[ -t 1 ] && export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-always}

docs() { RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet; }
web_checks() { (cd web && npm run --silent lint && npm run --silent typecheck && npm run --silent test); }

stage setup scripts/setup.sh
stage rustfmt cargo fmt --all --check
stage web-install scripts/web.sh install
stage web-checks web_checks
stage web-build scripts/web.sh build
stage clippy cargo clippy --workspace --all-targets --quiet -- -D warnings
stage licences scripts/deny.sh
stage tests env RUST_TEST_THREADS="${RUST_TEST_THREADS:-6}" scripts/with-postgres.sh cargo test --workspace --no-fail-fast
disk_full() { cargo test -p files --test disk_full && cargo test -p imprimatur --test disk_full; }
stage disk-full disk_full
stage crash scripts/crash.sh
stage octoprint scripts/octoprint.py -- cargo test -p printers --test octoprint_real
stage conformance scripts/octoprint.py -- cargo test -p printers --test conformance_real
build_server() { cargo build -p imprimatur; }
stage server build_server
stage browser scripts/with-postgres.sh scripts/octoprint.py -- node e2e/run.mjs
stage docs docs
stages_end
