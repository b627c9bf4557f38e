#!/usr/bin/env bash
# Fuzzes one target for some seconds: scripts/fuzz.sh inspector 60
#
# Works with the stable compiler (coverage without the address sanitizer: our code has no unsafe). With a nightly
# compiler `cargo fuzz run inspector` does the same in the same folder.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
target=${1:?target}
seconds=${2:-60}
cd "$root/fuzz"

RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1" \
  cargo build --release --bin "$target" --target "$(rustc -vV | awk '/^host/ { print $2 }')" \
  --target-dir "$cache/fuzz-target"
program=$(find "$cache/fuzz-target" -path "*/release/$target" -type f -print -quit)
mkdir -p "corpus/$target" "artifacts/$target"
# Small seeds: the hand-made sample, and the head and tail of the others.
for sample in "$root"/samples/*.gcode; do
  name=$(basename "$sample")
  head -c 6000 "$sample" >"corpus/$target/head-$name"
  tail -c 6000 "$sample" >"corpus/$target/tail-$name"
done
"$program" -max_total_time="$seconds" -max_len=20000 -timeout=10 -rss_limit_mb=512 \
  -artifact_prefix="artifacts/$target/" "corpus/$target"
