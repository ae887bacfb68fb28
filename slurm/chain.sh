#!/usr/bin/env bash
# From ratings to recommendations, as four jobs that wait for each other: prepare, train, evaluate,
# recommend. A job that fails takes those behind it out of the queue. Prints their numbers.
#   TANDEM_INPUT=ratings TANDEM_CONFIG=config.yaml TANDEM_DATA=data.h5 TANDEM_RUN=runs/first slurm/chain.sh
# Options are sbatch's, for each of the jobs. slurm/README.md has all settings.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${TANDEM_CONFIG:?"the configuration file"}" "${TANDEM_RUN:?"the run folder to make"}"
input=${TANDEM_INPUT:?"the ratings"} data=${TANDEM_DATA:?"the data file to make"}
best=${TANDEM_BEST:-$TANDEM_RUN/recommendations.tsv}

submit() { # submit NAME AFTER OPTION..: prints the job's number
  local name=$1 after=$2
  shift 2
  sbatch --parsable --job-name="tandem-$name" ${after:+--dependency="afterok:$after"} \
    --kill-on-invalid-dep=yes "$@"
}

prepare=$(submit prepare '' "$@" --open-mode=append --output=%x-%j.log --wrap "${TANDEM_SETUP:-:}
${TANDEM:-tandem} prepare --format ${TANDEM_FORMAT:-movielens-csv} $(printf '%q --out %q' "$input" "$data")")
train=$(submit train "$prepare" "$@" "$here/train.sbatch")
evaluate=$(TANDEM_OPTIONS='' submit evaluate "$train" "$@" "$here/evaluate.sbatch")
recommend=$(TANDEM_COMMAND=recommend TANDEM_OPTIONS="--all-users --exclude-seen --out $(printf %q "$best")" \
  submit recommend "$evaluate" "$@" "$here/evaluate.sbatch")
echo "prepare $prepare, train $train, evaluate $evaluate, recommend $recommend"
