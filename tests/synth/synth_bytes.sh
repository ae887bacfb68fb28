#!/usr/bin/env bash
# The generator gives the same bytes with every compiler, optimization and machine that is there:
# synth_bytes.sh SOURCE_FOLDER. NEON machines through qemu-user, where it and a cross compiler are.
set -euo pipefail
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sources=(tests/synth/synth_bytes.c src/synth/{csv,items,random,title,users}.c
  src/base/{log,memory,memory_plan,random,status,temporaries,utc,visible}.c)
flags=(-std=c11 -D_GNU_SOURCE -ffp-contract=off -fno-math-errno -Isrc -Iinclude)
first=
builds=0

# try RUNNER COMPILER FLAG...: RUNNER is what runs the program, "" for nothing.
try() {
  local runner=$1 sum
  shift
  if ! command -v "$1" >/dev/null || { [ "$runner" ] && ! command -v "$runner" >/dev/null; }; then
    echo "skipped: there is no $1 $runner"
    return
  fi
  "$@" "${flags[@]}" "${sources[@]}" -o "$work/program"
  # shellcheck disable=SC2086
  sum=$($runner "$work/program" | md5sum | cut -d ' ' -f 1)
  echo "$sum $*"
  first=${first:-$sum}
  [ "$sum" = "$first" ] || { echo "FAILED: other bytes"; exit 1; }
  builds=$((builds + 1))
}

try "" gcc -O0
try "" gcc -O3 -march=native
try "" clang -O0
try "" clang -O3 -march=native
# -idirafter: Random123 is headers only, and this machine's C library must not come first.
try qemu-aarch64-static aarch64-linux-gnu-gcc -O3 -static -idirafter /usr/include
[ "$builds" -gt 0 ] || { echo "FAILED: there is no compiler"; exit 1; }
