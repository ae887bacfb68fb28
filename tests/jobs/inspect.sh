#!/usr/bin/env bash
# tandem inspect's messages and exit statuses: inspect.sh TANDEM LAUNCHER...
# LAUNCHER starts three processes ("mpirun -n 3").
set -uo pipefail
# shellcheck source=tests/jobs/check.bash
. "$(dirname "$0")/check.bash"
tandem=$1
launcher=("${@:2}")

echo "user,item" >"$folder/ratings.csv"
: >"$folder/empty.h5"
mkdir "$folder/run"

check "no file" 2 "" "expected a data file, checkpoint, metrics file or run folder" "$tandem" inspect
check "two files" 2 "" "found also 'b'" "$tandem" inspect a b
check "unknown option" 2 "" "unrecognized option '--sum'" "$tandem" inspect --sum a
check "missing file" 1 "" "cannot open $folder/none.h5: No such file or directory" \
  "$tandem" inspect "$folder/none.h5"
check "text" 1 "" "ratings.csv is no HDF5 file" "$tandem" inspect "$folder/ratings.csv"
check "empty" 1 "" "empty.h5 is empty" "$tandem" inspect --checksum "$folder/empty.h5"
check "no run" 1 "" "cannot look for checkpoints in $folder/run/checkpoints" \
  "$tandem" inspect "$folder/run"
check "no metrics" 1 "" "$folder/run/metrics.h5: No such file" \
  "$tandem" inspect --metrics "$folder/run"
check_once "text on three ranks" 1 "" "ratings.csv is no HDF5 file" \
  "${launcher[@]}" "$tandem" inspect "$folder/ratings.csv"
report
