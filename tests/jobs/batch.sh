#!/usr/bin/env bash
# What slurm's scripts make of TANDEM_OPTIONS and TANDEM_GRID, with a srun that only runs its command, an sbatch that
# shows its arguments, and a tandem that does so or evaluates by rote: batch.sh SLURM_FOLDER
set -uo pipefail
# shellcheck source=tests/jobs/check.bash
. "$(dirname "$0")/check.bash"
slurm=$1
mkdir "$folder/bin"
# shellcheck disable=SC2016
printf '#!/bin/bash\nwhile [[ $1 == -* ]]; do shift; done\nexec "$@"\n' >"$folder/bin/srun"
# shellcheck disable=SC2016
printf '#!/bin/bash\nprintf "<%%s>" "$@" >&2\necho 7\n' >"$folder/bin/sbatch"
cat >"$folder/bin/tandem" <<'END'
#!/bin/bash
if [ "$1" = inspect ]; then
  [ ! -e unreadable ] || { echo "tandem: error: $2 is no data file" >&2; exit 1; }
  printf '  training_rows = 9\n  validation_rows = %s\n' "$(cat rows 2>/dev/null || echo 4)"
elif [ "$1" = evaluate ] && [[ " $* " == *" --json"* ]]; then
  [ ! -e broken ] || exit 1
  width=${3##*=}
  printf '{\n  "split": "validation",\n  "step": 4,\n  "ndcg_at_2": 0.%s,\n  "ndcg_at_10": 0.5%s,\n' "$width" "$width"
  printf '  "root_mean_squared_error": 0.%s,\n  "popularity": {\n    "ndcg_at_10": 0.1\n  }\n}\n' "$width"
else
  printf "<%s>" "$@"
  echo
  run=$6
  [ "$1" != train ] || mkdir -p "$run"
  [ "$1" != train ] || echo "eval.metrics: [ndcg_at_k, root_mean_squared_error]" >"$run/config.yaml"
fi
END
chmod +x "$folder/bin/"*
cd "$folder" || exit 1
touch c.yaml d.h5

# job SCRIPT VARIABLE=VALUE... [-- ARGUMENT...]: the script as Slurm would run it.
# shellcheck disable=SC2317
job() {
  local script=$slurm/$1.sbatch
  local -a variables=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do variables+=("$1"); shift; done
  env PATH="$folder/bin:$PATH" TANDEM_CONFIG=c.yaml TANDEM_DATA=d.h5 TANDEM_RUN=r TANDEM_RANKS_PER_NODE=1 \
    TANDEM_SLURM="$slurm" SLURM_JOB_ID=1 SLURM_JOB_NODELIST=n1 SLURM_CPUS_ON_NODE=2 "${variables[@]}" \
    bash "$script" "${@:2}"
}

touch "eval.ks=1" # what a shell would take eval.ks=[1,7] for
common="<train><c.yaml><--data><d.h5><--run>"
check "no options" 0 "$common<r><--resume>" "" job train
check "plain options" 0 "<--resume><--set><eval.ks=[1,7]>" "" job train TANDEM_OPTIONS="--set eval.ks=[1,7]"
check "quoted blanks" 0 "<--set><eval.ks=[1, 7]><--fresh>" "" job train TANDEM_OPTIONS="--set 'eval.ks=[1, 7]' --fresh"
check "of evaluate" 0 "<--out><my lists.tsv>" "" job evaluate TANDEM_OPTIONS="--out 'my lists.tsv'"
# shellcheck disable=SC2016
check "what a shell would do more with" 0 "<--set><a=rating>=4|5;{1,2}&(3)#\$HOME>" "" \
  job train TANDEM_OPTIONS='--set a=rating>=4|5;{1,2}&(3)#$HOME'
check "a quote is missing" 2 "" "is a quote missing" job train TANDEM_OPTIONS="--set 'eval.ks=[1, 7]"
check "digits in a key" 0 "<--set><optimizer.beta_1=0.8>" "" \
  job sweep TANDEM_GRID="optimizer.beta_1=0.9|0.8" SLURM_ARRAY_TASK_ID=1
check "a grid" 0 "$common<r/a.b=2,c=4><--resume><--set><a.b=2><--set><c=4><--set><x=y z>" "" \
  job sweep TANDEM_GRID="a.b=1|2 c=3|4" TANDEM_OPTIONS="--set 'x=y z'" SLURM_ARRAY_TASK_ID=3
check "lines of a grid" 0 "<--set><eval.ks=[1, 9]><--set><c=3>" "" \
  job sweep TANDEM_GRID=$'eval.ks=[1, 7]|[1, 9]\n\nc=3|4\n' SLURM_ARRAY_TASK_ID=2
check "blanks of a grid" 2 "" "'7]|[1,' of the grid is no key=value" \
  job sweep TANDEM_GRID="eval.ks=[1, 7]|[1, 9] c=3" SLURM_ARRAY_TASK_ID=0

# A file of a grid, and what comes behind the training.
printf '# what to try\neval.ks = [1, 7] | [1, 9]\n\n  prepare=a\\|b/c\n' >grid.txt
run="r/eval.ks=[1, 9],prepare=a|b%2Fc"
check "a file of a grid" 0 "$common<$run><--resume><--set><eval.ks=[1, 9]><--set><prepare=a|b/c>" "" \
  job sweep TANDEM_GRID=grid.txt SLURM_ARRAY_TASK_ID=1
for bad in "none.txt:is no grid" $'a.b=1|2 c.d=3\n:has two keys' "a.b=1 a.b=2:has a.b twice" "a.b=1|1:has a.b=1 twice" \
  "a.b=1||2:a value of a.b in the grid is empty" "a.b=1|:a value of a.b in the grid is empty" \
  "a.b=$(printf '%0250d' 1):is too long"; do
  check "a bad grid" 2 "" "${bad##*:}" job sweep TANDEM_GRID="${bad%:*}" SLURM_ARRAY_TASK_ID=0
done

# The points of a grid one after the other, and the table of those that are done.
# shellcheck disable=SC2317
sweep() {
  job sweep TANDEM_GRID=$'x=1\nmodel.width=3|5|4' TANDEM_RUN=s "$@"
}

# table METRIC ROW...: the rows below its heading.
table() {
  local found wanted
  found=$(sweep TANDEM_METRIC="$1" -- --table 2>&1 | sed -n '/ state /,/^$/p' | sed '1d; $d; s/^ *//; s/  */ /g')
  wanted=$(printf '%s\n' "${@:2}")
  [ "$found" = "$wanted" ] || fail "a table by $1: found $found instead of $wanted"
}

check "no point yet" 1 "" "sweep.sbatch: no point of s is done" sweep -- --table
echo 0 >rows
check "no validation rows" 2 "" "sweep.sbatch: d.h5 has no validation rows to choose by" sweep
rm rows
touch unreadable
check "no data" 1 "" "d.h5 is no data file" sweep
rm unreadable
check "no program to look with" 0 7 "there is no gone here, so whether d.h5 has validation rows was not looked at" \
  sweep TANDEM="gone tandem"
check "all points" 0 "job 7" "<--array=0,1,2%2><-p><batch><$slurm/sweep.sbatch>" sweep TANDEM_AT_ONCE=2 -- -p batch
check "the table behind them" 0 7 "<--dependency=afterany:7><-p><batch><--job-name=tandem-table>" sweep -- -p batch
check "point 0" 0 "<--set><model.width=3>" "" sweep SLURM_ARRAY_TASK_ID=0
check "point 1" 0 "<--set><model.width=5>" "" sweep SLURM_ARRAY_TASK_ID=1
check "a point that is done" 0 "sweep.sbatch: x=1,model.width=3 is done" "" sweep SLURM_ARRAY_TASK_ID=0
check "the points that are left" 0 7 "<--array=2>" sweep
touch broken
check "an evaluation that fails" 1 "<--set><model.width=4>" "" sweep SLURM_ARRAY_TASK_ID=2
check "the point that is left" 0 7 "<--array=2>" sweep
table "" "0.5500 4 done 5" "0.5300 4 done 3" "- - unfinished 4"
rm broken
check "the point again" 0 "<--set><model.width=4>" "" sweep SLURM_ARRAY_TASK_ID=2
check "nothing is left" 0 "best: s/x=1,model.width=5" "" sweep
table ndcg_at_2 "0.5000 4 done 5" "0.4000 4 done 4" "0.3000 4 done 3"
table root_mean_squared_error "0.3000 4 done 3" "0.4000 4 done 4" "0.5000 4 done 5"
check "which rows" 0 "ndcg_at_10 of the validation rows, the greatest first" "" sweep -- --table
check "beside it" 0 "beside it: popularity 0.1000" "" sweep -- --table
check "no such metric" 2 "" "has no metric auc" sweep TANDEM_METRIC=auc -- --table
echo "# changed" >c.yaml
check "another configuration" 0 7 "<--array=0,1,2>" sweep
report
