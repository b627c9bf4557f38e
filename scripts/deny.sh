#!/usr/bin/env bash
# Checks licences, banned crates and sources of all dependencies (deny.toml). Installs the tool once, in the cache.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
version=0.20.2
deny=$cache/tools/bin/cargo-deny

if [ "$("$deny" --version 2>/dev/null || true)" != "cargo-deny $version" ]; then
  say "Installing cargo-deny $version (once, some minutes) ..."
  # Unoptimised: it runs for seconds, and builds in a fraction of the time.
  CARGO_TARGET_DIR=$cache/tools/target \
    cargo install --locked --quiet cargo-deny --version "$version" --root "$cache/tools" --debug --no-default-features
  rm -rf "$cache/tools/target"
fi
"$deny" --workspace check licenses bans sources
