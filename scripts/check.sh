#!/usr/bin/env bash
# The fast inner loop: format, lints and unit tests of the crates without I/O, lint of the web app.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
stage_only=("$@")
pure=(-p domain -p access -p inspect -p printers)
web_lint() { scripts/web.sh install && (cd web && npm run --silent lint); }

stage rustfmt cargo fmt --all --check
stage clippy cargo clippy "${pure[@]}" --all-targets --quiet -- -D warnings
stage unit-tests cargo test "${pure[@]}" --lib --quiet
stage web-lint web_lint
stages_end
