#!/usr/bin/env bash
# Figures to look at, never a pass or a failure (docs/performance.md). Optimised builds, one measurement after the other.
# PAGES=queue,notices measures these list pages only, BINARY=FILE with another build of the server.
# The large installation that lists are measured with is made once and kept in the user's cache, by what it is made of.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
stage_only=("$@")
rounds=${ROUNDS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bin=${CARGO_TARGET_DIR:-target}/release
key=$(cat crates/testkit/src/crowd.* crates/sql/src/migrations/* | sha256sum | cut -c1-16)
crowds=$cache/bench
sqlite=$crowds/crowd-$key.db
postgres=$crowds/crowd-$key.postgres.tar

build() {
  cargo build --profile bench -p imprimatur -p access --features access/bench -p testkit -p files -p inspect --examples --bins
}

decision() {
  local n
  for n in $(seq "$rounds"); do "$bin/examples/decision_speed"; done
}

# About 100 MB, made of one sample over and over: the reader keeps no state that would make that easier.
inspect_speed() {
  local name
  for name in cura_ender3_boat prusa_mk3s_boat; do
    for _ in $(seq 100); do cat "samples/$name.gcode"; done >"$work/$name.gcode"
  done
  "$bin/examples/speed" "$work"/*.gcode | grep 'MB/s'
}

# The file is complete when it has its name. Older ones, made of something else, go.
make_crowd() {
  mkdir -p "$crowds"
  if [ ! -e "$sqlite" ]; then
    rm -rf "$crowds"/crowd-*.db* "$crowds"/crowd-*.data "$crowds"/new.db*
    "$bin/examples/crowd" "$crowds/new.db"
    rm -f "$crowds/new.db.lock"
    mv "$crowds/new.db" "$sqlite"
  fi
  if [ ! -e "$postgres" ]; then
    rm -f "$crowds"/*.postgres.tar "$crowds/new.tar"
    # shellcheck disable=SC2016
    scripts/with-postgres.sh bash -euc '
      psql -q "$IMPRIMATUR_TEST_POSTGRES" -c "CREATE DATABASE crowd"
      "$1" "${IMPRIMATUR_TEST_POSTGRES%/*}/crowd"
      pg_basebackup -d "$IMPRIMATUR_TEST_POSTGRES" -Ft -X fetch -c fast -D - >"$2"' - "$bin/examples/crowd" "$crowds/new.tar"
    mv "$crowds/new.tar" "$postgres"
  fi
  ls -sh "$sqlite" "$postgres"
}

figures() {
  # shellcheck disable=SC2016
  IMPRIMATUR_TEST_POSTGRES_FROM=$postgres scripts/with-postgres.sh bash -euc '
    "$1" --binary "$2" --crowd "$3" --postgres "${IMPRIMATUR_TEST_POSTGRES%/*}/crowd" --rounds "$4" --pages "$5"' - \
    "$bin/examples/figures" "$(realpath "${BINARY:-$bin/imprimatur}")" "$sqlite" "$rounds" "${PAGES:-}"
}

stage build build
stage decision decision
stage inspect inspect_speed
stage files "$bin/examples/bench"
stage crowd make_crowd
stage figures figures
stages_end
