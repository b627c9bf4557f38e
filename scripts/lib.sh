# Shared by the scripts: where tools and builds are kept, and stages with their times. Sourced, never run.
# It may not remove anything but files that it made itself.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/imprimatur

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# --- stages: `stage NAME COMMAND...` runs a command, keeps its time, and stops everything if it fails.

stage_names=()
stage_seconds=()
stage_log=
stage_passed=0
stage_only=()
stage_known=()

# Whether a stage was asked for; without names, all are.
wanted() {
  stage_known+=("$1")
  [ ${#stage_only[@]} -eq 0 ] && return 0
  local name
  for name in "${stage_only[@]}"; do [ "$name" = "$1" ] && return 0; done
  return 1
}

stage() {
  local name=$1 start end status=0
  shift
  wanted "$name" || return 0
  [ -n "$stage_log" ] || stage_log=$(mktemp)
  printf '\n== %s\n' "$name"
  start=$(date +%s.%N)
  { "$@" 2>&1 || status=$?; } > >(tee "$stage_log")
  wait $! 2>/dev/null || true
  end=$(date +%s.%N)
  stage_names+=("$name")
  stage_seconds+=("$(awk -v a="$start" -v b="$end" 'BEGIN { printf "%.1f", b - a }')")
  stage_passed=$((stage_passed + $(passed_tests "$stage_log")))
  if [ "$status" -ne 0 ]; then
    stage_table
    printf 'Stage "%s" failed (exit code %s).\n' "$name" "$status" >&2
    exit "$status"
  fi
}

# Sums what test runners say in their closing lines (cargo test, vitest, and the plain "N passed, N failed").
passed_tests() {
  sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    /^test result: ok\. [0-9]+ passed/ { sum += $4; next }
    /^ +Tests +[0-9]+ passed/ { sum += $2; next }
    /^[0-9]+ passed, [0-9]+ failed/ { sum += $1 }
    END { print sum + 0 }'
}

stage_table() {
  local at total
  printf '\n%-28s %9s\n' stage seconds
  for at in "${!stage_names[@]}"; do
    printf '%-28s %9s\n' "${stage_names[$at]}" "${stage_seconds[$at]}"
  done
  total=$(printf '%s\n' "${stage_seconds[@]}" | awk '{ sum += $1 } END { printf "%.1f", sum }')
  printf '%-28s %9s\n' total "$total"
  rm -f "$stage_log"
}

# Prints the table and the plain closing line; refuses a stage name that does not exist.
stages_end() {
  local name
  for name in "${stage_only[@]}"; do
    case " ${stage_known[*]} " in *" $name "*) ;; *) fail "No stage \"$name\". Stages: ${stage_known[*]}" ;; esac
  done
  stage_table
  [ "$stage_passed" -eq 0 ] || printf '\n%s passed, 0 failed\n' "$stage_passed"
}
