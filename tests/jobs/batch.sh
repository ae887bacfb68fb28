#!/usr/bin/env bash
# What slurm's scripts make of TANDEM_OPTIONS and TANDEM_GRID, with a srun that only runs its command and
# a tandem that shows its arguments: batch.sh SLURM_FOLDER
set -uo pipefail
# shellcheck source=tests/jobs/check.bash
. "$(dirname "$0")/check.bash"
slurm=$1
mkdir "$folder/bin"
# shellcheck disable=SC2016
printf '#!/bin/bash\nwhile [[ $1 == -* ]]; do shift; done\nexec "$@"\n' >"$folder/bin/srun"
# shellcheck disable=SC2016
printf '#!/bin/bash\nprintf "<%%s>" "$@"\necho\n' >"$folder/bin/tandem"
chmod +x "$folder/bin/srun" "$folder/bin/tandem"
cd "$folder" || exit 1

# job SCRIPT VARIABLE=VALUE...: the script as Slurm would run it.
# shellcheck disable=SC2317
job() {
  env PATH="$folder/bin:$PATH" TANDEM_CONFIG=c.yaml TANDEM_DATA=d.h5 TANDEM_RUN=r TANDEM_RANKS_PER_NODE=1 \
    TANDEM_SLURM="$slurm" SLURM_JOB_ID=1 SLURM_JOB_NODELIST=n1 SLURM_CPUS_ON_NODE=2 "${@:2}" bash "$slurm/$1.sbatch"
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
check "blanks of a grid" 2 "" "'7]|[1,' in TANDEM_GRID is no key=value" \
  job sweep TANDEM_GRID="eval.ks=[1, 7]|[1, 9] c=3" SLURM_ARRAY_TASK_ID=0
report
