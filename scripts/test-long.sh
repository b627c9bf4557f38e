#!/usr/bin/env bash
# Tests that take longer than a change should wait for: many more random cases, a faulty network, fuzzing.
# PROPTEST_CASES (default 20000), FUZZ_SECONDS (default 300), MACHINE_TRANSITIONS (default 1000000) and
# MODEL_MORE_FAULTS (default 1) change how long.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
stage_only=("$@")
random() { PROPTEST_CASES=${PROPTEST_CASES:-20000} cargo test --release -p domain -p inspect; }

stage setup scripts/setup.sh
stage web-build scripts/web.sh build
stage random random
machine() {
  MACHINE_TRANSITIONS=${MACHINE_TRANSITIONS:-1000000} scripts/with-postgres.sh cargo test -p testkit --test machine_and_store
}
stage machine-and-store machine
more_faults() { MODEL_MORE_FAULTS=${MODEL_MORE_FAULTS:-1} cargo test -p model; }
stage model more_faults
# IMPRIMATUR_RUNS and IMPRIMATUR_SEED: how many runs behind a faulty network, and which.
faulty_network() {
  IMPRIMATUR_RUNS=${IMPRIMATUR_RUNS:-2000} scripts/with-postgres.sh cargo test -p testkit --test fault_proxy -- --nocapture
}
stage faulty-network faulty_network
stage fuzz scripts/fuzz.sh inspector "${FUZZ_SECONDS:-300}"
stages_end
