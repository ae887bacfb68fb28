#!/usr/bin/env bash
# What a subcommand's options accept, and what they say: options.sh PROGRAM LAUNCHER...
set -uo pipefail
# shellcheck source=tests/jobs/check.bash
. "$(dirname "$0")/check.bash"
program=$1
launcher=("${@:2}")

check "defaults" 0 "f: threads 0, isa none, fraction 0.5, first 1" "" "$program" f
check "all options" 0 "f: threads 3, isa avx2, fraction 0.25, first 1" "" \
  "$program" --threads 3 f --isa=avx2 -f 2.5e-1
check "greatest" 0 "f: threads 4096, isa none, fraction 1," "" "$program" f --threads 4096 -f 1
check "least" 0 "f: threads 0, isa none, fraction 0," "" "$program" f --threads 0 -f 0
check "--help" 0 "Usage: tandem options [OPTION...] FILE" "" "$program" --help
check "--version" 0 "tandem 0." "" "$program" --version

for threads in x 08 -1 4097 1.0 "" 99999999999999999999; do
  check "--threads '$threads'" 2 "" \
    "tandem options: --threads: expected an integer from 0 to 4096; found '$threads'" \
    "$program" f "--threads=$threads"
done
for fraction in x nan 1.5 -0.1 .5 0,5; do
  check "--fraction '$fraction'" 2 "" "--fraction: expected a number from 0 to 1; found '$fraction'" \
    "$program" f "--fraction=$fraction"
done
check "unknown option" 2 "" "unrecognized option '--thread-count'" "$program" f --thread-count 3
check "no file" 2 "" "tandem options: expected a file" "$program"

check_once "--help on three ranks" 0 "Usage: tandem options" "" "${launcher[@]}" "$program" --help
check_once "wrong usage on three ranks" 2 "" "--threads: expected" "${launcher[@]}" "$program" --threads x
check_once "right usage on three ranks" 0 "first 1" "" "${launcher[@]}" "$program" f
check "every rank is heard after the parse" 0 "first 0" "" "${launcher[@]}" "$program" f
check "second process" 2 "" "" env SLURM_PROCID=1 "$program" --threads x
report
