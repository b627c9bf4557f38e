#!/usr/bin/env bash
# Tests that take longer than a change should wait for: many more random cases, fuzzing.
# PROPTEST_CASES (default 20000) and FUZZ_SECONDS (default 300) change how long.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
stage_only=("$@")
random() { PROPTEST_CASES=${PROPTEST_CASES:-20000} cargo test --release -p domain -p inspect; }

stage setup scripts/setup.sh
stage web-build scripts/web.sh build
stage random random
stage fuzz scripts/fuzz.sh inspector "${FUZZ_SECONDS:-300}"
stages_end
