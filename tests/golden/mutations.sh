#!/usr/bin/env bash
# Shows that the golden runner fails where a reference file and the library disagree, so that its
# passing means something: one number of a copy is altered at a time, and one run reads all copies.
#   mutations.sh RUNNER ALTER REFERENCE MPIEXEC NUMPROC_FLAG RANKS
set -euo pipefail
runner=$1 alter=$2 reference=$3
launch=("$4" "$5" "$6")
# shellcheck source=tests/jobs/check.bash
. "$(dirname "$0")/../jobs/check.bash"
copies=()
expected=()

# altered NAME PART FILE PATH INDEX FACTOR TERM: the runner's line must have PART in it.
altered() {
  local copy=$folder/$1.h5
  cp "$reference/$3" "$copy"
  chmod u+w "$copy"
  "$alter" "$copy" "${@:4}" || fail "$1: could not alter $4"
  copies+=("$copy")
  expected+=("$2")
}

altered nothing pass retrieval.h5 step_1/item_table/weight 0 1 0

# A thousandth of a change, in what training starts from, does, and ends with.
altered initial-parameter '  FAIL' retrieval.h5 initial/user_table/weight 100 1.001 0.001
altered parameter-after-step-1 '  FAIL' retrieval.h5 step_1/item_table/weight 0 1 0.001
altered parameter-at-the-end '  FAIL' retrieval.h5 step_4/user_table/weight 479 1 0.001
altered gradient '  FAIL' retrieval.h5 gradient_step_1/item_table/weight 7 1.001 0.001
altered retrieval-loss '  FAIL' retrieval.h5 step_3@retrieval_loss 0 1.0001 0
altered total-loss '  FAIL' retrieval.h5 step_2@total_loss 0 1.0001 0
altered rating-loss '  FAIL' retrieval.h5 step_2@rating_loss 0 1 0.5
altered item-of-a-row '  FAIL' retrieval.h5 data/item 255 0 1
altered user-of-a-row '  FAIL' retrieval.h5 data/user 0 0 59
altered weight-of-a-row '  FAIL' sample_weights.h5 data/weight 200 1.01 0
altered temperature '  FAIL' temperature.h5 /@temperature 0 1.001 0
altered learning-rate '  FAIL' retrieval.h5 /@lr 0 1.001 0
altered nan '  FAIL' retrieval.h5 step_4/user_table/weight 3 nan 0
altered query-embedding '  FAIL' retrieval.h5 evaluation/query_embedding 1599 1 0.001
altered candidate-embedding '  FAIL' retrieval.h5 evaluation/candidate_embedding 0 1 0.001
altered too-few-hits '  FAIL' retrieval.h5 evaluation/top_k_categorical_accuracy 1 1 -0.05
altered too-many-hits '  FAIL' retrieval.h5 evaluation/top_k_categorical_accuracy 3 1 0.05
altered token-table '  FAIL' context_on.h5 initial/token_table/weight 100 1.01 0.01
altered token-of-a-title '  FAIL' context_on.h5 data/tokens 3 0 39
altered bucket-of-a-row '  FAIL' context_on.h5 data/bucket_of_row 7 0 20
altered time-of-a-row '  FAIL' context_on.h5 data/normalized_timestamp 7 1 0.1
altered head-kernel '  FAIL' joint.h5 initial/head_1/kernel 77 1.01 0.01
altered head-after-step-1 '  FAIL' joint.h5 step_1/head_0/bias 3 1 0.001
altered rating-of-a-row '  FAIL' joint.h5 data/rating 100 1 0.5
altered rating-loss-of-the-head '  FAIL' joint.h5 step_2@rating_loss 0 1.0001 0
altered rating-weight '  FAIL' joint.h5 /@rating_weight 0 1.01 0
altered predicted-rating '  FAIL' joint.h5 evaluation/predicted_rating 150 1.001 0
altered probability '  FAIL' logq.h5 data/probability 4 2 0
altered hard-negatives '  FAIL' hard_negatives.h5 /@hard 0 1 1
altered adam-s-rate '  FAIL' adam.h5 /@lr 0 1.001 0
altered adam-s-untouched-row '  FAIL' adam.h5 step_2/user_table/weight 0 1 0.001
altered gradient-of-a-zero '  FAIL' context_off.h5 gradient_step_1/candidate_dense_0/bias 0 1 0.0001
altered change-of-a-zero '  FAIL' context_off.h5 step_4/candidate_dense_0/bias 7 1 0.0001
altered change-of-a-zero-by-adam '  FAIL' adam_towers.h5 step_2/candidate_dense_1/bias 0 1 0.1
altered start-of-a-zero '  FAIL' adam_towers.h5 initial/candidate_dense_1/bias 0 1 0.1
altered nan-of-a-zero '  FAIL' adam_towers.h5 step_1/candidate_dense_1/bias 7 nan 0
altered rounding-of-a-zero '  pass' context_off.h5 gradient_step_1/candidate_dense_0/bias 0 1 0.00001
altered list-of-the-best '  FAIL' retrieval.h5 evaluation/brute_force_top10_ids 0 0 89

# Files that claim what they do not hold.
altered too-many-steps 'FAIL: .*expected batch x steps' retrieval.h5 /@steps 0 1 1
altered half-a-batch 'FAIL: .*expected batch x steps' retrieval.h5 /@batch 0 0.5 0
altered no-batch 'FAIL: .*attribute batch' retrieval.h5 /@batch 0 0 0
altered huge-table 'FAIL: .*expected 2000000060 x 8 elements' retrieval.h5 /@users 0 1 2e9
altered unknown-user 'FAIL: .*data/user: element 9' retrieval.h5 data/user 9 0 60
altered negative-item 'FAIL: .*data/item: element 9' retrieval.h5 data/item 9 0 -1
altered temperature-of-0 'FAIL: .*retrieval.temperature' temperature.h5 /@temperature 0 0 0
altered overflow 'FAIL: step 1: ' temperature.h5 initial/user_table/weight 0 0 1e30

status=0
"$runner" "${copies[@]}" >"$folder/out" 2>"$folder/error" || status=$?
[ $status = 1 ] || fail "exit status $status instead of 1"
for i in "${!copies[@]}"; do
  name=$(basename "${copies[i]}")
  grep -q "^$name  *.*${expected[i]}" "$folder/out" ||
    fail "$name: expected '${expected[i]}', found: $(grep "^$name" "$folder/out")"
done
check "parameter after the last step" 1 '0 passed, 1 FAILED, 0 not yet' '' "$runner" "$folder/parameter-at-the-end.h5"

# Files that are none, and the command line.
head -c 50000 "$reference/retrieval.h5" >"$folder/cut.h5"
check "a cut file" 1 'cut.h5: cannot be opened' '' "$runner" "$folder/cut.h5"
# A kind of model that nobody here knows.
LC_ALL=C sed 's/factor/sector/' "$reference/retrieval.h5" >"$folder/sector.h5"
# Launchers say on standard error what they think of the status.
check "no file, on several ranks" 1 '1 passed, 1 FAILED, 1 not yet' '' bash -c '"$@" 2>/dev/null' on_ranks \
  "${launch[@]}" "$runner" "$folder/none.h5" "$folder/sector.h5" "$reference/retrieval.h5"
check "not yet" 0 'not yet: model other than factor' '' "$runner" "$folder/sector.h5"
check "no arguments" 2 '' 'usage: golden' "$runner"
check "unknown kernels" 2 '' 'usage: golden' "$runner" --kernels fast "$reference/adam.h5"
check "unknown option" 2 '' 'usage: golden' "$runner" --fast "$reference/adam.h5"
report
