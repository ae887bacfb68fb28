#!/usr/bin/env bash
# The program's own messages and exit statuses: command_line.sh TANDEM LAUNCHER...
# LAUNCHER starts three processes ("mpirun -n 3").
set -uo pipefail
# shellcheck source=tests/jobs/check.bash
. "$(dirname "$0")/check.bash"
tandem=$1
launcher=("${@:2}")

check "no command" 2 "" "expected a command; \`tandem help\` lists them" "$tandem"
check "unknown command" 2 "" "there is no command 'trian'" "$tandem" trian
check "unknown topic" 2 "" "there is no help on 'x'" "$tandem" help x
check "a key" 0 "when: raise it where the loss falls slowly" "" "$tandem" help optimizer.learning_rate
check "a key by another name" 0 "--set optimizer.learning_rate=0.05" "" "$tandem" help LR
check "an option twice" 2 "" "--user is given twice, the second time as '4': which one is meant?" \
  "$tandem" predict --run none --user 3 --user 4 --item x
check "a number twice" 1 "" "none is no run" "$tandem" recommend --run none --user 3 -k 3 -k 4
check "a topic of several words" 0 "optimizer.weight_decay: 0" "" "$tandem" help weight decay
check "no topic" 2 "" "there is no help on 'recomend' (the nearest is 'recommend')" "$tandem" help recomend
check "help" 0 "usage: tandem COMMAND" "" "$tandem" help
check "--help" 0 "usage: tandem COMMAND" "" "$tandem" --help
check "--version" 0 "tandem 0." "" "$tandem" --version
check "--version --verbose" 0 "kernels    " "" "$tandem" --version --verbose
for line in 'commit     [0-9a-fu]' 'MPI        .* (MPI [3-9]' 'HDF5       [12]' 'OpenBLAS   ' 'CPU        ' 'kernels    .*portable' 'compiler   .*-O'; do
  grep -q "^$line" "$folder/out" || fail "--version --verbose has no '$line': $(cat "$folder/out")"
done
check "--version and more" 2 "" "--version takes nothing but --verbose; found '-v'" "$tandem" --version -v
check "help config" 0 "* train.batch_size: 8192" "" "$tandem" help config
# shellcheck disable=SC2016
check "full disk" 1 "" "standard output cannot be written: No space left on device" \
  bash -c '"$1" help config >/dev/full' - "$tandem"

check_once "unknown command on three ranks" 2 "" "there is no command 'trian'" \
  "${launcher[@]}" "$tandem" trian
check_once "help on three ranks" 0 "usage: tandem COMMAND" "" "${launcher[@]}" "$tandem" help
for variable in OMPI_COMM_WORLD_RANK PMIX_RANK PMI_RANK SLURM_PROCID; do
  check "second process by $variable" 0 "" "" env "$variable=1" "$tandem" help
  check "first process by $variable" 0 "usage:" "" env "$variable=0" "$tandem" help
done
check "second process, unknown command" 2 "" "" env PMIX_RANK=1 "$tandem" trian
report
