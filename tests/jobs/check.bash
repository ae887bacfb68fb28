# shellcheck shell=bash
# Checks of a command's exit status and of what it prints; sourced by the tests of this folder,
# which end with `report`.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# holds FILE PART: FILE has PART in it; nothing at all if PART is empty.
holds() {
  if [ -z "$2" ]; then [ ! -s "$1" ]; else grep -qF -- "$2" "$1"; fi
}

# untimed FILE: what a terminal would have of standard error, whose lines begin with a time elsewhere.
untimed() {
  sed -Ei 's/^(tandem: )[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z /\1/' "$1"
}

# check NAME STATUS OUTPUT_PART ERROR_PART COMMAND...
check() {
  local name=$1 expected=$2 out_part=$3 error_part=$4 status=0
  shift 4
  "$@" >"$folder/out" 2>"$folder/error" || status=$?
  untimed "$folder/error"
  [ "$status" -eq "$expected" ] || fail "$name: exit status $status instead of $expected"
  holds "$folder/out" "$out_part" || fail "$name: expected '$out_part' on standard output; found:" \
    "$(cat "$folder/out")"
  holds "$folder/error" "$error_part" || fail "$name: expected '$error_part' on standard error; found:" \
    "$(cat "$folder/error")"
}

# check_once NAME ...: the same, and the part that is not empty must have come once.
check_once() {
  check "$@"
  local times
  times=$(cat "$folder/out" "$folder/error" | grep -cF -- "$3$4")
  [ "$times" -eq 1 ] || fail "$1: '$3$4' came $times times"
}

report() {
  [ "$failures" -eq 0 ] && echo "all right"
  exit "$((failures > 0))"
}
