#!/usr/bin/env bash
# Kills the real server at random and at every fail point, and compares what it promised with what the printers did.
#
#   scripts/crash.sh [--rounds N] [--seed N] [--engine sqlite|postgres]
#
# The server is built once more with its fail points (the same profile and folder; only the crates that have such points
# are compiled again), and kept apart: what lies at target/debug/imprimatur is never a build that kills itself.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
target=${CARGO_TARGET_DIR:-target}

cargo build --quiet -p imprimatur --features fail-points
mkdir -p "$target/crash"
mv -f "$target/debug/imprimatur" "$target/crash/imprimatur"
cargo build --quiet -p crash
scripts/with-postgres.sh "$target/debug/crash" --binary "$target/crash/imprimatur" "$@"
