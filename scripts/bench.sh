#!/usr/bin/env bash
# Figures to look at, never a pass or a failure. Each runs in release mode, one after the other.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
stage_only=("$@")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# About 100 MB, made of one sample over and over: the reader keeps no state that would make that easier.
inspect_speed() {
  local name
  for name in cura_ender3_boat prusa_mk3s_boat; do
    for _ in $(seq 100); do cat "samples/$name.gcode"; done >"$work/$name.gcode"
  done
  cargo run --release --quiet -p inspect --example speed -- "$work"/*.gcode | grep 'MB/s'
}
# Every other crate's benchmark: a program `bench` among its examples.
examples() {
  local crate
  for crate in crates/*/examples/bench.rs; do
    [ -e "$crate" ] || continue
    crate=$(basename "$(dirname "$(dirname "$crate")")")
    printf '%s:\n' "$crate"
    cargo run --release --quiet -p "$crate" --example bench
  done
}

stage inspect inspect_speed
stage examples examples
stages_end
