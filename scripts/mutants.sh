#!/usr/bin/env bash
# Puts faults into the code on which the promises rest, one at a time, and sees whether the tests notice.
# Takes from minutes (domain, access) to hours (store, dispatch), so it is part of no other command. It changes the sources
# of the working copy while it runs, and puts them back: run it in a clone of its own. docs/mutants.md has the results.
#
#   scripts/mutants.sh           domain and access
#   scripts/mutants.sh dispatch  the store's and the dispatcher's part, by tests of a whole server
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
if ! command -v cargo-mutants >/dev/null 2>&1; then
  say "cargo-mutants is needed: cargo install --locked cargo-mutants"
  exit 1
fi
mutants() { cargo mutants --in-place --timeout 300 "$@"; }

case ${1:-promises} in
  promises)
    mutants -o target/mutants/domain -p domain -f 'crates/domain/src/job.rs' -f 'crates/domain/src/job/step.rs'
    mutants -o target/mutants/access -p access -f 'crates/access/src/decide.rs' -f 'crates/access/src/permit.rs' -f 'crates/access/src/table.rs' -f 'crates/access/src/facts.rs'
    ;;
  dispatch)
    scripts/with-postgres.sh cargo mutants --in-place --timeout 600 -o target/mutants/store -f 'crates/store/src/dispatch.rs' \
      -f 'crates/store/src/jobs/decide.rs' --test-package testkit -- --test machine_and_store --test dispatch --test decisions
    scripts/with-postgres.sh cargo mutants --in-place --timeout 600 -o target/mutants/app -f 'crates/app/src/dispatch/*.rs' \
      --test-package testkit -- --test dispatch --test bad_printers
    ;;
  *)
    say "Unknown: $1. Say promises or dispatch."
    exit 1
    ;;
esac
