#!/usr/bin/env bash
# Sees to what building and testing need. As root on Debian or Ubuntu it installs what is missing; otherwise it says
# exactly what to install, and stops. It removes and upgrades nothing.
#
#   scripts/setup.sh         for all tests
#   scripts/setup.sh demo    only what building and running needs
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

have() { command -v "$1" >/dev/null 2>&1; }
# at_least HAVE WANTED: versions, compared by number.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

wrong=0
rust=$(rustc --version 2>/dev/null | awk '{ print $2 }' || true)
if [ -z "$rust" ] || ! at_least "$rust" 1.95.0 || ! have cargo; then
  say "Rust 1.95 or newer is needed (found: ${rust:-none}). Install it with rustup: https://rustup.rs"
  wrong=1
elif ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
  say "rustfmt and clippy are missing: rustup component add rustfmt clippy"
  wrong=1
fi
node=$(node --version 2>/dev/null | tr -d v || true)
if [ -z "$node" ] || ! at_least "$node" 20.19.0 || ! have npm; then
  say "Node.js 20.19 or newer with npm is needed (found: ${node:-none}). See https://nodejs.org"
  wrong=1
fi

# What Debian packages: the check, and the package that brings it.
missing=()
python_header() {
  python3 -c 'import os, sysconfig, sys; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'
}
have cc && have make || missing+=(build-essential)
if [ "${1:-}" != demo ]; then
have git || missing+=(git)
have python3 || missing+=(python3)
python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || missing+=(python3-venv)
python_header >/dev/null 2>&1 || missing+=(python3-dev)
[ -n "$(find /usr/lib/postgresql -path '*/bin/initdb' -print -quit 2>/dev/null)" ] || have initdb || missing+=(postgresql)
have chromium || have chromium-browser || have google-chrome || missing+=(chromium)
have setpriv || missing+=(util-linux)
have mount || missing+=(mount)
fi

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" -eq 0 ] && have apt-get; then
    say "Installing ${missing[*]} ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}"
  elif have apt-get; then
    say "Missing. As root: apt-get install ${missing[*]}"
    wrong=1
  else
    say "Missing, by the names of Debian's packages: ${missing[*]}"
    wrong=1
  fi
fi
[ "$wrong" -eq 0 ] || exit 1
say "Everything is there: Rust $rust, Node.js $node."
