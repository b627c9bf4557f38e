#!/usr/bin/env bash
# Puts faults into the code on which the promises rest, one at a time, and sees whether the tests notice. It is part of no other
# command. All of it happens in a clone of its own, which is kept: started again, it goes on where it was. docs/mutants.md has the
# results.
#
#   scripts/mutants.sh machine           the state machine, each change built by itself
#   scripts/mutants.sh permissions|facts|store|decide|dispatcher...   what is judged by whole servers: all changes by one build (mutants.py)
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
if ! command -v cargo-mutants >/dev/null 2>&1; then
  say "cargo-mutants is needed: cargo install --locked cargo-mutants"
  exit 1
fi
clone=target/mutants/clone
[ -d "$clone" ] || git clone -q "$root" "$clone"
cd "$clone"
mutants() { cargo mutants --in-place --timeout 300 "$@"; }

case ${1:-machine} in
  machine)
    mutants -o target/mutants/domain -p domain -f 'crates/domain/src/job.rs' -f 'crates/domain/src/job/step.rs'
    ;;
  *)
    [ -e target/mutants/list.json ] || scripts/mutants.py prepare permissions facts store decide dispatcher
    scripts/with-postgres.sh scripts/mutants.py run "$@"
    ;;
esac
