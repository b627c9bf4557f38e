#!/usr/bin/env bash
# The browser app: `install` its packages if the lock file changed, `build` it if sources are newer than the result.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root/web"
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false

install() {
  # npm writes this file last.
  local done=node_modules/.package-lock.json
  if [ -e "$done" ] && [ ! package-lock.json -nt "$done" ] && [ ! package.json -nt "$done" ]; then
    say "Packages are up to date."
  else
    npm ci --no-progress
    # npm keeps the date of an unchanged file.
    touch "$done"
  fi
}

build() {
  install
  local newer
  if [ -e dist/index.html ]; then
    newer=$(find . -path ./node_modules -prune -o -path ./dist -prune -o -type f -newer dist/index.html -print -quit)
    if [ -z "$newer" ]; then
      say "The browser app is up to date."
      return
    fi
  fi
  npm run --silent build
  touch dist/index.html
}

case ${1:-} in
  install) install ;;
  build) build ;;
  *) fail "usage: scripts/web.sh install|build" ;;
esac
