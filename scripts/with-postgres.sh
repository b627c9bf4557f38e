#!/usr/bin/env bash
# Runs a command with a private PostgreSQL that lives as long as the command, and passes its exit code:
#
#   scripts/with-postgres.sh cargo test -p store
#
# The command finds it in IMPRIMATUR_TEST_POSTGRES (a role that may make databases). If that is set already, that
# server is used. The data is in a folder of its own and goes with it; nothing is flushed to the disk, so this is for
# tests only. With IMPRIMATUR_TEST_POSTGRES_FROM=FILE it begins with the data of that base backup (a tar), for the benchmark.
# The server listens on 127.0.0.1 and on a socket in its folder, runs as an unprivileged user, and ends
# even if this script is killed.
set -euo pipefail

[ $# -gt 0 ] || { echo "usage: $0 COMMAND..." >&2; exit 2; }
[ -z "${IMPRIMATUR_TEST_POSTGRES:-}" ] || exec "$@"

initdb=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1 || true)
[ -n "$initdb" ] || initdb=$(command -v initdb || true)
[ -n "$initdb" ] || { echo "PostgreSQL is not installed. Run: make setup" >&2; exit 2; }
bin=$(dirname "$(readlink -f "$initdb")")

# PostgreSQL refuses to run as root, so the folder must be one that another user can reach.
as=()
temporary=${TMPDIR:-/tmp}
if [ "$(id -u)" -eq 0 ]; then
  id postgres >/dev/null 2>&1 || { echo "There is no user \"postgres\" to run the server as. Run: make setup" >&2; exit 2; }
  as=(setpriv --reuid=postgres --regid="$(id -g postgres)" --init-groups)
  "${as[@]}" test -x "$temporary" || temporary=/tmp
fi

folder=$(mktemp -d "$temporary/imprimatur-postgres.XXXXXX")
[ ${#as[@]} -eq 0 ] || chown postgres "$folder"
server=
finish() {
  local status=$?
  trap - EXIT INT TERM HUP
  if [ -n "$server" ] && kill -0 "$server" 2>/dev/null; then
    kill -INT "$server" 2>/dev/null || true # fast shutdown
    for _ in $(seq 100); do kill -0 "$server" 2>/dev/null || break; sleep 0.1; done
    kill -QUIT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

log=$folder/log
trouble() {
  echo "PostgreSQL did not start:" >&2
  cat "$log" >&2 || true
  exit 2
}
cd_here() { cd "$folder" && "$@"; }
if [ -n "${IMPRIMATUR_TEST_POSTGRES_FROM:-}" ]; then
  mkdir -m 700 "$folder/data"
  tar -xf "$IMPRIMATUR_TEST_POSTGRES_FROM" -C "$folder/data"
  [ ${#as[@]} -eq 0 ] || chown -R postgres "$folder/data"
else
  (cd_here "${as[@]}" "$bin/initdb" --pgdata="$folder/data" --username=imprimatur --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 --no-sync --no-instructions) >"$log" 2>&1 || trouble
fi

for _ in 1 2 3 4 5 6 7 8 9 10; do
  port=$((20000 + RANDOM % 12000))
  (cd_here exec "${as[@]}" setpriv --pdeathsig INT "$bin/postgres" -D "$folder/data" -p "$port" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories="$folder" -c max_connections=300 \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c logging_collector=off) >"$log" 2>&1 </dev/null &
  server=$!
  for _ in $(seq 300); do
    kill -0 "$server" 2>/dev/null || break
    if "$bin/pg_isready" -q -h "$folder" -p "$port"; then
      export IMPRIMATUR_TEST_POSTGRES="postgres://imprimatur@127.0.0.1:$port/postgres"
      "$@"
      exit
    fi
    sleep 0.1
  done
  kill -0 "$server" 2>/dev/null && trouble # alive, but not answering
  wait "$server" 2>/dev/null || true
  server=
  grep -qi 'address already in use' "$log" || trouble # another port may do
done
trouble
